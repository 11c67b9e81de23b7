//! A sanitizer for kernels: what only works by luck is reported.

mod accesses;
mod cells;
mod counters;
mod definedness;
mod facts;
mod finding;
mod group;
mod hazards;
mod kind;
mod known;
mod log;
mod registers;
mod report;
mod sanitizer;
mod shared;

pub use finding::{Finding, Place};
pub use group::Watch;
pub use kind::Kind;
pub use report::Report;
pub use sanitizer::{Options, Sanitizer};
