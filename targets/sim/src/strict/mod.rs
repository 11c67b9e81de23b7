//! A sanitizer for kernels: what only works by luck is reported.

mod cells;
mod counters;
mod definedness;
mod facts;
mod finding;
mod kind;
mod registers;

pub use finding::{Finding, Place};
pub use kind::Kind;
