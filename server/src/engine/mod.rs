//! Answers being written: who waits, who runs, who has gone.
//!
//! Laws:
//! - every job that is admitted ends exactly once: finished, aborted or failed;
//! - whoever drops an [`Answer`] cancels its job, wherever it is, before the next step;
//! - the thread of the engine never waits for a reader: a job whose reader is slow is held, and
//!   given up after a while;
//! - of those that wait, the one that came first and the one with the least to read take turns, so
//!   that nobody starves and short requests do not stand behind long ones;
//! - numbers are counted before the last token of an answer is handed over;
//! - a backend that fails takes the jobs that run along, and no others where it can be made anew.
//!
//! | file | noun |
//! |---|---|
//! | `job` | what is asked for, and what comes back |
//! | `backend` | what computes: a model, or a fake one |
//! | `queue` | jobs that wait |
//! | `record` | one admitted job, as everybody sees it |
//! | `answer` | the reader's end of a job |
//! | `pipe` | tokens on their way from one to the other |
//! | `handle` | the engine as requests see it |
//! | `worker` | the thread that steps |
//! | `life` | the thread from the making of a backend to its end, and again |
//! | `heart` | whether the thread makes progress |
//! | `fake`, `script` | a backend without a model, and what it says |
//! | `real` | a backend over the runtime |
//! | `guide` | what a job's text may be, as its sampler asks |
//! | `logprobs` | probabilities of tokens |

mod answer;
mod backend;
pub(crate) mod fake;
mod guide;
mod handle;
mod heart;
mod job;
mod life;
mod logprobs;
mod pipe;
mod queue;
pub(crate) mod real;
mod record;
mod script;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use answer::Answer;
pub(crate) use backend::Capacity;
pub(crate) use handle::{Bounds, Engine, Health, Refusal, Stage};
pub(crate) use job::{Ended, Job, Outcome, Token};
pub(crate) use life::Rebuild;
pub(crate) use record::Drafts;
