//! How long tokens take from the engine to a client.
//!
//! Every token carries the time at which the engine made it, so neither the regularity of the
//! engine nor that of the reader counts. One thread reads all streams: on a machine of few
//! processors, a thread for each would measure how threads wait for each other.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::echo::stamp;
use crate::{CHAT, Result, STEPS, streaming};

/// Steps at the beginning that do not count: connections are new, and memory is.
const FIRST: usize = 20;

/// Times of tokens in milliseconds, sorted.
pub(crate) struct Times(Vec<f64>);

impl Times {
    /// So many hundredths of all tokens took no longer.
    pub(crate) fn at(&self, share: usize) -> f64 {
        let at = (self.0.len() * share / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }
}

/// Reads so many streams for a while.
pub(crate) fn measure(address: SocketAddr, streams: usize, span: Duration) -> Result<Times> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut times = runtime.block_on(async {
        let reading: Vec<_> = (0..streams).map(|_| tokio::spawn(read(address, span))).collect();
        let mut times = Vec::new();
        for one in reading {
            times.extend(one.await??.into_iter().skip(FIRST));
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(times)
    })?;
    times.sort_by(f64::total_cmp);
    Ok(Times(times))
}

/// The times of one stream's tokens.
async fn read(address: SocketAddr, span: Duration) -> Result<Vec<f64>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let count = (STEPS as f64 * (span.as_secs_f64() + 10.0)) as usize;
    let body = streaming(count, true);
    let length = body.len();
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    );
    stream.write_all((head + &body).as_bytes()).await?;
    let (began, mut times) = (Instant::now(), Vec::new());
    let mut unread = Vec::with_capacity(64 << 10);
    while began.elapsed() < span {
        if stream.read_buf(&mut unread).await? == 0 {
            return Err("the stream ended early".into());
        }
        let now = stamp();
        let whole = unread.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let text = String::from_utf8_lossy(&unread[..whole]);
        for made in text.split("\"logprob\":-").skip(1) {
            let digits = made.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            let late = (now + 10_000_000 - digits.parse::<u64>()?) % 10_000_000;
            times.push(late as f64 / 1e3);
        }
        unread.drain(..whole);
    }
    Ok(times)
}
