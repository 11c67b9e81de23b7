//! What running a model took: time to the first launch, memory, and how fast weights were read.

use std::fs;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use kiln_runtime::engine::Engine;
use kiln_runtime::weights::{Checkpoint, Group, Way};
use serde::Serialize;

use super::open::{Opening, way};
use super::pace::{Decode, Pace};
use crate::output::note;

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
    /// How weights came into memory.
    loading: &'static str,
    /// Bytes of the checkpoint read a second, in units of 10^9; absent where none were read.
    loading_gigabytes_per_second: Option<f64>,
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

impl Stats {
    /// Takes stock after a text. Where bandwidth was measured, its memory counts as well.
    pub(super) fn take(
        engine: &Engine,
        checkpoint: &Checkpoint,
        opening: &Opening,
        pace: &Pace,
    ) -> Self {
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
        Self {
            ready_seconds: opening.ready.as_secs_f64(),
            loading_seconds: loading,
            loading: way(model.way()),
            loading_gigabytes_per_second: (model.way() != Way::Mapped)
                .then(|| read as f64 / 1e9 / loading.max(1e-9)),
            checkpoint,
            memory,
            decode: pace.decode(|length| model.traffic().bytes(length)),
        }
    }

    /// Says all of it, a line for each thing.
    pub(super) fn say(&self) {
        let rate = self.loading_gigabytes_per_second;
        let rate = rate.map(|rate| format!(", {rate:.2} GB/s")).unwrap_or_default();
        let how = format!("{} in {:.2} s{rate}", self.loading, self.loading_seconds);
        let ready = 1e3 * self.ready_seconds;
        note(&format!("ready {ready:.0} ms after the program began; weights {how}"));
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
            note(&decode.line());
        }
    }
}

/// What the operating system says of this process; none where it says nothing.
fn peak_resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}
