//! The reader's end of a job.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::handle::Shared;
use super::job::{Outcome, Token};
use super::record::{Drafts, Record};

/// Tokens that are read at once.
const BATCH: usize = 64;

/// The tokens of an answer as they are written. Dropping it ends the job.
pub(crate) struct Answer {
    record: Arc<Record>,
    shared: Arc<Shared>,
}

impl Answer {
    pub(super) fn new(record: Arc<Record>, shared: Arc<Shared>) -> Self {
        Self { record, shared }
    }

    /// Appends the next tokens; `false` after the last one.
    pub(crate) fn poll_tokens(
        &self,
        context: &mut Context<'_>,
        tokens: &mut Vec<Token>,
    ) -> Poll<bool> {
        self.record.pipe.poll(context, tokens, BATCH)
    }

    /// Counts tokens that became a part of the answer.
    pub(crate) fn count(&self, tokens: u64) {
        self.record.count(tokens);
    }

    /// Tokens of the prompt that did not have to be read, as far as is known.
    pub(crate) fn remembered(&self) -> u64 {
        self.record.remembered()
    }

    /// What was drafted of it so far.
    pub(crate) fn drafts(&self) -> Drafts {
        self.record.drafts()
    }

    /// How the job ended, after the last token.
    pub(crate) fn outcome(&self) -> Outcome {
        self.record.outcome().cloned().unwrap_or(Outcome::Aborted)
    }

    /// Ends the job: what was read is the whole answer.
    pub(crate) fn satisfy(&mut self) {
        self.end(Outcome::Satisfied);
    }

    fn end(&mut self, outcome: Outcome) {
        if self.record.end(outcome) {
            self.record.leave(self.shared.steps());
            self.shared.forget(self.record.id);
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.end(Outcome::Aborted);
    }
}
