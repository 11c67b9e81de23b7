//! Truth values of every element of a tile.

use super::operand::Operand;
use super::recorder::POISON;
use super::{Kernel, Tile};
use crate::diagnose::{Diagnostic, Location};
use crate::tile::{Binary, Id, Op, Type, Unary};
use std::fmt;
use std::ops::{BitAnd, BitOr, Not};

/// A tile of truth values, made by comparing tiles and combined with `&`, `|` and `!`.
#[derive(Clone, Copy)]
pub struct Mask<'k> {
    kernel: &'k Kernel,
    pub(super) id: Id,
}

impl<'k> Mask<'k> {
    pub(super) fn new(kernel: &'k Kernel, id: Id) -> Mask<'k> {
        Mask { kernel, id }
    }

    /// `a` where the mask holds, `b` elsewhere; at least one of them is a tile.
    #[track_caller]
    #[must_use]
    pub fn select(self, a: impl Operand<'k>, b: impl Operand<'k>) -> Tile<'k> {
        let Some(tile) = a.tile().or(b.tile()) else {
            let message = "a mask selects between two numbers of unknown type";
            self.kernel.report(
                Diagnostic::new(Location::caller(), message)
                    .note("make one of them a tile, such as k.full(1.0, F32, [1, 1])"),
            );
            return Tile::new(self.kernel, POISON);
        };
        a.beside(tile).keep(self, b.beside(tile))
    }

    #[track_caller]
    fn combine(self, op: Binary, other: Mask<'k>) -> Mask<'k> {
        let op = Op::Binary(op, self.id, other.id);
        Mask::new(self.kernel, self.kernel.record(op, Type::None))
    }
}

impl<'k> BitAnd for Mask<'k> {
    type Output = Mask<'k>;

    #[track_caller]
    fn bitand(self, other: Mask<'k>) -> Mask<'k> {
        self.combine(Binary::And, other)
    }
}

impl<'k> BitOr for Mask<'k> {
    type Output = Mask<'k>;

    #[track_caller]
    fn bitor(self, other: Mask<'k>) -> Mask<'k> {
        self.combine(Binary::Or, other)
    }
}

impl<'k> Not for Mask<'k> {
    type Output = Mask<'k>;

    #[track_caller]
    fn not(self) -> Mask<'k> {
        let op = Op::Unary(Unary::Not, self.id);
        Mask::new(self.kernel, self.kernel.record(op, Type::None))
    }
}

impl fmt::Debug for Mask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kernel.ty(self.id))
    }
}
