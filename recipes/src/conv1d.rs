//! Linear attention's short convolution: each channel with its own taps over the rows of a
//! sequence, then SiLU, then the norms of queries and keys.
//!
//! ```text
//! y[t, c] = silu(sum over j of w[c, j] * x[t - (taps - 1) + j, c])
//! ```
//!
//! Rows before the segment's first come from its state, oldest first, which holds the last `taps - 1`
//! rows of `x` as they were; with no tokens before the segment they are zeros. Columns of queries
//! and keys are then divided by the length of their head, `sqrt(sum of squares + 1e-6)`, and queries
//! are multiplied by `key^-0.5`.

use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::conv_commit::{History, advance, previous};
use crate::delta::{Heads, Sized, States};
use crate::delta_rows::{Segment, fit, segments, spans, times};
use crate::sigmoid::sigmoid;

/// Added to the sum of squares of a head.
const EPSILON: f64 = 1e-6;

params! {
    /// How one workgroup covers a head of the channels.
    pub struct Rows {
        /// Rows of a workgroup, one after another.
        rows: [8, 16, 32, 64] as u32,
    }
}

/// The family: number types, sizes, and what becomes of the states.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conv1d {
    /// Number type of `x` and of the states.
    pub act: DType,
    /// Rows that meet in a result.
    pub taps: u32,
    /// Heads of the layer.
    pub heads: Heads,
    /// What becomes of the states.
    pub states: States,
}

impl Recipe for Conv1d {
    type Params = Rows;

    fn name(&self) -> &'static str {
        "conv1d"
    }

    /// `c` is the number of channels, which the heads give; `x` has at least as many columns, whole
    /// value heads beyond them.
    fn signature(&self, _: &Rows, _: &Target) -> Signature {
        let channels = self.heads.channels().to_string();
        let signature = Signature::new("conv1d", ["m", "n", "c", "s", "b"])
            .input("x", self.act, ["m", "n"])
            .input("w", F32, [&channels, &self.taps.to_string()])
            .input("segments", I32, ["b", "4"]);
        let history = ["s", &((self.taps - 1) * self.heads.channels()).to_string()];
        let signature = match self.states {
            States::Update => signature.inout("state", self.act, history),
            States::Keep => signature.input("state", self.act, history),
        };
        let columns = self.heads.channels() + self.heads.width();
        signature.output("y", F32, ["m", &channels]).multiple_of("n", columns)
    }

    fn admits(&self, _: &Rows, target: &Target) -> Verdict {
        self.heads.admit()?;
        require!((2..=8).contains(&self.taps), "taps are 2 to 8");
        let most = if target.backend == Backend::Host { 16 } else { 8 };
        let widest = self.heads.key.max(self.heads.value) / target.lanes;
        require!(widest <= most, "a lane holds {widest} channels; {most} leave room");
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Rows) {
        let Heads { keys, values, key, value } = self.heads;
        let [head, part, sequence] =
            k.grid([times(2 * keys + values), k.tiles("m", p.rows), k.tiles("b", 1)]);
        let segment = Segment::load(k, sequence);
        let start = part * p.rows;
        k.when(start.lt(segment.count), || {
            k.when(head.lt(2 * keys), || {
                let group = Group { segment, start, column: head * key, width: key };
                self.group(k, p, group, |y| {
                    let length = (y * y).sum_over(2) + EPSILON;
                    let query = k.splat(head, [1, 1]).lt(keys);
                    let scale = query.select(k.full(self.query_scale(), F32, [1, 1]), 1.0);
                    y * (length.rsqrt() * scale)
                });
            });
            k.when(head.ge(2 * keys), || {
                let column = (head - 2 * keys) * value + self.heads.first_value();
                self.group(k, p, Group { segment, start, column, width: value }, |y| y);
            });
        });
    }

    fn reference(&self, host: &mut Host) {
        let rows = self.convolved(host);
        let (key, keys) = (self.heads.key as usize, self.heads.keys as usize);
        let normed = |row: &[Sized], column: usize| -> Sized {
            let head = column / key;
            if head >= 2 * keys {
                return row[column];
            }
            let part = &row[head * key..(head + 1) * key];
            let squares = |of: fn(&Sized) -> f64| -> f64 {
                part.iter().map(|number| of(number) * of(number)).sum()
            };
            let length = (squares(|number| number.value) + EPSILON).sqrt();
            let scale = if head < keys { self.query_scale() } else { 1.0 };
            let value = row[column].value / length;
            let errors = squares(|number| number.size).sqrt() / length;
            let size = row[column].size / length + value.abs() * (1.0 + errors);
            Sized { value: value * scale, size: size * scale }
        };
        let y = Matrix::from_fn(host.dim("m"), self.heads.channels() as usize, |[m, column]| {
            normed(&rows[m], column).of(host)
        });
        host.fill("y", |at| y[at]);
        if self.states == States::Update {
            let state = History::new(host, self.taps, self.heads).advanced();
            host.fill("state", |at| state[at]);
        }
    }

    fn fit(&self, dims: &mut Sizes) {
        fit(dims);
    }

    fn integers(&self, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>> {
        (input == "segments").then(|| segments(dims, pick, false))
    }

    /// Squares of results must be finite.
    fn limit(&self, input: &str) -> Option<f64> {
        match input {
            "x" | "state" => Some(2f64.powi(30)),
            "w" => Some(2f64.powi(10)),
            _ => None,
        }
    }

    fn default_params(&self, _: &Target) -> Rows {
        Rows { rows: 16 }
    }
}

