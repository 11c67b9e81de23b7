//! Plans made so far, so that each is made once.
//!
//! A plan depends on the tile, the window and the layout only, never on the values lowered, so it
//! outlives every scope.

use std::collections::HashMap;
use std::rc::Rc;

use super::access::{Demand, Plan};
use super::edges::Edge;
use super::{Lowering, global, shared};
use crate::tile::Id;

/// Plans and edges by what they depend on.
#[derive(Debug, Default)]
pub(super) struct Plans {
    loads: HashMap<Demand, Rc<Plan<global::Class>>>,
    reads: HashMap<Demand, Rc<Plan<shared::Class>>>,
    edges: HashMap<Id, [Edge; 2]>,
}

impl Lowering<'_> {
    /// The accesses of a demanded load.
    pub(super) fn load_plan(&mut self, demand: Demand) -> Rc<Plan<global::Class>> {
        if let Some(plan) = self.plans.loads.get(&demand) {
            return Rc::clone(plan);
        }
        let plan = Rc::new(self.plan_load(demand));
        self.plans.loads.insert(demand, Rc::clone(&plan));
        plan
    }

    /// The accesses by which a window of a shared tile is read; `demand` names the shared tile.
    pub(super) fn read_plan(&mut self, demand: Demand) -> Rc<Plan<shared::Class>> {
        if let Some(plan) = self.plans.reads.get(&demand) {
            return Rc::clone(plan);
        }
        let plan = Rc::new(self.plan_read(demand));
        self.plans.reads.insert(demand, Rc::clone(&plan));
        plan
    }

    /// The edges of a load along rows and columns.
    pub(super) fn load_edges(&mut self, load: Id) -> [Edge; 2] {
        if let Some(edges) = self.plans.edges.get(&load) {
            return *edges;
        }
        let edges = [self.load_edge(load, 1), self.load_edge(load, 2)];
        self.plans.edges.insert(load, edges);
        edges
    }
}
