//! What is certain of an index: how many elements of an extent follow it.
//!
//! Dims are positive. A grid index is below its grid's extent and a fold's index below the fold's
//! end; from there on it is arithmetic with what is known of divisors.

use super::Lowering;
use super::index::gcd;
use crate::tile::{Extent, Id, IndexOp, Op};

impl Lowering<'_> {
    /// Whether `size` elements from an index certainly lie inside an extent.
    pub(super) fn stays_inside(&self, origin: Id, size: u32, extent: Extent) -> bool {
        self.room(origin, extent) >= u64::from(size)
    }

    /// Elements of an extent that certainly follow an index; 0 where it may lie outside.
    fn room(&self, index: Id, extent: Extent) -> u64 {
        let direct = match self.offset(index) {
            Some((from, plus)) => self.room(from, extent).saturating_sub(plus),
            None => self.room_of_limited(index, extent),
        };
        if direct == 0 && !self.is_below(index, extent) {
            return 0;
        }
        direct.max(gcd(self.extent_multiple(extent), self.multiple(index)))
    }

    /// Elements that follow `min(index, extent - n)`, whatever the index: a place that was read
    /// from memory and is kept inside.
    fn room_of_limited(&self, index: Id, extent: Extent) -> u64 {
        let Op::IndexOp(IndexOp::Min, a, b) = self.program.node(index).op else { return 0 };
        let left = |limit: Id, other: Id| match self.program.node(limit).op {
            Op::IndexOp(IndexOp::Sub, end, by) if self.is_end(end, extent) => {
                let by = self.constant(by)?;
                let holds = by <= self.extent_multiple(extent) && self.is_natural(other);
                holds.then_some(by)
            }
            _ => None,
        };
        left(b, a).or(left(a, b)).unwrap_or(0)
    }

    /// Whether an index is exactly an extent.
    fn is_end(&self, index: Id, extent: Extent) -> bool {
        let (dim, by) = match self.program.node(index).op {
            Op::Dim(dim) => (dim, 1),
            Op::IndexOp(IndexOp::Mul, a, b) => match (&self.program.node(a).op, self.constant(b)) {
                (Op::Dim(dim), Some(by)) => (*dim, by),
                _ => return false,
            },
            _ => return false,
        };
        extent.dim == Some(dim) && u64::from(extent.mul) == by && extent.div == 1
    }

    /// An index as another one plus a constant.
    fn offset(&self, index: Id) -> Option<(Id, u64)> {
        let Op::IndexOp(IndexOp::Add, a, b) = self.program.node(index).op else { return None };
        match (self.constant(a), self.constant(b)) {
            (_, Some(plus)) => Some((a, plus)),
            (Some(plus), _) => Some((b, plus)),
            _ => None,
        }
    }

    /// The value of a constant index that is not negative.
    fn constant(&self, index: Id) -> Option<u64> {
        match self.program.node(index).op {
            Op::Index(value) => u64::try_from(value).ok(),
            _ => None,
        }
    }

    /// Whether an index is certainly not negative and below an extent.
    fn is_below(&self, index: Id, extent: Extent) -> bool {
        match self.program.node(index).op {
            Op::Index(_) => {
                self.constant(index).is_some_and(|value| value < self.extent_multiple(extent))
            }
            Op::Grid(axis) => self.grid_covers(axis, 1, extent),
            Op::IndexOp(IndexOp::Mul, a, b) => self.is_product_below(a, b, extent),
            Op::IndexOp(IndexOp::Div, a, by) => self.is_quotient_below(a, by, extent),
            Op::IndexOp(IndexOp::Add, a, b) => match self.offset(index) {
                Some((from, plus)) => self.room(from, extent) > plus,
                None => self.is_sum_below(a, b, extent) || self.is_sum_below(b, a, extent),
            },
            Op::IndexOp(IndexOp::Min, a, b) => {
                self.is_below(a, extent) && self.is_natural(b)
                    || self.is_below(b, extent) && self.is_natural(a)
            }
            Op::Bound => self.is_induction_below(index, extent),
            _ => false,
        }
    }

    /// Whether an index is certainly not negative.
    fn is_natural(&self, index: Id) -> bool {
        match self.program.node(index).op {
            Op::Index(value) => value >= 0,
            Op::Dim(_) | Op::Grid(_) | Op::Element(_) => true,
            Op::IndexOp(IndexOp::Sub, a, b) => {
                matches!(self.program.node(a).op, Op::Dim(_)) && self.constant(b) == Some(1)
            }
            Op::IndexOp(_, a, b) => self.is_natural(a) && self.is_natural(b),
            Op::Bound => self.program.nodes.iter().any(|node| match &node.op {
                Op::Fold { lower, body, .. } if body.params.first() == Some(&index) => {
                    self.is_natural(*lower)
                }
                _ => false,
            }),
            _ => false,
        }
    }

    /// Whether every index of a grid axis, times `by`, is below an extent.
    fn grid_covers(&self, axis: u32, by: u64, extent: Extent) -> bool {
        let Some(grid) = self.program.grid.get(axis as usize) else { return false };
        grid.dim == extent.dim
            && grid.mul <= extent.mul
            && u64::from(grid.div) == u64::from(extent.div) * by
    }

    fn is_product_below(&self, a: Id, b: Id, extent: Extent) -> bool {
        let of = |grid: Id, by: Id| match (&self.program.node(grid).op, self.constant(by)) {
            (Op::Grid(axis), Some(by)) => self.grid_covers(*axis, by, extent),
            _ => false,
        };
        of(a, b) || of(b, a)
    }

    fn is_quotient_below(&self, of: Id, by: Id, extent: Extent) -> bool {
        let Some(by) = self.constant(by).and_then(|by| u32::try_from(by).ok()) else {
            return false;
        };
        let whole = by > 0 && extent.div.is_multiple_of(by);
        whole && self.is_below(of, Extent { div: extent.div / by, ..extent })
    }

    /// Whether `part + dim` is below a multiple of the dim.
    fn is_sum_below(&self, part: Id, dim: Id, extent: Extent) -> bool {
        let Op::Dim(dim) = self.program.node(dim).op else { return false };
        let rest = Extent { mul: extent.mul.saturating_sub(1), ..extent };
        extent.dim == Some(dim) && extent.div == 1 && rest.mul > 0 && self.is_below(part, rest)
    }

    fn is_induction_below(&self, index: Id, extent: Extent) -> bool {
        self.program.nodes.iter().any(|node| match &node.op {
            Op::Fold { lower, upper, body, .. } if body.params.first() == Some(&index) => {
                let starts = self.is_natural(*lower) || self.is_below(*lower, extent);
                starts && self.is_at_most(*upper, extent)
            }
            _ => false,
        })
    }

    /// Whether the end of a fold is certainly no more than an extent.
    fn is_at_most(&self, end: Id, extent: Extent) -> bool {
        match self.program.node(end).op {
            Op::Dim(dim) => extent.dim == Some(dim) && extent.div == 1,
            _ => match self.offset(end) {
                Some((from, plus)) => self.room(from, extent) >= plus,
                None => false,
            },
        }
    }
}
