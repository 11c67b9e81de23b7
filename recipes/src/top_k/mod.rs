//! The largest numbers of each row with their places, largest first; among equal ones the lowest
//! place first.
//!
//! They are found in two launches, because a vocabulary is too long for one workgroup: [`Split`]
//! finds those of each span of a row, [`Merge`] those of all spans. Each number is found by looking
//! at all once more for the largest that follows the one before.
//!
//! A row with a NaN has no largest number: its places are -1 and its values NaN. Where a row has
//! fewer numbers than are asked for, places of -1 with minus infinity follow.

mod merge;
mod split;

pub use merge::Merge;
pub use split::Split;

use std::cmp::Ordering;
use std::ops::Range;

use kiln_compiler::dsl::Steps;
use kiln_compiler::prelude::*;
use kiln_targets::Backend;

params! {
    /// How one workgroup covers its row.
    pub struct Scan {
        /// Waves of a workgroup, side by side along a row.
        nwarps: [1, 4, 8, 16] as u32,
        /// Columns in one step.
        width: [64, 256, 1024, 4096] as u32,
    }
}

/// A place beyond every row.
const NOWHERE: i32 = i32::MAX;

/// Where a number can be.
const PLACES: Range<i64> = 0..NOWHERE as i64;

/// Where a row's scan has come to: a number and its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'k> {
    /// The number.
    pub(crate) value: Tile<'k>,
    /// Its place, or a place beyond every row if there is no number.
    pub(crate) place: Tile<'k>,
    /// 1 if the row has a NaN.
    pub(crate) wrong: Tile<'k>,
}

impl Scan {
    /// Whether a workgroup of a target can cover a row so.
    pub(crate) fn admits(&self, target: &Target) -> Verdict {
        let host = target.backend == Backend::Host;
        require!(!host || self.nwarps == 1, "a host workgroup is one wave");
        let lanes = self.nwarps * target.lanes;
        require!(self.width >= lanes, "every lane has an element");
        let (held, most) = (self.width / lanes, if host { 8 } else { 16 });
        require!(held <= most, "a lane compares {held} numbers at a time; {most} are enough");
        Ok(())
    }

    /// A point that is good on a target without any search.
    pub(crate) fn default_of(target: &Target) -> Scan {
        match target.backend {
            Backend::Host => Scan { nwarps: 1, width: 64 },
            Backend::AmdGpu => Scan { nwarps: 8, width: 1024 },
        }
    }

    /// The first number, over columns, that follows what was found before. `seen` gives the numbers
    /// of the columns from one on, `[1, width]`, and their places, -1 where there is no number.
    pub(crate) fn next<'k>(
        &self,
        k: &'k Kernel,
        columns: Steps<'k>,
        before: [Tile<'k>; 2],
        seen: impl Fn(Index<'k>) -> [Tile<'k>; 2],
    ) -> Found<'k> {
        let [value, place] = before;
        let size = [1, self.width];
        let none = k.full(f64::NEG_INFINITY, F32, size);
        let nowhere = k.full(f64::from(NOWHERE), I32, size);
        let start = [none, nowhere, k.zeros(I32, size)];
        let [best, at, wrong] = k.fold(columns, start, |col, [best, at, wrong]| {
            let [x, own] = seen(col);
            let follows = x.lt(value) | (x.eq(value) & own.gt(place));
            let first = x.gt(best) | at.eq(NOWHERE);
            let taken = own.ge(0) & own.lt(NOWHERE) & follows & first;
            let wrong = x.ne(x).select(1, wrong);
            [taken.select(x, best), taken.select(own, at), wrong]
        });
        let peak = best.max_over(2);
        let place = best.eq(peak).select(at, NOWHERE).min_over(2);
        Found { value: peak, place, wrong: wrong.max_over(2) }
    }

    /// The numbers of a row of `x` `[m, v]` from a column on, with their columns for places.
    pub(crate) fn of_row<'k>(
        &self,
        k: &'k Kernel,
        row: Index<'k>,
        col: Index<'k>,
    ) -> [Tile<'k>; 2] {
        let size = [1, self.width];
        let own = k.iota_cols(size) + k.splat(col, [1, 1]);
        let inside = own.lt(k.splat(k.dim("v"), [1, 1]));
        let x = k.load(k.arg("x").at([row, col], size)).to(F32);
        [inside.select(x, f64::NEG_INFINITY), inside.select(own, -1)]
    }
}

/// What precedes every number of a row.
pub(crate) fn nothing(k: &Kernel) -> [Tile<'_>; 2] {
    [k.full(f64::INFINITY, F32, [1, 1]), k.full(-1.0, I32, [1, 1])]
}

impl<'k> Found<'k> {
    /// The place to be stored: -1 where there is none.
    pub(crate) fn stored_place(&self) -> Tile<'k> {
        let none = self.place.eq(NOWHERE) | self.wrong.gt(0);
        none.select(-1, self.place)
    }
}

impl<'k> Scan {
    /// Stores the `count` first numbers of a row into `values` and `places`.
    fn store_first(
        &self,
        k: &'k Kernel,
        count: u32,
        place: impl Fn(Index<'k>) -> [Index<'k>; 2],
        next: impl Fn([Tile<'k>; 2]) -> Found<'k>,
    ) {
        k.fold(k.steps(count, 1), nothing(k), |number, before| {
            let found = next(before);
            let value = found.wrong.gt(0).select(f64::NAN, found.value);
            k.arg("values").at(place(number), [1, 1]).store(value);
            k.arg("places").at(place(number), [1, 1]).store(found.stored_place());
            [found.value, found.place]
        });
    }
}

/// The first numbers among some with their places, as the reference finds them: none has a place
/// where one is a NaN, and what is there twice is found once.
fn first(numbers: &[(f64, i64)], count: usize) -> Vec<(f64, f64)> {
    if numbers.iter().any(|(x, _)| x.is_nan()) {
        return vec![(f64::NAN, -1.0); count];
    }
    let mut order: Vec<(f64, i64)> =
        numbers.iter().copied().filter(|(_, place)| PLACES.contains(place)).collect();
    order.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal).then(a.1.cmp(&b.1)));
    order.dedup();
    let found = order.into_iter().map(|(x, place)| (x, place as f64));
    found.chain(std::iter::repeat((f64::NEG_INFINITY, -1.0))).take(count).collect()
}

/// Fills `values` and `places` with what was found for each row.
fn fill(host: &mut Host, found: &[Vec<(f64, f64)>]) {
    host.fill("values", |[row, at]| found[row][at].0);
    host.fill("places", |[row, at]| found[row][at].1);
}
