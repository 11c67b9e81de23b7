//! Moves the states of the gated delta rule on by the first rows of each segment, from the changes
//! that [`crate::delta_step`] kept: the same bits as if only these rows had been run.

use kiln_compiler::prelude::*;

use crate::delta::{Gates, Heads, Plain, Sized, States, Step};
use crate::delta_rows::{fit, segments};
use crate::delta_step::{Block, Share, admit, default_share, fill};

/// The family: a layer's heads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeltaCommit {
    /// Heads of the layer.
    pub heads: Heads,
}

impl Recipe for DeltaCommit {
    type Params = Share;

    fn name(&self) -> &'static str {
        "delta_commit"
    }

    /// `c` is the number of channels, which the heads give.
    fn signature(&self, _: &Share, _: &Target) -> Signature {
        let columns = self.heads.width().to_string();
        let signature = Signature::new("delta_commit", ["m", "c", "s", "b"]);
        let signature = self.heads.arguments(signature, States::Update);
        signature.input("deltas", F32, ["m", &columns])
    }

    fn admits(&self, p: &Share, target: &Target) -> Verdict {
        self.heads.admit()?;
        admit(p, self.heads, target)
    }

    fn build(&self, k: &Kernel, p: &Share) {
        let place = Block::place(k, self.heads, p);
        let gates = Gates::load(k, self.heads, place.head);
        k.when(place.segment.count.gt(0), || {
            let state = place.moved(k, gates, ("", place.segment), place.state(k));
            place.store_state(k, state);
        });
    }

    fn reference(&self, host: &mut Host) {
        let mut kept = Kept(host.number("deltas"));
        let states = Plain::new(host, self.heads).run(&mut kept);
        fill(host, "state", &states, self.heads.key);
    }

    fn fit(&self, dims: &mut Sizes) {
        fit(dims);
    }

    fn integers(&self, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>> {
        (input == "segments").then(|| segments(dims, pick, true))
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

/// The changes that were kept.
pub(crate) struct Kept(pub(crate) std::sync::Arc<kiln_compiler::dsl::Matrix>);

impl Step for Kept {
    fn delta(&mut self, row: usize, column: usize, _: Sized) -> Sized {
        let value = self.0[[row, column]];
        Sized { value, size: value.abs() }
    }

    fn result(&mut self, _: usize, _: usize, _: Sized) {}
}
