//! What a decision knows of a candidate.

use kiln_cache::vocabulary::Statics;
use serde::{Deserialize, Serialize};

/// What breaks ties; the lesser value is the more robust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Robustness {
    /// Whether the incumbent bundle lacks it.
    pub is_new: bool,
    /// Vector registers.
    pub vgprs: u32,
    /// Local memory of a workgroup, in bytes.
    pub lds_bytes: u32,
    /// Stages of its pipeline.
    pub stages: u32,
    /// Machine code, in bytes.
    pub code_bytes: u32,
}

impl Robustness {
    /// The order in which the figures count, for people.
    const NAMES: [&str; 5] = [
        "already in the bundle",
        "fewer registers",
        "less local memory",
        "fewer stages",
        "smaller code",
    ];

    /// The figures of built code.
    pub fn of(statics: &Statics, stages: u32, in_bundle: bool) -> Self {
        Self {
            is_new: !in_bundle,
            vgprs: statics.vgprs,
            lds_bytes: statics.lds_bytes,
            stages,
            code_bytes: statics.code_bytes,
        }
    }

    /// What this one has that the other lacks; `None` where they are equal.
    pub fn advantage(&self, other: &Self) -> Option<&'static str> {
        let figures =
            |of: &Self| [u32::from(of.is_new), of.vgprs, of.lds_bytes, of.stages, of.code_bytes];
        let differ = figures(self).into_iter().zip(figures(other)).position(|(a, b)| a != b);
        differ.map(|at| Self::NAMES[at])
    }
}

/// One kernel that could answer requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Name, unique among the candidates of a decision.
    pub name: String,
    /// What breaks ties.
    pub robustness: Robustness,
}

/// A candidate's time at one set of dims, measured or modelled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The candidate.
    pub candidate: Candidate,
    /// Time of one launch, in microseconds.
    pub time_us: f64,
    /// Relative RMS error against the f32 reference.
    pub error: f64,
}
