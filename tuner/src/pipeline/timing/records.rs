//! Measurements in the cache and the journal.

use std::collections::BTreeMap;

use kiln_cache::device::Info;
use kiln_cache::hash::{Digest, Key, KeyBuilder};
use kiln_cache::store::{Measurement, Outcome};
use kiln_cache::vocabulary::Dims;
use serde::{Deserialize, Serialize};

use crate::pipeline::{Contender, Request, tables};

/// Version of how times are taken.
const PROTOCOL: u32 = 2;

/// Name of the note that holds samples which do not count, because the machine drifted meanwhile.
const DISCARDED: &str = "discarded_us";

/// What the tuner writes into the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum JournalNote {
    /// How a check on the device ended.
    Checked {
        /// How.
        outcome: Outcome,
    },
    /// Samples of one candidate for one request.
    Sampled {
        /// Name of the kernel.
        kernel: String,
        /// The operation in the text form of the bundle.
        operation: String,
        /// All dims.
        dims: Dims,
        /// Microseconds of one launch, in the order of time.
        samples_us: Vec<f64>,
        /// Those that were taken while the machine drifted, and do not count.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        discarded_us: Vec<f64>,
    },
}

/// A key of the device's session: purpose, machine code, device.
pub(super) fn key(purpose: &str, info: &Info, isa: &Digest) -> KeyBuilder {
    let mut key = KeyBuilder::new(purpose).field("isa", isa).field("protocol", PROTOCOL);
    for (name, value) in &info.fingerprint {
        key = key.field(&format!("device.{name}"), value);
    }
    key
}

/// The key of a candidate's times for a request.
pub(super) fn time_key(info: &Info, contender: &Contender<'_>, request: &Request) -> Key {
    let key = key("time", info, &contender.code.statics.isa_hash)
        .field("operation", &request.operation)
        .field("dims", request.label());
    tables::keyed(key, contender, request).field("temperature", "weights and states cold").finish()
}

/// A record of samples.
pub(super) fn measured(isa: Digest, samples_us: Vec<f64>) -> Measurement {
    record(isa, Outcome::Measured, samples_us)
}

/// The same record with samples that do not count, and the canary's readings among them all.
pub(super) fn watched(
    mut measurement: Measurement,
    discarded: &[f64],
    canary_us: Vec<f64>,
) -> Measurement {
    if !discarded.is_empty() {
        measurement.notes.insert(DISCARDED.to_owned(), discarded.into());
    }
    Measurement { canary_us, ..measurement }
}

/// A record of any outcome.
pub(super) fn record(isa: Digest, outcome: Outcome, samples_us: Vec<f64>) -> Measurement {
    let (isa_hash, canary_us, notes) = (isa, Vec::new(), BTreeMap::new());
    Measurement { isa_hash, outcome, samples_us, canary_us, notes }
}
