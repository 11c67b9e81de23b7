//! Connections and their limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::metrics::Metrics;

/// How many connections there may be, and how slow they may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connections: u32,
    /// Longest time until a head is complete, and between two requests.
    pub(super) head: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 1024, head: Duration::from_secs(10) }
    }
}

/// All connections of a server.
pub(super) struct Connections {
    router: Router,
    metrics: Arc<Metrics>,
    limits: Limits,
    places: Arc<Semaphore>,
    open: Arc<AtomicUsize>,
    closing: watch::Sender<bool>,
}

impl Connections {
    pub(super) fn new(router: Router, metrics: Arc<Metrics>, limits: Limits) -> Self {
        let places = Arc::new(Semaphore::new(limits.connections as usize));
        let open = Arc::new(AtomicUsize::new(0));
        let closing = watch::Sender::new(false);
        Self { router, metrics, limits, places, open, closing }
    }

    /// Takes connections for ever. Those beyond the limit wait in the system's queue.
    pub(super) async fn accept(&self, listener: TcpListener) {
        loop {
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(_) => {
                    // Too many open files, or a client that has gone; the next one may do better.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            };
            self.open.fetch_add(1, Ordering::AcqRel);
            self.count();
            let serving = self.connection(stream);
            let (open, metrics) = (Arc::clone(&self.open), Arc::clone(&self.metrics));
            tokio::spawn(async move {
                serving.await;
                let left = open.fetch_sub(1, Ordering::AcqRel) - 1;
                metrics.connections.set(left as f64);
                drop(place);
            });
        }
    }

    /// Connections that are open.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Ends connections once the requests on them are answered.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }

    fn count(&self) {
        self.metrics.connections.set(self.open() as f64);
    }

    fn connection(&self, stream: TcpStream) -> impl Future<Output = ()> + Send + 'static {
        // Small events must not wait for each other.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(self.router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut closing = self.closing.subscribe();
        async move {
            let mut connection = std::pin::pin!(connection);
            // What a client does wrong on its connection is over with it.
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = closing.wait_for(|closing| *closing) => {}
            }
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
