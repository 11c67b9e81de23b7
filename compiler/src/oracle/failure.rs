//! Why a kernel does not count as right.

use super::{ExecutionError, Mismatch};
use crate::diagnose::Diagnostics;

/// What a check found. A `place` names the executor and the problem.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The recipe does not build.
    #[error(transparent)]
    Build(#[from] Diagnostics),
    /// Inputs could not be made.
    #[error("cannot make {problem}: {cause}")]
    Inputs {
        /// The problem.
        problem: String,
        /// What its formats cannot hold.
        cause: kiln_targets::Error,
    },
    /// The reference leaves an output undefined.
    #[error(
        "the reference of `{recipe}` does not define the output `{part}`; fill it by that name"
    )]
    NoReference {
        /// Name of the recipe.
        recipe: String,
        /// Part of an output.
        part: String,
    },
    /// The executor gave up.
    #[error("{place}: {cause}")]
    Execution {
        /// Where.
        place: String,
        /// Why.
        cause: ExecutionError,
    },
    /// An input changed, or a buffer is missing.
    #[error("{place}: {what}")]
    Damage {
        /// Where.
        place: String,
        /// Which buffer, and how.
        what: String,
    },
    /// An output disagrees with the reference.
    #[error("{place}: {mismatch}")]
    Mismatch {
        /// Where.
        place: String,
        /// Which element, and by how much.
        mismatch: Box<Mismatch>,
    },
}
