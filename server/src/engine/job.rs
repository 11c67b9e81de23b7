//! What is asked for, and what comes back.

use kiln_runtime::sample::Sampling;

use crate::text::grammar::Constraint;

/// A job of one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct JobId(pub(super) u64);

/// An answer to be written.
#[derive(Debug, Default)]
pub(crate) struct Job {
    /// What it answers.
    pub(crate) prompt: Vec<u32>,
    /// How tokens are chosen.
    pub(crate) sampling: Sampling,
    /// Most tokens to write, at least one.
    pub(crate) most: usize,
    /// Tokens to write before one of `stops` may be chosen.
    pub(crate) least: usize,
    /// Tokens that end the answer.
    pub(crate) stops: Vec<u32>,
    /// How many alternatives come with each token, where probabilities are wanted at all.
    pub(crate) logprobs: Option<usize>,
    /// What the answer has to look like.
    pub(crate) constraint: Option<Constraint>,
    /// Jobs with a lower number are begun first.
    pub(crate) priority: i32,
}

/// A token of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// Its id.
    pub(crate) id: u32,
    /// Its probability, where it was asked for.
    pub(crate) logprobs: Option<Box<Logprobs>>,
}

/// Natural logarithms of probabilities before any adjustment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Logprobs {
    /// Of the token itself.
    pub(crate) chosen: f32,
    /// The likeliest tokens, the likeliest first.
    pub(crate) top: Vec<(u32, f32)>,
}

/// Why an engine ended an answer by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// This token ends answers; it is not part of the text.
    Stop(u32),
    /// There are as many tokens as there may be.
    Length,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The answer is complete.
    Finished(Ended),
    /// A reader has seen enough, and what it has is the answer.
    Satisfied,
    /// Nobody reads it any more.
    Aborted,
    /// Something went wrong: in words for the client.
    Failed(String),
}

impl Outcome {
    /// The label under which it is counted.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Finished(Ended::Stop(_)) | Self::Satisfied => "stop",
            Self::Finished(Ended::Length) => "length",
            Self::Aborted => "abort",
            Self::Failed(_) => "error",
        }
    }
}
