//! The gated delta rule for rows that may be taken back, after rows some of which were: the states
//! move on by the first rows of each segment of the launch before, as [`crate::delta_commit`] would
//! move them, and are stored; then the rows of this launch go through them as in
//! [`crate::delta_step`] where states stay. So a cycle of guesses reads and writes each state once.
//!
//! `old_segments` has a row for each row of `segments`, of the same slot: the rows that are accepted
//! of the launch before, whose numbers `old_qkv`, `old_ab` and `old_deltas` hold. Where none is, the
//! state is not moved on, and neither is that of a segment without rows in this launch. All bits are
//! those of the two operations one after the other.

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

use crate::delta::{Gates, Heads, Plain, States};
use crate::delta_commit::Kept;
use crate::delta_rows::{Segment, fit, segments};
use crate::delta_step::{Block, Results, Share, admit, default_share, fill};

/// Rows that a launch keeps at most: those of the decode class.
pub const OLD_ROWS: u32 = 32;

/// The family: a layer's heads, and the number type of the result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeltaMove {
    /// Heads of the layer.
    pub heads: Heads,
    /// Number type of `y`.
    pub out: DType,
}

impl Recipe for DeltaMove {
    type Params = Share;

    fn name(&self) -> &'static str {
        "delta_move"
    }

    /// `c` is the number of channels, which the heads give.
    fn signature(&self, _: &Share, _: &Target) -> Signature {
        let [columns, channels, gates] =
            [self.heads.width(), self.heads.channels(), 2 * self.heads.values].map(text);
        let rows = text(OLD_ROWS);
        let signature = Signature::new("delta_move", ["m", "c", "s", "b"]);
        self.heads
            .arguments(signature, States::Update)
            .input("old_qkv", F32, [&rows, &channels])
            .input("old_ab", F32, [&rows, &gates])
            .input("old_deltas", F32, [&rows, &columns])
            .input("old_segments", I32, ["b", "4"])
            .output("y", self.out, ["m", &columns])
            .output("deltas", F32, ["m", &columns])
    }

    fn admits(&self, p: &Share, target: &Target) -> Verdict {
        self.heads.admit()?;
        admit(p, self.heads, target)?;
        let held = p.rows * self.heads.key / (p.nwarps * target.lanes);
        require!(
            held <= 32,
            "a lane holds {held} numbers of the state; two loops leave room for 32"
        );
        Ok(())
    }

    fn build(&self, k: &Kernel, p: &Share) {
        let place = Block::place(k, self.heads, p);
        let old = Segment::load_old(k, place.sequence, OLD_ROWS);
        let gates = Gates::load(k, self.heads, place.head);
        k.when(place.segment.count.gt(0), || {
            let state = place.stored(k).keep(old.continues, 0.0);
            let state = place.moved(k, gates, ("old_", old), state);
            k.when(old.count.gt(0), || place.store_state(k, state));
            let first = place.inputs(k, gates, k.index(0));
            let state = state.keep(place.segment.continues, 0.0);
            place.rows(k, gates, (state, first), (self.out, true));
        });
    }

    fn reference(&self, host: &mut Host) {
        let mut kept = Kept(host.number("old_deltas"));
        let old = Plain::prefixed(host, self.heads, "old_");
        let mut results = Results::new(host, self.heads);
        let states = Plain::new(host, self.heads).run_after((&old, &mut kept), &mut results);
        fill(host, "y", &results.y, self.heads.width());
        fill(host, "deltas", &results.deltas, self.heads.width());
        fill(host, "state", &states, self.heads.key);
    }

    fn fit(&self, dims: &mut Sizes) {
        fit(dims);
    }

    /// The slots of both tables are the same, because they follow from the same numbers.
    fn integers(&self, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>> {
        match input {
            "segments" => Some(segments(dims, pick, false)),
            "old_segments" => {
                let mut old = dims.clone();
                let rows = old.entry("m".to_owned()).or_insert(1);
                *rows = (*rows).min(OLD_ROWS.into());
                Some(segments(&old, pick, true))
            }
            _ => None,
        }
    }

    fn limit(&self, input: &str) -> Option<f64> {
        self.heads.limit(input)
    }

    fn counts_passes(&self) -> bool {
        true
    }

    fn default_params(&self, target: &Target) -> Share {
        let share = default_share(self.heads, target);
        let most = if target.backend == Backend::Host { 1 } else { 2 };
        Share { nwarps: share.rows.min(most), ..share }
    }
}

fn text(number: u32) -> String {
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: DeltaMove =
        DeltaMove { heads: Heads { keys: 1, values: 2, key: 16, value: 16 }, out: F32 };

    #[test]
    fn both_tables_name_the_same_slots_and_some_segments_are_not_moved_on() {
        let (mut still, mut all) = (0, 0);
        for seed in 0..40 {
            let sizes = [("m", seed % 50 + 1), ("b", seed % 7 + 1), ("s", seed % 9)];
            let mut dims = Sizes::from(sizes.map(|(name, size)| (name.to_owned(), size)));
            RULE.fit(&mut dims);
            let table = |name| RULE.integers(name, &dims, Pick::Seeded(seed)).expect("a table");
            let (new, old) = (table("segments"), table("old_segments"));
            assert_eq!(new.len(), old.len());
            for (new, old) in new.chunks(4).zip(old.chunks(4)) {
                assert_eq!(new[2], old[2]);
                assert!(old[0] + old[1] <= OLD_ROWS as i32);
                still += usize::from(old[1] == 0);
                all += 1;
            }
        }
        assert!(0 < still && still < all, "{still} of {all}");
    }
}
