//! The largest numbers of each row with their places, largest first; among equal ones the lowest
//! place first.
//!
//! A row with a NaN has no largest number: its places are -1 and its values NaN. Where a row has
//! fewer numbers than are asked for, places of -1 with minus infinity follow.

use kiln_compiler::dsl::Matrix;
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

/// The family: number type of the rows, and how many numbers of each are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopK {
    /// Number type of `x`.
    pub dtype: DType,
    /// Numbers wanted of each row.
    pub count: u32,
}

/// A place beyond every row.
const NOWHERE: i32 = i32::MAX;

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

    /// The first number of a row of `x` `[m, v]` that follows what was found before.
    pub(crate) fn next<'k>(
        &self,
        k: &'k Kernel,
        row: Index<'k>,
        before: [Tile<'k>; 2],
    ) -> Found<'k> {
        let [value, place] = before;
        let size = [1, self.width];
        let end = k.splat(k.dim("v"), [1, 1]);
        let none = k.full(f64::NEG_INFINITY, F32, size);
        let nowhere = k.full(f64::from(NOWHERE), I32, size);
        let start = [none, nowhere, k.zeros(I32, size)];
        let steps = k.steps(k.dim("v"), self.width);
        let [best, at, wrong] = k.fold(steps, start, |col, [best, at, wrong]| {
            let x = k.load(k.arg("x").at([row, col], size)).to(F32);
            let own = k.iota_cols(size) + k.splat(col, [1, 1]);
            let inside = own.lt(end);
            let follows = x.lt(value) | (x.eq(value) & own.gt(place));
            let first = x.gt(best) | at.eq(NOWHERE);
            let taken = inside & follows & first;
            let wrong = (inside & x.ne(x)).select(1, wrong);
            [taken.select(x, best), taken.select(own, at), wrong]
        });
        let peak = best.max_over(2);
        let place = best.eq(peak).select(at, NOWHERE).min_over(2);
        Found { value: peak, place, wrong: wrong.max_over(2) }
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

impl Recipe for TopK {
    type Params = Scan;

    fn name(&self) -> &'static str {
        "top_k"
    }

    /// `x` `[m, v]`, `values` and `places` `[m, count]`.
    fn signature(&self, _: &Scan, _: &Target) -> Signature {
        let count = self.count.to_string();
        Signature::new("top_k", ["m", "v"])
            .input("x", self.dtype, ["m", "v"])
            .output("values", F32, ["m", count.as_str()])
            .output("places", I32, ["m", count.as_str()])
    }

    fn admits(&self, p: &Scan, target: &Target) -> Verdict {
        p.admits(target)
    }

    fn build(&self, k: &Kernel, p: &Scan) {
        k.waves(Waves { slices: 1, rows: 1, cols: p.nwarps });
        let [row] = k.grid([k.tiles("m", 1)]);
        k.fold(k.steps(self.count, 1), nothing(k), |number, before| {
            let found = p.next(k, row, before);
            let value = found.wrong.gt(0).select(f64::NAN, found.value);
            k.arg("values").at([row, number], [1, 1]).store(value);
            k.arg("places").at([row, number], [1, 1]).store(found.stored_place());
            [found.value, found.place]
        });
    }

    fn order(&self, _: &Scan, _: &Target) -> String {
        // Comparisons are exact in any order.
        "exact".to_owned()
    }

    fn reference(&self, host: &mut Host) {
        let x = host.input("x");
        let (rows, columns) = (host.dim("m"), host.dim("v"));
        let order = |m: usize| -> Vec<Option<usize>> {
            if (0..columns).any(|v| x[[m, v]].is_nan()) {
                return vec![None; columns];
            }
            let mut order: Vec<usize> = (0..columns).collect();
            order.sort_by(|a, b| x[[m, *b]].total_cmp(&x[[m, *a]]).then(a.cmp(b)));
            order.into_iter().map(Some).collect()
        };
        let orders: Vec<Vec<Option<usize>>> = (0..rows).map(order).collect();
        let found = |[m, i]: [usize; 2]| orders[m].get(i).copied();
        let values = Matrix::from_fn(rows, self.count as usize, |at| match found(at) {
            Some(Some(v)) => x[[at[0], v]],
            Some(None) => f64::NAN,
            None => f64::NEG_INFINITY,
        });
        host.fill("values", |at| values[at]);
        host.fill("places", |at| found(at).flatten().map_or(-1.0, |v| v as f64));
    }

    fn default_params(&self, target: &Target) -> Scan {
        Scan::default_of(target)
    }
}
