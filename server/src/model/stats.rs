//! What running a model took: time to the first launch, memory, and how fast weights were read.

use std::fs;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::Context;
use kiln_runtime::engine::Engine;
use kiln_runtime::weights::{Checkpoint, Group};
use serde::Serialize;

use super::open::Opening;
use crate::output::note;

/// Passes over the probe's memory, of which the median counts.
const PROBES: usize = 5;

static STARTED: OnceLock<Instant> = OnceLock::new();

/// Remembers when the program began.
pub(crate) fn begin() {
    STARTED.get_or_init(Instant::now);
}

/// Time since the program began.
pub(super) fn elapsed() -> Duration {
    STARTED.get_or_init(Instant::now).elapsed()
}

/// What running a model took.
#[derive(Serialize)]
pub(super) struct Stats {
    /// From the program's beginning until the first launch was possible, weights loaded.
    ready_seconds: f64,
    loading_seconds: f64,
    /// Bytes of the checkpoint read a second, in units of 10^9.
    loading_gigabytes_per_second: f64,
    checkpoint: Vec<Part>,
    memory: Memory,
    /// Absent where fewer than two tokens were written, or the device has no bandwidth to measure.
    decode: Option<Decode>,
}

/// A part of the checkpoint.
#[derive(Serialize)]
struct Part {
    name: String,
    tensors: usize,
    bytes: u64,
    /// Of these bytes, those that were brought into the device's memory.
    loaded_bytes: u64,
}

/// Bytes in memory.
#[derive(Serialize)]
struct Memory {
    weights: u64,
    keys_and_values: u64,
    states: u64,
    activations: u64,
    /// The most that this process had in memory at once, files included.
    peak_resident: Option<u64>,
}

/// How fast tokens after the first were written.
#[derive(Serialize)]
struct Decode {
    tokens: usize,
    tokens_per_second: f64,
    /// Weights, states, and keys and values of a text of mean length.
    bytes_per_token: u64,
    /// Measured on the same threads, in bytes per second.
    read_bandwidth: f64,
    /// Of that bandwidth.
    share: f64,
}

/// Tokens that were written one at a time.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// Tokens before the first of them.
    pub(super) before: usize,
    /// How many.
    pub(super) tokens: usize,
    /// Time for all of them.
    pub(super) seconds: f64,
}

impl Stats {
    /// Takes stock after a text. The bandwidth is measured last, because its memory counts as well.
    pub(super) fn take(
        engine: &mut Engine,
        checkpoint: &Checkpoint,
        opening: &Opening,
        pace: Pace,
    ) -> anyhow::Result<Self> {
        let (model, usage) = (engine.model(), engine.model().usage());
        let part = |group: Group| {
            let (held, loaded) = (checkpoint.tally(group), model.loaded(group));
            let (tensors, bytes) = (held.tensors, held.bytes);
            Part { name: group.to_string(), tensors, bytes, loaded_bytes: loaded.bytes }
        };
        let checkpoint = Group::ALL.map(part).into_iter();
        let checkpoint: Vec<Part> = checkpoint.filter(|part| part.tensors > 0).collect();
        let read: u64 = checkpoint.iter().map(|part| part.loaded_bytes).sum();
        let memory = Memory {
            weights: usage.weights,
            keys_and_values: usage.cache,
            states: usage.states,
            activations: usage.activations,
            peak_resident: peak_resident(),
        };
        let loading = opening.loading.as_secs_f64();
        Ok(Self {
            ready_seconds: opening.ready.as_secs_f64(),
            loading_seconds: loading,
            loading_gigabytes_per_second: read as f64 / 1e9 / loading.max(1e-9),
            checkpoint,
            memory,
            decode: Decode::of(engine, pace)?,
        })
    }

    /// Says all of it, a line for each thing.
    pub(super) fn say(&self) {
        note(&format!(
            "ready {:.0} ms after the program began; weights loaded in {:.2} s, {:.2} GB/s",
            1e3 * self.ready_seconds,
            self.loading_seconds,
            self.loading_gigabytes_per_second
        ));
        let all: u64 = self.checkpoint.iter().map(|part| part.bytes).sum();
        for Part { name, tensors, bytes, loaded_bytes } in &self.checkpoint {
            let loaded = match loaded_bytes {
                0 => "not loaded".to_owned(),
                loaded => format!("{loaded} loaded"),
            };
            note(&format!("checkpoint: {name}: {tensors} tensors, {bytes} bytes, {loaded}"));
        }
        let Memory { weights, keys_and_values, states, activations, peak_resident } = self.memory;
        note(&format!(
            "memory: {weights} bytes of weights ({all} in the checkpoint), {keys_and_values} of keys \
             and values, {states} of states, {activations} of activations"
        ));
        if let Some(peak) = peak_resident {
            let share = 100.0 * peak as f64 / (weights + keys_and_values).max(1) as f64;
            note(&format!(
                "memory: {peak} bytes resident at most, {share:.1} % of weights, keys and values"
            ));
        }
        if let Some(decode) = &self.decode {
            note(&format!(
                "decode: {} tokens, {:.2} tokens/s, {} bytes a token: {:.1} % of {:.2} GB/s that \
                 were measured",
                decode.tokens,
                decode.tokens_per_second,
                decode.bytes_per_token,
                100.0 * decode.share,
                decode.read_bandwidth / 1e9
            ));
        }
    }
}

impl Decode {
    fn of(engine: &mut Engine, pace: Pace) -> anyhow::Result<Option<Self>> {
        if pace.tokens == 0 || pace.seconds <= 0.0 || engine.device().describe().modelled {
            return Ok(None);
        }
        let mut probes = (0..PROBES)
            .map(|_| engine.bandwidth())
            .collect::<Result<Vec<f64>, _>>()
            .context("the read bandwidth cannot be measured")?;
        probes.sort_by(f64::total_cmp);
        let read_bandwidth = probes[PROBES / 2];
        let tokens_per_second = pace.tokens as f64 / pace.seconds;
        let mean = pace.before + pace.tokens / 2;
        let bytes_per_token = engine.model().traffic().bytes(mean as u64);
        let share = bytes_per_token as f64 * tokens_per_second / read_bandwidth;
        let tokens = pace.tokens;
        Ok(Some(Self { tokens, tokens_per_second, bytes_per_token, read_bandwidth, share }))
    }
}

/// What the operating system says of this process; none where it says nothing.
fn peak_resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}
