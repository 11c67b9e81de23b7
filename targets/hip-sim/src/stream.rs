//! Streams and events: clocks of modelled time.
//!
//! Work is done when it is submitted, so that order needs no queues. A stream's clock says when its last
//! work would have ended on the device; an event is a reading of it.

use crate::error::{Error, Result};
use crate::handles::Handles;

/// Reserved handles: the null stream under its two names, and the calling thread's own stream, which is
/// the null stream here as well.
const NULL: [usize; 3] = [0, 1, 2];
/// `hipStreamNonBlocking`: the stream does not wait for the null stream, nor it for the stream.
pub(crate) const NON_BLOCKING: u32 = 1;
/// `hipEventDisableTiming`.
pub(crate) const DISABLE_TIMING: u32 = 2;

/// One stream.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// Flags that it was created with.
    pub(crate) flags: u32,
    /// Microseconds since the device started, at which its work so far ends.
    pub(crate) now: f64,
    /// What is recorded instead of done.
    pub(crate) capture: Option<Capture>,
}

/// A stream's part in a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capture {
    /// The graph that grows.
    pub(crate) graph: usize,
    /// Whether the capture began in this stream; others joined it by waiting for an event.
    pub(crate) origin: bool,
}

/// One event.
#[derive(Debug, Default)]
pub(crate) struct Event {
    /// Flags that it was created with.
    pub(crate) flags: u32,
    /// The stream's clock when it was recorded.
    pub(crate) at: Option<f64>,
    /// The graph that was being captured when it was recorded.
    pub(crate) capture: Option<usize>,
}

/// All streams.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    null: Stream,
    others: Handles<Stream>,
}

impl Streams {
    /// A new stream; it starts when the null stream's work has ended.
    pub(crate) fn create(&mut self, flags: u32) -> usize {
        let now = self.null.now;
        self.others.insert(Stream { flags, now, capture: None })
    }

    /// Ends a stream.
    ///
    /// # Errors
    /// If it is not one that was created.
    pub(crate) fn destroy(&mut self, handle: usize) -> Result<Stream> {
        self.others.remove(handle)
    }

    /// The stream of a handle.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) fn get(&self, handle: usize) -> Result<&Stream> {
        if NULL.contains(&handle) { Ok(&self.null) } else { self.others.get(handle) }
    }

    /// The stream of a handle, to be changed.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) fn get_mut(&mut self, handle: usize) -> Result<&mut Stream> {
        if NULL.contains(&handle) { Ok(&mut self.null) } else { self.others.get_mut(handle) }
    }

    /// Whether a stream records what is submitted.
    pub(crate) fn is_capturing(&self) -> bool {
        self.others.values().any(|stream| stream.capture.is_some())
    }

    /// Takes every stream out of a capture.
    pub(crate) fn end_capture(&mut self, graph: usize) {
        for stream in self.others.values_mut() {
            stream.capture = stream.capture.filter(|part| part.graph != graph);
        }
    }

    /// Whether a handle names the null stream.
    pub(crate) fn is_null(&self, handle: usize) -> bool {
        NULL.contains(&handle)
    }

    /// Lets a stream's clock advance by work of so many microseconds; when that work begins.
    ///
    /// # Errors
    /// If the stream is unknown.
    pub(crate) fn advance(&mut self, handle: usize, microseconds: f64) -> Result<f64> {
        let begin = self.ready(handle)?;
        self.get_mut(handle)?.now = begin + microseconds;
        Ok(begin)
    }

    /// When work of a stream could begin: after its own, and after the null stream's or, for the null
    /// stream, everybody's.
    ///
    /// # Errors
    /// If the stream is unknown.
    pub(crate) fn ready(&self, handle: usize) -> Result<f64> {
        let stream = self.get(handle)?;
        let blocking = |stream: &&Stream| stream.flags & NON_BLOCKING == 0;
        if NULL.contains(&handle) {
            let others = self.others.values().filter(blocking).map(|stream| stream.now);
            return Ok(others.fold(stream.now, later));
        }
        let null = if blocking(&stream) { self.null.now } else { 0.0 };
        Ok(later(stream.now, null))
    }

    /// Lets a stream wait until a point in time.
    ///
    /// # Errors
    /// If the stream is unknown.
    pub(crate) fn wait(&mut self, handle: usize, until: f64) -> Result {
        let stream = self.get_mut(handle)?;
        stream.now = later(stream.now, until);
        Ok(())
    }
}

impl Event {
    /// Whether it can be asked for a time.
    pub(crate) fn keeps_time(&self) -> bool {
        self.flags & DISABLE_TIMING == 0
    }

    /// Milliseconds from one event to another.
    ///
    /// # Errors
    /// If one of them was not recorded or keeps no time, or what lies between them has no modelled time.
    pub(crate) fn elapsed(&self, to: &Self) -> Result<f32> {
        match (self.at, to.at) {
            (Some(_), Some(_)) if !(self.keeps_time() && to.keeps_time()) => {
                Err(Error::InvalidHandle)
            }
            (Some(from), Some(to)) if (to - from).is_nan() => Err(Error::NotSupported),
            (Some(from), Some(to)) => Ok(((to - from) / 1e3) as f32),
            _ => Err(Error::InvalidHandle),
        }
    }
}

/// The later of two points in time; not a number if one of them is not, since nobody knows then.
fn later(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocking_streams_and_the_null_stream_wait_for_each_other() {
        let mut streams = Streams::default();
        let [blocking, free] = [0, NON_BLOCKING].map(|flags| streams.create(flags));
        assert_eq!(streams.advance(blocking, 5.0), Ok(0.0));
        assert_eq!(streams.advance(free, 50.0), Ok(0.0));
        assert_eq!(streams.advance(0, 1.0), Ok(5.0), "the null stream waits for blocking streams");
        assert_eq!(streams.advance(blocking, 1.0), Ok(6.0));
        assert_eq!(streams.advance(free, 1.0), Ok(50.0));
        streams.wait(blocking, 51.0).unwrap();
        assert_eq!(streams.ready(2), Ok(51.0));
        assert_eq!(streams.advance(77, 1.0), Err(Error::InvalidHandle));
    }

    #[test]
    fn elapsed_times_need_two_recorded_events_that_keep_time() {
        let event = |at, flags| Event { at, flags, capture: None };
        assert_eq!(event(Some(1e3), 0).elapsed(&event(Some(3.5e3), 0)), Ok(2.5));
        assert_eq!(event(None, 0).elapsed(&event(Some(1.0), 0)), Err(Error::InvalidHandle));
        let unknown = event(Some(f64::NAN), 0);
        assert_eq!(event(Some(1.0), 0).elapsed(&unknown), Err(Error::NotSupported));
        let silent = event(Some(1.0), DISABLE_TIMING);
        assert_eq!(silent.elapsed(&event(Some(1.0), 0)), Err(Error::InvalidHandle));
    }

    #[test]
    fn a_capture_ends_in_every_stream_that_takes_part() {
        let mut streams = Streams::default();
        let [origin, joined] = [0, 0].map(|flags| streams.create(flags));
        let part = |origin| Some(Capture { graph: 9, origin });
        streams.get_mut(origin).unwrap().capture = part(true);
        streams.get_mut(joined).unwrap().capture = part(false);
        assert!(streams.is_capturing());
        streams.end_capture(9);
        assert!(!streams.is_capturing());
    }
}
