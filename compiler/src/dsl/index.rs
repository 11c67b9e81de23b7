//! Uniform integers: places, extents and loop counters, equal for the whole workgroup.

use super::Kernel;
use crate::tile::{Compare, Id, IndexOp, Op, Type};
use std::fmt;
use std::ops::{Add, Div, Mul, Rem, Sub};

/// A 32-bit integer that is the same for the whole workgroup, so that control flow and barriers
/// cannot diverge. Division rounds toward zero; divisors are positive.
#[derive(Clone, Copy)]
pub struct Index<'k> {
    pub(super) kernel: &'k Kernel,
    pub(super) id: Id,
}

/// A truth value that is the same for the whole workgroup; see [`Kernel::when`].
#[derive(Clone, Copy)]
pub struct Condition<'k> {
    kernel: &'k Kernel,
    pub(super) id: Id,
}

/// What stands for an index: an [`Index`] or a Rust integer.
pub trait IntoIndex<'k>: Copy {
    /// The index, recorded as a constant if it is a Rust integer.
    #[track_caller]
    fn into_index(self, kernel: &'k Kernel) -> Index<'k>;
}

impl<'k> IntoIndex<'k> for Index<'k> {
    fn into_index(self, _: &'k Kernel) -> Index<'k> {
        self
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl<'k> IntoIndex<'k> for $integer {
            #[track_caller]
            fn into_index(self, kernel: &'k Kernel) -> Index<'k> {
                kernel.index(i64::try_from(self).unwrap_or(i64::MAX))
            }
        }
    )*};
}

integers!(i32, i64, u32, usize);

impl<'k> Index<'k> {
    pub(super) fn new(kernel: &'k Kernel, id: Id) -> Index<'k> {
        Index { kernel, id }
    }

    /// The smaller one.
    #[track_caller]
    pub fn min(self, other: impl IntoIndex<'k>) -> Index<'k> {
        self.combine(IndexOp::Min, other)
    }

    /// The larger one.
    #[track_caller]
    pub fn max(self, other: impl IntoIndex<'k>) -> Index<'k> {
        self.combine(IndexOp::Max, other)
    }

    /// Whether this is less than the other.
    #[track_caller]
    pub fn lt(self, other: impl IntoIndex<'k>) -> Condition<'k> {
        self.compare(Compare::Lt, other)
    }

    /// Whether this is at most the other.
    #[track_caller]
    pub fn le(self, other: impl IntoIndex<'k>) -> Condition<'k> {
        self.compare(Compare::Le, other)
    }

    /// Whether this is greater than the other.
    #[track_caller]
    pub fn gt(self, other: impl IntoIndex<'k>) -> Condition<'k> {
        self.compare(Compare::Gt, other)
    }

    /// Whether this is at least the other.
    #[track_caller]
    pub fn ge(self, other: impl IntoIndex<'k>) -> Condition<'k> {
        self.compare(Compare::Ge, other)
    }

    /// Whether both are equal.
    #[track_caller]
    pub fn eq(self, other: impl IntoIndex<'k>) -> Condition<'k> {
        self.compare(Compare::Eq, other)
    }

    /// Whether they differ.
    #[track_caller]
    pub fn ne(self, other: impl IntoIndex<'k>) -> Condition<'k> {
        self.compare(Compare::Ne, other)
    }

    #[track_caller]
    fn combine(self, op: IndexOp, other: impl IntoIndex<'k>) -> Index<'k> {
        let other = other.into_index(self.kernel);
        let id = self.kernel.record(Op::IndexOp(op, self.id, other.id), Type::Index);
        Index::new(self.kernel, id)
    }

    #[track_caller]
    fn compare(self, op: Compare, other: impl IntoIndex<'k>) -> Condition<'k> {
        let other = other.into_index(self.kernel);
        let op = Op::IndexCompare(op, self.id, other.id);
        Condition { kernel: self.kernel, id: self.kernel.record(op, Type::Condition) }
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident),*) => {$(
        impl<'k, T: IntoIndex<'k>> $operator<T> for Index<'k> {
            type Output = Index<'k>;

            #[track_caller]
            fn $method(self, other: T) -> Index<'k> {
                self.combine(IndexOp::$operator, other)
            }
        }
    )*};
}

operators!(Add add, Sub sub, Mul mul, Div div, Rem rem);

impl fmt::Debug for Index<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "index of {:?}", self.kernel)
    }
}

impl fmt::Debug for Condition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "condition of {:?}", self.kernel)
    }
}
