//! What computes: a model, or a fake one.

use super::job::{Ended, Job, JobId, Token};

/// How much there is of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// Jobs that run at a time.
    pub(crate) slots: usize,
    /// Tokens of the longest text, prompt and answer together.
    pub(crate) context: usize,
    /// Tokens of all texts together.
    pub(crate) cached: usize,
}

/// How much of it is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Occupancy {
    /// Slots that jobs hold.
    pub(crate) slots: usize,
    /// Share of the cache that is taken, remembered prefixes included, 0 to 1.
    pub(crate) cache: f64,
}

/// What happened to a job in a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// Its prompt is read, of which so many tokens were remembered; its first token follows.
    Read(JobId, usize),
    /// Its next token.
    Token(JobId, Token),
    /// Of so many tokens that were drafted for it, so many were accepted; they follow.
    Drafted {
        /// The job.
        id: JobId,
        /// Tokens that were drafted.
        drafted: usize,
        /// The first of them, that were accepted.
        accepted: usize,
    },
    /// It ended; the backend knows it no more.
    Ended(JobId, Ended),
    /// It cannot go on, for this reason; the backend knows it no more.
    Failed(JobId, String),
}

/// Why a step could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// In words for whoever runs the server.
    pub(crate) why: String,
    /// Whether nothing more can be expected of the backend.
    pub(crate) fatal: bool,
}

/// Something that writes answers, one step at a time, on the thread on which it was made.
pub(crate) trait Backend {
    /// Begins a job.
    ///
    /// # Errors
    /// If this job cannot be computed; others are not affected.
    fn begin(&mut self, id: JobId, job: Job) -> Result<(), String>;

    /// Forgets a job and frees everything that it holds. Jobs that are unknown are forgotten already.
    fn cancel(&mut self, id: JobId);

    /// Whether a job's tokens are wanted at the moment.
    fn hold(&mut self, id: JobId, held: bool);

    /// Computes a little of every job that is not held.
    ///
    /// # Errors
    /// If nothing could be computed. Unless the fault is fatal, the backend has forgotten all jobs
    /// and is ready for others.
    fn step(&mut self) -> Result<Vec<Event>, Fault>;

    /// How much is taken.
    fn occupancy(&self) -> Occupancy;
}
