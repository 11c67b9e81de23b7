//! The least that a server of streams does: what there is to compare with on a busy machine.
//!
//! A thread says the time at regular steps, as a script does, and every stream repeats it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt;
use bytes::Bytes;
use http_body::Frame;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{CHAT, Result, STEPS};

type Readers = Arc<Mutex<Vec<UnboundedSender<u64>>>>;

/// Serves until the process is ended; says the address first.
pub(crate) fn serve() -> Result<()> {
    let readers = Readers::default();
    let told = Arc::clone(&readers);
    thread::spawn(move || tell(&told));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let router = axum::Router::new().route(CHAT, post(stream)).with_state(readers);
        Ok(axum::serve(listener, router).await?)
    })
}

/// The microseconds of the last ten seconds.
pub(crate) fn stamp() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_micros() % 10_000_000) as u64
}

fn tell(readers: &Readers) {
    let mut due = Instant::now();
    loop {
        due += Duration::from_secs(1) / STEPS as u32;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let mut readers = readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.retain(|reader| reader.send(stamp()).is_ok());
    }
}

async fn stream(State(readers): State<Readers>) -> Response {
    let (sender, receiver) = unbounded_channel();
    readers.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::new(Events(receiver))).into_response()
}

struct Events(UnboundedReceiver<u64>);

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        let event = |stamp| Frame::data(format!("data: {{\"logprob\":-{stamp}}}\n\n").into());
        self.0.poll_recv(context).map(|stamp| stamp.map(|stamp| Ok(event(stamp))))
    }
}
