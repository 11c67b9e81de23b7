//! Why a launch cannot be timed.

use crate::machine::LaunchError;

/// Why a launch cannot be timed.
#[derive(Debug, thiserror::Error)]
pub enum TimeError {
    /// The target file lacks what the model needs.
    #[error(
        "{target} cannot be modelled: its target file has no {what}; add it, or name a target that has"
    )]
    Target {
        /// The target's name.
        target: String,
        /// The section or figure that is missing.
        what: &'static str,
    },
    /// Not even one workgroup fits the chip.
    #[error("{kernel} does not fit {target}: {what}")]
    Fit {
        /// The kernel's name.
        kernel: String,
        /// The target's name.
        target: String,
        /// What is too much.
        what: String,
    },
    /// The kernel could not be executed.
    #[error(transparent)]
    Launch(#[from] LaunchError),
}
