//! What a run of the tuner is asked for.

use std::path::PathBuf;
use std::time::Duration;

use kiln_cache::operations::Precision;
use kiln_targets::{Backend, Target};

use super::Only;
use crate::model::{Activation, DrafterChoice, ModelShapes, Serving};

/// Number types and page sizes; what is not said is as suits the model and the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServingOptions {
    /// Number type of activations between operations.
    pub act: Option<Activation>,
    /// Number type of cached keys and values.
    pub kv: Option<Activation>,
    /// Tokens of a page of the cache.
    pub pages: Vec<u64>,
    /// Whether packed weights meet activations as they are.
    pub exact: bool,
    /// What the head may become when it is loaded.
    pub head: Vec<Precision>,
    /// What guesses may read in place of the head.
    pub draft_head: Vec<Precision>,
    /// What the drafter's linear layers may become.
    pub drafter: Vec<Precision>,
}

impl ServingOptions {
    /// With what a model is served on a target.
    ///
    /// A host computes in f32 anyway, so that its activations stay f32: rounding them between
    /// operations costs time and accuracy. Cached keys and values, which take memory, are as the
    /// model was published.
    pub fn of(&self, model: &ModelShapes, target: &Target) -> Serving {
        let published = Serving::published(model);
        let own = match target.backend {
            Backend::Host => Activation::F32,
            Backend::AmdGpu => published.act,
        };
        Serving {
            act: self.act.unwrap_or(own),
            kv: self.kv.or(self.act).unwrap_or(published.kv),
            pages: if self.pages.is_empty() { published.pages } else { self.pages.clone() },
            exact: self.exact,
            head: self.head.clone(),
            draft_head: self.draft_head.clone(),
            drafter: self.drafter.clone(),
        }
    }
}

/// A run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the target.
    pub target: String,
    /// Model directory or its `config.json`.
    pub model: PathBuf,
    /// Which drafter to tune for.
    pub drafter: DrafterChoice,
    /// The bundle to write.
    pub out: PathBuf,
    /// Directory of the cache.
    pub cache: PathBuf,
    /// Time after which nothing new is begun.
    pub budget: Option<Duration>,
    /// Worker processes.
    pub jobs: usize,
    /// Part of the work.
    pub only: Only,
    /// What the model is to be served with.
    pub serving: ServingOptions,
    /// Whether the recipes' spaces are searched; otherwise each recipe's first choice is taken.
    pub search: bool,
    /// Largest relative RMS error of a winner.
    pub max_error: f64,
    /// Longest time of one compilation or check.
    pub job_limit: Duration,
}

impl Options {
    /// The floor of accuracy that passes int8 activations in blocks of 128 columns, which are
    /// found at 0.021 on the oracle's data with outliers of 16 deviations, and nothing coarser.
    pub const MAX_ERROR: f64 = 0.03;

    /// Longest time of one compilation or check, unless asked otherwise.
    pub const JOB_LIMIT: Duration = Duration::from_secs(300);
}
