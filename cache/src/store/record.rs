//! The values of the three layers.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Layer;
use crate::hash::Digest;
use crate::vocabulary::Statics;

/// A value that a layer holds.
pub trait Record: Clone + Debug + PartialEq + Serialize + DeserializeOwned {
    /// The layer.
    const LAYER: Layer;

    /// The objects it refers to; without them it counts as absent.
    fn objects(&self) -> Vec<Digest> {
        Vec::new()
    }
}

/// What a source was compiled to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// The code, or nothing where the compiler refused.
    pub built: Option<Built>,
    /// What the compiler said.
    pub diagnostics: Vec<String>,
    /// Anything else its maker wants back.
    #[serde(default)]
    pub notes: BTreeMap<String, Value>,
}

/// Compiled code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    /// The code object, stored under its digest.
    pub object: Digest,
    /// What the code says of itself.
    pub statics: Statics,
}

/// How machine code behaved on a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// Digest of the machine code.
    pub isa_hash: Digest,
    /// How it ended.
    pub outcome: Outcome,
    /// Every raw sample, in microseconds of one launch.
    pub samples_us: Vec<f64>,
    /// Readings of the reference work among them, in microseconds.
    #[serde(default)]
    pub canary_us: Vec<f64>,
    /// Anything else: clocks, temperatures, accuracy.
    #[serde(default)]
    pub notes: BTreeMap<String, Value>,
}

/// How a candidate ended. Failures are data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// Right, and timed.
    Measured,
    /// It disagrees with its reference.
    Wrong {
        /// Largest error; absent where it is not a finite number.
        max_error: Option<f64>,
        /// Where.
        at: String,
    },
    /// It spills registers.
    Spilled,
    /// It was refused before it ran.
    Rejected {
        /// Why.
        reason: String,
    },
    /// The compiler process died.
    CompilerAborted {
        /// Its last words.
        message: String,
    },
    /// It did not end in time.
    TimedOut,
    /// The launch faulted.
    Faulted {
        /// What the device said.
        message: String,
    },
    /// The process or machine went down while it ran.
    Suspect,
}

/// What a run decided, as it was packed and as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The bundle, an object.
    pub bundle: Digest,
    /// Everything that its report shows, an object.
    pub report: Digest,
}

impl Record for Artifact {
    const LAYER: Layer = Layer::Artifact;

    fn objects(&self) -> Vec<Digest> {
        self.built.iter().map(|built| built.object).collect()
    }
}

impl Record for Measurement {
    const LAYER: Layer = Layer::Measurement;
}

impl Record for Decision {
    const LAYER: Layer = Layer::Decision;

    fn objects(&self) -> Vec<Digest> {
        vec![self.bundle, self.report]
    }
}
