//! Operations of full attention.

use super::{Convention, operation};
use crate::vocabulary::{Dtype, Operation};

/// Sizes of full attention, and of its cache of keys and values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention {
    /// Number type of the activations.
    pub act: Dtype,
    /// Number type of the cache.
    pub kv: Dtype,
    /// Number type of the norms' weights.
    pub weight: Dtype,
    /// Query heads.
    pub heads: u64,
    /// Key and value heads.
    pub kv_heads: u64,
    /// Width of a head.
    pub head: u64,
    /// Dims of a head that are rotated.
    pub rotary: u64,
    /// Tokens of a page of the cache.
    pub page: u64,
    /// Added to the mean of squares in the norms of queries and keys.
    pub epsilon: f64,
    /// How the norms' weights enter.
    pub convention: Convention,
    /// Whether each head's query is followed by a gate.
    pub gated: bool,
    /// Whether a row sees no key after its own; otherwise it sees those of all rows of its text.
    pub causal: bool,
    /// Only keys less than so many tokens away are seen; 0 is all.
    pub window: u64,
}

impl Attention {
    /// Tokens of a part of a past. Longer ones leave a GPU idle at short contexts, shorter ones make
    /// the parts' results as large as the keys and values that they come from.
    pub const PART: u64 = 1024;

    /// Width of the projections together: queries with their gates, keys, values.
    pub fn columns(&self) -> u64 {
        ((self.heads << u32::from(self.gated)) + 2 * self.kv_heads) * self.head
    }

    /// Norms and rotates queries and keys, and writes keys and values into the cache.
    pub fn rope_kv(&self) -> Operation {
        let mut attributes = self.common();
        attributes.extend::<[(&str, &dyn ToString); 3]>([
            ("rotary", &self.rotary),
            ("epsilon", &self.epsilon),
            ("weight", &self.weight),
        ]);
        if self.convention != Convention::OnePlus {
            attributes.push(("convention", &self.convention));
        }
        operation("rope_kv", &attributes, &self.dims())
    }

    /// Attention of many rows to all tokens that they see.
    pub fn attention(&self) -> Operation {
        operation("attention", &self.seeing(), &self.dims())
    }

    /// Attention of few rows, in parts that begin at multiples of [`Attention::PART`] tokens.
    pub fn split(&self) -> Operation {
        let mut attributes = self.seeing();
        attributes.push(("length", &Self::PART));
        operation("attention_split", &attributes, &[])
    }

    /// The parts of [`Attention::split`] made one, and gated where there are gates.
    pub fn merge(&self) -> Operation {
        operation("attention_merge", &self.common(), &self.dims())
    }

    /// What rows see is named where it is not all of their past.
    fn seeing(&self) -> Vec<(&'static str, &dyn ToString)> {
        let mut attributes = self.common();
        if !self.causal {
            attributes.push(("causal", &self.causal));
        }
        if self.window > 0 {
            attributes.push(("window", &self.window));
        }
        attributes
    }

    fn dims(&self) -> [(&'static str, u64); 1] {
        [("n", self.columns())]
    }

    fn common(&self) -> Vec<(&'static str, &dyn ToString)> {
        vec![
            ("act", &self.act),
            ("kv", &self.kv),
            ("heads", &self.heads),
            ("kv_heads", &self.kv_heads),
            ("head", &self.head),
            ("page", &self.page),
            ("gated", &self.gated),
        ]
    }
}
