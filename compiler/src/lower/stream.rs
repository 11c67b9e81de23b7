//! Passes that add products to their sums several times.
//!
//! Values are pulled by what needs them, and so a pass would make all of one chunk of a carried sum
//! before it began the next one, holding what the chunks share all the while, and the code generator
//! would start all loads of the pass at once or each where it is needed. On a GPU a pass of a fold
//! that adds products to its sums more often than once is *streamed*: each addition is done where it stands,
//! for all chunks; the loads of the next one are started before it, those of the first one before
//! everything else; and fences keep it so.

use std::collections::HashSet;
use std::rc::Rc;

use super::access::Demand;
use super::fold::{Carried, Tile, has_folds};
use super::index::UNIFORM;
use super::{Lowering, is_host};
use crate::lane::{Binary, Op as LaneOp};
use crate::tile::{Id, Op, Program, Region, Role};

/// The additions of a pass.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// What each yields, in order.
    sums: Vec<Id>,
    /// The accesses of global memory that each makes and none before it. Elements below a byte, of
    /// which additions have neighbours in one line of a cache, are all the first one's.
    accesses: Vec<Vec<(Demand, u32)>>,
}

impl<'p> Lowering<'p> {
    /// The additions of a fold's pass with what they load, found by a trial; none where the pass is
    /// not streamed.
    pub(super) fn streamed_sums(
        &mut self,
        body: &'p Region,
        (tiles, carried): (&[Tile], &Carried),
        hidden: &Rc<HashSet<Id>>,
    ) -> Option<Stream> {
        let program = self.program;
        let sums = additions(program, body);
        let product = |id: &Id| matches!(program.node(*id).op, Op::Mma { .. });
        let often = sums.len() > body.yields.len() && body.values.iter().any(product);
        if !often || is_host(self.target) || has_folds(program, body) || self.shares_within(body) {
            return None;
        }
        let mut ends = Vec::new();
        let all = self.tried(|this| {
            this.scopes.open_hiding(Rc::clone(hidden));
            let step = this.build.fresh(UNIFORM);
            this.bind_inside(body, step, tiles, carried);
            for sum in &sums {
                this.settle(*sum);
                ends.push(this.recorder.as_ref().map_or(0, Vec::len));
            }
            this.scopes.close();
        });
        let starts = std::iter::once(&0).chain(&ends);
        let ahead = |(demand, _): &&(Demand, u32)| {
            hidden.contains(&demand.load) && is_input(program, demand.load)
        };
        let of = |(start, end): (&usize, &usize)| all[*start..*end].iter().filter(ahead).copied();
        let mut accesses: Vec<Vec<_>> =
            starts.zip(&ends).map(|range| of(range).collect()).collect();
        let mut small = Vec::new();
        for of in &mut accesses {
            small
                .extend(of.extract_if(.., |(demand, number)| self.is_below_byte(*demand, *number)));
        }
        accesses[0].extend(small);
        Some(Stream { sums, accesses })
    }

    /// Whether a pass shares what it computes, which no trial can read.
    fn shares_within(&self, body: &Region) -> bool {
        let computed = |id: &Id| {
            matches!(self.program.node(*id).op, Op::Share(_)) && !self.shared.is_placed(*id)
        };
        body.values.iter().any(computed)
    }

    /// Begins a pass; what was under way around it.
    pub(super) fn open_stream(&mut self, stream: Option<Stream>) -> Option<Stream> {
        if let Some(stream) = &stream {
            self.start_addition(stream, 0);
        }
        std::mem::replace(&mut self.stream, stream)
    }

    /// Does an addition of the pass that is under way, if a value is one.
    pub(super) fn stream_sum(&mut self, id: Id) {
        let Some(stream) = self.stream.take() else { return };
        if let Some(at) = stream.sums.iter().position(|sum| *sum == id) {
            self.start_addition(&stream, at + 1);
            self.settle(id);
        }
        self.stream = Some(stream);
    }

    /// Starts the loads of an addition, if there is one of that number.
    fn start_addition(&mut self, stream: &Stream, number: usize) {
        self.build.insert(LaneOp::ScheduleFence, Vec::new());
        for (demand, number) in stream.accesses.get(number).into_iter().flatten() {
            self.start_access(*demand, *number);
        }
        self.build.insert(LaneOp::ScheduleFence, Vec::new());
    }

    /// Makes all chunks of a tile.
    fn settle(&mut self, id: Id) {
        let Some(layout) = self.layouts.known(id) else { return };
        let (chunks, layout) = (layout.chunks(), self.scopes.intern(layout));
        for number in 0..chunks {
            self.chunk(id, [0, 0], layout, number);
        }
    }
}

/// The values of a pass that are what the fold carries plus something else, in order.
fn additions(program: &Program, body: &Region) -> Vec<Id> {
    let mut sums: HashSet<Id> = body.params.iter().copied().collect();
    let mut all = Vec::new();
    for id in &body.values {
        let added = match &program.node(*id).op {
            Op::Binary(Binary::Add, a, b) => sums.contains(a) || sums.contains(b),
            Op::Fma(_, _, sum) => sums.contains(sum),
            _ => false,
        };
        if added && program.shape(*id).iter().product::<u32>() > 1 {
            sums.insert(*id);
            all.push(*id);
        }
    }
    all
}

/// Whether a load reads what nobody writes.
fn is_input(program: &Program, load: Id) -> bool {
    match program.node(load).op {
        Op::Load { arg, .. } => program.parts[arg as usize].role == Role::Input,
        _ => false,
    }
}
