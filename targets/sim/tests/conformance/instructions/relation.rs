//! What the names of comparisons mean, in the vector unit and in the scalar one.

use std::cmp::Ordering::{self, Equal, Greater, Less};

/// A comparison of integers.
pub(super) type Ordered = (&'static str, fn(Ordering) -> bool);
/// A comparison of floats; there is no order where one is a NaN.
pub(super) type Partial = (&'static str, fn(Option<Ordering>) -> bool);

/// Comparisons of integers; `lg` is what the scalar unit calls `ne`.
pub(super) const ORDERED: [Ordered; 6] = [
    ("lt", Ordering::is_lt),
    ("eq", Ordering::is_eq),
    ("le", Ordering::is_le),
    ("gt", Ordering::is_gt),
    ("ne", Ordering::is_ne),
    ("ge", Ordering::is_ge),
];

/// Comparisons of floats. Those that begin with `n` are the negations, and hold for NaNs.
pub(super) const PARTIAL: [Partial; 14] = [
    ("lt", |o| o == Some(Less)),
    ("eq", |o| o == Some(Equal)),
    ("le", |o| matches!(o, Some(Less | Equal))),
    ("gt", |o| o == Some(Greater)),
    ("lg", |o| matches!(o, Some(Less | Greater))),
    ("ge", |o| matches!(o, Some(Greater | Equal))),
    ("o", |o| o.is_some()),
    ("u", |o| o.is_none()),
    ("nge", |o| !matches!(o, Some(Greater | Equal))),
    ("nlg", |o| !matches!(o, Some(Less | Greater))),
    ("ngt", |o| o != Some(Greater)),
    ("nle", |o| !matches!(o, Some(Less | Equal))),
    ("neq", |o| o != Some(Equal)),
    ("nlt", |o| o != Some(Less)),
];
