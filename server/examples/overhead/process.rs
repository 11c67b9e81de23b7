//! Servers as processes of their own.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::connection::Connection;

/// A server, ended when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first connection.
    pub(crate) started: Duration,
}

impl Server {
    /// `kiln serve` with a script of this description.
    pub(crate) fn start(kiln: &str, model: &str, spec: &str) -> Result<Self> {
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

    /// The server of [`crate::echo`].
    pub(crate) fn echo() -> Result<Self> {
        let began = Instant::now();
        let mut child =
            Command::new(std::env::current_exe()?).arg("--echo").stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse()?, started: began.elapsed() })
    }

    /// Waits until requests are taken.
    pub(crate) fn loaded(&self) -> Result<()> {
        let mut connection = Connection::open(self.address)?;
        while connection.get("/ready")? != 200 {
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Resident memory in MiB.
    pub(crate) fn memory(&self) -> Result<f64> {
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
