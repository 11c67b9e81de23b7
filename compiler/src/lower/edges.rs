//! Ragged edges: whether a tile can reach outside its argument, and whether anyone can tell.

use std::collections::HashSet;

use super::Lowering;
use crate::tile::{Extent, Id, IndexOp, Op};

/// What happens at the far edge of one axis of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// The tile never reaches outside.
    Inside,
    /// It may, but what is loaded there only ever reaches elements that no store writes: any
    /// value does, so addresses are clamped and nothing is masked.
    Unobserved,
    /// It may, and the fill value matters.
    Guarded,
}

impl Lowering<'_> {
    /// The edge of a load along rows (axis 1) or columns (axis 2).
    pub(super) fn load_edge(&self, load: Id, axis: usize) -> Edge {
        let Op::Load { arg, at, .. } = &self.program.node(load).op else { return Edge::Guarded };
        let extent = self.program.parts[*arg as usize].extent[axis - 1];
        let size = self.program.shape(load)[axis];
        if self.stays_inside(at[axis - 1], size, extent) {
            return Edge::Inside;
        }
        let origin = at[axis - 1];
        let mut seen = HashSet::new();
        match self.is_unobserved(load, axis, origin, extent, &mut seen) {
            true => Edge::Unobserved,
            false => Edge::Guarded,
        }
    }

    /// Whether elements beyond the extent along an axis of a tile are never stored: every path
    /// from it keeps the axis apart and ends in a store clipped at the same place.
    fn is_unobserved(
        &self,
        id: Id,
        axis: usize,
        origin: Id,
        extent: Extent,
        seen: &mut HashSet<(Id, usize)>,
    ) -> bool {
        if !seen.insert((id, axis)) {
            return true;
        }
        let users = self.uses.users(id).iter().all(|user| match self.passes_on(id, axis, *user) {
            Some(Passed::To(axis)) => self.is_unobserved(*user, axis, origin, extent, seen),
            Some(Passed::Stored(at, stored)) => self.clips(at, stored, origin, extent),
            None => false,
        });
        let flows: Vec<Id> = self.uses.flows(id).to_vec();
        users && flows.into_iter().all(|to| self.is_unobserved(to, axis, origin, extent, seen))
    }

    /// Whether a store of what was loaded leaves out all that lies outside the loaded extent.
    fn clips(&self, at: Id, stored: Extent, origin: Id, extent: Extent) -> bool {
        let (origin, extent) = self.unshifted(origin, extent);
        let same = stored.dim == extent.dim && stored.div == extent.div;
        same && stored.mul <= extent.mul && self.same_index(at, origin)
    }

    /// The same place counted from one dim later: `i + n` of `2 n` is `i` of `n`.
    fn unshifted(&self, origin: Id, extent: Extent) -> (Id, Extent) {
        if let Op::IndexOp(IndexOp::Add, from, plus) = self.program.node(origin).op
            && let Op::Dim(dim) = self.program.node(plus).op
            && extent.dim == Some(dim)
            && extent.div == 1
            && extent.mul > 1
        {
            return (from, Extent { mul: extent.mul - 1, ..extent });
        }
        (origin, extent)
    }

    /// Where an axis of an operand ends up in its user, if it stays apart from the others.
    fn passes_on(&self, id: Id, axis: usize, user: Id) -> Option<Passed> {
        let whole = self.program.shape(user)[axis] == self.program.shape(id)[axis];
        match &self.program.node(user).op {
            Op::Unary(..) | Op::Binary(..) | Op::Fma(..) | Op::Compare(..) | Op::Select(..) => {
                whole.then_some(Passed::To(axis))
            }
            Op::Cast(_) | Op::Share(_) => Some(Passed::To(axis)),
            Op::Read { at, .. } | Op::Window { at, .. } => {
                (whole && at[axis - 1] == 0).then_some(Passed::To(axis))
            }
            Op::Transpose(_) => Some(Passed::To(3 - axis)),
            Op::Slices(_) | Op::Join(_) => (axis == 1).then_some(Passed::To(1)),
            Op::Mma { a, b, acc } => match axis {
                _ if *acc == id => Some(Passed::To(axis)),
                1 if *a == id && *b != id => Some(Passed::To(1)),
                2 if *b == id && *a != id => Some(Passed::To(2)),
                _ => None,
            },
            Op::Reduce(_, along, _) => (*along as usize != axis).then_some(Passed::To(axis)),
            Op::Store { arg, at, .. } => {
                let extent = self.program.parts[*arg as usize].extent[axis - 1];
                Some(Passed::Stored(at[axis - 1], extent))
            }
            _ => None,
        }
    }
}

/// Where an axis goes.
enum Passed {
    /// Into an axis of the user.
    To(usize),
    /// Into memory, from an origin, clipped at an extent.
    Stored(Id, Extent),
}
