//! The protocol between the tuner and the process that owns the device.
//!
//! Laws:
//! - one process owns the device; it answers each request with exactly one response, in order;
//! - a message is one frame: a length, then JSON. Bulk data travels through files that the
//!   worker maps or writes, never through the pipe;
//! - ids are chosen by the asking side; using an unknown or taken id is an error response, not
//!   the end of the worker;
//! - the worker keeps no record of its own: intents are written by the asking side before it
//!   sends [`Request::Launch`] or [`Request::Time`].

mod fill;
mod frame;
mod request;
mod response;

pub use fill::{Fill, Random};
pub use frame::{FRAME_LIMIT, FrameError, read_frame, write_frame};
pub use request::{Buffer, Cold, LaunchSpec, Peak, ReadTarget, Relocation, Request, Timing};
pub use response::{Failure, Info, Response};

/// Version of this protocol; both sides state theirs in the first exchange.
pub const PROTOCOL: u32 = 1;
