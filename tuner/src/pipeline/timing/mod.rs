//! Measured times: the host, through the process that owns it.
//!
//! - Code is checked on the device before it is timed, and an intent is on disk before its first
//!   launch: a kernel that takes the machine down is known afterwards.
//! - Weights and states are cold: as many copies as exceed the last cache take turns. Activations are
//!   warm.
//! - Samples are taken round robin, so that drift meets all candidates alike, and every raw
//!   sample is kept, those that were thrown out too: an unchanged run measures nothing and
//!   decides the same.
//! - A session is what one run measures. It begins and ends with a kernel against itself, which
//!   shows the noise floor, and it looks at the canary every 50 samples.

mod check;
mod launch;
mod noise;
mod pairs;
mod records;
mod sampling;
mod session;
mod watch;

pub use noise::Noise;
pub use pairs::Meeting;
pub use records::JournalNote;
pub use session::{Scope, Timer};
