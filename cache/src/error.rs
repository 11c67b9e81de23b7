//! What can go wrong in this room, in words for the person who has to act on it.

use std::io;
use std::path::{Path, PathBuf};

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure with its place, its reason and, where there is one, its remedy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused a file operation.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was attempted: "read", "create", "lock".
        action: &'static str,
        /// The file or directory concerned.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The device or quota is full; the previous contents of the file are untouched.
    #[error(
        "cannot write {}: no space left; free some space or choose another place \
         (what was there before is unchanged)",
        path.display()
    )]
    NoSpace {
        /// The file that could not be completed.
        path: PathBuf,
    },
    /// A file does not say what its checksum or its own rules promise.
    #[error("{} is damaged: {reason}", path.display())]
    Corrupt {
        /// The damaged file.
        path: PathBuf,
        /// Which promise is broken.
        reason: String,
    },
    /// A file was written by another version of the format.
    #[error(
        "{} has format version {found}, this program reads version {expected}; \
         make it again with `kiln tune`, which takes seconds from its cache",
        path.display()
    )]
    Version {
        /// The file concerned.
        path: PathBuf,
        /// The version it carries.
        found: u32,
        /// The version understood here.
        expected: u32,
    },
    /// Something handed in, or read, contradicts the vocabulary's rules.
    #[error("{what}: {why}")]
    Invalid {
        /// The item: a kernel's, table's or argument's name.
        what: String,
        /// The rule it breaks.
        why: String,
    },
    /// A model's configuration cannot be used.
    #[error("{}: {place}: {why}", path.display())]
    Model {
        /// The file concerned.
        path: PathBuf,
        /// The field, with the objects it lies in.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// Another process uses the cache and the operation needs it alone.
    #[error("{} is in use by another process; try again when it has finished", path.display())]
    Busy {
        /// The cache directory.
        path: PathBuf,
    },
}

impl Error {
    /// Wraps an operating system error; a full disk or quota becomes [`Error::NoSpace`].
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::NoSpace { path },
            _ => Self::Io { action, path, source },
        }
    }

    /// A file that breaks a promise.
    pub(crate) fn corrupt(path: &Path, reason: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_path_buf(), reason: reason.into() }
    }

    /// A model's configuration that cannot be used, at a field of it.
    pub(crate) fn model(path: &Path, place: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Model { path: path.to_path_buf(), place: place.into(), why: why.into() }
    }

    /// An item that breaks a rule.
    pub(crate) fn invalid(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Invalid { what: what.into(), why: why.into() }
    }
}
