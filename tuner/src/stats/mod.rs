//! What samples say, and how surely.
//!
//! Rules of this module:
//! - all arithmetic is in `f64`; times are in microseconds;
//! - the centre of a distribution is its median and its spread the median absolute deviation:
//!   one interrupted sample must not move a decision;
//! - every interval is an order-statistic interval: it assumes independent samples and nothing
//!   about their distribution;
//! - samples that are not finite numbers make a summary impossible, never silently smaller.

mod canary;
mod elimination;
mod noise;
mod pairs;
mod summary;
mod verdict;

pub use canary::{Canary, DRIFT_LIMIT};
pub use elimination::Elimination;
pub use noise::{NOISE_LIMIT, NoiseFloor};
pub use pairs::Pairs;
pub use summary::{CONFIDENCE, Interval, Summary, mad, median, median_interval};
pub use verdict::{MIN_EFFECT, SIGNIFICANCE, Verdict, compare};

#[cfg(test)]
mod simulation;
