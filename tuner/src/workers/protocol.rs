//! What the tuner asks of a worker, and what it answers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kiln_cache::hash::Digest;
use kiln_cache::vocabulary::Statics;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::pipeline::Spec;

/// One job; answered by exactly one [`Answer`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Job {
    /// Compiles a candidate and puts its relocatable object into the cache.
    Compile {
        /// The candidate.
        spec: Spec,
        /// Directory of the cache.
        cache: PathBuf,
    },
    /// Runs a candidate's tile program in the interpreter against its reference.
    Check {
        /// The candidate.
        spec: Spec,
        /// What to try, in order.
        trials: Vec<Trial>,
    },
}

impl Job {
    /// The candidate it is about.
    pub fn spec(&self) -> &Spec {
        match self {
            Self::Compile { spec, .. } | Self::Check { spec, .. } => spec,
        }
    }
}

/// One problem of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Value of every dim.
    pub dims: BTreeMap<String, u64>,
    /// Name of the kind of inputs.
    pub case: String,
    /// Seed of the inputs.
    pub seed: u64,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Compiled; the object is in the cache.
    Compiled {
        /// The relocatable object.
        object: Digest,
        /// What the code says of itself.
        statics: Statics,
        /// Facts of the machine code.
        isa: Value,
    },
    /// The compiler or the recipe refused.
    Refused {
        /// Why, in one paragraph.
        reason: String,
    },
    /// The worker could not do its work: a full disk, a missing linker. Says nothing of the
    /// candidate.
    Failed {
        /// Why.
        reason: String,
    },
    /// It agrees with its reference in every trial.
    Right {
        /// Relative RMS error against unquantised activations, by trial: the worst output.
        /// Absent where it is not a finite number.
        errors: Vec<Option<f64>>,
    },
    /// It does not.
    Wrong {
        /// Largest error; absent where it is not a finite number.
        max_error: Option<f64>,
        /// Where and how.
        at: String,
    },
}
