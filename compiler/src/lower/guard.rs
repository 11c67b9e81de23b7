//! Guards: whether an access lies inside its part.

use super::Lowering;
use super::access::Access;
use super::edges::Edge;
use super::global::{Class, Window};
use crate::lane::{Binary, Compare, Op as LaneOp, Value};

impl Lowering<'_> {
    /// Whether a whole window lies inside its part (uniform truth value).
    pub(super) fn is_inside(&mut self, window: &Window<'_>, shape: [u32; 3]) -> Value {
        let mut all = None;
        for axis in [0, 1] {
            if window.edges[axis] != Edge::Inside {
                let origin = self.index(window.origin[axis]);
                let end = self.build.binary_const(Binary::Add, origin, shape[axis + 1].into());
                let extent = self.end(window, axis);
                let fits = self.build.compare(Compare::Le, end, extent);
                all = Some(self.both(all, fits));
            }
        }
        all.expect("a window should have an edge to check")
    }

    /// Builds code that runs where a uniform truth value holds.
    pub(super) fn when_uniform(&mut self, condition: Value, then: impl FnOnce(&mut Self)) {
        self.wave_id();
        self.lane_id();
        self.build.open();
        self.scopes.open();
        then(self);
        self.scopes.close();
        let then = self.build.close();
        self.build.insert(LaneOp::If { condition, then }, Vec::new());
    }

    /// Conjunction of a guard, if any, with a truth value; uniform where both are.
    pub(super) fn both(&mut self, guard: Option<Value>, other: Value) -> Value {
        let Some(guard) = guard else { return other };
        let uniform = |this: &Self, value: Value| this.build.ty(value).uniform;
        let (guard, other) = match (uniform(self, guard), uniform(self, other)) {
            (true, false) => (self.build.splat(guard, 1), other),
            (false, true) => (guard, self.build.splat(other, 1)),
            _ => (guard, other),
        };
        self.build.binary(Binary::And, guard, other)
    }

    /// The truth value under which an access lies inside the part, if it must be checked.
    pub(super) fn guard(&mut self, window: &Window<'_>, access: &Access<Class>) -> Option<Value> {
        let mut guard = None;
        for axis in [0, 1] {
            if window.edges[axis] == Edge::Guarded {
                let inside = self.inside(window, access, axis);
                guard = Some(self.both(guard, inside));
            }
        }
        guard
    }

    /// Where an axis ends: at the part's extent, and rows before the one they are kept until.
    fn end(&mut self, window: &Window<'_>, axis: usize) -> Value {
        let extent = self.extent(window.part.extent[axis]);
        match window.until.filter(|_| axis == 0) {
            Some(until) => {
                let until = self.index(until);
                self.build.binary(Binary::Min, extent, until)
            }
            None => extent,
        }
    }

    fn inside(&mut self, window: &Window<'_>, access: &Access<Class>, axis: usize) -> Value {
        let unit = self.guard_unit(window, axis);
        let constant = i64::from(access.class.guard[axis] * unit);
        let origin = self.index(window.origin[axis]);
        let mut first = self.build.binary_const(Binary::Add, origin, constant);
        for (bit, coord) in window.layout.wave.iter().enumerate() {
            if let Some(coord) = coord.filter(|coord| coord.axis as usize == axis + 1) {
                let part = self.wave_bit(bit as u32, coord.bit.into());
                first = self.build.binary(Binary::Add, first, part);
            }
        }
        let extent = self.end(window, axis);
        match self.lane_coordinate(window.layout, axis + 1) {
            None => self.build.compare(Compare::Lt, first, extent),
            Some(lane) => {
                let first = self.build.splat(first, 1);
                let at = self.build.binary(Binary::Add, first, lane);
                let extent = self.build.splat(extent, 1);
                self.build.compare(Compare::Lt, at, extent)
            }
        }
    }
}
