//! The walk over keys that prefill and decode share: an online softmax, block by block.
//!
//! Products are computed transposed, `S' = K Q'` and `O' = V' P'`: a query is then a column, and
//! a row's maximum and sum are found along rows. The columns are the rows of one head after those
//! of another, of all heads that a workgroup takes together because they look at the same keys.
//! Waves divide the keys of a block for the scores and the elements of a head for the output, so
//! that every key and value is read once.
//!
//! A row's result depends on its own past alone: blocks begin at multiples of their length
//! whatever the page, every row does the same arithmetic in blocks that are open to it as in
//! those of which it sees a part, and blocks of which it sees nothing leave it as it is.

use super::Layer;
use kiln_compiler::prelude::*;
use kiln_targets::Backend;

/// Scores of keys that a row does not see, and the maximum before any key: below every score,
/// and finite, so that differences of two of them are 0.
const UNSEEN: f64 = -1e30;

/// Rows of a matrix atom's result: the keys that one wave has side by side.
const STRIP: u32 = 16;

params! {
    /// How one workgroup covers rows and walks over keys.
    pub struct Cover {
        /// Query heads of a tile.
        heads: [1, 2, 3, 4, 6, 8] as u32,
        /// Rows of a tile, of each head.
        queries: [8, 16, 32, 48, 64, 96] as u32,
        /// Keys in one step.
        keys: [16, 32, 64, 128] as u32,
        /// Waves that divide keys and elements of a head.
        nwarps: [1, 2, 4, 8] as u32,
        /// Waves that divide columns.
        across: [1, 2] as u32,
    }
}

impl Cover {
    /// Columns of a tile: the rows of every head.
    fn columns(&self) -> u32 {
        self.heads * self.queries
    }

    /// How its waves divide products.
    pub(super) fn waves(&self) -> Waves {
        Waves { slices: 1, rows: self.nwarps, cols: self.across }
    }

    /// `[queries, heads * x]` with the heads below each other: `[columns, x]`.
    fn below<'k>(&self, tile: Tile<'k>) -> Tile<'k> {
        match self.heads {
            1 => tile,
            heads => tile.slices(heads).transposed().joined().transposed(),
        }
    }

    /// `[x, columns]` with the heads side by side: `[queries, heads * x]`.
    fn beside<'k>(&self, tile: Tile<'k>) -> Tile<'k> {
        match self.heads {
            1 => tile.transposed(),
            heads => tile.slices(heads).transposed().joined(),
        }
    }
}

/// The running state of a tile of rows: `[1, columns]` the largest scores; sums of weights
/// over some of the keys, as [`Flash::sums`] makes them; and `[head, columns]`.
#[derive(Clone, Copy)]
pub(super) struct State<'k> {
    peak: Tile<'k>,
    norm: Tile<'k>,
    out: Tile<'k>,
}

/// A tile of rows of some heads of one sequence.
#[derive(Clone, Copy)]
pub(super) struct Rows<'k> {
    /// Its first head.
    pub(super) head: Index<'k>,
    /// Its sequence.
    pub(super) segment: Index<'k>,
    /// Its first row.
    pub(super) row: Index<'k>,
    /// The row after the sequence's last one.
    pub(super) until: Index<'k>,
    /// Tokens before its first row.
    pub(super) past: Index<'k>,
}

/// Numbers of a segment.
#[derive(Clone, Copy)]
pub(super) struct Segment<'k> {
    number: Index<'k>,
    first: Index<'k>,
    /// Rows that it has.
    pub(super) rows: Index<'k>,
    past: Index<'k>,
}

impl<'k> Segment<'k> {
    /// Reads a row of `segments`.
    pub(super) fn read(k: &'k Kernel, number: Index<'k>) -> Segment<'k> {
        let column = |at: u32| k.load(k.arg("segments").at((number, at), [1, 1])).element();
        Segment { number, first: column(0), rows: column(1), past: column(3) }
    }

    /// Its rows from number `at` on, of the heads from `head` on.
    pub(super) fn tile(&self, head: Index<'k>, at: Index<'k>) -> Rows<'k> {
        Rows {
            head,
            segment: self.number,
            row: self.first + at,
            until: self.first + self.rows,
            past: self.past + at,
        }
    }
}

/// A walk over keys: the layer and how it is covered.
#[derive(Clone, Copy)]
pub(super) struct Flash<'k> {
    pub(super) k: &'k Kernel,
    pub(super) layer: Layer,
    pub(super) cover: Cover,
}

