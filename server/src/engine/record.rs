//! One admitted job, as everybody sees it.

use std::ops::Add;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::job::{JobId, Outcome, Token};
use super::pipe::Pipe;
use crate::metrics::{Ending, Metrics};

/// What was drafted of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drafts {
    /// Drafted tokens that became part of it.
    pub(crate) accepted: u64,
    /// Those that did not.
    pub(crate) rejected: u64,
}

impl Add for Drafts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { accepted: self.accepted + other.accepted, rejected: self.rejected + other.rejected }
    }
}

/// An admitted job. Whoever ends it first says how it ended.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: JobId,
    prompt: usize,
    most: usize,
    arrived: Instant,
    over: AtomicBool,
    outcome: OnceLock<Outcome>,
    /// Times after the arrival in nanoseconds: begun, first and last token. 0 is never.
    begun: AtomicU64,
    first: AtomicU64,
    last: AtomicU64,
    /// Tokens that the reader has.
    read: AtomicU64,
    /// Tokens of the prompt that were remembered.
    remembered: AtomicU64,
    /// Tokens that were drafted, and those of them that were accepted.
    drafted: AtomicU64,
    accepted: AtomicU64,
    /// Steps of the engine when the reader had gone, plus one; 0 is never.
    left: AtomicU64,
    /// Tokens that the reader does not have yet.
    pub(super) pipe: Pipe,
    metrics: Arc<Metrics>,
}

impl Record {
    pub(super) fn new(
        id: JobId,
        (prompt, most): (usize, usize),
        room: usize,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            id,
            prompt,
            most,
            arrived: Instant::now(),
            over: AtomicBool::new(false),
            outcome: OnceLock::new(),
            begun: AtomicU64::new(0),
            first: AtomicU64::new(0),
            last: AtomicU64::new(0),
            read: AtomicU64::new(0),
            remembered: AtomicU64::new(0),
            drafted: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            left: AtomicU64::new(0),
            pipe: Pipe::new(room),
            metrics,
        }
    }

    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// How it ended.
    pub(super) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.get()
    }

    /// A slot was given to it.
    pub(super) fn begin(&self) {
        self.begun.store(self.now(), Ordering::Relaxed);
    }

    /// Hands a token over; gives it back where there is no room for it. The reader is told by
    /// [`Pipe::wake`].
    pub(super) fn send(&self, token: Token) -> Result<(), Token> {
        // A reader that has gone says so by ending the job.
        if self.is_over() {
            return Ok(());
        }
        if !self.pipe.has_room() {
            return Err(token);
        }
        let now = self.now();
        if self.first.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.metrics.first_token.observe(seconds(now));
        } else {
            let before = self.last.load(Ordering::Relaxed);
            self.metrics.between_tokens.observe(seconds(now.saturating_sub(before)));
        }
        self.last.store(now, Ordering::Relaxed);
        // Nobody else puts tokens in, so there is room.
        self.pipe.put(token)
    }

    /// The reader has so many more tokens.
    pub(super) fn count(&self, tokens: u64) {
        self.read.fetch_add(tokens, Ordering::Relaxed);
        self.metrics.generation_tokens.add(tokens);
    }

    /// The prompt is read, of which so many tokens were remembered.
    pub(super) fn prompt_read(&self, remembered: usize) {
        self.remembered.store(remembered as u64, Ordering::Relaxed);
        self.metrics.prefix_queries.add(self.prompt as u64);
        self.metrics.prefix_hits.add(remembered as u64);
    }

    /// Tokens of the prompt that were remembered, as far as is known.
    pub(super) fn remembered(&self) -> u64 {
        self.remembered.load(Ordering::Relaxed)
    }

    /// Of so many more drafted tokens, so many were accepted.
    pub(super) fn drafted(&self, drafted: usize, accepted: usize) {
        self.drafted.fetch_add(drafted as u64, Ordering::Relaxed);
        self.accepted.fetch_add(accepted as u64, Ordering::Relaxed);
        self.metrics.drafted(drafted, accepted);
    }

    /// What was drafted so far.
    pub(super) fn drafts(&self) -> Drafts {
        let accepted = self.accepted.load(Ordering::Relaxed);
        let drafted = self.drafted.load(Ordering::Relaxed);
        Drafts { accepted, rejected: drafted.saturating_sub(accepted) }
    }

    /// Ends the job unless it is over; says whether it was not.
    pub(super) fn end(&self, outcome: Outcome) -> bool {
        if self.over.swap(true, Ordering::AcqRel) {
            return false;
        }
        if let Outcome::Finished(super::Ended::Stop(_)) = outcome {
            // The token that ends an answer is written too, though never read.
            self.count(1);
        }
        let time = |at: &AtomicU64| match at.load(Ordering::Relaxed) {
            0 => None,
            nanoseconds => Some(Duration::from_nanos(nanoseconds)),
        };
        self.metrics.ended(&Ending {
            label: outcome.label(),
            prompt: self.prompt as u64,
            written: self.read.load(Ordering::Relaxed),
            most: self.most as u64,
            begun: time(&self.begun),
            first: time(&self.first),
            last: time(&self.last),
            all: self.arrived.elapsed(),
        });
        // It is set once: only the one who swapped comes here.
        let _ = self.outcome.set(outcome);
        self.pipe.end();
        true
    }

    /// The reader has gone; the engine has made so many steps.
    pub(super) fn leave(&self, steps: u64) {
        self.left.store(steps + 1, Ordering::Release);
    }

    /// Steps that the engine has made since the reader went, of so many in all. A reader that is
    /// just about to say that it goes has gone at this step.
    pub(super) fn steps_since_left(&self, steps: u64) -> u64 {
        self.left
            .load(Ordering::Acquire)
            .checked_sub(1)
            .map_or(0, |left| steps.saturating_sub(left))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.arrived.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
