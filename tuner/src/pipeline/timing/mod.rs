//! Measured times: the host, through the process that owns it.
//!
//! - Code is checked on the device before it is timed, and an intent is on disk before its first
//!   launch: a kernel that takes the machine down is known afterwards.
//! - Weights are cold: as many copies as exceed the last cache take turns. Activations are warm.
//! - Samples are taken round robin, so that drift meets all candidates alike, and every raw
//!   sample is kept: an unchanged run measures nothing and decides the same.

mod launch;
mod records;
mod session;

pub use records::JournalNote;
pub use session::Timer;
