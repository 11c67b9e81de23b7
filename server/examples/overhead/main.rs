//! What the server costs beside the model: requests and tokens a second, added latency, memory,
//! start. A script answers instead of a model; server and client are processes that share the
//! machine, so latency is measured in turns with that of the least server that there can be.
//!
//! usage: overhead KILN MODEL_DIR

#![allow(clippy::print_stdout, reason = "the figures are the result")]

mod connection;
mod echo;
mod latency;
mod process;

use std::error::Error;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use connection::Connection;
use latency::{Times, measure};
use process::Server;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const CHAT: &str = "/v1/chat/completions";
/// For how long each figure is measured.
const SPAN: Duration = Duration::from_secs(5);
/// Steps of the engine in a second while latency is measured.
const STEPS: u64 = 100;
/// How often latency is measured.
const ROUNDS: usize = 3;
/// Steps in a second at which 32 streams are to get their tokens one by one: a reader that falls
/// behind gets several in one event.
const PACE: u64 = 2000;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let kiln = arguments.next();
    if kiln.as_deref() == Some("--echo") {
        return echo::serve();
    }
    let (Some(kiln), Some(model)) = (kiln, arguments.next()) else {
        return Err("usage: overhead KILN MODEL_DIR".into());
    };
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    let processors = thread::available_parallelism()?;
    println!("load before             {load:>10} on {processors} processors");
    rates(&kiln, &model)?;
    latencies(&kiln, &model)
}

fn rates(kiln: &str, model: &str) -> Result<()> {
    let mut starts: Vec<Duration> = Vec::new();
    for _ in 0..5 {
        starts.push(Server::start(kiln, model, "slots=32")?.started);
    }
    starts.sort_unstable();
    println!("start to listening      {:>10.1} ms (median of 5)", millis(starts[2]));
    let server = Server::start(kiln, model, "slots=32")?;
    server.loaded()?;
    println!("memory without a model  {:>10.1} MiB", server.memory()?);
    let (requests, slowest) = requests(server.address, 8)?;
    println!("short requests          {requests:>10.0} /s over 8 connections, p99 {slowest:.2} ms");
    let (count, events) = tokens(server.address, 32)?;
    println!("streamed tokens         {count:>10.0} /s over 32 streams, in {events:.0} events/s");
    println!("memory afterwards       {:>10.1} MiB", server.memory()?);
    drop(server);
    let server = Server::start(kiln, model, &format!("slots=32,decode={PACE}"))?;
    server.loaded()?;
    let (count, events) = tokens(server.address, 32)?;
    println!("of at most {PACE:>6} steps/s {count:>9.0} tokens/s, in {events:.0} events/s");
    Ok(())
}

/// From the engine to the client, of Kiln and of the least server, in turns.
fn latencies(kiln: &str, model: &str) -> Result<()> {
    let server = Server::start(kiln, model, &format!("slots=32,stamped=1,decode={STEPS}"))?;
    server.loaded()?;
    let echo = Server::echo()?;
    let (mut ours, mut least) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        least.push(measure(echo.address, 8, SPAN)?);
        ours.push(measure(server.address, 8, SPAN)?);
    }
    println!("from engine to client at 8 streams, of {ROUNDS} rounds in turns, in ms:");
    for (name, rounds) in [("kiln", &ours), ("least", &least)] {
        let of = |share| median(rounds.iter().map(|times: &Times| times.at(share)).collect());
        let (half, most, worst) = (of(50), of(99), of(100));
        let each: Vec<String> = rounds.iter().map(|times| format!("{:.2}", times.at(99))).collect();
        println!(
            "  {name:<22}{half:>10.2} median, {most:.2} p99 ({}), {worst:.2} worst",
            each.join(" ")
        );
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

/// Short requests a second, and the time of the slowest hundredth in milliseconds.
fn requests(address: SocketAddr, threads: usize) -> Result<(f64, f64)> {
    let body = r#"{"messages":[{"role":"user","content":"hi"}],"max_tokens":1}"#;
    let began = Instant::now();
    let work = || -> Result<Vec<f64>> {
        let mut connection = Connection::open(address)?;
        let mut times = Vec::new();
        while began.elapsed() < SPAN {
            let asked = Instant::now();
            connection.post(body)?;
            match connection.whole()? {
                200 => times.push(millis(asked.elapsed())),
                status => return Err(format!("status {status}").into()),
            }
        }
        Ok(times)
    };
    let mut times = gather(threads, work)?.concat();
    times.sort_by(f64::total_cmp);
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or(f64::NAN);
    Ok((times.len() as f64 / began.elapsed().as_secs_f64(), p99))
}

/// A body that asks for a stream of so many tokens.
fn streaming(tokens: usize, logprobs: bool) -> String {
    format!(
        r#"{{"messages":[{{"role":"user","content":"go on"}}],"max_tokens":{tokens},"stream":true,
        "ignore_eos":true,"logprobs":{logprobs},"chat_template_kwargs":{{"enable_thinking":false}},
        "stream_options":{{"include_usage":true}}}}"#
    )
}

/// Tokens of complete streams in a second, and the events in which they came.
fn tokens(address: SocketAddr, threads: usize) -> Result<(f64, f64)> {
    const EACH: usize = 2000;
    let (over, count) = (AtomicBool::new(false), AtomicU64::new(0));
    let events = AtomicU64::new(0);
    let body = streaming(EACH, false);
    let began = Instant::now();
    let work = || -> Result<()> {
        let mut connection = Connection::open(address)?;
        while !over.load(Ordering::Relaxed) {
            connection.post(&body)?;
            connection.stream(EACH, || {
                events.fetch_add(1, Ordering::Relaxed);
            })?;
            count.fetch_add(EACH as u64, Ordering::Relaxed);
            over.fetch_or(began.elapsed() > SPAN, Ordering::Relaxed);
        }
        Ok(())
    };
    gather(threads, work)?;
    let rate =
        |count: &AtomicU64| count.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    Ok((rate(&count), rate(&events)))
}

fn gather<T: Send>(threads: usize, work: impl Fn() -> Result<T> + Sync) -> Result<Vec<T>> {
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        let joined = running.into_iter().map(|thread| thread.join());
        joined.map(|done| done.unwrap_or_else(|_| Err("a thread failed".into()))).collect()
    })
}
