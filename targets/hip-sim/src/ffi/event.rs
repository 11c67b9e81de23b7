//! Events.

use super::export;
use crate::error::{Error, Result};
use crate::raw::Out;
use crate::runtime::with;
use crate::stream::Event;

/// Flags of `hipEventCreateWithFlags` that may be combined.
const KNOWN_FLAGS: u32 = 0x4000_0000 | 0x8000_0000 | 0x1000_0000 | 0x2000_0000 | 0x7;

fn create(to: Out<usize>, flags: u32) -> Result {
    if flags & !KNOWN_FLAGS != 0 {
        return Err(Error::InvalidValue);
    }
    with(|runtime| to.set(runtime.events.insert(Event { flags, ..Event::default() })))
}

export! {
    fn hipEventCreate(to: Out<usize>) {
        create(to, 0)
    }

    fn hipEventCreateWithFlags(to: Out<usize>, flags: u32) {
        create(to, flags)
    }

    fn hipEventDestroy(event: usize) {
        with(|runtime| runtime.events.remove(event).map(drop))
    }

    fn hipEventRecord(event: usize, stream: usize) {
        with(|runtime| runtime.record_event(event, stream))
    }

    fn hipEventRecordWithFlags(event: usize, stream: usize, _flags: u32) {
        with(|runtime| runtime.record_event(event, stream))
    }

    fn hipEventSynchronize(event: usize) {
        with(|runtime| {
            runtime.usable()?;
            runtime.events.get(event).map(drop)
        })
    }

    /// Work is done when it is submitted.
    fn hipEventQuery(event: usize) {
        with(|runtime| {
            runtime.usable()?;
            runtime.events.get(event).map(drop)
        })
    }

    /// Modelled milliseconds between two events.
    fn hipEventElapsedTime(to: Out<f32>, start: usize, stop: usize) {
        with(|runtime| {
            runtime.usable()?;
            to.set(runtime.events.get(start)?.elapsed(runtime.events.get(stop)?)?)
        })
    }
}
