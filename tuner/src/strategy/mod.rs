//! Which candidate to sample next.
//!
//! Rules of this module:
//! - a strategy is a pure function of the space and of the samples so far: a search that was
//!   interrupted continues where it stopped, and a recorded one can be replayed;
//! - one proposal is one round, in which each proposed candidate is sampled once, so that drift
//!   hits all alike;
//! - a candidate that failed is data and is not proposed again.

mod exhaustive;
mod replay;
mod samples;
mod search;
mod space;

pub use exhaustive::Exhaustive;
pub use replay::{Outcome, Replay};
pub use samples::Samples;
pub use search::Search;
pub use space::Space;

/// A way of searching.
pub trait Strategy {
    /// The candidates to sample in the next round, as indices into the space's points; empty
    /// when the search is over.
    fn propose(&self, space: &Space, samples: &Samples) -> Vec<usize>;
}

#[cfg(test)]
mod surfaces;
