//! Diagnostics: what is wrong, where in the recipe, why, and what would fix it.
//!
//! Laws: a message never names an internal type; every diagnostic has a recipe location; one build
//! collects all of its diagnostics instead of stopping at the first.

use std::fmt;
use std::panic::Location as Caller;

/// A line of the author's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// Source file as the compiler of the recipe saw it.
    pub file: &'static str,
    /// Line, from 1; 0 when unknown.
    pub line: u32,
}

impl Location {
    /// A place that no author wrote (parsed text, generated code).
    pub const UNKNOWN: Location = Location { file: "<generated>", line: 0 };

    /// The line of the caller of the nearest `#[track_caller]` function.
    #[track_caller]
    pub fn caller() -> Location {
        let caller = Caller::caller();
        Location { file: caller.file(), line: caller.line() }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// One mistake in a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, one line.
    pub message: String,
    /// Where the author wrote it.
    pub location: Location,
    /// Why, or what would fix it.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// A diagnostic without notes.
    pub fn new(location: Location, message: impl Into<String>) -> Diagnostic {
        Diagnostic { message: message.into(), location, notes: Vec::new() }
    }

    /// Adds a reason or a remedy.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        write!(f, "  {}", self.location)?;
        for note in &self.notes {
            write!(f, "\n  note: {note}")?;
        }
        Ok(())
    }
}

/// All mistakes of one build, with what was being built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostics {
    /// For example `mmq_q4 { mmq_x: 48 } for gfx1151`.
    pub building: String,
    /// In program order; never empty.
    pub all: Vec<Diagnostic>,
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.all {
            writeln!(f, "{diagnostic}")?;
        }
        write!(f, "  while building {}", self.building)
    }
}
