//! HTTP as far as a conversation needs it: one request a connection, and events as they come.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use serde_json::Value;

/// No line of an answer is longer than this, in bytes.
const LONGEST_LINE: u64 = 4 << 20;

/// No whole answer is longer than this, in bytes.
const LONGEST_BODY: u64 = 16 << 20;

/// Stops the answer that is being read, from another thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Stopper(Arc<Stopping>);

#[derive(Debug, Default)]
struct Stopping {
    stopped: AtomicBool,
    connection: Mutex<Option<TcpStream>>,
}

impl Stopper {
    pub(super) fn stop(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
        if let Some(connection) = &*self.connection() {
            // A connection that is closed already needs no stopping.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    fn watch(&self, connection: Option<TcpStream>) {
        self.0.stopped.store(false, Ordering::SeqCst);
        *self.connection() = connection;
    }

    fn was_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }

    fn connection(&self) -> std::sync::MutexGuard<'_, Option<TcpStream>> {
        self.0.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server, not connected.
#[derive(Debug)]
pub(super) struct Server {
    /// Name and port.
    host: String,
    key: Option<String>,
    stopper: Stopper,
}

impl Server {
    pub(super) fn new(url: &str, key: Option<String>, stopper: Stopper) -> anyhow::Result<Self> {
        let wrong = || format!("--url {url}: expected a URL such as http://127.0.0.1:8000");
        let rest = url.strip_prefix("http://").with_context(wrong)?;
        let host = rest.trim_end_matches('/').trim_end_matches("/v1");
        if host.is_empty() || host.contains(|c: char| c == '/' || c == '@' || c.is_whitespace()) {
            bail!(wrong());
        }
        if key.as_ref().is_some_and(|key| key.contains(|c: char| c.is_control())) {
            bail!("the API key holds control characters");
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let host = if has_port { host.to_owned() } else { format!("{host}:80") };
        Ok(Self { host, key, stopper })
    }

    pub(super) fn name(&self) -> &str {
        &self.host
    }

    /// A whole answer.
    pub(super) fn get(&self, path: &str) -> anyhow::Result<String> {
        let mut text = String::new();
        let mut answer = self.send("GET", path, "")?;
        (&mut answer.lines).take(LONGEST_BODY).read_to_string(&mut text)?;
        Ok(text)
    }

    /// An answer in events.
    pub(super) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Events<'_>> {
        self.send("POST", path, &body.to_string())
    }

    fn send(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Events<'_>> {
        let Self { host, key, stopper } = self;
        let lost = || format!("cannot reach {host}; is `kiln serve` running there?");
        let mut connection = TcpStream::connect(host).with_context(lost)?;
        stopper.watch(connection.try_clone().ok());
        let key = key.as_ref().map(|key| format!("Authorization: Bearer {key}\r\n"));
        let key = key.unwrap_or_default();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{key}\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        connection
            .write_all(head.as_bytes())
            .and_then(|()| connection.write_all(body.as_bytes()))?;
        let mut reader = BufReader::new(connection);
        let (status, chunked) = head_of(&mut reader)?;
        let left = if chunked { Some(0) } else { None };
        let mut lines = BufReader::new(Body { reader, left, ended: false });
        if status != 200 {
            let mut text = String::new();
            // What can be read of a refusal is enough.
            let _ = (&mut lines).take(LONGEST_BODY).read_to_string(&mut text);
            let read: Value = serde_json::from_str(&text).unwrap_or_default();
            let why = read["error"]["message"].as_str().unwrap_or("it does not say why");
            bail!("the server refused with status {status}: {why}");
        }
        Ok(Events { lines, stopper })
    }
}

/// The status of an answer, and whether its body comes in chunks.
fn head_of(reader: &mut impl BufRead) -> anyhow::Result<(u16, bool)> {
    let no_http = "the server does not speak HTTP";
    let first = line(reader)?.context(no_http)?;
    let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1));
    let status = status.and_then(|status| status.parse().ok()).context(no_http)?;
    let mut chunked = false;
    while let Some(header) = line(reader)?.filter(|header| !header.is_empty()) {
        let header = header.to_ascii_lowercase();
        chunked |= header.starts_with("transfer-encoding:") && header.ends_with("chunked");
    }
    Ok((status, chunked))
}

/// A line without its end; none at the end of all.
fn line(reader: &mut impl BufRead) -> anyhow::Result<Option<String>> {
    let mut bytes = Vec::new();
    reader.take(LONGEST_LINE).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if !bytes.ends_with(b"\n") && bytes.len() as u64 == LONGEST_LINE {
        bail!("the server sent a line of more than {LONGEST_LINE} bytes");
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The events of an answer.
#[derive(Debug)]
pub(super) struct Events<'s> {
    lines: BufReader<Body>,
    stopper: &'s Stopper,
}

impl Events<'_> {
    /// The data of the next event; none at the end, and where the answer was stopped.
    pub(super) fn event(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            match line(&mut self.lines) {
                _ if self.stopper.was_stopped() => return Ok(None),
                Err(error) => return Err(error).context("the connection was lost"),
                Ok(None) => bail!("the connection was lost before the answer was complete"),
                Ok(Some(line)) => match line.strip_prefix("data:").map(str::trim) {
                    Some("[DONE]") => return Ok(None),
                    Some(data) => return Ok(Some(data.to_owned())),
                    None => {}
                },
            }
        }
    }

    pub(super) fn was_stopped(&self) -> bool {
        self.stopper.was_stopped()
    }
}

impl Drop for Events<'_> {
    fn drop(&mut self) {
        let stopped = self.stopper.was_stopped();
        self.stopper.watch(None);
        self.stopper.0.stopped.store(stopped, Ordering::SeqCst);
    }
}

/// The body of an answer.
#[derive(Debug)]
struct Body {
    reader: BufReader<TcpStream>,
    /// What is left of a chunk; none where the body ends with the connection.
    left: Option<u64>,
    ended: bool,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(left) = self.left else { return self.reader.read(buffer) };
        if self.ended {
            return Ok(0);
        }
        let left = if left > 0 { left } else { self.next_chunk()? };
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.reader.read(&mut buffer[..most])?;
        self.left = Some(left - read as u64);
        self.ended = left == 0;
        if left > 0 && read == 0 && most > 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(read)
    }
}

impl Body {
    /// The length of the next chunk. A line that ends the one before it is passed over.
    fn next_chunk(&mut self) -> std::io::Result<u64> {
        loop {
            let read = line(&mut self.reader).map_err(std::io::Error::other)?;
            let text = read.ok_or(ErrorKind::UnexpectedEof)?;
            let length = text.split(';').next().unwrap_or_default().trim();
            if !length.is_empty() {
                return u64::from_str_radix(length, 16).map_err(std::io::Error::other);
            }
        }
    }
}
