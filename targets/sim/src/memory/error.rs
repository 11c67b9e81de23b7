//! Accesses and allocations that cannot be.

use std::fmt;

use thiserror::Error;

/// What is wrong with an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// No allocation holds the first byte.
    Unregistered,
    /// An allocation holds the first byte, and not the last.
    PastTheEnd,
    /// The address is no multiple of what the access asks for.
    Misaligned {
        /// What the address should be a multiple of.
        alignment: u32,
    },
    /// The allocation may only be read.
    ReadOnly,
}

/// The allocation that an address most likely belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// Its name.
    pub name: String,
    /// Its first address.
    pub base: u64,
    /// Its bytes.
    pub size: u64,
}

/// An access that the address space refuses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct AccessError {
    /// What is wrong.
    pub problem: Problem,
    /// Whether it writes.
    pub write: bool,
    /// Its first byte.
    pub address: u64,
    /// Its bytes.
    pub size: u32,
    /// The allocation it is nearest to, if there is any allocation.
    pub nearest: Option<Nearest>,
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.write { "write" } else { "read" };
        write!(f, "{what} of {} bytes at {:#x}", self.size, self.address)?;
        match self.problem {
            Problem::Unregistered => write!(f, ", where nothing is allocated")?,
            Problem::PastTheEnd => write!(f, ", which runs past the end of an allocation")?,
            Problem::Misaligned { alignment } => {
                write!(f, ", which is no multiple of {alignment}")?;
            }
            Problem::ReadOnly => write!(f, ", which may only be read")?,
        }
        match &self.nearest {
            None => write!(f, "; there are no allocations"),
            Some(near) => write!(f, "; {}", near.place(self.address)),
        }
    }
}

impl Nearest {
    /// Where `address` lies, seen from this allocation.
    fn place(&self, address: u64) -> String {
        let Self { name, base, size } = self;
        let at = format!("`{name}` ({size} bytes at {base:#x})");
        if address < *base {
            return format!("{} bytes before {at}", base - address);
        }
        match (address - base).checked_sub(*size) {
            None => format!("byte {} of {at}", address - base),
            Some(past) => format!("{past} bytes past the end of {at}"),
        }
    }
}

/// An allocation that cannot be made or ended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AllocationError {
    /// More bytes than the space hands out at once, or none.
    #[error("cannot allocate {size} bytes for `{name}`: ask for 1 to {limit}")]
    Size {
        /// The name asked for.
        name: String,
        /// The bytes asked for.
        size: u64,
        /// The most that can be had.
        limit: u64,
    },
    /// The range meets an allocation that is there.
    #[error("cannot place {size} bytes at {base:#x} for `{name}`: `{other}` lies there")]
    Overlap {
        /// The name asked for.
        name: String,
        /// The address asked for.
        base: u64,
        /// The bytes asked for.
        size: u64,
        /// The allocation in the way.
        other: String,
    },
    /// No allocation begins where one was to be freed.
    #[error("cannot free {base:#x}: no allocation begins there")]
    NotAllocated {
        /// The address given.
        base: u64,
    },
}