impl Layer {
    /// Whether a walk can be done on a target.
    pub(super) fn admits(&self, p: &Cover, target: &Target) -> Verdict {
        let host = target.backend == Backend::Host;
        require!(!host || p.nwarps * p.across == 1, "a host workgroup is one wave");
        require!(self.page.is_multiple_of(p.keys), "a step stays inside a page");
        require!(self.group().is_multiple_of(p.heads), "heads of a tile share their keys");
        let single = p.heads == 1;
        require!(
            single || p.queries.is_power_of_two(),
            "heads follow each other by a power of two"
        );
        let wide = !host && self.kv != F32;
        let (own, lanes) = if wide { (16, 16) } else { (1, target.lanes) };
        require!(p.columns().is_multiple_of(lanes * p.across), "columns come in {}s", lanes);
        let least = p.keys.min(self.head);
        require!(least >= own * p.nwarps, "every wave has its {} keys and elements", own);
        let held = (self.head + p.keys) * p.columns() / (p.nwarps * p.across) / target.lanes;
        // What a host does not hold in registers lies in its first cache.
        let most = if host { 288 } else { 160 };
        require!(held <= most, "a lane holds {held} sums; {most} leave room");
        let shared = p.columns() * (self.head + p.keys) * self.product(target).bits() / 8;
        require!(
            host || shared <= target.lds_bytes_per_group,
            "rows and weights take {shared} bytes"
        );
        Ok(())
    }

    /// Number type in which products are taken.
    fn product(&self, target: &Target) -> DType {
        if target.backend == Backend::Host { F32 } else { self.kv }
    }

    /// Where queries may be larger than the cache's type can hold: its largest number, at which
    /// they are cut off. Normalised queries never are.
    pub(super) fn largest_query(&self) -> Option<f64> {
        (self.kv == F16 && self.act != F16).then_some(65504.0)
    }

    /// A cover of one head without any search.
    pub(super) fn default_cover(&self, target: &Target) -> Cover {
        let [heads, across] = [1; 2];
        match target.backend {
            Backend::Host => Cover { heads, queries: 16, keys: 16, nwarps: 1, across },
            // Without a matrix atom, more waves have fewer addresses to hold in scalars.
            Backend::AmdGpu if self.kv == F32 => {
                Cover { heads, queries: 32, keys: 16, nwarps: 8, across }
            }
            Backend::AmdGpu => {
                let nwarps = (self.head / 64).max(1).min(self.page / 16);
                // Large heads leave no room to hold the loads of a narrow tile.
                let queries = if nwarps > 2 { 32 } else { 16 };
                Cover { heads, queries, keys: 16 * nwarps, nwarps, across }
            }
        }
    }
}

