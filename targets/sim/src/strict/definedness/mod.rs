//! Which bits of a wave's registers hold values that somebody wrote.
//!
//! * A register begins unknown, except for what the dispatcher sets.
//! * Copies, spills and arithmetic carry unknown bits along, as exactly as [`formula`] can say, and are no
//!   mistakes: compilers copy registers of which they need a part.
//! * It is a mistake to let an unknown bit decide something: an address, a branch, the execution mask, what is
//!   stored to device memory. Then the register that nobody wrote is named, however far the value has travelled.

mod bits;
mod exchange;
mod flow;
mod formula;
mod matrix;
mod memory;
mod moves;
mod operand;
mod registers;
mod scalar;
mod shadow;
mod vector;

pub(super) use flow::{Misuse, step};
pub(super) use memory::{Bytes, Destination, load, store};
pub(super) use shadow::{Origin, Shadow};

/// The registers of a wave as an instruction finds them.
pub(super) trait State {
    /// A vector register by lane.
    fn vector(&self, register: u8) -> &[u32; 32];
    /// A scalar register by its number in the encoding.
    fn scalar(&self, register: u8) -> u32;
    /// Active lanes.
    fn exec(&self) -> u32;
    /// The scalar condition code.
    fn scc(&self) -> bool;
}
