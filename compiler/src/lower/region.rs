//! Regions: the ops that act.

use super::Lowering;
use crate::diagnose::Location;
use crate::lane::Op as LaneOp;
use crate::tile::{Id, Op, Region};

impl<'p> Lowering<'p> {
    /// Lowers the acting ops of a region in order; everything else is pulled by them.
    pub(super) fn region(&mut self, region: &'p Region) {
        let program = self.program;
        for id in &region.values {
            let outer = self.locate(*id);
            match &program.node(*id).op {
                Op::Store { arg, at, until, value } => {
                    self.store(*arg, (*at, *until), *value);
                    self.stored.insert(*arg, *id);
                }
                Op::Share(of) if !self.shared.is_placed(*id) => self.share_once(*id, *of),
                Op::Fold { .. } => self.fold(*id),
                Op::When { condition, body } => self.when(*condition, body),
                _ => self.stream_sum(*id),
            }
            self.build.location = outer;
        }
    }

    fn when(&mut self, condition: Id, body: &'p Region) {
        let condition = self.index(condition);
        self.wave_id();
        self.lane_id();
        self.build.open();
        self.scopes.open();
        self.region(body);
        self.scopes.close();
        let then = self.build.close();
        self.build.insert(LaneOp::If { condition, then }, Vec::new());
    }

    /// A shared tile outside any fold, or one that is computed in a pass of it: its own memory,
    /// written where it stands, after the waves have read what the pass before left there.
    fn share_once(&mut self, id: Id, of: Id) {
        let bytes = self.shared_bytes(id);
        let local = self.new_local(format!("tile {}", id.0), bytes);
        self.place_shared(id, local, 0, None);
        if self.folds > 0 || self.is_reused(local) {
            self.barrier();
        }
        self.write_shared(id, of);
        self.barrier();
    }
}

/// Sets the location of what is built next.
pub(super) trait Located {
    /// Takes the location of a value; returns the previous one.
    fn locate(&mut self, id: Id) -> Location;
}

impl Located for Lowering<'_> {
    fn locate(&mut self, id: Id) -> Location {
        std::mem::replace(&mut self.build.location, self.program.node(id).location)
    }
}
