//! A client that does as little as it can.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Result;

/// A connection that is kept open.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream: BufReader::with_capacity(64 << 10, stream), line: String::new() })
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<u16> {
        write!(self.stream.get_mut(), "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")?;
        self.whole()
    }

    pub(crate) fn post(&mut self, body: &str) -> Result<()> {
        let length = body.len();
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        Ok(self.stream.get_mut().write_all(head.as_bytes())?)
    }

    /// Reads an answer of known length; its status.
    pub(crate) fn whole(&mut self) -> Result<u16> {
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
    pub(crate) fn stream(&mut self, expected: usize, mut token: impl FnMut()) -> Result<()> {
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
