//! Tiles in registers: immutable values of shape `[slices, rows, cols]`.

use super::operand::{Operand, id_beside};
use super::{Index, Kernel, Mask};
use crate::tile::{Binary, Compare, Elem, Id, Op, Reduction, Shape, Type, Unary};
use kiln_targets::DType;
use std::fmt;

/// A tile of numbers. Operands of element-wise operations hold the same type of number and agree
/// in every axis, or have size 1 there, which broadcasts.
#[derive(Clone, Copy)]
pub struct Tile<'k> {
    pub(super) kernel: &'k Kernel,
    pub(super) id: Id,
}

/// Operations named after what they record.
macro_rules! element_wise {
    (unary { $($(#[$doc:meta])* $one:ident $unary:ident,)* }
     binary { $($(#[$more:meta])* $two:ident $binary:ident,)* }
     compare { $($(#[$also:meta])* $which:ident $compare:ident,)* }) => {
        impl<'k> Tile<'k> {
            $($(#[$doc])* #[track_caller] #[must_use]
            pub fn $one(self) -> Tile<'k> { self.unary(Unary::$unary) })*

            $($(#[$more])* #[track_caller] #[must_use]
            #[allow(
                clippy::should_implement_trait,
                reason = "shifts are methods, so that the logical and the signed one look alike",
            )]
            pub fn $two(self, other: impl Operand<'k>) -> Tile<'k> {
                self.combine(Binary::$binary, other)
            })*

            $($(#[$also])* #[track_caller] #[must_use]
            pub fn $which(self, other: impl Operand<'k>) -> Mask<'k> {
                let op = Op::Compare(Compare::$compare, self.id, id_beside(other, self));
                Mask::new(self.kernel, self.kernel.record(op, Type::None))
            })*
        }
    };
}

element_wise! {
    unary {
        /// Absolute values.
        abs Abs,
        /// 2 to the power of each element (F32).
        exp2 Exp2,
        /// Base-2 logarithms (F32).
        log2 Log2,
        /// Reciprocal square roots (F32).
        rsqrt Rsqrt,
        /// Reciprocals (F32).
        recip Recip,
        /// Nearest whole numbers, ties to even (floats).
        round_even RoundEven,
        /// Bitwise complements (integers).
        complement Not,
    }
    binary {
        /// The smaller ones; a NaN yields the other operand.
        min Min,
        /// The larger ones; a NaN yields the other operand.
        max Max,
        /// Bitwise and (integers).
        and And,
        /// Bitwise or (integers).
        or Or,
        /// Bitwise exclusive or (integers).
        xor Xor,
        /// Shifted left (integers).
        shl Shl,
        /// Shifted right, filling with zeros (integers).
        shr Shr,
        /// Shifted right, filling with the sign (integers).
        sar Sar,
    }
    compare {
        /// Where this is less than the other.
        lt Lt,
        /// Where this is at most the other.
        le Le,
        /// Where this is greater than the other.
        gt Gt,
        /// Where this is at least the other.
        ge Ge,
        /// Where both are equal.
        eq Eq,
        /// Where they differ.
        ne Ne,
    }
}

impl<'k> Tile<'k> {
    pub(super) fn new(kernel: &'k Kernel, id: Id) -> Tile<'k> {
        Tile { kernel, id }
    }

    /// Slices, rows and columns; ones for the product of a mistake.
    pub fn shape(self) -> Shape {
        match self.ty() {
            Type::Tile(_, shape) => shape,
            _ => [1, 1, 1],
        }
    }

    /// Rows.
    pub fn rows(self) -> u32 {
        self.shape()[1]
    }

    /// Columns.
    pub fn cols(self) -> u32 {
        self.shape()[2]
    }

    /// The only element of a `[1, 1]` tile of I32, as an index; a negative number counts as 0.
    /// What was loaded from memory may be any number: windows at such a place are checked.
    #[track_caller]
    pub fn element(self) -> Index<'k> {
        let id = self.kernel.record(Op::Element(self.id), Type::Index);
        Index::new(self.kernel, id)
    }

    /// `self * b + c` of F32, rounded once on every machine, where `self * b` and a sum may round
    /// once or twice.
    #[track_caller]
    #[must_use]
    pub fn fma(self, b: impl Operand<'k>, c: impl Operand<'k>) -> Tile<'k> {
        let op = Op::Fma(self.id, id_beside(b, self), id_beside(c, self));
        Tile::new(self.kernel, self.kernel.record(op, Type::None))
    }

    /// This tile where the mask holds, `other` elsewhere.
    #[track_caller]
    #[must_use]
    pub fn keep(self, mask: Mask<'k>, other: impl Operand<'k>) -> Tile<'k> {
        let op = Op::Select(mask.id, self.id, id_beside(other, self));
        Tile::new(self.kernel, self.kernel.record(op, Type::None))
    }

    /// Converted to another number type: floats to nearest even, floats to integers toward zero
    /// and saturating, integers extended or truncated.
    #[track_caller]
    #[must_use]
    pub fn to(self, dtype: DType) -> Tile<'k> {
        self.kernel.make(Op::Cast(self.id), dtype, self.shape())
    }

    /// Rows and columns exchanged.
    #[track_caller]
    #[must_use]
    pub fn transposed(self) -> Tile<'k> {
        Tile::new(self.kernel, self.kernel.record(Op::Transpose(self.id), Type::None))
    }

    /// The columns cut into `count` slices of equal width; the number or the width is a power of
    /// two.
    #[track_caller]
    #[must_use]
    pub fn slices(self, count: u32) -> Tile<'k> {
        let [_, rows, cols] = self.shape();
        let declared = Type::Tile(Elem::Num(DType::I32), [count, rows, cols]);
        Tile::new(self.kernel, self.kernel.record(Op::Slices(self.id), declared))
    }

    /// The slices side by side as one: the inverse of [`Tile::slices`].
    #[track_caller]
    #[must_use]
    pub fn joined(self) -> Tile<'k> {
        Tile::new(self.kernel, self.kernel.record(Op::Join(self.id), Type::None))
    }

    /// `[rows, cols]` of every slice, from row and column `at`.
    #[track_caller]
    #[must_use]
    pub fn window(self, at: [u32; 2], [rows, cols]: [u32; 2]) -> Tile<'k> {
        self.kernel.make(Op::Window { of: self.id, at }, DType::I32, [1, rows, cols])
    }

    /// Sums along an axis (0 slices, 1 rows, 2 columns), which becomes size 1.
    #[track_caller]
    #[must_use]
    pub fn sum_over(self, axis: u32) -> Tile<'k> {
        self.reduce(Reduction::Sum, axis)
    }

    /// Maxima along an axis (0 slices, 1 rows, 2 columns), which becomes size 1.
    #[track_caller]
    #[must_use]
    pub fn max_over(self, axis: u32) -> Tile<'k> {
        self.reduce(Reduction::Max, axis)
    }

    /// Minima along an axis (0 slices, 1 rows, 2 columns), which becomes size 1.
    #[track_caller]
    #[must_use]
    pub fn min_over(self, axis: u32) -> Tile<'k> {
        self.reduce(Reduction::Min, axis)
    }

    pub(super) fn ty(self) -> Type {
        self.kernel.ty(self.id)
    }

    #[track_caller]
    pub(super) fn unary(self, op: Unary) -> Tile<'k> {
        Tile::new(self.kernel, self.kernel.record(Op::Unary(op, self.id), Type::None))
    }

    #[track_caller]
    pub(super) fn combine(self, op: Binary, other: impl Operand<'k>) -> Tile<'k> {
        let op = Op::Binary(op, self.id, id_beside(other, self));
        Tile::new(self.kernel, self.kernel.record(op, Type::None))
    }

    #[track_caller]
    fn reduce(self, op: Reduction, axis: u32) -> Tile<'k> {
        let op = Op::Reduce(op, axis, self.id);
        Tile::new(self.kernel, self.kernel.record(op, Type::None))
    }
}

impl fmt::Debug for Tile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ty())
    }
}
