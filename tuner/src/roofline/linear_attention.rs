//! The work of linear attention's operations: bytes that any kernel must move.
//!
//! Every segment moves its own state, whatever the number of slots; it is counted as one that has
//! a past. Sizes of heads are attributes, so that the sums are made in floating point, where they
//! cannot overflow.

use super::Problem;
use super::problem::Request;
use crate::Result;

/// Bytes of an f32.
pub(super) const WIDE: f64 = 4.0;

/// Bytes of a row of `segments`.
pub(super) const SEGMENT: f64 = 16.0;

impl Request<'_> {
    /// The work of one of the operations; `None` for any other.
    pub(super) fn linear_attention(&self, name: &str) -> Option<Result<Problem>> {
        let bytes = match name {
            "conv1d" => self.convolution(),
            "conv_commit" => self.convolution_commit(),
            "delta" if self.attribute("state") == Some("move") => self.rule_moved(),
            "delta" => self.rule(),
            "delta_commit" => self.rule_commit(),
            "gated_norm" => self.gated_norm(),
            _ => return None,
        };
        Some(bytes.map(|bytes| Problem { bytes, ops: 0.0 }))
    }

    fn convolution(&self) -> Result<f64> {
        let (rows, channels) = (self.size("m")?, self.channels()?);
        let weights = channels * self.count("taps")? * WIDE;
        let moved = if self.updates()? { 2.0 } else { 1.0 };
        let states = moved * self.histories()? + self.segments()?;
        Ok(rows * channels * (self.bytes("act")? + WIDE) + weights + states)
    }

    /// A new state holds as many rows as it reads, from the old one or from `x`.
    fn convolution_commit(&self) -> Result<f64> {
        Ok(2.0 * self.histories()? + self.segments()?)
    }

    fn rule(&self) -> Result<f64> {
        let moves = self.updates()?;
        self.rule_of(if moves { 2.0 } else { 1.0 }, !moves)
    }

    /// Every state is `moved` so many times; where changes are kept they are written.
    fn rule_of(&self, moved: f64, keeps: bool) -> Result<f64> {
        let (rows, heads, values) = (self.size("m")?, self.count("value_heads")?, self.values()?);
        let out = match self.attribute("out") {
            Some(_) => self.bytes("out")?,
            None => WIDE,
        };
        let deltas = if keeps { values * WIDE } else { 0.0 };
        let row = (self.channels()? + 2.0 * heads) * WIDE + values * out + deltas;
        Ok(rows * row + 2.0 * heads * WIDE + moved * self.states()? + self.segments()?)
    }

    fn rule_commit(&self) -> Result<f64> {
        let heads = self.count("value_heads")?;
        let rows = self.rows_committed()?;
        Ok(rows + 2.0 * heads * WIDE + 2.0 * self.states()? + self.segments()?)
    }

    /// Of a row that moves a state on only the keys, the decay's gate and the changes are read.
    fn rows_committed(&self) -> Result<f64> {
        let keys = self.count("key_heads")? * self.count("key_head")?;
        Ok(self.size("m")? * (keys + self.count("value_heads")? + self.values()?) * WIDE)
    }

    /// As many rows move the states on as come after; the states are read and written once.
    fn rule_moved(&self) -> Result<f64> {
        let more = self.states()? + self.segments()?;
        Ok(self.rule_of(1.0, true)? + self.rows_committed()? + more)
    }

    fn gated_norm(&self) -> Result<f64> {
        let row = self.values()? * (WIDE + self.bytes("act")? + self.bytes("out")?);
        Ok(self.size("m")? * row + self.count("value_head")? * WIDE)
    }

    /// Whether the states move on; they do unless the operation says otherwise.
    fn updates(&self) -> Result<bool> {
        match self.attribute("state").unwrap_or("update") {
            "update" => Ok(true),
            "keep" => Ok(false),
            other => Err(self.mistaken("state", other, "update or keep")),
        }
    }

    /// Columns of all values.
    fn values(&self) -> Result<f64> {
        Ok(self.count("value_heads")? * self.count("value_head")?)
    }

    /// Columns of queries, keys and values.
    fn channels(&self) -> Result<f64> {
        Ok(2.0 * self.count("key_heads")? * self.count("key_head")? + self.values()?)
    }

    /// Bytes of the delta rule's states of all segments.
    fn states(&self) -> Result<f64> {
        Ok(self.size("b")? * self.values()? * self.count("key_head")? * WIDE)
    }

    /// Bytes of the convolution's states of all segments.
    fn histories(&self) -> Result<f64> {
        let kept = self.count("taps")? - 1.0;
        Ok(self.size("b")? * kept * self.channels()? * self.bytes("act")?)
    }

    fn segments(&self) -> Result<f64> {
        Ok(self.size("b")? * SEGMENT)
    }

    pub(super) fn size(&self, dim: &str) -> Result<f64> {
        Ok(self.dim(dim)? as f64)
    }

    pub(super) fn bytes(&self, attribute: &str) -> Result<f64> {
        Ok(self.scalar(attribute)? as f64)
    }

    /// An attribute that counts something.
    pub(super) fn count(&self, name: &str) -> Result<f64> {
        Ok(self.whole(name)? as f64)
    }
}

