//! The values an op reads.

use super::super::{Id, Op};

impl Op {
    /// The values this op reads itself, in order; its region's reads are not among them.
    pub fn operands(&self) -> Vec<Id> {
        match self {
            Op::Index(_) | Op::Dim(_) | Op::Grid(_) | Op::Bound | Op::Full(_) | Op::Iota(_) => {
                Vec::new()
            }
            Op::Share(a)
            | Op::Splat(a)
            | Op::Element(a)
            | Op::Unary(_, a)
            | Op::Cast(a)
            | Op::Transpose(a)
            | Op::Slices(a)
            | Op::Join(a)
            | Op::Reduce(_, _, a)
            | Op::Result(a, _)
            | Op::Read { shared: a, .. }
            | Op::Window { of: a, .. }
            | Op::When { condition: a, .. } => vec![*a],
            Op::IndexOp(_, a, b)
            | Op::IndexCompare(_, a, b)
            | Op::Binary(_, a, b)
            | Op::Compare(_, a, b) => vec![*a, *b],
            Op::Fma(a, b, c) | Op::Select(a, b, c) | Op::Mma { a, b, acc: c } => {
                vec![*a, *b, *c]
            }
            Op::Load { at, .. } => at.to_vec(),
            Op::Store { at: [row, col], until, value, .. } => {
                until.iter().copied().chain([*row, *col, *value]).collect()
            }
            Op::Fold { lower, upper, init, .. } => {
                [*lower, *upper].into_iter().chain(init.iter().copied()).collect()
            }
        }
    }
}
