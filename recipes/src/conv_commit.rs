//! Moves the states of the short convolution on by the first rows of each segment: the same bits as
//! if only these rows had been run. See [`crate::conv1d`].
//!
//! A state and the rows that follow it are one list; the new state is the end of it.

use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;

use crate::delta::Heads;
use crate::delta_rows::{Segment, Span, fit, segments, spans, times};

params! {
    /// How one workgroup covers the channels.
    pub struct Columns {
        /// Columns of a workgroup.
        width: [16, 32, 64, 128, 256, 512] as u32,
    }
}

/// The family: number type and sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvCommit {
    /// Number type of `x` and of the states.
    pub act: DType,
    /// Rows that meet in a result of the convolution.
    pub taps: u32,
    /// Heads of the layer.
    pub heads: Heads,
}

impl Recipe for ConvCommit {
    type Params = Columns;

    fn name(&self) -> &'static str {
        "conv_commit"
    }

    /// As for [`crate::Conv1d`].
    fn signature(&self, _: &Columns, _: &Target) -> Signature {
        let history = ((self.taps - 1) * self.heads.channels()).to_string();
        Signature::new("conv_commit", ["m", "n", "c", "s", "b"])
            .input("x", self.act, ["m", "n"])
            .input("segments", I32, ["b", "4"])
            .inout("state", self.act, ["s", &history])
            .multiple_of("n", self.heads.channels() + self.heads.width())
    }

    fn admits(&self, p: &Columns, target: &Target) -> Verdict {
        self.heads.admit()?;
        require!((2..=8).contains(&self.taps), "taps are 2 to 8");
        require!(
            self.heads.channels().is_multiple_of(p.width),
            "the channels are a whole number of workgroups"
        );
        require!(p.width <= 16 * target.lanes, "{} columns are too many for a wave", p.width);
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Columns) {
        let channels = self.heads.channels();
        let [group, sequence] = k.grid([times(channels / p.width), k.tiles("b", 1)]);
        let segment = Segment::load(k, sequence);
        k.when(segment.count.gt(0), || {
            advance(k, segment, (group * p.width, p.width), (channels, self.taps));
        });
    }

    fn reference(&self, host: &mut Host) {
        let state = History::new(host, self.taps, self.heads).advanced();
        host.fill("state", |at| state[at]);
    }

    fn fit(&self, dims: &mut Sizes) {
        fit(dims);
    }

    fn integers(&self, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>> {
        (input == "segments").then(|| segments(dims, pick, true))
    }

    fn default_params(&self, _: &Target) -> Columns {
        let widths = [128, 64, 32, 16].into_iter();
        let fits = |width: &u32| self.heads.channels().is_multiple_of(*width);
        Columns { width: widths.into_iter().find(fits).unwrap_or(16) }
    }
}

/// Entry `at` of a segment's list: its state's rows, then its rows of `x`. `columns` are the first
/// and how many, `sizes` the channels and taps of the layer.
pub(crate) fn previous<'k>(
    k: &'k Kernel,
    segment: Segment<'k>,
    at: Index<'k>,
    (column, width): (Index<'k>, u32),
    (channels, taps): (u32, u32),
) -> Tile<'k> {
    let kept = taps - 1;
    let row = segment.first + (at.max(kept) - kept);
    let fresh = k.load(k.arg("x").at([row, column], [1, width]));
    let place = at.min(kept - 1) * channels + column;
    let old = k.load(k.arg("state").at([segment.slot, place], [1, width]));
    let old = old.keep(segment.continues, 0.0);
    k.splat(at, [1, 1]).ge(kept).select(fresh, old)
}

/// Makes the end of a segment's list its state. Entries are moved toward the front, so none is
/// overwritten before it was read.
pub(crate) fn advance<'k>(
    k: &'k Kernel,
    segment: Segment<'k>,
    (column, width): (Index<'k>, u32),
    (channels, taps): (u32, u32),
) {
    for entry in 0..taps - 1 {
        let moved = previous(k, segment, segment.count + entry, (column, width), (channels, taps));
        let place = column + entry * channels;
        k.arg("state").at([segment.slot, place], [1, width]).store(moved);
    }
}

/// States and rows of a launch, for references.
pub(crate) struct History {
    kept: usize,
    channels: usize,
    x: std::sync::Arc<Matrix>,
    state: std::sync::Arc<Matrix>,
    spans: Vec<Span>,
}

impl History {
    pub(crate) fn new(host: &Host, taps: u32, heads: Heads) -> History {
        History {
            kept: taps as usize - 1,
            channels: heads.channels() as usize,
            x: host.number("x"),
            state: host.number("state"),
            spans: spans(host),
        }
    }

    /// A channel of an entry of a segment's list.
    pub(crate) fn number(&self, span: &Span, at: usize, column: usize) -> f64 {
        if at >= self.kept {
            self.x[[span.first + at - self.kept, column]]
        } else if span.continues {
            self.state[[span.slot, at * self.channels + column]]
        } else {
            0.0
        }
    }

    /// The states after all segments.
    pub(crate) fn advanced(&self) -> Matrix {
        let mut state = Matrix::clone(&self.state);
        for span in &self.spans {
            for at in 0..self.kept {
                for column in 0..self.channels {
                    let place = span.slot * state.cols + at * self.channels + column;
                    state.data[place] = self.number(span, span.count + at, column);
                }
            }
        }
        state
    }
}
