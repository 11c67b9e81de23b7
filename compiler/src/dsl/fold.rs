//! Run-time control: loops that carry tiles, and conditions.

use super::index::IntoIndex;
use super::recorder::{POISON, escaped};
use super::{Condition, Index, Kernel, Tile};
use crate::diagnose::{Diagnostic, Location};
use crate::tile::{Id, Op, Region, Type};

/// The passes of a loop: an index that runs `from`, `from + by`, ... below an end.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'k> {
    lower: Option<Index<'k>>,
    upper: Index<'k>,
    by: u32,
    stages: u32,
}

impl<'k> Steps<'k> {
    /// Starts at this index instead of 0.
    #[track_caller]
    #[must_use]
    pub fn from(self, lower: impl IntoIndex<'k>) -> Steps<'k> {
        Steps { lower: Some(lower.into_index(self.upper.kernel)), ..self }
    }

    /// Buffers for each tile staged in the body: 1, or 2 to fetch the next pass's tiles during
    /// this one.
    #[must_use]
    pub fn stages(self, stages: u32) -> Steps<'k> {
        Steps { stages, ..self }
    }
}

/// What a loop can carry from pass to pass: a tile, or tuples, arrays and vectors of such.
pub trait Carry<'k>: Sized {
    /// Appends the tiles in order.
    fn tiles(&self, all: &mut Vec<Tile<'k>>);

    /// The same structure with tiles taken from `tiles`, in order.
    #[must_use]
    fn with(&self, tiles: &mut dyn Iterator<Item = Tile<'k>>) -> Self;
}

impl<'k> Carry<'k> for Tile<'k> {
    fn tiles(&self, all: &mut Vec<Tile<'k>>) {
        all.push(*self);
    }

    fn with(&self, tiles: &mut dyn Iterator<Item = Tile<'k>>) -> Self {
        tiles.next().expect("there should be a tile for each one carried")
    }
}

impl<'k, C: Carry<'k>> Carry<'k> for Vec<C> {
    fn tiles(&self, all: &mut Vec<Tile<'k>>) {
        self.iter().for_each(|carry| carry.tiles(all));
    }

    fn with(&self, tiles: &mut dyn Iterator<Item = Tile<'k>>) -> Self {
        self.iter().map(|carry| carry.with(tiles)).collect()
    }
}

impl<'k, C: Carry<'k>, const N: usize> Carry<'k> for [C; N] {
    fn tiles(&self, all: &mut Vec<Tile<'k>>) {
        self.iter().for_each(|carry| carry.tiles(all));
    }

    fn with(&self, tiles: &mut dyn Iterator<Item = Tile<'k>>) -> Self {
        std::array::from_fn(|at| self[at].with(tiles))
    }
}

