//! What can go wrong in this room, in words for the person who has to act on it.

use std::path::{Path, PathBuf};

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure with its place and its reason, in one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused a file operation.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was attempted: "read", "create".
        action: &'static str,
        /// The file concerned.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A model's configuration does not say what is needed, or says what is not supported.
    #[error("{}: {field}: {why}", path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// The field, with the objects it lies in: `text_config.hidden_size`.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// Something handed in breaks a rule.
    #[error("{what}: {why}")]
    Invalid {
        /// The item.
        what: String,
        /// The rule it breaks.
        why: String,
    },
    /// The cache's vocabulary refuses what was made.
    #[error(transparent)]
    Cache(kiln_cache::Error),
    /// A target lacks what is asked of it.
    #[error(transparent)]
    Target(#[from] kiln_targets::Error),
}

impl From<kiln_cache::Error> for Error {
    fn from(error: kiln_cache::Error) -> Self {
        match error {
            kiln_cache::Error::Model { path, place, why } => {
                Self::Config { path, field: place, why }
            }
            other => Self::Cache(other),
        }
    }
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_path_buf(), source }
    }

    pub(crate) fn invalid(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Invalid { what: what.into(), why: why.into() }
    }
}