/// The channels and rows of one workgroup.
#[derive(Clone, Copy)]
struct Group<'k> {
    segment: Segment<'k>,
    /// First row, counted from the segment's first.
    start: Index<'k>,
    column: Index<'k>,
    width: u32,
}

impl Conv1d {
    fn query_scale(&self) -> f64 {
        f64::from(self.heads.key).sqrt().recip()
    }

    /// All rows of a group of channels; `norm` is what follows SiLU.
    fn group<'k>(
        &self,
        k: &'k Kernel,
        p: &Rows,
        group: Group<'k>,
        norm: impl Fn(Tile<'k>) -> Tile<'k>,
    ) {
        let Group { segment, start, column, width } = group;
        let tap = |tap: u32| {
            let weight = k.arg("w").at([column, k.index(tap.into())], [width, 1]);
            k.load(weight).transposed()
        };
        let taps: Vec<Tile<'k>> = (0..self.taps).map(tap).collect();
        let columns = (column, width);
        let channels = (self.heads.channels(), self.taps);
        let pass = |history: Vec<Tile<'k>>| {
            let end = (start + p.rows).min(segment.count);
            k.fold(k.steps(end, 1).from(start), history, |at, history| {
                let row = segment.first + at;
                let x = k.load(k.arg("x").at([row, column], [1, width])).to(F32);
                let rows: Vec<Tile<'k>> = history.into_iter().chain([x]).collect();
                let products = rows.iter().zip(&taps).map(|(x, w)| *x * *w);
                let sum = products.reduce(|sum, product| sum + product);
                let sum = sum.expect("a convolution should have taps");
                let y = norm(sum * sigmoid(sum));
                k.arg("y").at([row, column], [1, width]).store(y);
                rows[1..].to_vec()
            });
        };
        // Only the workgroup of the first rows reads the state, so that it alone may change it.
        k.when(start.eq(0), || {
            let before = |entry| previous(k, segment, k.index(entry), columns, channels).to(F32);
            pass((0..i64::from(self.taps) - 1).map(before).collect());
            if self.states == States::Update {
                advance(k, segment, columns, channels);
            }
        });
        k.when(start.gt(0), || {
            let before = |back: u32| {
                let row = segment.first + (start - back).max(0);
                k.load(k.arg("x").at([row, column], [1, width])).to(F32)
            };
            pass((1..self.taps).rev().map(before).collect());
        });
    }

    /// SiLU of the sums of every row, and of rows that belong to no segment nothing.
    fn convolved(&self, host: &Host) -> Vec<Vec<Sized>> {
        let (channels, taps) = (self.heads.channels() as usize, self.taps as usize);
        let w = host.number("w");
        let history = History::new(host, self.taps, self.heads);
        let mut rows = vec![vec![Sized::default(); channels]; host.dim("m")];
        for span in spans(host) {
            for at in 0..span.count {
                for column in 0..channels {
                    let products = (0..taps)
                        .map(|tap| w[[column, tap]] * history.number(&span, at + tap, column));
                    let (mut sum, mut size) = (0.0, 0.0);
                    products.for_each(|product| {
                        sum += product;
                        size += f64::abs(product);
                    });
                    let value = sum / (1.0 + (-sum).exp());
                    // SiLU has a slope of at most 1.1.
                    rows[span.first + at][column] = Sized { value, size: 1.1 * size };
                }
            }
        }
        rows
    }
}
