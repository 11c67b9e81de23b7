//! Linear attention's gated delta rule: sizes, gates, and the rule with plain loops.
//!
//! For each value head with state `S` (kept transposed, a row for each column of the head), key `k`
//! and query `q` of the key head that it shares, and a row's gates `a` and `b`:
//!
//! ```text
//! decay = exp(-exp(a_log) * softplus(a + dt_bias))      beta = sigmoid(b)
//! delta = beta * (v - decay * S k)      S = decay * S + delta k^T      y = S q
//! ```

use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;

use crate::delta_rows::{Span, table};

choices! {
    /// What becomes of the states.
    pub enum States {
        /// They move on by every row.
        Update = "update",
        /// They stay as they are, and what moves them on later is written out.
        Keep = "keep",
    }
}

/// Heads of the layer, and how wide they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Heads of queries, and of keys.
    pub keys: u32,
    /// Heads of values; a whole number share a key head.
    pub values: u32,
    /// Columns of a query or key head.
    pub key: u32,
    /// Columns of a value head.
    pub value: u32,
}

impl Heads {
    /// Columns of queries, keys and values together.
    pub fn channels(&self) -> u32 {
        self.first_value() + self.width()
    }

    /// Columns of all values.
    pub fn width(&self) -> u32 {
        self.values * self.value
    }

    /// Column of the first value among the channels.
    pub fn first_value(&self) -> u32 {
        2 * self.keys * self.key
    }

    /// Value heads that share a key head.
    pub fn shared(&self) -> u32 {
        self.values / self.keys
    }

    /// Whether the sizes are ones that kernels can be made for.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn admit(&self) -> Verdict {
        require!(
            self.key.is_power_of_two() && self.value.is_power_of_two(),
            "heads are as wide as a power of two"
        );
        require!(
            self.keys > 0 && self.values.is_multiple_of(self.keys),
            "value heads share key heads evenly"
        );
        Ok(())
    }

    /// Arguments that the rule reads, and its state.
    pub(crate) fn arguments(&self, signature: Signature, states: States) -> Signature {
        let columns = |count: u32| count.to_string();
        let signature = signature
            .input("qkv", F32, ["m", &columns(self.channels())])
            .input("ab", F32, ["m", &columns(2 * self.values)])
            .input("a_log", F32, ["1", &columns(self.values)])
            .input("dt_bias", F32, ["1", &columns(self.values)])
            .input("segments", I32, ["b", "4"]);
        let (rows, columns) = (format!("{}*s", self.width()), columns(self.key));
        match states {
            States::Update => signature.inout("state", F32, [&rows, &columns]),
            States::Keep => signature.input("state", F32, [&rows, &columns]),
        }
    }

    /// The largest magnitude of an input's elements: keys and queries are at most unit vectors.
    pub(crate) fn limit(&self, input: &str) -> Option<f64> {
        input.ends_with("qkv").then(|| f64::from(self.key).sqrt().recip())
    }
}

/// A value head of a kernel: what its gates are made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gates<'k> {
    k: &'k Kernel,
    heads: Heads,
    head: Index<'k>,
    /// `-exp(a_log) * log2(e)`, `[1, 1]`.
    rate: Tile<'k>,
    bias: Tile<'k>,
}

impl<'k> Gates<'k> {
    pub(crate) fn load(k: &'k Kernel, heads: Heads, head: Index<'k>) -> Gates<'k> {
        let number = |name: &str| k.load(k.arg(name).at([k.index(0), head], [1, 1]));
        let rate = (number("a_log") * LOG2_E).exp2() * -LOG2_E;
        Gates { k, heads, head, rate, bias: number("dt_bias") }
    }

    /// The columns of a row from which its gates follow: `b` and `a`, `[1, 1]` each.
    pub(crate) fn raw(&self, ab: &str, row: Index<'k>) -> [Tile<'k>; 2] {
        let column = |at: Index<'k>| self.k.load(self.k.arg(ab).at([row, at], [1, 1]));
        [column(self.head), column(self.head + self.heads.values)]
    }

    /// What a row multiplies the state by, `[1, 1]`.
    pub(crate) fn decay(&self, a: Tile<'k>) -> Tile<'k> {
        let a = a + self.bias;
        let soft = ((a * LOG2_E).exp2() + 1.0).log2() * std::f64::consts::LN_2;
        let soft = a.gt(20.0).select(a, soft);
        (self.rate * soft).exp2()
    }
}

