//! Why a tile program could not be executed.

use crate::diagnose::Location;
use std::fmt;

/// An execution that stopped: what happened, in which recipe line, in which workgroup.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct RunError {
    /// What is wrong, one line.
    pub message: String,
    /// The recipe line; `None` if it happened before the first workgroup.
    pub location: Option<Location>,
    /// Workgroup along each grid axis, fastest first.
    pub workgroup: [i64; 3],
}

impl RunError {
    /// An error in what the program was given to run with.
    pub(super) fn setup(message: String) -> RunError {
        RunError { message, location: None, workgroup: [0; 3] }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        match self.location {
            Some(location) => write!(f, "\n  {location}, in workgroup {:?}", self.workgroup),
            None => Ok(()),
        }
    }
}
