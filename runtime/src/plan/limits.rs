//! How much is to be served at once, and what that takes.

use std::fmt;

use kiln_cache::operations::DECODE_ROWS;

use super::Serving;
use super::sizes::Sizes;
use crate::model::config::ModelConfig;
use crate::{Error, Result};

/// Most tokens of a prefill chunk.
const LARGEST_CHUNK: u64 = 8192;

/// How much is to be served at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sequences that are in memory at the same time, 1 to 32.
    pub sequences: u64,
    /// Tokens of the longest sequence.
    pub context: u64,
    /// Tokens of the cache, which all sequences and cached prefixes share.
    pub cached: u64,
    /// Tokens that are prefilled at a time.
    pub chunk: u64,
    /// Prefixes whose states are remembered.
    pub prefixes: u64,
}

impl Limits {
    /// One sequence of this many tokens, prefilled 512 at a time.
    pub fn single(context: u64) -> Self {
        Self { sequences: 1, context, cached: context, chunk: 512, prefixes: 0 }
    }

    pub(super) fn sizes(&self, config: &ModelConfig, serving: &Serving) -> Result<Sizes> {
        let refuse = |why: String| Err(Error::request(why));
        let positions = config.positions as u64;
        if self.context == 0 || self.context > positions {
            let why = format!("a context of {} tokens; the model has", self.context);
            return refuse(format!("{why} positions for 1 to {positions}"));
        }
        if !(1..=DECODE_ROWS).contains(&self.sequences) {
            let why = format!("{} sequences at a time", self.sequences);
            return refuse(format!("{why}; expected 1 to {DECODE_ROWS}"));
        }
        if !(1..=LARGEST_CHUNK).contains(&self.chunk) {
            let why = format!("chunks of {} tokens", self.chunk);
            return refuse(format!("{why}; expected 1 to {LARGEST_CHUNK}"));
        }
        let pages_each = self.context.div_ceil(serving.page);
        let pages = self.cached.max(self.context).div_ceil(serving.page);
        if pages.saturating_mul(serving.page) > i32::MAX as u64 {
            let why = format!("a cache of {} tokens is more than kernels can count", self.cached);
            return refuse(why);
        }
        Ok(Sizes {
            chunk: self.chunk,
            pages_each,
            pages,
            page: serving.page,
            slots: self.sequences + self.prefixes,
        })
    }
}

/// Memory of a loaded model on its device, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Weights, in the order of the kernels: one copy.
    pub weights: u64,
    /// Keys and values.
    pub cache: u64,
    /// States of linear attention, those of remembered prefixes included.
    pub states: u64,
    /// Everything between operations, and what the host hands over.
    pub activations: u64,
}

impl Usage {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.weights + self.cache + self.states + self.activations
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
        let [weights, cache, states, activations] =
            [self.weights, self.cache, self.states, self.activations].map(mib);
        write!(
            f,
            "{} ({weights} weights, {cache} keys and values, {states} states, {activations} \
             activations)",
            mib(self.total())
        )
    }
}
