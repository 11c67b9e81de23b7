//! Why a kernel cannot go on.

use std::fmt;

use thiserror::Error;

use crate::memory::{AccessError, AllocationError};

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Cause {
    /// An access that the address space refuses.
    #[error("{0}")]
    Memory(AccessError),
    /// An access to LDS beyond what the group has.
    #[error("{size} bytes at {address:#x} of LDS, of which the group has {limit}")]
    Lds {
        /// Offset in LDS.
        address: u64,
        /// Bytes.
        size: u32,
        /// Bytes of LDS.
        limit: u32,
    },
    /// An access to private memory beyond what a lane has.
    #[error("{size} bytes at {address:#x} of private memory, of which each lane has {limit}")]
    Scratch {
        /// Offset in the lane's segment.
        address: u64,
        /// Bytes.
        size: u32,
        /// Bytes of private memory.
        limit: u32,
    },
    /// An LDS or private access at a multiple of less than its operation needs.
    #[error("offset {address:#x} is no multiple of {alignment}")]
    Misaligned {
        /// Offset.
        address: u64,
        /// What it should be a multiple of.
        alignment: u32,
    },
    /// Words that are no instruction.
    #[error("{0}")]
    Undecodable(String),
    /// The program counter left the code.
    #[error("nothing to execute there: the code spans {base:#x} to {end:#x}")]
    OutsideCode {
        /// First address of the code.
        base: u64,
        /// Address after the last.
        end: u64,
    },
    /// An instruction that the simulated chip does not offer to compute kernels.
    #[error("{0}")]
    Refused(&'static str),
    /// The kernel trapped (`s_trap`).
    #[error("trap {0}")]
    Trap(u8),
    /// The wave used up its instructions.
    #[error("still running after {0} instructions; raise the budget if that is right")]
    Budget(u64),
}

/// A kernel that cannot go on, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct Fault {
    /// The kernel.
    pub kernel: String,
    /// The workgroup.
    pub group: [u32; 3],
    /// The wave within it.
    pub wave: u32,
    /// The lane, where it is one lane's doing.
    pub lane: Option<u32>,
    /// Address of the instruction.
    pub pc: u64,
    /// The same, counted from the kernel's first instruction.
    pub offset: i64,
    /// The instruction.
    pub instruction: String,
    /// What is wrong.
    pub cause: Cause,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.group;
        write!(f, "{}, group ({x}, {y}, {z}), wave {}", self.kernel, self.wave)?;
        if let Some(lane) = self.lane {
            write!(f, ", lane {lane}")?;
        }
        write!(f, ", at +{:#x} `{}`: {}", self.offset, self.instruction, self.cause)
    }
}

/// What stops a wave, before its place is known.
#[derive(Debug)]
pub(super) struct Stop {
    pub cause: Cause,
    pub lane: Option<u32>,
}

impl From<Cause> for Stop {
    fn from(cause: Cause) -> Self {
        Self { cause, lane: None }
    }
}

impl Stop {
    /// A memory error of one lane.
    pub(super) fn memory(lane: usize, error: AccessError) -> Self {
        Self { cause: Cause::Memory(error), lane: Some(lane as u32) }
    }

    /// A cause that one lane is responsible for.
    pub(super) fn of_lane(lane: usize, cause: Cause) -> Self {
        Self { cause, lane: Some(lane as u32) }
    }
}

/// A launch that cannot be made, or that failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LaunchError {
    /// No kernel of that name.
    #[error("no kernel `{name}` in the object; it has {}", known.join(", "))]
    NoKernel {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A launch that the kernel or the chip does not allow.
    #[error("cannot launch `{kernel}`: {problem}")]
    Shape {
        /// The kernel.
        kernel: String,
        /// What does not fit.
        problem: String,
    },
    /// Memory for the code or the arguments cannot be had.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
    /// A wave could not go on.
    #[error(transparent)]
    Fault(Box<Fault>),
}
