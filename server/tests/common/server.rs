//! `kiln serve` as a process of its own, with a script that answers instead of a model.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// The directory of a checkpoint that has texts and no weights.
pub(crate) fn model() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/text");
    path.to_str().unwrap().to_owned()
}

/// A server; killed when it is dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) banner: String,
}

impl Server {
    /// With a script of this description, on a free port.
    pub(crate) fn start(script: &str, more: &[&str]) -> Self {
        Self::start_at("0", script, more)
    }

    pub(crate) fn start_at(port: &str, script: &str, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kiln"))
            .args(["serve", &model(), "--fake", script, "--port", port])
            .args(more)
            .env_remove("KILN_API_KEY")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let mut banner = String::new();
        for line in BufReader::new(out).lines() {
            banner += &(line.unwrap() + "\n");
            if banner.contains("metrics") {
                break;
            }
        }
        let after =
            banner.split("http://").nth(1).unwrap_or_else(|| panic!("no address: {banner}"));
        let address = after.split('/').next().unwrap().to_owned();
        Self { child, address, banner }
    }

    /// Sends a request whose answer is read by the caller.
    pub(crate) fn ask(&self, path: &str, body: &str) -> TcpStream {
        self.send("POST", path, "content-type: application/json\r\n", body)
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {length}\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        stream
    }

    /// The whole answer to a request, with its head.
    pub(crate) fn whole(&self, method: &str, path: &str, body: &str) -> String {
        let headers = "connection: close\r\ncontent-type: application/json\r\n";
        let mut answer = Vec::new();
        self.send(method, path, headers, body).read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// Whether it takes no connections, or no requests, any more.
    pub(crate) fn refuses(&self) -> bool {
        // A connection that was not accepted any more may be taken and reset.
        let asked = || -> io::Result<bool> {
            let mut stream = TcpStream::connect(&self.address)?;
            stream.write_all(b"GET /ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer.starts_with("HTTP/1.1 200"))
        };
        !asked().unwrap_or(false)
    }

    /// What the server counts, now.
    pub(crate) fn numbers(&self) -> Numbers {
        Numbers(self.whole("GET", "/metrics", ""))
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill {name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// The exit code, and what was said on the standard error.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (code, said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already if this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The page of a server's numbers.
pub(crate) struct Numbers(String);

impl Numbers {
    /// A number by its name, summed over labels.
    pub(crate) fn of(&self, name: &str) -> f64 {
        self.with(name, "")
    }

    /// The same, of those that have this label.
    pub(crate) fn with(&self, name: &str, label: &str) -> f64 {
        let mine = self.0.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'))
                && line.contains(label)
        });
        let values: Vec<f64> =
            mine.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
        assert!(!values.is_empty(), "no {name} with {label:?} in {}", self.0);
        values.iter().sum()
    }
}
