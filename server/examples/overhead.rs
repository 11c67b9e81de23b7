//! What the server costs beside the model: requests and tokens a second, added latency, memory,
//! start. A script answers instead of a model; server and client share the machine.
//!
//! usage: overhead KILN MODEL_DIR

#![allow(clippy::print_stdout, reason = "the figures are the result")]

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// For how long each figure is measured.
const SPAN: Duration = Duration::from_secs(5);
/// Steps of the engine in a second while latency is measured.
const STEPS: u64 = 100;
/// Steps in a second at which 32 streams are to get their tokens one by one: a reader that falls
/// behind gets several in one event.
const PACE: u64 = 2000;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(kiln), Some(model)) = (arguments.next(), arguments.next()) else {
        return Err("usage: overhead KILN MODEL_DIR".into());
    };
    let mut starts: Vec<Duration> = Vec::new();
    for _ in 0..5 {
        let server = Server::start(&kiln, &model, "slots=32")?;
        starts.push(server.started);
    }
    starts.sort_unstable();
    println!("start to listening      {:>10.1} ms (median of 5)", millis(starts[2]));
    let server = Server::start(&kiln, &model, "slots=32")?;
    server.loaded()?;
    println!("memory without a model  {:>10.1} MiB", server.memory()?);
    let (requests, slowest) = requests(server.address, 8)?;
    println!("short requests          {requests:>10.0} /s over 8 connections, p99 {slowest:.2} ms");
    let (count, events) = tokens(server.address, 32)?;
    println!("streamed tokens         {count:>10.0} /s over 32 streams, in {events:.0} events/s");
    println!("memory afterwards       {:>10.1} MiB", server.memory()?);
    drop(server);
    let server = Server::start(&kiln, &model, &format!("slots=32,decode={PACE}"))?;
    server.loaded()?;
    let (count, events) = tokens(server.address, 32)?;
    println!("of at most {:>6} steps/s {count:>9.0} tokens/s, in {events:.0} events/s", PACE);
    drop(server);
    let server = Server::start(&kiln, &model, &format!("slots=32,decode={STEPS}"))?;
    server.loaded()?;
    let (median, p99) = latency(server.address, 8)?;
    println!("added to each token     {median:>10.2} ms median, {p99:.2} ms p99 at 8 streams");
    Ok(())
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

/// A server, ended when it is dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    /// From the start of the process to the first connection.
    started: Duration,
}

impl Server {
    fn start(kiln: &str, model: &str, spec: &str) -> Result<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let began = Instant::now();
        let child = Command::new(kiln)
            .args(["serve", model, "--fake", spec, "--quiet", "--port", &free.port().to_string()])
            .stdout(Stdio::null())
            .spawn()?;
        while TcpStream::connect(free).is_err() {
            if began.elapsed() > Duration::from_secs(30) {
                return Err("the server does not listen".into());
            }
            thread::sleep(Duration::from_micros(200));
        }
        Ok(Self { child, address: free, started: began.elapsed() })
    }

    fn loaded(&self) -> Result<()> {
        let mut connection = Connection::open(self.address)?;
        while connection.get("/ready")? != 200 {
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Resident memory in MiB.
    fn memory(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes: f64 =
            line.and_then(|l| l.split_whitespace().next()).ok_or("no RSS")?.parse()?;
        Ok(kilobytes / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is gone already if this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept open.
struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream: BufReader::with_capacity(64 << 10, stream), line: String::new() })
    }

    fn get(&mut self, path: &str) -> Result<u16> {
        write!(self.stream.get_mut(), "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")?;
        self.whole()
    }

    fn post(&mut self, body: &str) -> Result<()> {
        let length = body.len();
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        Ok(self.stream.get_mut().write_all(head.as_bytes())?)
    }

    /// Reads an answer of known length; its status.
    fn whole(&mut self) -> Result<u16> {
        let (status, length) = self.head()?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(status)
    }

    fn head(&mut self) -> Result<(u16, usize)> {
        self.next_line()?;
        let status = self.line.split(' ').nth(1).ok_or("no status")?.parse()?;
        let mut length = 0;
        while self.next_line()? > 2 {
            if let Some(value) = self.line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        Ok((status, length))
    }

    fn next_line(&mut self) -> Result<usize> {
        self.line.clear();
        Ok(self.stream.read_line(&mut self.line)?)
    }

    /// Reads a stream of so many tokens, and tells of each event that has text of the answer.
    fn stream(&mut self, expected: usize, mut token: impl FnMut()) -> Result<()> {
        self.head()?;
        loop {
            if self.next_line()? == 0 {
                return Err("the stream ended early".into());
            }
            if self.line.starts_with("data: [DONE]") {
                // The rest of the last chunk and the mark of the end.
                while self.next_line()? > 0 && self.line != "0\r\n" {}
                self.next_line()?;
                return Ok(());
            }
            if let Some(at) = self.line.find("\"completion_tokens\":") {
                let number = self.line[at + 20..].split([',', '}']).next().unwrap_or_default();
                if number.parse() != Ok(expected) {
                    return Err(format!("{number} tokens instead of {expected}").into());
                }
            }
            if self.line.contains("\"content\":\"") && !self.line.contains("\"role\"") {
                token();
            }
        }
    }
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
fn streaming(tokens: usize) -> String {
    format!(
        r#"{{"messages":[{{"role":"user","content":"go on"}}],"max_tokens":{tokens},"stream":true,
        "ignore_eos":true,"chat_template_kwargs":{{"enable_thinking":false}},
        "stream_options":{{"include_usage":true}}}}"#
    )
}

/// Tokens of complete streams in a second, and the events in which they came.
fn tokens(address: SocketAddr, threads: usize) -> Result<(f64, f64)> {
    const EACH: usize = 2000;
    let (over, count) = (AtomicBool::new(false), AtomicU64::new(0));
    let events = AtomicU64::new(0);
    let body = streaming(EACH);
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

/// By how much pieces come later after each other than the engine's steps, in milliseconds.
fn latency(address: SocketAddr, threads: usize) -> Result<(f64, f64)> {
    let count = (STEPS * SPAN.as_secs()) as usize;
    let body = streaming(count);
    let work = || -> Result<Vec<f64>> {
        let mut connection = Connection::open(address)?;
        connection.post(&body)?;
        let (mut last, mut gaps) = (None, Vec::new());
        connection.stream(count, || {
            let now = Instant::now();
            if let Some(last) = last.replace(now) {
                gaps.push(millis(now.duration_since(last)) - 1e3 / STEPS as f64);
            }
        })?;
        Ok(gaps)
    };
    let mut gaps = gather(threads, work)?.concat();
    gaps.sort_by(f64::total_cmp);
    let at = |share: usize| gaps.get(gaps.len() * share / 100).copied().unwrap_or(f64::NAN);
    Ok((at(50), at(99)))
}

fn gather<T: Send>(threads: usize, work: impl Fn() -> Result<T> + Sync) -> Result<Vec<T>> {
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        let joined = running.into_iter().map(|thread| thread.join());
        joined.map(|done| done.unwrap_or_else(|_| Err("a thread failed".into()))).collect()
    })
}
