//! Jobs that wait.

use std::sync::Arc;

use super::job::{Job, JobId};
use super::record::Record;

/// A job with what everybody knows of it.
pub(super) struct Waiting {
    pub(super) record: Arc<Record>,
    pub(super) job: Job,
}

/// Jobs that wait, in the order of their arrival.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Vec<Waiting>,
    /// Tokens of all prompts together.
    tokens: usize,
    /// Whether the job with the least to read is next, and not the oldest.
    shortest: bool,
}

impl Queue {
    /// Jobs that wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Tokens of their prompts.
    pub(super) fn tokens(&self) -> usize {
        self.tokens
    }

    /// Whether a job waits.
    pub(super) fn holds(&self, id: JobId) -> bool {
        self.waiting.iter().any(|of| of.record.id == id)
    }

    pub(super) fn push(&mut self, waiting: Waiting) {
        self.tokens += waiting.job.prompt.len();
        self.waiting.push(waiting);
    }

    /// Takes out the next job if it fits, and passes on whose turn it is.
    pub(super) fn next(&mut self, fits: impl Fn(&Job) -> bool) -> Option<Waiting> {
        let first = self.waiting.iter().map(|of| of.job.priority).min()?;
        let candidates = self.waiting.iter().enumerate().filter(|(_, of)| of.job.priority == first);
        let at = match self.shortest {
            true => candidates.min_by_key(|(at, of)| (of.job.prompt.len(), *at)),
            false => candidates.min_by_key(|(at, _)| *at),
        };
        let (at, waiting) = at?;
        if !fits(&waiting.job) {
            return None;
        }
        self.shortest = !self.shortest;
        Some(self.remove(at))
    }

    /// Takes out the jobs that nobody waits for any more.
    pub(super) fn sweep(&mut self) {
        let gone = |of: &Waiting| of.record.is_over();
        while let Some(at) = self.waiting.iter().position(gone) {
            self.remove(at);
        }
    }

    fn remove(&mut self, at: usize) -> Waiting {
        let waiting = self.waiting.remove(at);
        self.tokens -= waiting.job.prompt.len();
        waiting
    }
}
