//! Folds: loops, their carried values, staged shared tiles and prefetch.
//!
//! A fold that shares tiles runs, on a GPU, as: commit what was loaded for this step to workgroup
//! memory; start the loads of the next step; barrier; consume. The loads are carried in registers
//! and stay in flight across the barrier. With one stage a second barrier protects the buffer
//! before it is written again; with two the buffers alternate and one barrier is enough.
//!
//! A fold around another one does not load ahead: its loads would take registers all through the
//! inner one.

use std::collections::HashSet;
use std::rc::Rc;

use super::access::Demand;
use super::index::UNIFORM;
use super::scope::{ChunkKey, LayoutId};
use super::{Lowering, is_host};
use crate::lane::{Binary, Op as LaneOp, Value};
use crate::tile::{Id, Op, Program, Region, Type};

/// Values that a loop carries, in the order of the lane loop's lists.
#[derive(Default)]
pub(super) struct Carried {
    init: Vec<Value>,
    inside: Vec<Value>,
    yields: Vec<Value>,
}

impl Carried {
    /// Adds a carried value; the value inside.
    fn add(&mut self, lowering: &mut Lowering<'_>, init: Value) -> Value {
        let ty = lowering.build.ty(init);
        let inside = lowering.build.fresh(ty);
        self.init.push(init);
        self.inside.push(inside);
        inside
    }
}

/// A carried tile: its parameter and its layout.
pub(super) struct Tile {
    param: Id,
    place: usize,
    layout: LayoutId,
    chunks: u32,
}

/// One prefetched access and the loop value that carries it.
struct Prefetched {
    demand: Demand,
    number: u32,
    inside: Value,
}

impl<'p> Lowering<'p> {
    /// Lowers a fold and binds its results.
    pub(super) fn fold(&mut self, id: Id) {
        let program = self.program;
        let Op::Fold { lower, upper, step, stages, init, body } = &program.node(id).op else {
            return;
        };
        self.wave_id();
        self.lane_id();
        let (lower, upper) = (self.index(*lower), self.index(*upper));
        let induction = self.build.fresh(UNIFORM);
        let mut carried = Carried::default();
        let tiles = self.carry_tiles(&mut carried, init, body);
        let shares = shares(program, body);
        let end = self.room.end;
        let stage = self.carry_stage(&mut carried, id, &shares, *stages);
        let hidden = Rc::new(defined(program, body));
        let loads = self.prefetch(&mut carried, body, &shares, lower, &hidden);
        let sums = self.streamed_sums(body, (&tiles, &carried), &hidden);
        self.build.open();
        self.scopes.open_hiding(Rc::clone(&hidden));
        self.bind_inside(body, induction, &tiles, &carried);
        let outer = self.open_stream(sums);
        self.commit(&shares, *stages, stage, &loads);
        let next = self.start_next(&loads, body, (upper, induction, *step), &hidden);
        if !shares.is_empty() {
            self.barrier();
        }
        self.folds += 1;
        self.region(body);
        self.folds -= 1;
        self.stream = outer;
        let mut yields = self.tile_yields(&tiles, body);
        if let Some((offset, bytes)) = stage {
            let total = self.build.index(bytes.into());
            yields.push(self.build.binary(Binary::Sub, total, offset));
        }
        yields.extend(next);
        carried.yields = yields;
        self.scopes.close();
        let lane_body = self.build.close();
        let results: Vec<Value> = carried
            .init
            .iter()
            .map(|value| {
                let ty = self.build.ty(*value);
                self.build.fresh(ty)
            })
            .collect();
        let op = LaneOp::Loop {
            lower,
            upper,
            step: *step,
            induction,
            init: carried.init,
            carried: carried.inside,
            body: lane_body,
            yields: carried.yields,
        };
        self.build.insert(op, results.clone());
        self.bind_results(id, &tiles, &results);
        self.free_locals(end);
    }

    /// Carries every tile chunk by chunk in its anchored layout.
    fn carry_tiles(&mut self, carried: &mut Carried, init: &[Id], body: &Region) -> Vec<Tile> {
        let mut tiles = Vec::new();
        for (place, start) in init.iter().enumerate() {
            let param = body.params[place + 1];
            if self.program.ty(param) == Type::Index {
                self.reject("a fold carries tiles; compute indices from the step instead");
                continue;
            }
            let layout = self.layouts.anchored(param).expect("carried tiles should be anchored");
            let (chunks, layout) = (layout.chunks(), layout.clone());
            let layout = self.scopes.intern(layout);
            for number in 0..chunks {
                let value = self.chunk(*start, [0, 0], layout, number);
                carried.add(self, value);
            }
            tiles.push(Tile { param, place, layout, chunks });
        }
        tiles
    }

