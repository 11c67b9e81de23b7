//! The process that owns a device and serves it over pipes.
//!
//! Invariants:
//! - each request is answered by exactly one response, in order; a request that fails is answered
//!   with an error and changes nothing;
//! - the ids in requests are the asking side's; they are translated here;
//! - a kernel that faults ends the process: the asking side sees the pipe close, starts another
//!   one and makes its buffers again;
//! - the end of the input ends the process, so that a worker never outlives the one that asks.

mod buffers;
mod session;
mod timing;

use std::io::{Read, Write};

use kiln_cache::device::{Failure, FrameError, Request, Response, read_frame, write_frame};

use crate::Error;
use crate::device::Device;
use session::Session;

/// Answers requests until the input ends or asks for the end.
///
/// # Errors
/// If a pipe breaks or the input is not made of requests.
pub fn serve(
    device: Box<dyn Device>,
    mut requests: impl Read,
    mut responses: impl Write,
) -> Result<(), FrameError> {
    let mut session = Session::new(device);
    while let Some(request) = read_frame::<Request>(&mut requests)? {
        let last = request == Request::Shutdown;
        write_frame(&mut responses, &session.answer(request))?;
        if last {
            break;
        }
    }
    Ok(())
}

/// The response that reports a failure.
fn failed(error: &Error) -> Response {
    let kind = match error {
        Error::Request(_) | Error::Bundle(_) | Error::Io { .. } | Error::Model { .. } => {
            Failure::BadRequest
        }
        Error::Load(_) => Failure::Load,
        Error::OutOfMemory { .. } => Failure::OutOfMemory,
        Error::RedZone { .. } => Failure::RedZone,
        Error::Launch(_) => Failure::Launch,
        Error::Lost(_) => Failure::Lost,
        Error::Unsupported(_) => Failure::Unsupported,
    };
    Response::Error { kind, message: error.to_string() }
}