#[cfg(test)]
mod tests {
    use kiln_cache::vocabulary::{Dims, Operation};

    use super::*;

    /// A layer of the 27B model: 10240 channels, of which 6144 are values.
    const SIZES: [(&str, &str); 7] = [
        ("act", "bf16"),
        ("key_heads", "16"),
        ("value_heads", "48"),
        ("key_head", "128"),
        ("value_head", "128"),
        ("taps", "4"),
        ("out", "bf16"),
    ];

    /// Bytes of the state of the rule and of the convolution, in a sequence.
    const STATES: [f64; 2] = [3_145_728.0, 61_440.0];

    fn problem(name: &str, attributes: &[(&str, &str)], dims: &[(&str, u64)]) -> Result<Problem> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let attributes = attributes.iter().map(own).collect();
        let operation = Operation { name: name.into(), attributes, dims: Dims::new() };
        let dims = dims.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect();
        Problem::of(&operation, &dims)
    }

    fn bytes(name: &str, more: &[(&str, &str)], m: u64, b: u64) -> f64 {
        let sizes = [&SIZES[..], more].concat();
        let found = problem(name, &sizes, &[("m", m), ("b", b)]).unwrap();
        assert_eq!(found.ops, 0.0);
        found.bytes
    }

    #[test]
    fn the_rule_reads_a_state_for_each_segment_and_writes_it_only_to_move_it_on() {
        let (gates, row) = (2.0 * 48.0 * 4.0, 10240.0 * 4.0 + 96.0 * 4.0 + 6144.0 * 2.0);
        let segments = 2.0 * 16.0;
        let update = bytes("delta", &[("state", "update")], 8, 2);
        assert_eq!(update, 4.0 * STATES[0] + 8.0 * row + gates + segments);
        assert_eq!(bytes("delta", &[], 8, 2), update);
        let keep = bytes("delta", &[("state", "keep")], 8, 2);
        assert_eq!(keep, 2.0 * STATES[0] + 8.0 * (row + 6144.0 * 4.0) + gates + segments);
    }

    #[test]
    fn results_of_the_rule_are_f32_unless_it_says_otherwise() {
        let plain: Vec<_> = SIZES.into_iter().filter(|(name, _)| *name != "out").collect();
        let dims = [("m", 3), ("b", 1)];
        let wide = problem("delta", &plain, &dims).unwrap().bytes;
        assert_eq!(wide - bytes("delta", &[], 3, 1), 3.0 * 6144.0 * 2.0);
    }

    #[test]
    fn the_convolution_moves_its_rows_weights_and_states() {
        let rows = 5.0 * 10240.0 * (2.0 + 4.0) + 10240.0 * 4.0 * 4.0 + 3.0 * 16.0;
        let update = bytes("conv1d", &[("state", "update")], 5, 3);
        assert_eq!(update, rows + 6.0 * STATES[1]);
        assert_eq!(bytes("conv1d", &[("state", "keep")], 5, 3), rows + 3.0 * STATES[1]);
    }

    #[test]
    fn commits_read_no_more_of_a_row_than_moves_the_states() {
        assert_eq!(bytes("conv_commit", &[], 32, 1), 2.0 * STATES[1] + 16.0);
        let row = (2048.0 + 48.0 + 6144.0) * 4.0;
        let expected = 2.0 * STATES[0] + 32.0 * row + 2.0 * 48.0 * 4.0 + 16.0;
        assert_eq!(bytes("delta_commit", &[], 32, 1), expected);
    }

    #[test]
    fn moving_states_on_before_more_rows_saves_a_read_of_every_state_and_the_gates() {
        let apart = bytes("delta", &[("state", "keep")], 16, 2) + bytes("delta_commit", &[], 16, 2);
        let together = bytes("delta", &[("state", "move")], 16, 2);
        assert_eq!(apart - together, 2.0 * STATES[0] + 2.0 * 48.0 * 4.0);
    }

    #[test]
    fn the_gated_norm_reads_results_and_gates() {
        assert_eq!(bytes("gated_norm", &[], 7, 1), 7.0 * 6144.0 * (4.0 + 2.0 + 2.0) + 128.0 * 4.0);
    }

    #[test]
    fn what_is_missing_or_mistaken_is_named() {
        let why = |attributes: &[(&str, &str)], dims: &[(&str, u64)]| {
            problem("delta", attributes, dims).unwrap_err().to_string()
        };
        let dims = [("m", 1), ("b", 1)];
        assert!(why(&SIZES, &dims[..1]).contains("dim b"));
        assert!(why(&SIZES[..2], &dims).contains("attribute value_heads"));
        for (name, value) in [("key_head", "0"), ("key_heads", "-1"), ("state", "lost")] {
            let mut attributes: Vec<_> =
                SIZES.into_iter().filter(|(known, _)| *known != name).collect();
            attributes.push((name, value));
            let why = why(&attributes, &dims);
            assert!(why.contains(name) && why.contains(value), "{why}");
        }
    }
}
