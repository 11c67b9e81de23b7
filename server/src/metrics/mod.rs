//! Numbers about the server, in the form in which Prometheus reads them.
//!
//! The names are vLLM's where it has one, so that dashboards, gateways and scripts made for it read
//! Kiln as well; what it has no name for begins with `kiln:`. There is one series under each name
//! that scripts sum, and no value has a timestamp.

mod kinds;
mod page;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub(crate) use kinds::{Counter, Gauge, Histogram};
pub(crate) use page::{Now, resident};

/// Bounds of latencies in seconds, as vLLM has them.
const LATENCY: &[f64] = &[
    0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0,
    480.0, 960.0, 1920.0, 7680.0,
];
/// Bounds of times to the first token in seconds.
const FIRST: &[f64] = &[
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    20.0, 40.0, 80.0, 160.0, 640.0, 2560.0,
];
/// Bounds of times between tokens in seconds.
const BETWEEN: &[f64] = &[
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0,
    40.0, 80.0,
];
/// Bounds of numbers of tokens.
const TOKENS: &[f64] = &[
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5,
    5e5,
];
/// Bounds of small numbers.
const FEW: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0];
/// Bounds of steps that a slot is kept after its reader has gone.
const KEPT: &[f64] = &[1.0, 2.0, 5.0, 10.0];
/// Bounds of tokens of one step.
const STEP: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0];

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    model: String,
    pub(crate) admitted: Counter,
    pub(crate) prompt_tokens: Counter,
    pub(crate) generation_tokens: Counter,
    pub(crate) prefix_queries: Counter,
    pub(crate) prefix_hits: Counter,
    pub(crate) drafts: Counter,
    pub(crate) draft_tokens: Counter,
    pub(crate) accepted_tokens: Counter,
    /// Accepted drafts by their place.
    accepted_at: Mutex<Vec<u64>>,
    pub(crate) faults: Counter,
    pub(crate) rebuilds: Counter,
    pub(crate) tool_calls: Counter,
    success: Labelled,
    refused: Labelled,
    responses: Labelled,
    pub(crate) cache_usage: Gauge,
    pub(crate) slots_used: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) first_token: Histogram,
    pub(crate) between_tokens: Histogram,
    per_token: Histogram,
    all: Histogram,
    queue: Histogram,
    inference: Histogram,
    prefill: Histogram,
    decode: Histogram,
    prompt: Histogram,
    generation: Histogram,
    pub(crate) choices: Histogram,
    most: Histogram,
    pub(crate) step_tokens: Histogram,
    /// Steps of the engine until a slot was free whose reader had gone.
    pub(crate) steps_until_freed: Histogram,
}

/// Counts by the value of one label.
#[derive(Debug, Default)]
struct Labelled(Mutex<BTreeMap<String, u64>>);

impl Labelled {
    fn starting(labels: &[&str]) -> Self {
        Self(Mutex::new(labels.iter().map(|label| ((*label).to_owned(), 0)).collect()))
    }

    fn add(&self, label: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(label) {
            Some(count) => *count += 1,
            None => {
                counts.insert(label.to_owned(), 1);
            }
        }
    }

    fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What is counted of a job that ended. Times are since its arrival.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    /// How it ended.
    pub(crate) label: &'static str,
    /// Tokens of its prompt.
    pub(crate) prompt: u64,
    /// Tokens that were read.
    pub(crate) written: u64,
    /// Most tokens that were asked for.
    pub(crate) most: u64,
    /// When it got a slot.
    pub(crate) begun: Option<Duration>,
    /// When it had its first token.
    pub(crate) first: Option<Duration>,
    /// When it had its last one.
    pub(crate) last: Option<Duration>,
    /// Now.
    pub(crate) all: Duration,
}