const LOG2_E: f64 = std::f64::consts::LOG2_E;

/// A number, and how large an error of one unit in everything it is made of makes its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sized {
    pub(crate) value: f64,
    pub(crate) size: f64,
}

impl Sized {
    /// The number, or what bounds its error where magnitudes are asked for.
    pub(crate) fn of(self, host: &Host) -> f64 {
        if host.is_bounding() { self.size } else { self.value }
    }
}

/// The numbers of a launch, for its reference.
pub(crate) struct Plain {
    heads: Heads,
    qkv: std::sync::Arc<Matrix>,
    ab: std::sync::Arc<Matrix>,
    a_log: std::sync::Arc<Matrix>,
    dt_bias: std::sync::Arc<Matrix>,
    state: std::sync::Arc<Matrix>,
    spans: Vec<Span>,
}

/// What is to be done for one row of a state and one row of the launch.
pub(crate) trait Step {
    /// The change of the state's row: given is what the rule makes of it.
    fn delta(&mut self, row: usize, column: usize, rule: Sized) -> Sized;

    /// The result of the row.
    fn result(&mut self, row: usize, column: usize, y: Sized);
}

impl Plain {
    pub(crate) fn new(host: &Host, heads: Heads) -> Plain {
        Plain::prefixed(host, heads, "")
    }

    /// The same where the names of rows and segments begin with a prefix.
    pub(crate) fn prefixed(host: &Host, heads: Heads, prefix: &str) -> Plain {
        let [a_log, dt_bias, state] = ["a_log", "dt_bias", "state"].map(|name| host.number(name));
        let [qkv, ab, segments] =
            ["qkv", "ab", "segments"].map(|name| host.number(&format!("{prefix}{name}")));
        Plain { heads, qkv, ab, a_log, dt_bias, state, spans: table(&segments) }
    }

    /// `exp(-exp(a_log) * softplus(a + dt_bias))` for a row and a value head.
    fn decay(&self, row: usize, head: usize) -> Sized {
        let bias = self.dt_bias[[0, head]];
        let gate = self.ab[[row, self.heads.values as usize + head]];
        let (a, a_size) = (gate + bias, gate.abs() + bias.abs());
        let soft = if a > 20.0 { a } else { (a.exp() + 1.0).ln() };
        // The logarithm is taken of a number that was rounded near 1, and has the slope sigmoid(a).
        let soft_size = soft + 1.0 + a_size / (1.0 + (-a).exp());
        let log = self.a_log[[0, head]];
        let rate = log.exp();
        let value = (-rate * soft).exp();
        let exponent = rate * (soft_size + (1.0 + log.abs()) * soft);
        Sized { value, size: if value > 0.0 { value * (1.0 + exponent) } else { 0.0 } }
    }

    fn beta(&self, row: usize, head: usize) -> Sized {
        let b = self.ab[[row, head]];
        let value = 1.0 / (1.0 + (-b).exp());
        Sized { value, size: value * (1.0 + b.abs() * (1.0 - value)) }
    }

    /// Runs the rule over every segment; the states afterwards.
    ///
    /// An error in a row of the state is carried on as its length: what a row of the launch does to
    /// it, `decay * (1 - beta k k^T)`, makes no vector longer where `|k|` is at most 1.
    pub(crate) fn run(&self, step: &mut dyn Step) -> Vec<Sized> {
        let mut states = self.stored();
        for span in self.spans.iter().filter(|span| span.count > 0) {
            for column in 0..self.heads.width() as usize {
                let row = &mut states[self.place(span.slot, column)];
                let mut s = Row::of(row);
                self.segment(&mut s, span, column, step);
                s.put(row);
            }
        }
        states
    }

