//! Facts about machine code, from assembly text or a disassembly.
//!
//! * [`IsaFacts`] are those of a gfx11 kernel, [`HostFacts`] those of an x86-64 function.
//! * Counts are static: an instruction counts once for each pass through its loop, whether its
//!   lanes are active or not.
//! * The steady loop is the one with most products; each level of nesting weighs tenfold, so
//!   that copies peeled off a loop do not outweigh it.

mod classify;
mod gpu;
mod host;
mod listing;
mod loops;
mod report;
#[cfg(test)]
mod tests;
mod wait;

pub use classify::Class;
pub use gpu::{Counts, IsaFacts, LoopFacts};
pub use host::{HostFacts, HostLoop};
pub use listing::{Instruction, Listing};
pub use report::{Figures, side_by_side};
pub use wait::Wait;
