//! `kiln serve`: from a directory to a server, and back down again.
//!
//! | file | noun |
//! |---|---|
//! | `arguments` | the flags |
//! | `find` | the bundle that fits |
//! | `drafter` | the drafter that fits |
//! | `start` | an engine, a real one or a fake one |
//! | `listen` | connections and their limits |
//! | `guard` | what every request passes: keys, origins, names, the log |
//! | `watch` | whether the engine makes progress |
//! | `banner` | what is said at the start |

pub(crate) mod arguments;
mod banner;
mod drafter;
mod find;
mod guard;
mod listen;
mod start;
#[cfg(test)]
mod tests;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch::Receiver;

use crate::Found;
use crate::api::app::App;
use crate::engine::Stage;
use crate::output::{complain, note, print};
use arguments::Serve;
use listen::{Connections, Limits};

/// Time that streams have to say that they end when the time for draining is over.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Serves a model until it is told to stop.
pub(crate) fn serve(arguments: &Serve) -> anyhow::Result<Found> {
    let keys = arguments.keys()?;
    let remote = !arguments.host.is_loopback();
    if remote && keys.is_empty() && !arguments.without_key {
        bail!(
            "{} can be reached from other machines, and there is no key; give one with --api-key \
             or in KILN_API_KEY, or allow everybody with --without-key",
            arguments.host
        );
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start threads")?;
    let found = runtime.block_on(run(arguments, keys));
    // A thread that computes cannot be waited for.
    runtime.shutdown_background();
    found
}

async fn run(arguments: &Serve, keys: Vec<String>) -> anyhow::Result<Found> {
    let address = SocketAddr::new(arguments.host, arguments.port);
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) => {
            complain(&refused(&error, address));
            return Ok(Found::Failure);
        }
    };
    let address = listener.local_addr().context("the socket has no address")?;
    let (app, said) = start::start(arguments, keys)?;
    let app = Arc::new(app);
    let stage = app.engine.stage();
    let mut signals = Signals::listen()?;
    watch::watch(&app, arguments.exit_when_stuck);
    let limits = Limits { connections: arguments.max_connections, ..Limits::default() };
    let router = guard::router(Arc::clone(&app), arguments.quiet);
    let connections = Connections::new(router, Arc::clone(&app.metrics), limits);
    let ended = tokio::select! {
        failed = loaded(stage, address, &app, said) => Some(failed),
        () = connections.accept(listener) => None,
        () = signals.next() => None,
    };
    if let Some(failed) = ended {
        return failed;
    }
    drain(&app, &connections, Duration::from_secs(arguments.drain), signals).await;
    Ok(Found::Nothing)
}

/// Why a port cannot be used.
fn refused(error: &std::io::Error, address: SocketAddr) -> anyhow::Error {
    if error.kind() == std::io::ErrorKind::AddrInUse {
        let (host, port) = (address.ip(), address.port());
        return anyhow::anyhow!(
            "port {port} of {host} is taken: another server runs there; stop it, or choose \
             another port with --port"
        );
    }
    anyhow::anyhow!("cannot listen at {address}: {error}")
}

/// Says what is served once the model is loaded; ends only if it cannot be.
async fn loaded(
    mut stage: Receiver<Stage>,
    address: SocketAddr,
    app: &App,
    said: banner::Said,
) -> anyhow::Result<Found> {
    let settled = stage.wait_for(|stage| *stage != Stage::Loading).await;
    let settled = settled.map(|stage| stage.clone());
    if let Ok(Stage::Failed(why)) = settled {
        bail!("{why}");
    }
    // Nobody has to read it.
    let _ = print(&banner::banner(&said, address, app));
    std::future::pending().await
}

/// Signals that tell the server to stop, each of them once.
struct Signals {
    term: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on.
    fn listen() -> anyhow::Result<Self> {
        let on = |kind| signal(kind).context("cannot listen to signals");
        Ok(Self { term: on(SignalKind::terminate())?, interrupt: on(SignalKind::interrupt())? })
    }

    /// The next one.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Takes no more requests, lets those that run finish, and ends the others with an event.
async fn drain(app: &App, connections: &Connections, most: Duration, mut again: Signals) {
    app.draining.store(true, Ordering::Release);
    app.engine.close();
    connections.close();
    note(&format!("stopping; requests that run have {} s", most.as_secs()));
    let until = Instant::now() + most;
    tokio::select! {
        () = quiet(app, connections, until) => {}
        () = again.next() => {}
    }
    app.engine.fail_all("the server is shutting down");
    quiet(app, connections, Instant::now() + LAST_WORDS).await;
}

/// Waits until nobody is served, or for a while.
async fn quiet(app: &App, connections: &Connections, until: Instant) {
    let served = || connections.open() + app.engine.live() + app.open_sockets();
    while served() > 0 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
