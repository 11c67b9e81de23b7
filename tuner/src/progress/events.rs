//! The event file: one JSON object a line.
//!
//! Every line has `v`, the version of this schema, `ms`, milliseconds since the file was made,
//! and `event`, the kind; the rest depends on the kind and is documented at [`Event`]. Fields may
//! be added within a version and are never renamed or removed.
//!
//! ```text
//! {"v":1,"ms":12,"event":"stage_started","stage":"compile","total":231}
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use kiln_cache::vocabulary::{Dims, Provenance};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Version of the event schema.
pub const EVENTS_VERSION: u32 = 1;

/// The stages of tuning, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Stage {
    Enumerate,
    Admit,
    Dedupe,
    Compile,
    Inspect,
    Check,
    Time,
    RunOff,
    CrossMeasure,
    Select,
    Pack,
}

impl Stage {
    /// The name that people see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enumerate => "enumerate",
            Self::Admit => "admit",
            Self::Dedupe => "dedupe",
            Self::Compile => "compile",
            Self::Inspect => "inspect",
            Self::Check => "check",
            Self::Time => "time",
            Self::RunOff => "run off",
            Self::CrossMeasure => "cross",
            Self::Select => "select",
            Self::Pack => "pack",
        }
    }
}

/// What happens while tuning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// Tuning began.
    Started {
        /// Name of the target.
        target: String,
        /// Name of the model.
        model: String,
        /// Operations to decide.
        operations: u64,
    },
    /// A stage began.
    StageStarted {
        /// The stage.
        stage: Stage,
        /// Its steps; 0 where their number is unknown.
        total: u64,
    },
    /// A stage ended.
    StageFinished {
        /// The stage.
        stage: Stage,
        /// Steps done.
        done: u64,
        /// Outcomes by kind: `aborted`, `spilled`.
        counts: BTreeMap<String, u64>,
    },
    /// A candidate ended other than well.
    Rejected {
        /// The recipe.
        recipe: String,
        /// The candidate's parameters, as text.
        params: String,
        /// The stage that rejected it.
        stage: Stage,
        /// Why.
        reason: String,
    },
    /// The session's noise floor was measured.
    NoiseFloor {
        /// The floor as a share: 0.01 is 1 %.
        share: f64,
    },
    /// The reference kernel was timed.
    Canary {
        /// Drift from its baseline as a share.
        drift: f64,
    },
    /// A class of an operation was decided.
    Decided {
        /// The operation, in the text form of the bundle.
        operation: String,
        /// The dims at which it was decided.
        dims: Dims,
        /// The recipe that won.
        recipe: String,
        /// Name of the winning kernel.
        kernel: String,
        /// Its time in microseconds.
        time_us: Option<f64>,
        /// Its share of the roofline.
        roofline: Option<f64>,
        /// Where the time comes from.
        provenance: Provenance,
    },
    /// The bundle was written.
    Packed {
        /// Where.
        path: String,
        /// Digest of its contents, in hexadecimal.
        sha256: String,
        /// Kernels in it.
        kernels: u64,
    },
    /// Tuning ended, well or not.
    Finished {
        /// Whether it ended well.
        ok: bool,
        /// What went wrong; empty where nothing did.
        message: String,
    },
}

/// One line of the file.
#[derive(Serialize)]
struct Stamped<'a> {
    v: u32,
    ms: u64,
    #[serde(flatten)]
    event: &'a Event,
}

/// An open event file.
pub(super) struct EventLog {
    start: Instant,
    /// Nothing once writing has failed.
    file: Mutex<Option<File>>,
}

impl EventLog {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|error| Error::io("create", path, error))?;
        Ok(Self { start: Instant::now(), file: Mutex::new(Some(file)) })
    }

    /// Appends a line. The first failure is returned and ends the log.
    pub(super) fn append(&self, event: &Event) -> Option<io::Error> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let ms = self.start.elapsed().as_millis() as u64;
        let line = serde_json::to_string(&Stamped { v: EVENTS_VERSION, ms, event });
        let written = line
            .map_err(io::Error::from)
            .and_then(|line| file.as_mut().map_or(Ok(()), |file| writeln!(file, "{line}")));
        let error = written.err()?;
        *file = None;
        Some(error)
    }
}
