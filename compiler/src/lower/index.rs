//! Uniform integers: indices, conditions, extents, and what is known of their divisors.

use kiln_targets::DType;

use super::Lowering;
use crate::lane::{Binary, Elt, Op as LaneOp, Ty, Value};
use crate::tile::{Extent, Id, IndexOp, Op};

/// Type of an index.
pub(super) const UNIFORM: Ty = Ty { elt: Elt::Num(DType::I32), count: 1, uniform: true };

impl Lowering<'_> {
    /// The value of an index or condition.
    pub(super) fn index(&mut self, id: Id) -> Value {
        if let Some(value) = self.scopes.index(id) {
            return value;
        }
        let value = match self.program.node(id).op {
            Op::Index(constant) => self.build.index(constant),
            Op::Dim(dim) => self.dim(dim),
            Op::Grid(axis) => self.build.push(LaneOp::BlockId(axis), UNIFORM),
            Op::Element(tile) => self.index_of(tile),
            Op::IndexOp(op, a, b) => {
                let (a, b) = (self.index(a), self.index(b));
                self.build.binary(index_op(op), a, b)
            }
            Op::IndexCompare(op, a, b) => {
                let (a, b) = (self.index(a), self.index(b));
                self.build.compare(op, a, b)
            }
            ref other => unreachable!("{other:?} should not be an index"),
        };
        self.scopes.bind_index(id, value);
        value
    }

    /// What a tile of one element holds in every lane. Loads behind it are addresses of others,
    /// not data, and are made anew for every step that needs them.
    fn index_of(&mut self, tile: Id) -> Value {
        let recorder = self.recorder.take();
        let layout = self.layouts.preferred(tile);
        let layout = self.scopes.intern(layout);
        let held = self.chunk(tile, [0, 0], layout, 0);
        self.recorder = recorder;
        let value = self.build.push(LaneOp::FirstLane(held), UNIFORM);
        self.build.binary_const(Binary::Max, value, 0)
    }

    fn dim(&mut self, dim: u32) -> Value {
        let arg = self.program.parts.len() as u32 + dim;
        self.build.push(LaneOp::Param(arg), UNIFORM)
    }

    /// `ceil(dim * mul / div)` at run time.
    pub(super) fn extent(&mut self, extent: Extent) -> Value {
        let Some(dim) = extent.dim else {
            return self.build.index(extent.mul.div_ceil(extent.div).into());
        };
        let known = self.program.multiples[dim as usize].max(1);
        let value = self.dim(dim);
        let value = self.build.binary_const(Binary::Mul, value, extent.mul.into());
        self.ceil_div(value, extent.div, (known * extent.mul).into())
    }

    /// `ceil(value / divisor)` for a value known to be a multiple of `multiple`.
    pub(super) fn ceil_div(&mut self, value: Value, divisor: u32, multiple: u64) -> Value {
        if divisor == 1 {
            return value;
        }
        let exact = multiple.is_multiple_of(divisor.into());
        let raised = if exact {
            value
        } else {
            self.build.binary_const(Binary::Add, value, i64::from(divisor) - 1)
        };
        if divisor.is_power_of_two() {
            return self.build.binary_const(Binary::Shr, raised, divisor.trailing_zeros().into());
        }
        self.build.binary_const(Binary::Div, raised, divisor.into())
    }

    /// A divisor that an extent certainly has.
    pub(super) fn extent_multiple(&self, extent: Extent) -> u64 {
        match extent.dim {
            None => extent.mul.div_ceil(extent.div).into(),
            Some(dim) => {
                let known = u64::from(self.program.multiples[dim as usize].max(1) * extent.mul);
                let divisor = u64::from(extent.div);
                if known.is_multiple_of(divisor) { known / divisor } else { 1 }
            }
        }
    }

    /// A divisor that an index certainly has; 0 stands for the index 0, which has them all.
    pub(super) fn multiple(&self, id: Id) -> u64 {
        match &self.program.node(id).op {
            Op::Index(constant) => constant.unsigned_abs(),
            Op::Dim(dim) => self.program.multiples[*dim as usize].max(1).into(),
            Op::IndexOp(IndexOp::Mul, a, b) => self.multiple(*a) * self.multiple(*b),
            // What remains is the dividend less a multiple of the divisor.
            Op::IndexOp(IndexOp::Add | IndexOp::Sub | IndexOp::Rem, a, b) => {
                gcd(self.multiple(*a), self.multiple(*b))
            }
            Op::IndexOp(IndexOp::Min | IndexOp::Max, a, b) => {
                gcd(self.multiple(*a), self.multiple(*b))
            }
            Op::IndexOp(IndexOp::Div, a, b) => match self.program.node(*b).op {
                Op::Index(by) if by > 0 && self.multiple(*a).is_multiple_of(by as u64) => {
                    self.multiple(*a) / by as u64
                }
                _ => 1,
            },
            Op::Bound => self.induction_multiple(id),
            _ => 1,
        }
    }

    fn induction_multiple(&self, id: Id) -> u64 {
        for node in &self.program.nodes {
            if let Op::Fold { lower, step, body, .. } = &node.op
                && body.params.first() == Some(&id)
            {
                return gcd(self.multiple(*lower), (*step).into());
            }
        }
        1
    }

    /// Whether two indices are the same by construction.
    pub(super) fn same_index(&self, a: Id, b: Id) -> bool {
        if a == b {
            return true;
        }
        match (&self.program.node(a).op, &self.program.node(b).op) {
            (Op::Index(x), Op::Index(y)) => x == y,
            (Op::Dim(x), Op::Dim(y)) | (Op::Grid(x), Op::Grid(y)) => x == y,
            (Op::IndexOp(f, a, b), Op::IndexOp(g, x, y)) => {
                f == g && self.same_index(*a, *x) && self.same_index(*b, *y)
            }
            _ => false,
        }
    }
}

/// Greatest common divisor; 0 is divisible by everything.
pub(super) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn index_op(op: IndexOp) -> Binary {
    match op {
        IndexOp::Add => Binary::Add,
        IndexOp::Sub => Binary::Sub,
        IndexOp::Mul => Binary::Mul,
        IndexOp::Div => Binary::Div,
        IndexOp::Rem => Binary::Rem,
        IndexOp::Min => Binary::Min,
        IndexOp::Max => Binary::Max,
    }
}