impl<'k> Flash<'k> {
    /// The walk over the keys `from` .. `to` that rows see, for a tile of rows.
    pub(super) fn walk(&self, rows: &Rows<'k>, range: Option<[Index<'k>; 2]>) -> State<'k> {
        let Flash { k, layer, cover: p } = *self;
        let kind = layer.product(k.target());
        let window = [p.queries, p.heads * layer.head];
        let q = k.load(k.arg("q").at([rows.row, rows.head * layer.head], window));
        let q = p.below(q);
        let q = match layer.largest_query() {
            Some(most) => q.to(F32).max(-most).min(most),
            None => q,
        };
        let q = k.share(q.to(kind));

        let [first, open, seen] = layer.sight.span(k, rows, &p);
        let (from, open, seen) = match range {
            Some([from, to]) => (first.max(from), open.max(from).min(to), seen.min(to)),
            None => (first, open, seen),
        };
        let [strips, keys] = if self.by_strips() { [p.keys / STRIP, 1] } else { [1, p.keys] };
        let start = (
            k.full(UNSEEN, F32, [1, p.columns()]),
            k.zeros_sliced(F32, [strips, keys, p.columns()]),
            k.zeros(F32, [layer.head, p.columns()]),
        );
        let state = k.fold(k.steps(open, p.keys).from(from), start, |at, state| {
            self.step(rows, q, at, None, state)
        });
        let (peak, norm, out) = k.fold(k.steps(seen, p.keys).from(open), state, |at, state| {
            self.step(rows, q, at, Some(seen), state)
        });
        let norm = if self.by_strips() { norm.sum_over(0) } else { norm.sum_over(1) };
        State { peak, norm, out }
    }

    /// Whether a wave has strips of [`STRIP`] keys.
    fn by_strips(&self) -> bool {
        let target = self.k.target();
        target.backend == Backend::AmdGpu && self.layer.product(target) != F32
    }

    /// Weights `[keys, columns]` added up as far as waves need not meet for it: by strips, `[strips,
    /// 1, columns]`, or not at all.
    fn sums(&self, weights: Tile<'k>) -> Tile<'k> {
        if !self.by_strips() {
            return weights;
        }
        let strips = weights.transposed().slices(self.cover.keys / STRIP);
        strips.transposed().sum_over(1)
    }

    /// One block of keys; `seen` is the end of the keys that any row sees, where some row may
    /// not see the whole block.
    fn step(
        &self,
        rows: &Rows<'k>,
        q: Staged<'k>,
        at: Index<'k>,
        seen: Option<Index<'k>>,
        (peak, norm, out): (Tile<'k>, Tile<'k>, Tile<'k>),
    ) -> (Tile<'k>, Tile<'k>, Tile<'k>) {
        let Flash { k, layer, cover: p } = *self;
        let kind = layer.product(k.target());
        let place = self.place(rows, at);
        let block = |name| k.load(k.arg(name).at((place, 0), [p.keys, layer.head])).to(kind);
        let (keys, values) = (block("keys"), block("values"));
        let shape = [p.keys, p.columns()];
        let scores = k.mma(keys, q.load().transposed(), k.zeros(F32, shape));
        let Some(seen) = seen else {
            let new = peak.max(scores.max_over(1));
            return self.gather(self.weights(scores, new), values, new, (peak, norm, out));
        };
        let query = match p.heads {
            1 => k.iota_cols(shape),
            _ => k.iota_cols(shape).and(f64::from(p.queries - 1)),
        };
        let visible = layer.sight.visible(k, query + k.splat(rows.past, shape), at, seen);
        let new = peak.max(scores.keep(visible, UNSEEN).max_over(1));
        let weights = self.weights(scores, new).keep(visible, 0.0);
        let whole = [p.keys, layer.head];
        let owned = (k.iota_rows(whole) + k.splat(at, whole)).lt(k.splat(seen, whole));
        self.gather(weights, values.keep(owned, 0.0), new, (peak, norm, out))
    }

    /// What scores weigh beside the largest. The difference is taken first: it is exact where scores
    /// are large, however they are scaled.
    fn weights(&self, scores: Tile<'k>, peak: Tile<'k>) -> Tile<'k> {
        ((scores - peak) * self.layer.scale()).exp2()
    }

    /// The state with weighted values in it; `new` are the largest scores now.
    fn gather(
        &self,
        weights: Tile<'k>,
        values: Tile<'k>,
        new: Tile<'k>,
        (peak, norm, out): (Tile<'k>, Tile<'k>, Tile<'k>),
    ) -> (Tile<'k>, Tile<'k>, Tile<'k>) {
        let k = self.k;
        let decay = self.weights(peak, new);
        let norm = norm * decay + self.sums(weights);
        let kind = self.layer.product(k.target());
        // A query's weights lie side by side, as the product takes them.
        let weights = k.share(weights.to(kind).transposed()).load().transposed();
        (new, norm, k.mma(values.transposed(), weights, out * decay))
    }

    /// Row of the cache at which the block of keys lies; inside the cache whatever the table of
    /// pages says.
    fn place(&self, rows: &Rows<'k>, at: Index<'k>) -> Index<'k> {
        let Flash { k, layer, cover: p } = *self;
        let table = k.arg("pages").at([rows.segment, at / layer.page], [1, 1]);
        let head = rows.head / layer.group();
        let page = k.load(table).element() * layer.kv_heads + head;
        let place = page * layer.page + at % layer.page;
        place.min(k.arg("keys").dim(0) - p.keys)
    }
}

impl<'k> State<'k> {
    /// What the rows have gathered, `[queries, heads * head]`; they have seen a key.
    pub(super) fn result(self, p: &Cover) -> Tile<'k> {
        p.beside(self.out * self.norm.recip())
    }

    /// Results of rows that may have seen nothing, then zeros, `[queries, heads * head]`; and their
    /// weights, as base-2 logarithms `[queries, heads]`.
    pub(super) fn partial(self, layer: &Layer, p: &Cover) -> [Tile<'k>; 2] {
        let nothing = self.peak.le(UNSEEN / 2.0);
        let none = self.norm * 0.0;
        let weight = nothing.select(none + UNSEEN, self.peak * layer.scale() + self.norm.log2());
        let share = nothing.select(none, self.norm.recip());
        [p.beside(self.out * share), p.beside(weight)]
    }
}

impl Layer {
    /// What a score is multiplied by to become an exponent of two.
    fn scale(&self) -> f64 {
        f64::from(self.head).powf(-0.5) * std::f64::consts::LOG2_E
    }
}
