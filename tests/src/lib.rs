//! What crosses rooms: the laws of the house and the suites that need several crates at once.
//!
//! * Nothing depends on this crate, so it alone may see every room.
//! * A checker is a pure function from an input to a list of [`Violation`]s, so that a test can
//!   show it a doctored input and see it object.
//! * The inputs are read once, by [`workspace`]: the package graph and the checked-in files.

pub mod arrows;
pub mod boundary;
pub mod counted;
pub mod damage;
pub mod demo;
pub mod docs;
pub mod drafts;
pub mod fixture;
pub mod goldens;
pub mod host_code;
pub mod ledger;
pub mod licence;
pub mod plain;
pub mod reference;
pub mod rust_source;
pub mod served;
pub mod sizes;
pub mod statistics;
pub mod texts;
pub mod tuned;
pub mod weights;
pub mod workspace;

use std::fmt;

/// One broken rule: where, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The package, the file or the `file:line` at fault.
    pub place: String,
    /// What is wrong, in words that name the fix.
    pub what: String,
}

impl Violation {
    /// A violation at `place`.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Panics with every violation, one a line, unless there is none.
///
/// # Panics
/// When `violations` is not empty.
#[track_caller]
pub fn assert_upheld(rule: &str, violations: &[Violation]) {
    let lines: Vec<String> = violations.iter().map(|v| format!("  {v}")).collect();
    assert!(violations.is_empty(), "{rule}\n{}", lines.join("\n"));
}
