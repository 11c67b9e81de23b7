//! A client that does exactly what it is told.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use super::Server;

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// The body of a request that went well.
    pub(super) fn good(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The message of an error in the form in which every error is.
    pub(super) fn error(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        let body = self.json();
        assert_eq!(self.headers["content-type"], "application/json");
        assert!(body["error"]["type"].is_string(), "{body}");
        body["error"]["message"].as_str().unwrap().to_owned()
    }

    /// Events with their names; what follows `data:` is JSON but for `[DONE]`.
    pub(super) fn events(&self) -> Vec<(Option<String>, Value)> {
        assert_eq!(self.status, 200, "{}", self.text());
        assert_eq!(self.headers["content-type"], "text/event-stream");
        events(self.text())
    }
}

/// Events of a text.
pub(super) fn events(text: &str) -> Vec<(Option<String>, Value)> {
    let mut found = Vec::new();
    for block in text.split("\n\n").filter(|block| !block.is_empty()) {
        let mut name = None;
        for line in block.lines() {
            if let Some(of) = line.strip_prefix("event: ") {
                name = Some(of.to_owned());
            } else if let Some(data) = line.strip_prefix("data: ") {
                let value = match data {
                    "[DONE]" => Value::from("[DONE]"),
                    data => serde_json::from_str(data).unwrap_or_else(|_| panic!("{data}")),
                };
                found.push((name.clone(), value));
            } else {
                assert!(line.starts_with(':'), "{line}");
            }
        }
    }
    found
}

impl Server {
    pub(super) fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    pub(super) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "", b"")
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_with(path, "", body.to_string().as_bytes())
    }

    /// With headers, each ended by a line break.
    pub(super) fn post_with(&self, path: &str, headers: &str, body: &[u8]) -> Reply {
        let headers = format!("content-type: application/json\r\n{headers}");
        self.send("POST", path, &headers, body)
    }

    pub(super) fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Reply {
        let mut stream = self.connect();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: \
             {length}\r\n\r\n"
        );
        // A server may have said its mind before it was told everything.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        read(stream)
    }

    /// Sends a request whose answer is read by the caller.
    pub(super) fn open(&self, path: &str, body: &Value) -> TcpStream {
        let mut stream = self.connect();
        let body = body.to_string();
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: \
             {length}\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }
}

/// Reads an answer up to the end of the connection.
pub(super) fn read(mut stream: TcpStream) -> Reply {
    let mut bytes = Vec::new();
    // A connection that was reset has said what it had to say.
    let _ = stream.read_to_end(&mut bytes);
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let at = at.unwrap_or_else(|| panic!("no head: {:?}", String::from_utf8_lossy(&bytes)));
    let head = std::str::from_utf8(&bytes[..at]).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let pairs = lines.map(|line| line.split_once(':').unwrap());
    let headers: BTreeMap<String, String> =
        pairs.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let body = bytes[at + 4..].to_vec();
    let chunked = headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked");
    Reply { status, headers, body: if chunked { unchunk(&body) } else { body } }
}

/// A body without the marks between its chunks.
pub(super) fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..at]).unwrap(), 16).unwrap();
        let Some(chunk) = rest.get(at + 2..at + 2 + size) else { break };
        body.extend_from_slice(chunk);
        rest = rest.get(at + 4 + size..).unwrap_or_default();
    }
    body
}
