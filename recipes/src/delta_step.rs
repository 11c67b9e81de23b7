//! The gated delta rule row by row, the state in registers: decoding and verification, and prefill
//! where rows depend on one another anyway. See [`crate::delta`] for the rule.
//!
//! A workgroup takes some rows of one head's state (columns of `v`, which never meet) through all
//! rows of one segment. The state is read once and written once, however many rows there are. What
//! happens in a row does not depend on the others, so results are the same bits in any company.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::delta::{Gates, Heads, Plain, Sized, States, Step};
use crate::delta_rows::{Segment, fit, segments, times};
use crate::sigmoid::sigmoid;

params! {
    /// How one workgroup covers a head's state.
    pub struct Share {
        /// Rows of the state of a workgroup.
        rows: [1, 2, 4, 8, 16, 32] as u32,
        /// Waves of a workgroup, each with its own rows.
        nwarps: [1, 2, 4] as u32,
        /// Bytes by which a host asks for the state ahead of its use.
        ahead: [0, 2048, 4096] as u32,
    }
}

/// The family: sizes, what becomes of the states, and the number type of the result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeltaStep {
    /// Heads of the layer.
    pub heads: Heads,
    /// What becomes of the states.
    pub states: States,
    /// Number type of `y`.
    pub out: DType,
}

impl Recipe for DeltaStep {
    type Params = Share;

    fn name(&self) -> &'static str {
        "delta_step"
    }

    /// `c` is the number of channels, which the heads give.
    fn signature(&self, _: &Share, _: &Target) -> Signature {
        let columns = self.heads.width().to_string();
        let signature = Signature::new("delta_step", ["m", "c", "s", "b"]);
        let signature = self.heads.arguments(signature, self.states);
        let signature = signature.output("y", self.out, ["m", &columns]);
        match self.states {
            States::Update => signature,
            States::Keep => signature.output("deltas", F32, ["m", &columns]),
        }
    }

    fn admits(&self, p: &Share, target: &Target) -> Verdict {
        self.heads.admit()?;
        admit(p, self.heads, target)
    }

    fn build(&self, k: &Kernel, p: &Share) {
        let place = Block::place(k, self.heads, p);
        let gates = Gates::load(k, self.heads, place.head);
        k.when(place.segment.count.gt(0), || {
            let first = place.inputs(k, gates, k.index(0));
            let kept = self.states == States::Keep;
            let state = place.rows(k, gates, (place.state(k), first), (self.out, kept));
            if self.states == States::Update {
                place.store_state(k, state);
            }
        });
    }

    fn reference(&self, host: &mut Host) {
        let mut results = Results::new(host, self.heads);
        let states = Plain::new(host, self.heads).run(&mut results);
        fill(host, "y", &results.y, self.heads.width());
        match self.states {
            States::Keep => fill(host, "deltas", &results.deltas, self.heads.width()),
            States::Update => fill(host, "state", &states, self.heads.key),
        }
    }

    fn fit(&self, dims: &mut Sizes) {
        fit(dims);
    }

    fn integers(&self, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>> {
        (input == "segments").then(|| segments(dims, pick, false))
    }

    fn limit(&self, input: &str) -> Option<f64> {
        self.heads.limit(input)
    }

    fn counts_passes(&self) -> bool {
        true
    }

    fn default_params(&self, target: &Target) -> Share {
        default_share(self.heads, target)
    }
}

/// Beta and decay of a row before their functions, and its query and key.
pub(crate) type Inputs<'k> = ([Tile<'k>; 2], [Tile<'k>; 2]);

/// The rows of a state that one workgroup owns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'k> {
    heads: Heads,
    rows: u32,
    pub(crate) segment: Segment<'k>,
    /// Number of the segment.
    pub(crate) sequence: Index<'k>,
    /// Value head.
    pub(crate) head: Index<'k>,
    /// First column of `v` and `y`, counted from the first value head.
    pub(crate) column: Index<'k>,
}

