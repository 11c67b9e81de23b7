//! What can go wrong when target data is read or asked for.

use thiserror::Error;

/// A failure to read or use target data. Messages say what, where, why and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// A name that no built-in row has.
    #[error("unknown {kind} `{name}`; known {kind}s: {}", known.join(", "))]
    Unknown {
        /// What was looked up: `target`, `format`, `dtype`, `matrix atom`.
        kind: &'static str,
        /// The name asked for.
        name: String,
        /// Every name that would have been found.
        known: Vec<String>,
    },
    /// A data row that cannot be read or that contradicts itself.
    #[error("{place}: {problem}")]
    Row {
        /// File and row, such as ``atoms.toml, atom `fma_f32_x8` ``.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A layout or memory order that does not parse.
    #[error("cannot read `{text}` as {what}: {problem}")]
    Syntax {
        /// What was expected: `a memory order`, `a row of basis vectors`.
        what: &'static str,
        /// The text given.
        text: String,
        /// Why it is not one.
        problem: String,
    },
    /// Tensor data whose size, dtype or shape does not fit what it is used as.
    #[error("{0}")]
    Data(String),
}

impl Error {
    pub(crate) fn row(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Row { place: place.into(), problem: problem.into() }
    }

    pub(crate) fn syntax(what: &'static str, text: &str, problem: impl Into<String>) -> Self {
        Self::Syntax { what, text: text.to_owned(), problem: problem.into() }
    }

    pub(crate) fn unknown<'a>(
        kind: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known = known.into_iter().map(str::to_owned).collect();
        Self::Unknown { kind, name: name.to_owned(), known }
    }
}

/// Why a target cannot do what a recipe asks of it. The text is shown by `tune --explain`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Reject(pub String);