    /// Memory of the shared tiles of the body; with two stages, the carried offset of the current
    /// one and the bytes of a stage.
    fn carry_stage(
        &mut self,
        carried: &mut Carried,
        fold: Id,
        shares: &[(Id, Id)],
        stages: u32,
    ) -> Option<(Value, u32)> {
        if shares.is_empty() {
            return None;
        }
        let sizes: Vec<u32> = shares.iter().map(|(id, _)| self.shared_bytes(*id)).collect();
        let bytes: u32 = sizes.iter().sum();
        let stages = if self.program.waves.count() == 1 { 1 } else { stages };
        let local = self.new_local(format!("stages of fold {}", fold.0), bytes * stages);
        if stages > 1 && self.is_reused(local) {
            self.barrier();
        }
        let offset = (stages > 1).then(|| {
            let zero = self.build.index(0);
            carried.add(self, zero)
        });
        let mut end = 0;
        for ((id, _), size) in shares.iter().zip(sizes) {
            self.place_shared(*id, local, end, offset);
            end += size;
        }
        offset.map(|offset| (offset, bytes))
    }

    /// Starts the loads of the first step and carries them.
    fn prefetch(
        &mut self,
        carried: &mut Carried,
        body: &'p Region,
        shares: &[(Id, Id)],
        lower: Value,
        hidden: &Rc<HashSet<Id>>,
    ) -> Vec<Prefetched> {
        if is_host(self.target) || shares.is_empty() || has_folds(self.program, body) {
            return Vec::new();
        }
        let demands = self.demands(body, shares, hidden);
        self.scopes.open_hiding(Rc::clone(hidden));
        self.scopes.bind_index(body.params[0], lower);
        let mut loads = Vec::new();
        for demand in demands {
            for number in 0..self.load_plan(demand).accesses.len() as u32 {
                let value = self.load_access(demand, number);
                let inside = carried.add(self, value);
                loads.push(Prefetched { demand, number, inside });
            }
        }
        self.scopes.close();
        loads
    }

    /// The loads that committing the shared tiles demands, found by a trial whose code is dropped.
    fn demands(
        &mut self,
        body: &'p Region,
        shares: &[(Id, Id)],
        hidden: &Rc<HashSet<Id>>,
    ) -> Vec<Demand> {
        let accesses = self.tried(|this| {
            this.scopes.open_hiding(Rc::clone(hidden));
            let step = this.build.fresh(UNIFORM);
            this.scopes.bind_index(body.params[0], step);
            for (share, of) in shares {
                this.write_shared(*share, *of);
            }
            this.scopes.close();
        });
        let mut demands: Vec<Demand> = Vec::new();
        for (demand, _) in accesses {
            if hidden.contains(&demand.load) && !demands.contains(&demand) {
                demands.push(demand);
            }
        }
        demands
    }

    /// The accesses of loads that some lowering makes, which is then undone.
    pub(super) fn tried(&mut self, lower: impl FnOnce(&mut Self)) -> Vec<(Demand, u32)> {
        let kept = (self.build.clone(), self.wrong.clone(), self.locals.clone(), self.room);
        let outer = self.recorder.replace(Vec::new());
        self.scopes.open();
        lower(self);
        self.scopes.close();
        let accesses = std::mem::replace(&mut self.recorder, outer).unwrap_or_default();
        (self.build, self.wrong, self.locals, self.room) = kept;
        accesses
    }

    pub(super) fn bind_inside(
        &mut self,
        body: &Region,
        step: Value,
        tiles: &[Tile],
        carried: &Carried,
    ) {
        self.scopes.bind_index(body.params[0], step);
        let mut values = carried.inside.iter();
        for tile in tiles {
            for number in 0..tile.chunks {
                let value = *values.next().expect("every chunk should be carried");
                self.scopes.bind_chunk(tile.key(tile.param, number), value);
            }
        }
    }

