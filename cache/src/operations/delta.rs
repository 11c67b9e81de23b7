//! Operations of linear attention: convolution, gated delta rule, gated norm.

use std::fmt;

use super::operation;
use crate::vocabulary::{Dtype, Operation};

/// Whether an operation moves its states on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keep {
    /// The states move on by every row.
    Update,
    /// The states stay as they are, and what is needed to move them on later is written out.
    Keep,
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Update => "update",
            Self::Keep => "keep",
        })
    }
}

/// Sizes of linear attention.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delta {
    /// Number type of the activations and of the convolution's states.
    pub act: Dtype,
    /// Taps of the convolution.
    pub taps: u64,
    /// Query heads, and key heads.
    pub key_heads: u64,
    /// Value heads.
    pub value_heads: u64,
    /// Width of a query or key head.
    pub key_head: u64,
    /// Width of a value head.
    pub value_head: u64,
    /// Added to the mean of squares in the norm of the output.
    pub epsilon: f64,
}

impl Delta {
    /// Channels of the convolution: queries, keys, values.
    pub fn channels(&self) -> u64 {
        2 * self.key_heads * self.key_head + self.values()
    }

    /// Width of all value heads.
    pub fn values(&self) -> u64 {
        self.value_heads * self.value_head
    }

    /// Width of the projections together: channels, then the output gate.
    pub fn columns(&self) -> u64 {
        self.channels() + self.values()
    }

    /// The causal convolution, SiLU, and the norms of queries and keys.
    pub fn conv(&self, keep: Keep) -> Operation {
        let mut attributes = self.common();
        attributes.extend::<[(&str, &dyn ToString); 2]>([("taps", &self.taps), ("state", &keep)]);
        operation("conv1d", &attributes, &[("c", self.channels()), ("n", self.columns())])
    }

    /// The gated delta rule.
    pub fn delta(&self, keep: Keep) -> Operation {
        let mut attributes = self.common();
        attributes.push(("state", &keep));
        operation("delta", &attributes, &[("c", self.channels())])
    }

    /// The gated delta rule for rows that may be taken back, which first moves its states on by the
    /// first rows of each segment of the launch before: [`Delta::delta_commit`], then
    /// [`Delta::delta`] of [`Keep::Keep`].
    pub fn delta_move(&self) -> Operation {
        let mut attributes = self.common();
        attributes.push(("state", &"move"));
        operation("delta", &attributes, &[("c", self.channels())])
    }

    /// Moves the convolution's states on by the first rows of each segment.
    pub fn conv_commit(&self) -> Operation {
        let mut attributes = self.common();
        attributes.push(("taps", &self.taps));
        operation("conv_commit", &attributes, &[("c", self.channels()), ("n", self.columns())])
    }

    /// Moves the delta rule's states on by the first rows of each segment.
    pub fn delta_commit(&self) -> Operation {
        operation("delta_commit", &self.common(), &[("c", self.channels())])
    }

    /// The norm of each value head, times SiLU of its gate.
    pub fn gated_norm(&self) -> Operation {
        let attributes: [(&str, &dyn ToString); 5] = [
            ("act", &self.act),
            ("value_heads", &self.value_heads),
            ("value_head", &self.value_head),
            ("epsilon", &self.epsilon),
            ("out", &self.act),
        ];
        operation("gated_norm", &attributes, &[("c", self.channels()), ("n", self.columns())])
    }

    fn common(&self) -> Vec<(&'static str, &dyn ToString)> {
        vec![
            ("act", &self.act),
            ("key_heads", &self.key_heads),
            ("value_heads", &self.value_heads),
            ("key_head", &self.key_head),
            ("value_head", &self.value_head),
        ]
    }
}
