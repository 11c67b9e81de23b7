//! How long a kernel would take on a chip that a target file describes.
//!
//! * [`Sampled::of`] executes a few workgroups of a launch and records what their waves do.
//! * Those that share a SIMD are followed clock by clock, in the company of as many as the chip would
//!   run at the same time; most iterations of long loops are left out and extrapolated.
//! * The requests beyond the first cache become traffic of the caches and of memory, with what
//!   neighbouring workgroups share counted once.
//! * [`Parts`] are the times that each resource needs by textbook figures, [`Parts::microseconds`]
//!   combines them with the corrections that a target file lists as fitted.
//!
//! Every figure comes from the target file. The result is a model's: it ranks kernels and explains
//! them, it does not replace a measurement. `docs/timing-model.md` says how far to trust it.

mod access;
mod cache;
mod cause;
mod code;
mod demand;
mod error;
mod estimate;
mod explanation;
mod home;
mod loops;
mod parts;
mod probe;
mod record;
mod rounds;
mod sample;
mod scoreboard;
mod timeline;
mod trace;
mod traffic;

/// Version of the model: raised by every change that moves times, so that times which were kept
/// elsewhere are not taken for this model's.
pub const VERSION: u32 = 1;

pub use cause::Cause;
pub use error::TimeError;
pub use estimate::{Estimate, estimate};
pub use explanation::{Explanation, Moved, Residents};
pub use home::Limit;
pub use parts::{Parts, Resource};
pub use sample::{Occupancy, Sampled};
pub use scoreboard::Event;
pub use timeline::Timeline;
pub use traffic::Traffic;
