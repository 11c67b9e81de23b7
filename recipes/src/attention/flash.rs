//! The walk over keys that prefill and decode share: an online softmax, block by block.
//!
//! Products are computed transposed, `S' = K Q'` and `O' = V' P'`: a query is then a column, and
//! a row's maximum and sum are found along rows. Waves divide the keys of a block for the scores
//! and the elements of a head for the output, so that every key and value is read once.
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

params! {
    /// How one workgroup covers rows and walks over keys.
    pub struct Cover {
        /// Rows of a tile.
        queries: [16, 32, 64] as u32,
        /// Keys in one step.
        keys: [16, 32, 64, 128] as u32,
        /// Waves of a workgroup.
        nwarps: [1, 2, 4, 8] as u32,
    }
}

/// The running state of a tile of rows: `[1, queries]`, `[keys, queries]` whose sum over keys is
/// the norm, so that waves need not meet for it in every step, and `[head, queries]`.
#[derive(Clone, Copy)]
pub(super) struct State<'k> {
    peak: Tile<'k>,
    norm: Tile<'k>,
    out: Tile<'k>,
}

/// A tile of rows of one head of one sequence.
#[derive(Clone, Copy)]
pub(super) struct Rows<'k> {
    /// Its head.
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

    /// Its rows from number `at` on, of one head.
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
        require!(!host || p.nwarps == 1, "a host workgroup is one wave");
        require!(self.page.is_multiple_of(p.keys), "a step stays inside a page");
        let wide = !host && self.kv != F32;
        let (own, lanes) = if wide { (16, 16) } else { (1, target.lanes) };
        require!(p.queries.is_multiple_of(lanes), "rows come in {}s", lanes);
        let least = p.keys.min(self.head);
        require!(least >= own * p.nwarps, "every wave has its {} keys and elements", own);
        let held = (self.head + p.keys) * p.queries / p.nwarps / target.lanes;
        // What a host does not hold in registers lies in its first cache.
        let most = if host { 288 } else { 160 };
        require!(held <= most, "a lane holds {held} sums; {most} leave room");
        let shared = p.queries * (self.head + 2 * p.keys) * self.product(target).bits() / 8;
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

    /// A cover without any search.
    pub(super) fn default_cover(&self, target: &Target) -> Cover {
        match target.backend {
            Backend::Host => Cover { queries: 16, keys: 16, nwarps: 1 },
            // Without a matrix atom, more waves have fewer addresses to hold in scalars.
            Backend::AmdGpu if self.kv == F32 => Cover { queries: 32, keys: 16, nwarps: 8 },
            Backend::AmdGpu => {
                let nwarps = (self.head / 64).max(1).min(self.page / 16);
                // Large heads leave no room to hold the loads of a narrow tile.
                let queries = if nwarps > 2 { 32 } else { 16 };
                Cover { queries, keys: 16 * nwarps, nwarps }
            }
        }
    }
}

impl<'k> Flash<'k> {
    /// The walk over the keys `from` .. `to` that rows see, for a tile of rows.
    pub(super) fn walk(&self, rows: &Rows<'k>, range: Option<[Index<'k>; 2]>) -> State<'k> {
        let Flash { k, layer, cover: p } = *self;
        let kind = layer.product(k.target());
        let q = k.arg("q").at([rows.row, rows.head * layer.head], [p.queries, layer.head]);
        let q = k.load(q);
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
        let line = [1, p.queries];
        let start = (
            k.full(UNSEEN, F32, line),
            k.zeros(F32, [p.keys, p.queries]),
            k.zeros(F32, [layer.head, p.queries]),
        );
        let state = k.fold(k.steps(open, p.keys).from(from), start, |at, state| {
            self.step(rows, q, at, None, state)
        });
        let (peak, norm, out) = k.fold(k.steps(seen, p.keys).from(open), state, |at, state| {
            self.step(rows, q, at, Some(seen), state)
        });
        State { peak, norm: norm.sum_over(1), out }
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
        let shape = [p.keys, p.queries];
        let scores = k.mma(keys, q.load().transposed(), k.zeros(F32, shape));
        let (scores, values) = match seen {
            Some(seen) => {
                let visible = layer.sight.visible(k, rows, at, seen, shape);
                let whole = [p.keys, layer.head];
                let owned = (k.iota_rows(whole) + k.splat(at, whole)).lt(k.splat(seen, whole));
                (scores.keep(visible, UNSEEN), values.keep(owned, 0.0))
            }
            None => (scores, values),
        };
        let scale = f64::from(layer.head).powf(-0.5) * std::f64::consts::LOG2_E;
        let new = peak.max(scores.max_over(1));
        let weights = ((scores - new) * scale).exp2();
        let decay = ((peak - new) * scale).exp2();
        // Every key of a block has a sum of its own; waves need not meet for one of all.
        let norm = norm * decay + weights;
        let weights = k.share(weights.to(kind)).load();
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
    /// What the rows have gathered, `[queries, head]`; they have seen a key.
    pub(super) fn result(self) -> Tile<'k> {
        (self.out / self.norm).transposed()
    }

    /// Results of rows that may have seen nothing, then zeros; and their weights, as base-2
    /// logarithms `[queries, 1]`.
    pub(super) fn partial(self, layer: &Layer) -> [Tile<'k>; 2] {
        let scale = f64::from(layer.head).powf(-0.5) * std::f64::consts::LOG2_E;
        let nothing = self.peak.le(UNSEEN / 2.0);
        let weight = nothing.select(self.peak, self.peak * scale + self.norm.log2());
        let norm = nothing.select(self.norm * 0.0 + 1.0, self.norm);
        let out = nothing.select(self.out * 0.0, self.out / norm);
        [out.transposed(), weight.transposed()]
    }
}
