//! What a report shows.

use std::collections::BTreeMap;

use kiln_cache::vocabulary::Provenance;
use serde::{Deserialize, Serialize};

use crate::explain::Reasons;

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// Name of the target.
    pub target: String,
    /// Name of the model.
    pub model: String,
    /// Versions and device, by name, for the head of the page.
    pub facts: BTreeMap<String, String>,
    /// The session's noise floor as a share; absent where nothing was timed.
    pub noise_floor: Option<f64>,
    /// The noise floors at the start and at the end of the session.
    pub noise: Option<[f64; 2]>,
    /// The decisions.
    pub winners: Vec<Winner>,
    /// The roofline and the winners' places below it.
    pub roofline: Roofline,
    /// Times over two axes of one recipe's space.
    pub heats: Vec<Heat>,
    /// Rejections by stage.
    pub rejections: BTreeMap<String, Reasons>,
    /// The bundle that the changes refer to; absent where there is none to compare with.
    pub compared_with: Option<String>,
    /// Decisions that differ from it.
    pub changes: Vec<Change>,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Winner {
    /// The operation with its attributes.
    pub operation: String,
    /// The dims that the operation fixes.
    pub dims: String,
    /// The value of the free dim at which it was decided.
    pub m: u64,
    /// The recipe.
    pub recipe: String,
    /// Its parameters.
    pub params: String,
    /// Time of one launch, in microseconds.
    pub time_us: Option<f64>,
    /// The time's 95 % interval, in microseconds.
    pub interval: Option<[f64; 2]>,
    /// Share of the roofline.
    pub roofline: Option<f64>,
    /// What binds it.
    pub bound: Option<String>,
    /// Relative RMS error.
    pub error: f64,
    /// Vector registers.
    pub vgprs: u32,
    /// Local memory of a workgroup, in bytes.
    pub lds_bytes: u32,
    /// Where the time comes from.
    pub provenance: Provenance,
}

/// A device's ceilings and what reaches how far towards them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Roofline {
    /// Bytes per second from memory.
    pub memory: Option<f64>,
    /// Operations per second by name.
    pub peaks: BTreeMap<String, f64>,
    /// The winners that compute matrix products.
    pub points: Vec<Point>,
}

/// One winner in the roofline chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The recipe, which gives the colour.
    pub recipe: String,
    /// What it is, for the tooltip.
    pub label: String,
    /// Operations per byte of the problem.
    pub intensity: f64,
    /// Operations per second reached.
    pub rate: f64,
}

/// A heat map: times over two axes, the best over all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heat {
    /// What was timed.
    pub title: String,
    /// Name of the axis from left to right, and its values.
    pub columns: (String, Vec<String>),
    /// Name of the axis from top to bottom, and its values.
    pub rows: (String, Vec<String>),
    /// Times in microseconds, a list for each row; absent where no candidate was admitted.
    pub cells: Vec<Vec<Option<f64>>>,
}

/// A kernel and its time in one of two bundles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Recipe and parameters.
    pub kernel: String,
    /// Time of one launch, in microseconds.
    pub time_us: Option<f64>,
}

/// A decision that differs between two bundles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The operation with its attributes and dims.
    pub what: String,
    /// In the earlier bundle; absent where it did not decide this.
    pub before: Option<Side>,
    /// In the later bundle; absent where it no longer decides this.
    pub after: Option<Side>,
}

/// `k=5120 m=16`, texts without their quotes.
pub(super) fn pairs<V: ToString>(map: &BTreeMap<String, V>) -> String {
    let pair =
        |(name, value): (&String, &V)| format!("{name}={}", value.to_string().trim_matches('"'));
    map.iter().map(pair).collect::<Vec<_>>().join(" ")
}
