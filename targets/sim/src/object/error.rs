//! What can be wrong with a code object.

use thiserror::Error;

/// Why bytes are not a code object that can run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ObjectError {
    /// The file is damaged, or no AMDGPU code object at all.
    #[error("malformed code object: {0}")]
    Malformed(String),
    /// The file is valid, but beyond what is supported here.
    #[error("unsupported code object: {0}")]
    Unsupported(String),
}

impl ObjectError {
    pub(super) fn malformed(why: impl ToString) -> ObjectError {
        ObjectError::Malformed(why.to_string())
    }

    pub(super) fn unsupported(why: impl ToString) -> ObjectError {
        ObjectError::Unsupported(why.to_string())
    }
}
