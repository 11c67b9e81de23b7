//! Streams, and what they capture.

use super::export;
use crate::error::{Error, Result};
use crate::raw::Out;
use crate::runtime::with;
use crate::stream::NON_BLOCKING;

/// Numbers of `hipStreamCaptureStatus`.
const NOT_CAPTURED: u32 = 0;
const CAPTURED: u32 = 1;
/// Largest number of `hipStreamCaptureMode`.
const LAST_MODE: u32 = 2;

fn create(to: Out<usize>, flags: u32) -> Result {
    if flags & !NON_BLOCKING != 0 {
        return Err(Error::InvalidValue);
    }
    with(|runtime| {
        runtime.usable()?;
        to.set(runtime.streams.create(flags))
    })
}

export! {
    fn hipStreamCreate(to: Out<usize>) {
        create(to, 0)
    }

    fn hipStreamCreateWithFlags(to: Out<usize>, flags: u32) {
        create(to, flags)
    }

    fn hipStreamCreateWithPriority(to: Out<usize>, flags: u32, _priority: i32) {
        create(to, flags)
    }

    fn hipStreamDestroy(stream: usize) {
        with(|runtime| runtime.streams.destroy(stream).map(drop))
    }

    fn hipStreamSynchronize(stream: usize) {
        with(|runtime| runtime.stream_settled(stream))
    }

    /// Work is done when it is submitted.
    fn hipStreamQuery(stream: usize) {
        with(|runtime| runtime.stream_settled(stream))
    }

    fn hipStreamGetFlags(stream: usize, to: Out<u32>) {
        with(|runtime| to.set(runtime.streams.get(stream)?.flags))
    }

    fn hipStreamGetPriority(stream: usize, to: Out<i32>) {
        with(|runtime| {
            runtime.streams.get(stream)?;
            to.set(0)
        })
    }

    fn hipStreamGetDevice(stream: usize, to: Out<i32>) {
        with(|runtime| {
            runtime.streams.get(stream)?;
            to.set(0)
        })
    }

    fn hipStreamWaitEvent(stream: usize, event: usize, _flags: u32) {
        with(|runtime| runtime.wait_event(stream, event))
    }

    fn hipStreamBeginCapture(stream: usize, mode: u32) {
        if mode > LAST_MODE {
            return Err(Error::InvalidValue);
        }
        with(|runtime| runtime.begin_capture(stream))
    }

    fn hipStreamEndCapture(stream: usize, to: Out<usize>) {
        with(|runtime| to.set(runtime.end_capture(stream)?))
    }

    fn hipStreamIsCapturing(stream: usize, to: Out<u32>) {
        with(|runtime| {
            let captured = runtime.streams.get(stream)?.capture.is_some();
            to.set(if captured { CAPTURED } else { NOT_CAPTURED })
        })
    }
}
