//! What can go wrong in this room, in words for the person who has to act on it.

use std::io;
use std::path::{Path, PathBuf};

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure with its place, its reason and, where there is one, its remedy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something handed in makes no sense: an unknown handle, a size that does not fit.
    #[error("{0}")]
    Request(String),
    /// A code object or one of its symbols could not be loaded.
    #[error("cannot load the code object: {0}")]
    Load(String),
    /// A buffer is larger than the memory that is left.
    #[error(
        "not enough memory: {wanted} bytes are asked for, {available} are available; \
         close other programs or use smaller buffers"
    )]
    OutOfMemory {
        /// Bytes asked for.
        wanted: u64,
        /// Bytes that could have been given.
        available: u64,
    },
    /// A kernel wrote outside its buffer.
    #[error(
        "a guard byte {distance} bytes {side} the buffer was overwritten \
         ({found:#04x} instead of {expected:#04x})"
    )]
    RedZone {
        /// `before` or `after`.
        side: &'static str,
        /// Distance of the byte from the buffer's nearest byte, from 1.
        distance: u64,
        /// What the byte should be.
        expected: u8,
        /// What it is.
        found: u8,
    },
    /// A kernel faulted; the device goes on.
    #[error("the launch failed: {0}")]
    Launch(String),
    /// The device does not answer any more.
    #[error("the device is lost: {0}; start again")]
    Lost(String),
    /// The device has no such ability.
    #[error("{0}")]
    Unsupported(String),
    /// The operating system refused a file operation.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was attempted: `read`, `map`.
        action: &'static str,
        /// The file concerned.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A model's configuration or checkpoint cannot be used.
    #[error("{}: {place}: {why}", path.display())]
    Model {
        /// The file concerned.
        path: PathBuf,
        /// The field, with the objects it lies in, or the tensor.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// The bundle cannot be read or does not answer the request.
    #[error(transparent)]
    Bundle(kiln_cache::Error),
}

impl From<kiln_cache::Error> for Error {
    fn from(error: kiln_cache::Error) -> Self {
        match error {
            kiln_cache::Error::Model { path, place, why } => Self::Model { path, place, why },
            kiln_cache::Error::Io { action, path, source } => Self::Io { action, path, source },
            other => Self::Bundle(other),
        }
    }
}

impl Error {
    /// A request that makes no sense.
    pub(crate) fn request(why: impl Into<String>) -> Self {
        Self::Request(why.into())
    }

    /// A file operation that the operating system refused.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_path_buf(), source }
    }

    /// A file of a model that cannot be used, at a field or tensor of it.
    pub(crate) fn model(path: &Path, place: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Model { path: path.to_path_buf(), place: place.into(), why: why.into() }
    }
}