impl Metrics {
    /// Nothing is counted yet. `model` is the name under which the model is served.
    pub(crate) fn new(model: &str) -> Self {
        let plain =
            |c: char| if c == '"' || c == '\\' || c == ',' || c.is_whitespace() { '_' } else { c };
        Self {
            model: model.chars().map(plain).collect(),
            admitted: Counter::default(),
            prompt_tokens: Counter::default(),
            generation_tokens: Counter::default(),
            prefix_queries: Counter::default(),
            prefix_hits: Counter::default(),
            drafts: Counter::default(),
            draft_tokens: Counter::default(),
            accepted_tokens: Counter::default(),
            accepted_at: Mutex::new(vec![0]),
            faults: Counter::default(),
            rebuilds: Counter::default(),
            tool_calls: Counter::default(),
            success: Labelled::starting(&["abort", "error", "length", "stop"]),
            refused: Labelled::starting(&["closed", "context", "loading", "queue", "stuck"]),
            responses: Labelled::default(),
            cache_usage: Gauge::default(),
            slots_used: Gauge::default(),
            connections: Gauge::default(),
            first_token: Histogram::new(FIRST),
            between_tokens: Histogram::new(BETWEEN),
            per_token: Histogram::new(BETWEEN),
            all: Histogram::new(LATENCY),
            queue: Histogram::new(LATENCY),
            inference: Histogram::new(LATENCY),
            prefill: Histogram::new(LATENCY),
            decode: Histogram::new(LATENCY),
            prompt: Histogram::new(TOKENS),
            generation: Histogram::new(TOKENS),
            choices: Histogram::new(FEW),
            most: Histogram::new(TOKENS),
            step_tokens: Histogram::new(STEP),
            steps_until_freed: Histogram::new(KEPT),
        }
    }

    /// A job ended.
    pub(crate) fn ended(&self, ending: &Ending) {
        self.success.add(ending.label);
        let seconds = |span: Duration| span.as_secs_f64();
        self.all.observe(seconds(ending.all));
        self.prompt.observe(ending.prompt as f64);
        self.generation.observe(ending.written as f64);
        self.most.observe(ending.most as f64);
        let Some(begun) = ending.begun else {
            return self.queue.observe(seconds(ending.all));
        };
        self.queue.observe(seconds(begun));
        self.inference.observe(seconds(ending.all.saturating_sub(begun)));
        let Some(first) = ending.first else { return };
        self.prefill.observe(seconds(first.saturating_sub(begun)));
        let decode = ending.last.unwrap_or(first).saturating_sub(first);
        self.decode.observe(seconds(decode));
        if ending.written > 1 {
            self.per_token.observe(seconds(decode) / (ending.written - 1) as f64);
        }
    }

    /// A request was not admitted.
    pub(crate) fn refused(&self, reason: &str) {
        self.refused.add(reason);
    }

    /// A request got this status.
    pub(crate) fn responded(&self, status: u16) {
        self.responses.add(&status.to_string());
    }

    /// A batch of drafts was verified: so many were drafted, so many of them accepted.
    pub(crate) fn drafted(&self, drafted: usize, accepted: usize) {
        self.drafts.add(1);
        self.draft_tokens.add(drafted as u64);
        self.accepted_tokens.add(accepted as u64);
        let mut places = self.accepted_at.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() < drafted {
            places.resize(drafted, 0);
        }
        places.iter_mut().take(accepted).for_each(|count| *count += 1);
    }

    /// How long a request should stay away when so many wait for so many slots, in seconds.
    pub(crate) fn seconds_to_wait(&self, waiting: usize, slots: usize) -> u64 {
        let each = self.inference.mean().unwrap_or(1.0);
        let estimate = each * waiting as f64 / slots.max(1) as f64;
        (estimate.ceil() as u64).clamp(1, 60)
    }

    /// Jobs by how they ended, in the order abort, error, length, stop.
    #[cfg(test)]
    pub(crate) fn endings(&self) -> [u64; 4] {
        let counts = self.success.counts();
        ["abort", "error", "length", "stop"].map(|label| counts.get(label).copied().unwrap_or(0))
    }
}
