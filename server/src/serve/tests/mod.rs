//! The server over loopback, with a fake engine behind it.

mod answers;
mod client;
mod conversations;
mod guarding;
mod hazards;
mod leaving;
mod limits;
mod scenarios;
mod sockets;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::guard::router;
use super::listen::{Connections, Limits};
use crate::api::app::{App, Settings, Texts};
use crate::engine::fake::{Controls, Fake, Spec};
use crate::engine::{Bounds, Engine, Health};
use crate::metrics::Metrics;
use crate::text::fixture;

/// A server and everything behind it.
struct Server {
    address: SocketAddr,
    app: Arc<App>,
    controls: Arc<Controls>,
    connections: Arc<Connections>,
    runtime: Runtime,
}

fn server(spec: &str) -> Server {
    server_with(spec, Settings::default(), Limits::default(), Bounds::default())
}

fn server_with(spec: &str, settings: Settings, limits: Limits, bounds: Bounds) -> Server {
    let server = loading(spec, settings, limits, bounds);
    server.controls.loading.store(false, Ordering::Release);
    until(|| server.app.engine.health() != Health::Loading);
    server
}

/// A server whose model is loaded once its controls say so.
fn loading(spec: &str, settings: Settings, limits: Limits, bounds: Bounds) -> Server {
    let spec: Spec = spec.parse().unwrap();
    let texts = Texts::open(&fixture::directory(), &[]).unwrap();
    let controls = Arc::new(spec.controls());
    controls.loading.store(true, Ordering::Release);
    let metrics = Arc::new(Metrics::new("model"));
    let (told, tokenizer) = (Arc::clone(&controls), texts.tokenizer.clone());
    let engine = Engine::start(spec.capacity, bounds, Arc::clone(&metrics), move || {
        Fake::make(&tokenizer, spec.capacity, &told)
    });
    let app = Arc::new(App::new(engine, texts, settings, Arc::clone(&metrics)));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(Connections::new(router(Arc::clone(&app), true), metrics, limits));
    let accepting = Arc::clone(&connections);
    runtime.spawn(async move { accepting.accept(listener).await });
    Server { address, app, controls, connections, runtime }
}

/// Waits for what has to become true.
fn until(holds: impl Fn() -> bool) {
    while !holds() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

impl Server {
    /// Waits until nothing is computed and everything is accounted for.
    fn settle(&self) {
        until(|| self.app.engine.load() == (0, 0) && self.app.engine.live() == 0);
        let ended: u64 = self.app.metrics.endings().iter().sum();
        assert_eq!(self.app.metrics.admitted.get(), ended);
        assert_eq!(self.app.metrics.slots_used.get(), 0.0);
    }
}