impl<'k> Block<'k> {
    /// The block of this workgroup of a grid over blocks, heads and segments.
    pub(crate) fn place(k: &'k Kernel, heads: Heads, p: &Share) -> Block<'k> {
        k.waves(Waves { slices: 1, rows: p.nwarps, cols: 1 });
        // Workgroups follow each other through the state, each with a part too short to stream.
        k.ahead(p.ahead);
        let grid = [times(heads.value / p.rows), times(heads.values), k.tiles("b", 1)];
        let [block, head, sequence] = k.grid(grid);
        let segment = Segment::load(k, sequence);
        let column = head * heads.value + block * p.rows;
        Block { heads, rows: p.rows, segment, sequence, head, column }
    }

    /// The state that the segment starts from.
    pub(crate) fn state(&self, k: &'k Kernel) -> Tile<'k> {
        self.stored(k).keep(self.segment.continues, 0.0)
    }

    /// What the segment's slot holds.
    pub(crate) fn stored(&self, k: &'k Kernel) -> Tile<'k> {
        k.load(self.window(k))
    }

    pub(crate) fn store_state(&self, k: &'k Kernel, state: Tile<'k>) {
        self.window(k).store(state);
    }

    /// What a row of the segment needs before its value: gates, query and key.
    pub(crate) fn inputs(&self, k: &'k Kernel, gates: Gates<'k>, at: Index<'k>) -> Inputs<'k> {
        let row = self.segment.first + at;
        (gates.raw("ab", row), self.vectors(k, "qkv", row))
    }

    /// Takes the state through the rows of the segment, of which there is at least one; the inputs
    /// of the first are given. The results are stored in this number type, and where they are `kept`
    /// the changes of the state.
    pub(crate) fn rows(
        &self,
        k: &'k Kernel,
        gates: Gates<'k>,
        start: (Tile<'k>, Inputs<'k>),
        (out, kept): (DType, bool),
    ) -> Tile<'k> {
        let Block { segment, column, heads, .. } = *self;
        let (state, _) = k.fold(k.steps(segment.count, 1), start, |at, (state, row)| {
            // The inputs of the next row are on their way while a row is computed.
            let next = self.inputs(k, gates, (at + 1).min(segment.count - 1));
            let ([b, a], [query, key]) = row;
            let row = segment.first + at;
            let v = self.load(k, "qkv", row, column + heads.first_value());
            let faded = state * gates.decay(a);
            let delta = (v - (faded * key).sum_over(2)) * sigmoid(b);
            let state = delta.fma(key, faded);
            let y = (state * query).sum_over(2).to(out);
            self.store(k, "y", row, y);
            if kept {
                self.store(k, "deltas", row, delta);
            }
            (state, next)
        });
        state
    }

    /// Moves the state on by the rows of a segment, from the changes that were kept of them; the
    /// arguments are named after a prefix.
    pub(crate) fn moved(
        &self,
        k: &'k Kernel,
        gates: Gates<'k>,
        (prefix, segment): (&str, Segment<'k>),
        state: Tile<'k>,
    ) -> Tile<'k> {
        let [qkv, ab, deltas] = ["qkv", "ab", "deltas"].map(|name| format!("{prefix}{name}"));
        // As above, the numbers of the next row are on their way.
        let inputs = |at: Index<'k>| {
            let row = segment.first + at;
            let [[_, a], [_, key]] = [gates.raw(&ab, row), self.vectors(k, &qkv, row)];
            [a, key]
        };
        let start = (state, inputs(k.index(0)));
        let (state, _) = k.fold(k.steps(segment.count, 1), start, |at, (state, row)| {
            let next = inputs((at + 1).min(segment.count - 1));
            let [a, key] = row;
            let delta = self.load(k, &deltas, segment.first + at, self.column);
            (delta.fma(key, state * gates.decay(a)), next)
        });
        state
    }

    /// Query and key of a row, `[1, key]` each.
    fn vectors(&self, k: &'k Kernel, qkv: &str, row: Index<'k>) -> [Tile<'k>; 2] {
        let first = self.head / self.heads.shared() * self.heads.key;
        let vector = |at: Index<'k>| k.load(k.arg(qkv).at([row, at], [1, self.heads.key]));
        [vector(first), vector(first + self.heads.keys * self.heads.key)]
    }

    /// A number of a row for each row of the state.
    fn load(&self, k: &'k Kernel, name: &str, row: Index<'k>, column: Index<'k>) -> Tile<'k> {
        k.load(k.arg(name).at([row, column], [1, self.rows])).transposed()
    }

    /// Stores a number of a row for each row of the state.
    fn store(&self, k: &'k Kernel, name: &str, row: Index<'k>, numbers: Tile<'k>) {
        k.arg(name).at([row, self.column], [1, self.rows]).store(numbers.transposed());
    }

    fn window(&self, k: &'k Kernel) -> Window<'k> {
        let row = self.segment.slot * self.heads.width() + self.column;
        k.arg("state").at([row, k.index(0)], [self.rows, self.heads.key])
    }
}

/// Whether a point suits the heads.
pub(crate) fn admit(p: &Share, heads: Heads, target: &Target) -> Verdict {
    if target.backend == Backend::Host {
        require!(p.nwarps == 1, "a host workgroup is one wave");
    } else {
        require!(p.ahead == 0, "a GPU does not ask for memory ahead");
    }
    require!(heads.value.is_multiple_of(p.rows), "a head is a whole number of workgroups");
    require!(p.rows >= p.nwarps, "every wave has a row");
    let held = p.rows * heads.key / (p.nwarps * target.lanes);
    let most = if target.backend == Backend::Host { 16 } else { 96 };
    require!(held <= most, "a lane holds {held} numbers of the state; {most} leave room");
    Ok(())
}

pub(crate) fn default_share(heads: Heads, target: &Target) -> Share {
    let most = if target.backend == Backend::Host { 1 } else { 16 };
    Share { rows: heads.value.min(most), nwarps: 1, ahead: 0 }
}

/// Fills an output of so many columns.
pub(crate) fn fill(host: &mut Host, name: &str, numbers: &[Sized], columns: u32) {
    let numbers: Vec<f64> = numbers.iter().map(|number| number.of(host)).collect();
    host.fill(name, |[row, column]| numbers[row * columns as usize + column]);
}

/// Results and changes of every row.
pub(crate) struct Results {
    width: usize,
    pub(crate) y: Vec<Sized>,
    pub(crate) deltas: Vec<Sized>,
}

impl Results {
    pub(crate) fn new(host: &Host, heads: Heads) -> Results {
        let width = heads.width() as usize;
        let none = vec![Sized::default(); host.dim("m") * width];
        Results { width, y: none.clone(), deltas: none }
    }
}

impl Step for Results {
    fn delta(&mut self, row: usize, column: usize, rule: Sized) -> Sized {
        self.deltas[row * self.width + column] = rule;
        rule
    }

    fn result(&mut self, row: usize, column: usize, y: Sized) {
        self.y[row * self.width + column] = y;
    }
}