impl<'k> Carry<'k> for () {
    fn tiles(&self, _: &mut Vec<Tile<'k>>) {}

    fn with(&self, _: &mut dyn Iterator<Item = Tile<'k>>) -> Self {}
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),*))*) => {$(
        impl<'k, $($name: Carry<'k>),*> Carry<'k> for ($($name,)*) {
            fn tiles(&self, all: &mut Vec<Tile<'k>>) {
                $(self.$at.tiles(all);)*
            }

            fn with(&self, tiles: &mut dyn Iterator<Item = Tile<'k>>) -> Self {
                ($(self.$at.with(tiles),)*)
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}

impl Kernel {
    /// The passes whose index runs 0, `by`, 2 `by`, ... below `extent`, in elements.
    #[track_caller]
    pub fn steps<'k>(&'k self, extent: impl IntoIndex<'k>, by: u32) -> Steps<'k> {
        Steps { lower: None, upper: extent.into_index(self), by, stages: 1 }
    }

    /// Runs `body` for every step at run time. It is given the index and what the pass before
    /// returned (at first `init`), and returns the same structure with tiles of the same types.
    #[track_caller]
    pub fn fold<'k, C: Carry<'k>>(
        &'k self,
        steps: Steps<'k>,
        init: C,
        body: impl FnOnce(Index<'k>, C) -> C,
    ) -> C {
        let location = Location::caller();
        let start = ids(&init);
        let lower = steps.lower.unwrap_or_else(|| self.index_at(0, location));
        let fold = self.record(steps.op(lower, start.clone()), Type::None);
        let (index, carried) = self.enter(&start, location);
        let next = body(index, rebuilt(self, &init, &carried));
        let next = self.yields(&start, &ids(&next), location);
        self.recorder().close(fold, next.clone().unwrap_or_default());
        let results = (0..start.len()).map(|number| match next {
            Some(_) => self.record_at(Op::Result(fold, number as u32), Type::None, location),
            None => POISON,
        });
        rebuilt(self, &init, &results.collect::<Vec<Id>>())
    }

    /// Runs `body` at run time where the condition holds.
    #[track_caller]
    pub fn when<'k>(&'k self, condition: Condition<'k>, body: impl FnOnce()) {
        let op = Op::When { condition: condition.id, body: Region::default() };
        let when = self.record(op, Type::None);
        self.recorder().open();
        body();
        self.recorder().close(when, Vec::new());
    }

    fn index_at(&self, value: i64, location: Location) -> Index<'_> {
        Index::new(self, self.record_at(Op::Index(value), Type::Index, location))
    }

    /// Opens a loop's region: its index and one value for each carried one.
    fn enter(&self, start: &[Id], location: Location) -> (Index<'_>, Vec<Id>) {
        let mut recorder = self.recorder();
        recorder.open();
        let index = recorder.param(Type::Index, location);
        let carried = start.iter().map(|id| match recorder.ty(*id) {
            Type::None => POISON,
            ty => recorder.param(ty, location),
        });
        let carried = carried.collect();
        (Index::new(self, index), carried)
    }

    /// The values for the next pass if they suit the first ones; reports why not, otherwise.
    fn yields(&self, start: &[Id], next: &[Id], location: Location) -> Option<Vec<Id>> {
        let mut recorder = self.recorder();
        if start.len() != next.len() {
            let (before, after) = (start.len(), next.len());
            recorder.report(
                Diagnostic::new(
                    location,
                    format!("the loop starts with {before} tiles and continues with {after}"),
                )
                .note("the closure returns as many tiles as it is given"),
            );
            return None;
        }
        let mut sound = true;
        for (number, (start, next)) in start.iter().zip(next).enumerate() {
            let (before, after) = (recorder.ty(*start), recorder.ty(*next));
            if before == Type::None || after == Type::None {
                sound = false;
            } else if !recorder.visible(*next) {
                recorder.report(escaped(location));
                sound = false;
            } else if before != after {
                recorder.report(changed(number, before, after, location));
                sound = false;
            }
        }
        sound.then(|| next.to_vec())
    }
}

impl Steps<'_> {
    fn op(self, lower: Index<'_>, init: Vec<Id>) -> Op {
        Op::Fold {
            lower: lower.id,
            upper: self.upper.id,
            step: self.by,
            stages: self.stages,
            init,
            body: Region::default(),
        }
    }
}

fn changed(number: usize, before: Type, after: Type, location: Location) -> Diagnostic {
    let message = format!("carried tile {number} starts as {before} and becomes {after}");
    Diagnostic::new(location, message)
        .note("a carried tile keeps its type: start with the final shape, convert with .to(..)")
}

fn ids<'k>(carry: &impl Carry<'k>) -> Vec<Id> {
    let mut tiles = Vec::new();
    carry.tiles(&mut tiles);
    tiles.iter().map(|tile| tile.id).collect()
}

fn rebuilt<'k, C: Carry<'k>>(kernel: &'k Kernel, like: &C, ids: &[Id]) -> C {
    like.with(&mut ids.iter().map(|id| Tile::new(kernel, *id)))
}