    /// Moves the states on by the segments `before`, and then runs the rule over those of the launch
    /// as [`Plain::run`] does, but from states that nothing more becomes of. A segment without rows
    /// is not moved on either.
    pub(crate) fn run_after(
        &self,
        (before, kept): (&Plain, &mut dyn Step),
        step: &mut dyn Step,
    ) -> Vec<Sized> {
        let mut states = self.stored();
        let pairs = before.spans.iter().zip(&self.spans).filter(|(_, span)| span.count > 0);
        for (moved, span) in pairs {
            for column in 0..self.heads.width() as usize {
                let row = &mut states[self.place(span.slot, column)];
                let mut s = Row::of(row);
                if moved.count > 0 {
                    before.segment(&mut s, moved, column, kept);
                    s.put(row);
                }
                self.segment(&mut s, span, column, step);
            }
        }
        states
    }

    fn stored(&self) -> Vec<Sized> {
        let stored = |number: &f64| Sized { value: *number, size: number.abs() };
        self.state.data.iter().map(stored).collect()
    }

    /// Where a row of a state lies.
    fn place(&self, slot: usize, column: usize) -> std::ops::Range<usize> {
        let (width, key) = (self.heads.width() as usize, self.heads.key as usize);
        let first = (slot * width + column) * key;
        first..first + key
    }

    /// Takes a row of a state through a segment.
    fn segment(&self, s: &mut Row, span: &Span, column: usize, step: &mut dyn Step) {
        if !span.continues {
            s.values.fill(0.0);
            s.error = 0.0;
        }
        for at in span.first..span.first + span.count {
            self.row(s, at, column, column / self.heads.value as usize, step);
        }
    }

    fn row(&self, s: &mut Row, at: usize, column: usize, head: usize, step: &mut dyn Step) {
        let width = self.heads.key as usize;
        let query = head / self.heads.shared() as usize * width;
        let part = |from: usize| -> Vec<f64> {
            (from..from + width).map(|column| self.qkv[[at, column]]).collect()
        };
        let (q, k) = (part(query), part(query + self.heads.keys as usize * width));
        let v = self.qkv[[at, self.heads.first_value() as usize + column]];
        let (decay, beta) = (self.decay(at, head), self.beta(at, head));

        let faded: Vec<f64> = s.values.iter().map(|s| s * decay.value).collect();
        let faded_error = decay.value * s.error + decay.size * length(&s.values);
        let (read, read_size) = (dot(&faded, &k), dot_of_sizes(&faded, &k));
        let fresh = beta.size * (v.abs() + read_size);
        let rule = Sized {
            value: beta.value * (v - read),
            size: fresh + beta.value * length(&k) * faded_error,
        };
        let delta = step.delta(at, column, rule);

        let next = faded.iter().zip(&k).map(|(s, k)| s + delta.value * k);
        s.values = next.collect();
        let growth = (1.0 - beta.value * dot(&k, &k)).abs().max(1.0);
        let added = delta.value.abs() + if delta == rule { fresh } else { delta.size };
        s.error = growth * faded_error + length(&faded) + length(&k) * added;
        let y = Sized {
            value: dot(&s.values, &q),
            size: dot_of_sizes(&s.values, &q) + length(&q) * s.error,
        };
        step.result(at, column, y);
    }
}

/// A row of a state with the length of its error.
struct Row {
    values: Vec<f64>,
    error: f64,
}

impl Row {
    /// A row as it is stored.
    fn of(row: &[Sized]) -> Row {
        Row { values: row.iter().map(|number| number.value).collect(), error: 0.0 }
    }

    /// Stores the row.
    fn put(&self, row: &mut [Sized]) {
        for (number, value) in row.iter_mut().zip(&self.values) {
            *number = Sized { value: *value, size: value.abs() + self.error };
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn dot_of_sizes(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a * b).abs()).sum()
}

fn length(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
