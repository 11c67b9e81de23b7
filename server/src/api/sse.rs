//! Streams of server-sent events.

use std::convert::Infallible;
use std::io::Write;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use http_body::Frame;
use serde::Serialize;

use super::turn::{Step, Turns};

/// Where a stream's events are written.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    /// An event whose name is its type.
    pub(crate) fn named(&self, name: &str, data: &impl Serialize) {
        self.write(|bytes| {
            let _ = write!(bytes, "event: {name}\n");
        });
        self.data(data);
    }

    /// An event without a name.
    pub(crate) fn data(&self, data: &impl Serialize) {
        self.write(|bytes| {
            bytes.extend_from_slice(b"data: ");
            // What is written here has only texts as keys, and memory takes everything.
            let _ = serde_json::to_writer(&mut *bytes, data);
            bytes.extend_from_slice(b"\n\n");
        });
    }

    /// The event after which OpenAI's clients expect nothing.
    pub(crate) fn done(&self) {
        self.write(|bytes| bytes.extend_from_slice(b"data: [DONE]\n\n"));
    }

    /// Says that somebody is still here.
    fn beat(&self) {
        self.write(|bytes| bytes.extend_from_slice(b": keep-alive\n\n"));
    }

    fn write(&self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn take(&self) -> Vec<u8> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next step of some turns; in the meantime, signs of life.
    pub(crate) async fn step(&self, turns: &mut Turns, every: Duration) -> Option<(usize, Step)> {
        loop {
            match tokio::time::timeout(every, turns.next()).await {
                Ok(step) => return step,
                Err(_) => self.beat(),
            }
        }
    }
}

/// A response whose body is what a future writes. Dropping the body drops the future, and with it
/// the jobs that it reads.
pub(crate) fn stream<F>(write: impl FnOnce(Sink) -> F) -> Response
where
    F: Future<Output = ()> + Send + 'static,
{
    let sink = Sink::default();
    let writer: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(write(sink.clone()));
    let mut response = Response::new(Body::new(Events { writer: Some(writer), sink }));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

struct Events {
    writer: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    sink: Sink,
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(writer) = &mut self.writer
            && writer.as_mut().poll(context).is_ready()
        {
            self.writer = None;
        }
        let written = self.sink.take();
        match (written.is_empty(), &self.writer) {
            (false, _) => Poll::Ready(Some(Ok(Frame::data(written.into())))),
            (true, None) => Poll::Ready(None),
            (true, Some(_)) => Poll::Pending,
        }
    }
}
