//! What stands beside a tile in an expression: another tile, or a Rust number of the tile's type.

use super::tile::Tile;
use crate::tile::{Binary, Elem, Id, Op, Type};
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

/// A tile, or a number that takes the type of the tile it is combined with and broadcasts.
pub trait Operand<'k>: Copy {
    /// The tile itself, or a one-element tile of the number in the type of `beside`.
    #[track_caller]
    fn beside(self, beside: Tile<'k>) -> Tile<'k>;

    /// The tile, unless it is a number.
    fn tile(self) -> Option<Tile<'k>>;
}

impl<'k> Operand<'k> for Tile<'k> {
    fn beside(self, _: Tile<'k>) -> Tile<'k> {
        self
    }

    fn tile(self) -> Option<Tile<'k>> {
        Some(self)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl<'k> Operand<'k> for $number {
            #[track_caller]
            fn beside(self, beside: Tile<'k>) -> Tile<'k> {
                literal(f64::from(self), beside)
            }

            fn tile(self) -> Option<Tile<'k>> {
                None
            }
        }
    )*};
}

numbers!(f32, f64, i32, u32);

/// A number as a one-element tile of the type of `beside`; poison beside poison.
#[track_caller]
fn literal<'k>(value: f64, beside: Tile<'k>) -> Tile<'k> {
    match beside.ty() {
        Type::Tile(Elem::Num(dtype), _) => beside.kernel.make(Op::Full(value), dtype, [1, 1, 1]),
        _ => beside,
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident),*) => {$(
        impl<'k, T: Operand<'k>> $operator<T> for Tile<'k> {
            type Output = Tile<'k>;

            #[track_caller]
            fn $method(self, other: T) -> Tile<'k> {
                self.combine(Binary::$operator, other)
            }
        }

        impl<'k> $operator<Tile<'k>> for f64 {
            type Output = Tile<'k>;

            #[track_caller]
            fn $method(self, other: Tile<'k>) -> Tile<'k> {
                self.beside(other).combine(Binary::$operator, other)
            }
        }
    )*};
}

operators!(Add add, Sub sub, Mul mul, Div div, Rem rem);

impl<'k> Neg for Tile<'k> {
    type Output = Tile<'k>;

    #[track_caller]
    fn neg(self) -> Tile<'k> {
        self.unary(crate::tile::Unary::Neg)
    }
}

/// The id of a tile or of a number beside it.
#[track_caller]
pub(super) fn id_beside<'k>(operand: impl Operand<'k>, beside: Tile<'k>) -> Id {
    operand.beside(beside).id
}