    /// Writes the shared tiles of this step.
    fn commit(
        &mut self,
        shares: &[(Id, Id)],
        stages: u32,
        stage: Option<(Value, u32)>,
        loads: &[Prefetched],
    ) {
        for Prefetched { demand, number, inside } in loads {
            let Demand { load, at, layout } = *demand;
            let key = ChunkKey { id: load, at, layout, number: *number, access: true };
            self.scopes.bind_chunk(key, *inside);
        }
        if !shares.is_empty() && stages == 1 && stage.is_none() {
            self.barrier();
        }
        for (share, of) in shares {
            self.write_shared(*share, *of);
        }
    }

    /// Starts the loads of the next step; past the last one, loads that step again.
    fn start_next(
        &mut self,
        loads: &[Prefetched],
        body: &'p Region,
        (upper, induction, step): (Value, Value, u32),
        hidden: &Rc<HashSet<Id>>,
    ) -> Vec<Value> {
        if loads.is_empty() {
            return Vec::new();
        }
        let next = self.build.binary_const(Binary::Add, induction, step.into());
        let inside = self.build.compare(crate::lane::Compare::Lt, next, upper);
        let next = self.build.push(LaneOp::Select(inside, next, induction), UNIFORM);
        self.scopes.open_hiding(Rc::clone(hidden));
        self.scopes.bind_index(body.params[0], next);
        let values = loads.iter().map(|load| self.load_access(load.demand, load.number)).collect();
        self.scopes.close();
        values
    }

    fn tile_yields(&mut self, tiles: &[Tile], body: &Region) -> Vec<Value> {
        let mut yields = Vec::new();
        for tile in tiles {
            for number in 0..tile.chunks {
                yields.push(self.chunk(body.yields[tile.place], [0, 0], tile.layout, number));
            }
        }
        yields
    }

    /// Binds the results of the fold, which are anchored like its carried tiles.
    fn bind_results(&mut self, fold: Id, tiles: &[Tile], results: &[Value]) {
        let mut ids = vec![Vec::new(); tiles.len()];
        for index in 0..self.program.nodes.len() {
            let id = Id(index as u32);
            if let Op::Result(of, place) = self.program.node(id).op
                && of == fold
            {
                let tile = tiles.iter().position(|tile| tile.place == place as usize);
                ids[tile.expect("a result should be carried")].push(id);
            }
        }
        let mut values = results.iter();
        for (tile, ids) in tiles.iter().zip(ids) {
            for number in 0..tile.chunks {
                let value = *values.next().expect("every chunk should have a result");
                for id in &ids {
                    self.scopes.bind_chunk(tile.key(*id, number), value);
                }
            }
        }
    }
}

impl Tile {
    fn key(&self, id: Id, number: u32) -> ChunkKey {
        ChunkKey { id, at: [0, 0], layout: self.layout, number, access: false }
    }
}

/// The shared tiles of a region with their sources, nested folds apart, that are made of loads:
/// those can be fetched ahead. Others are shared where they stand.
fn shares(program: &Program, body: &Region) -> Vec<(Id, Id)> {
    let share = |id: &Id| match program.node(*id).op {
        Op::Share(of) if !is_computed(program, of) => Some((*id, of)),
        _ => None,
    };
    body.values.iter().filter_map(share).collect()
}

/// Whether a tile depends on what a pass computes or was left by the one before.
fn is_computed(program: &Program, id: Id) -> bool {
    if !matches!(program.ty(id), Type::Tile(..)) {
        return false;
    }
    match &program.node(id).op {
        Op::Bound | Op::Mma { .. } | Op::Reduce(..) | Op::Read { .. } | Op::Result(..) => true,
        Op::Load { .. } => false,
        op => op.operands().into_iter().any(|of| is_computed(program, of)),
    }
}

/// Whether there are folds in a region.
pub(super) fn has_folds(program: &Program, body: &Region) -> bool {
    body.values.iter().any(|id| match &program.node(*id).op {
        Op::Fold { .. } => true,
        Op::When { body, .. } => has_folds(program, body),
        _ => false,
    })
}

/// All values that a region and the regions in it define.
fn defined(program: &Program, body: &Region) -> HashSet<Id> {
    let mut all: HashSet<Id> = body.values.iter().chain(&body.params).copied().collect();
    for id in &body.values {
        match &program.node(*id).op {
            Op::Fold { body, .. } | Op::When { body, .. } => all.extend(defined(program, body)),
            _ => {}
        }
    }
    all
}
