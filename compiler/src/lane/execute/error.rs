//! What stops an execution.

use crate::diagnose::Location;
use std::fmt;

/// Why a lane program cannot be executed, or stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError {
    /// The program is not valid lane IR.
    #[error("`{kernel}` breaks the laws of lane IR:\n{}", laws.join("\n"))]
    Law {
        /// Symbol.
        kernel: String,
        /// The laws broken.
        laws: Vec<String>,
    },
    /// The call does not give what the program takes.
    #[error("`{kernel}` cannot be called: {what}")]
    Call {
        /// Symbol.
        kernel: String,
        /// What is missing or wrong.
        what: String,
    },
    /// An instruction did what no device defines.
    #[error("{0}")]
    Fault(Box<Fault>),
}

/// An instruction that did what no device defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The instruction as text.
    pub inst: String,
    /// The recipe line that led to it.
    pub location: Location,
    /// Workgroup along each axis of the grid.
    pub group: [u64; 3],
    /// Wave in the workgroup, where it is a matter of one.
    pub wave: Option<u32>,
    /// Lane in the wave, where it is a matter of one.
    pub lane: Option<u32>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { inst, location, group: [x, y, z], what, .. } = self;
        write!(f, "`{inst}`: {what}; workgroup ({x}, {y}, {z})")?;
        if let Some(wave) = self.wave {
            write!(f, ", wave {wave}")?;
        }
        if let Some(lane) = self.lane {
            write!(f, ", lane {lane}")?;
        }
        write!(f, " (from {location})")
    }
}

/// A fault before it is known which instruction caused it.
#[derive(Debug)]
pub(super) struct Trap {
    pub(super) wave: Option<u32>,
    pub(super) lane: Option<u32>,
    pub(super) what: String,
}

impl Trap {
    /// A matter of the whole workgroup.
    pub(super) fn new(what: impl Into<String>) -> Trap {
        Trap { wave: None, lane: None, what: what.into() }
    }

    /// A matter of one wave.
    pub(super) fn wave(wave: usize, what: impl Into<String>) -> Trap {
        Trap { wave: Some(wave as u32), ..Trap::new(what) }
    }

    /// A matter of one lane.
    pub(super) fn lane(wave: usize, lane: usize, what: impl Into<String>) -> Trap {
        Trap { lane: Some(lane as u32), ..Trap::wave(wave, what) }
    }
}

/// What an instruction comes to.
pub(super) type Done = Result<(), Trap>;
