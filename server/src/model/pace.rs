//! How fast tokens after the first are written, and what memory could do meanwhile.
//!
//! Other machines share the memory of this one, so its bandwidth is measured in turn with the steps:
//! before and after each of some stretches of the text.

use std::time::Duration;

use anyhow::Context;
use kiln_runtime::engine::Generator;
use serde::Serialize;

use crate::bench::median;

/// Most stretches that a text is divided into.
const STRETCHES: usize = 16;

/// Tokens that were written one at a time, and how long that took.
pub(super) struct Pace {
    /// Tokens before the first of them.
    before: usize,
    /// Tokens of a stretch; none where the bandwidth is not measured.
    length: Option<usize>,
    /// The stretch that is being written.
    current: Stretch,
    /// Those before it.
    ended: Vec<Stretch>,
}

/// Some steps that followed each other.
#[derive(Clone, Copy, Default)]
struct Stretch {
    tokens: usize,
    time: Duration,
    /// Read bandwidth around it, in bytes per second.
    bandwidth: f64,
}

/// How fast tokens after the first were written.
#[derive(Serialize)]
pub(super) struct Decode {
    tokens: usize,
    tokens_per_second: f64,
    /// Weights, states, and keys and values of a text of mean length.
    bytes_per_token: u64,
    /// Measured on the same threads between the tokens, in bytes per second: the median.
    read_bandwidth: f64,
    /// Of that bandwidth: the median over stretches of the text, each by what was measured around it.
    share: f64,
    /// The least and the largest of these.
    shares: [f64; 2],
}

impl Pace {
    /// Before the first token after `before` others, of at most so many; `measured` where the
    /// bandwidth counts.
    pub(super) fn new(before: usize, most: usize, measured: bool) -> Pace {
        let length = measured.then(|| most.div_ceil(STRETCHES).max(1));
        Pace { before, length, current: Stretch::default(), ended: Vec::new() }
    }

    /// The first token is there.
    pub(super) fn begin(&mut self, generator: &mut Generator) -> anyhow::Result<()> {
        self.current.bandwidth = self.bandwidth(generator)?;
        Ok(())
    }

    /// A step took so long and wrote so many tokens.
    pub(super) fn step(
        &mut self,
        generator: &mut Generator,
        time: Duration,
        tokens: usize,
    ) -> anyhow::Result<()> {
        self.current.time += time;
        self.current.tokens += tokens;
        if self.length.is_some_and(|length| self.current.tokens >= length) {
            let after = self.bandwidth(generator)?;
            let bandwidth = f64::midpoint(self.current.bandwidth, after);
            self.ended.push(Stretch { bandwidth, ..self.current });
            self.current = Stretch { bandwidth: after, ..Stretch::default() };
        }
        Ok(())
    }

    /// Tokens a second, without the time that measuring took.
    pub(super) fn tokens_per_second(&self) -> Option<f64> {
        let all = || self.ended.iter().chain([&self.current]);
        let seconds = all().map(|stretch| stretch.time).sum::<Duration>().as_secs_f64();
        (self.tokens() > 0 && seconds > 0.0).then(|| self.tokens() as f64 / seconds)
    }

    /// What share of the bandwidth that was, where reading a token takes so many bytes at a length;
    /// none where nothing was measured.
    pub(super) fn decode(&self, bytes: impl Fn(u64) -> u64) -> Option<Decode> {
        let tokens_per_second = self.tokens_per_second()?;
        let tokens = self.tokens();
        let bytes_per_token = bytes((self.before + tokens / 2) as u64);
        let share = |of: &Stretch| {
            (bytes_per_token * of.tokens as u64) as f64 / (of.time.as_secs_f64() * of.bandwidth)
        };
        let shares = sorted(self.ended.iter().map(share));
        let bandwidths = sorted(self.ended.iter().map(|stretch| stretch.bandwidth));
        let (least, most) = (*shares.first()?, *shares.last()?);
        Some(Decode {
            tokens,
            tokens_per_second,
            bytes_per_token,
            read_bandwidth: median(&bandwidths)?,
            share: median(&shares)?,
            shares: [least, most],
        })
    }

    fn tokens(&self) -> usize {
        self.ended.iter().chain([&self.current]).map(|stretch| stretch.tokens).sum()
    }

    /// What memory can do now; 0 where that is not asked for.
    fn bandwidth(&self, generator: &mut Generator) -> anyhow::Result<f64> {
        if self.length.is_none() {
            return Ok(0.0);
        }
        generator.bandwidth().context("the read bandwidth cannot be measured")
    }
}

impl Decode {
    /// All of it in a line.
    pub(super) fn line(&self) -> String {
        let percent = |share: f64| 100.0 * share;
        let [least, most] = self.shares.map(percent);
        format!(
            "decode: {} tokens, {:.2} tokens/s, {} bytes a token: {:.1} % ({least:.1} to {most:.1}) \
             of {:.2} GB/s that were measured in turns",
            self.tokens,
            self.tokens_per_second,
            self.bytes_per_token,
            percent(self.share),
            self.read_bandwidth / 1e9
        )
    }
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_refer_to_what_was_measured_around_them() {
        let mut pace = Pace::new(5, 64, true);
        assert_eq!(pace.length, Some(4));
        let stretch = |tokens, millis, bandwidth| Stretch {
            tokens,
            time: Duration::from_millis(millis),
            bandwidth,
        };
        assert!(pace.decode(|_| 1).is_none());
        pace.ended = vec![stretch(4, 400, 40.0), stretch(4, 200, 40.0), stretch(4, 400, 20.0)];
        pace.current = stretch(2, 1000, 0.0);
        let decode = pace.decode(|length| length / 6).unwrap();
        assert_eq!((decode.tokens, decode.bytes_per_token), (14, 2));
        assert!((decode.tokens_per_second - 7.0).abs() < 1e-9);
        let close = |found: f64, wanted: f64| (found - wanted).abs() < 1e-9;
        assert!(close(decode.share, 1.0) && close(decode.read_bandwidth, 40.0));
        assert!(close(decode.shares[0], 0.5) && close(decode.shares[1], 1.0));
        assert!(decode.line().contains("100.0 % (50.0 to 100.0)"));
    }

    #[test]
    fn nothing_is_measured_unless_asked_for() {
        let mut pace = Pace::new(1, 64, false);
        pace.current = Stretch { tokens: 3, time: Duration::from_secs(1), bandwidth: 0.0 };
        assert_eq!(pace.tokens_per_second(), Some(3.0));
        assert!(pace.decode(|_| 1).is_none());
    }
}
