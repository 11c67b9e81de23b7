//! What a run of the tuner is asked for.

use std::path::PathBuf;
use std::time::Duration;

use super::Only;

/// A run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the target.
    pub target: String,
    /// Model directory or its `config.json`.
    pub model: PathBuf,
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
    pub const JOB_LIMIT: Duration = Duration::from_secs(60);
}
