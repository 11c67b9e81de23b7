//! `kiln serve` as a process, and a client for it.
//!
//! | file | noun |
//! |---|---|
//! | `api` | questions and answers as each API writes them |

#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

mod api;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

pub use api::{Api, Ask, Said};

use crate::tuned;
use crate::workspace::root;

/// An event of a stream: its name if it has one, and its data; the last one's data may be `[DONE]`.
pub type Event = (Option<String>, Value);

/// The small model that the repository brings along; its drafter lies in `drafter`.
pub fn demo_model() -> PathBuf {
    root().join("tests/demo-model/model")
}

/// A bundle for the small model and its drafter on this machine, in a directory.
///
/// # Panics
/// If the tuner fails.
pub fn demo_bundle(directory: &Path) -> PathBuf {
    let model = demo_model();
    let drafter = model.join("drafter");
    let flags = ["--act", "f32", "--exact", "--drafter", drafter.to_str().unwrap()];
    let out = directory.join("demo.kiln");
    tuned::tune(&model, &out, tuned::host_target().unwrap(), &flags);
    out
}

/// A server at a port of its own, which ends with its owner.
pub struct Served {
    child: Child,
    /// What it says after its banner.
    lines: Lines<BufReader<ChildStdout>>,
    address: String,
    /// What it said when it was ready.
    pub banner: String,
}

impl Served {
    /// Serves a model, and waits until it is loaded.
    ///
    /// # Panics
    /// If it cannot be served.
    pub fn start(model: &Path, bundle: &Path, more: &[&str]) -> Self {
        let mut kiln = Command::new(tuned::program("kiln"));
        kiln.arg("serve").arg(model).arg("--bundle").arg(bundle).args(more);
        Self::run(kiln)
    }

    /// Serves with a script instead of a model, by a program that takes the arguments of `kiln`.
    ///
    /// # Panics
    /// If it does not start.
    pub fn scripted(program: &Path, script: &str, more: &[&str]) -> Self {
        let mut kiln = Command::new(program);
        kiln.arg("serve")
            .arg(root().join("tests/fixtures/text"))
            .args(["--fake", script])
            .args(more);
        // As in docs/deploy: what is freed goes back, so that memory says what is held.
        kiln.envs([("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "65536")]);
        Self::run(kiln)
    }

    fn run(mut kiln: Command) -> Self {
        kiln.args(["--port", "0", "--quiet"]).env_remove("KILN_API_KEY");
        kiln.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = kiln.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut banner = String::new();
        for line in lines.by_ref() {
            banner += &(line.unwrap() + "\n");
            if banner.contains("metrics") {
                break;
            }
        }
        let Some(after) = banner.split("http://").nth(1) else {
            panic!("the server did not start: {}", said(&mut child));
        };
        let address = after.split('/').next().unwrap().to_owned();
        Self { child, lines, address, banner }
    }

    /// The status and the body of what is at a path.
    pub fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        answer(stream)
    }

    /// Sends a request whose answer is read by the caller up to the end of the connection.
    pub fn open(&self, path: &str, body: &Value) -> TcpStream {
        self.send(path, "connection: close\r\n", body)
    }

    /// Sends a request on a connection that stays open after its answer.
    pub fn stay(&self, path: &str, body: &Value) -> TcpStream {
        self.send(path, "", body)
    }

    fn send(&self, path: &str, headers: &str, body: &Value) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\n{headers}content-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// The status and the body of the answer to a request, good or bad.
    pub fn ask(&self, path: &str, body: &Value) -> (u16, String) {
        answer(self.open(path, body))
    }

    /// The answer to a request.
    ///
    /// # Panics
    /// If it is not a good one.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        let (status, text) = self.ask(path, body);
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The events of the answer to a request, which is sent with `stream` set.
    ///
    /// # Panics
    /// If it is not a good one.
    pub fn stream(&self, path: &str, body: &Value) -> Vec<Event> {
        let mut body = body.clone();
        body["stream"] = Value::Bool(true);
        let (status, text) = self.ask(path, &body);
        assert_eq!(status, 200, "{path}: {text}");
        events(&text)
    }

    /// The numbers of the page for Prometheus by name and labels, without those that all have.
    pub fn metrics(&self) -> BTreeMap<String, f64> {
        let (_, page) = self.get("/metrics");
        let lines = page.lines().filter(|line| !line.starts_with('#'));
        let number = |line: &str| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = name.split_once('{').unwrap();
            let own = labels.trim_end_matches('}').split(',').skip(2);
            let name = own.fold(name.to_owned(), |name, label| format!("{name} {label}"));
            (name, value.parse().unwrap())
        };
        lines.map(number).collect()
    }

    /// Memory that the process has of the system's, in bytes.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
    }

    /// Bytes that `kiln-counted` has allocated and not freed.
    pub fn live(&mut self) -> u64 {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        self.lines.next().unwrap().unwrap().parse().unwrap()
    }

    /// Tells it to stop; the exit code, and what was said on the standard error.
    pub fn stop(mut self) -> (Option<i32>, String) {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let said = said(&mut self.child);
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // One that was stopped has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program says on its standard error until it ends.
fn said(child: &mut Child) -> String {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    said
}

/// The status and the body of an answer that ends with its connection.
fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&bytes[..at]).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = &bytes[at + 4..];
    let body = match head.contains("transfer-encoding: chunked") {
        true => unchunk(body),
        false => body.to_vec(),
    };
    (status, String::from_utf8(body).unwrap())
}

/// A body without the marks between its chunks.
fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..at]).unwrap(), 16).unwrap();
        body.extend_from_slice(&rest[at + 2..at + 2 + size]);
        rest = &rest[at + 4 + size..];
    }
    body
}

/// Events of a text.
fn events(text: &str) -> Vec<Event> {
    let mut found = Vec::new();
    for block in text.split("\n\n").filter(|block| !block.is_empty()) {
        let name = block.lines().find_map(|line| line.strip_prefix("event: "));
        let data = block.lines().filter_map(|line| line.strip_prefix("data: "));
        let value = |data| match data {
            "[DONE]" => Value::from(data),
            data => serde_json::from_str(data).unwrap(),
        };
        found.extend(data.map(|data| (name.map(str::to_owned), value(data))));
    }
    found
}
