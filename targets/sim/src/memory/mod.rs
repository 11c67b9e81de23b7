//! The address space that kernels see: registered allocations and nothing else.
//!
//! * Every byte that a kernel may touch belongs to one [`Allocation`] with a name, a base, a size and an
//!   [`Access`]. Gaps of [`GUARD`] bytes and more lie between the allocations that [`Memory`] places.
//! * An access that no allocation covers whole is an [`AccessError`] which names the nearest one.
//! * Bytes live in 32-bit atomic words ([`Backing`]), all accesses are relaxed, and so any number of threads
//!   may run kernels on one space. A racy kernel reads old or new words, never anything else.
//! * Atomic operations on 32-bit words are atomic. Those on 64 bits exclude one another, but a 32-bit
//!   access to one of their halves may fall between their two words.
//!
//! [`Memory`] is the registry that a host uses. A run takes a [`View`] of it, which stays as it was taken.

mod allocation;
mod backing;
mod error;
mod overlay;
mod run;
mod space;
mod view;

pub use allocation::{Access, Allocation};
pub use backing::{Backing, Dense, PAGE, Sparse};
pub use error::{AccessError, AllocationError, Nearest, Problem};
pub use run::Run;
pub use space::{FIRST_ADDRESS, GUARD, LARGEST, LARGEST_DENSE, Memory, Storage};
pub use view::View;

#[cfg(test)]
mod tests;
