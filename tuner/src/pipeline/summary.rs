//! What a run did, for people.

use serde::Serialize;

use crate::explain::Reasons;

/// Figures of one family.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FamilySummary {
    /// The operation with its attributes.
    pub name: String,
    /// Requests answered.
    pub requests: usize,
    /// Points of the search spaces.
    pub enumerated: usize,
    /// Points that the recipes admit.
    pub admitted: usize,
    /// Different programs.
    pub unique: usize,
    /// Programs that were nominated for compilation.
    pub shortlisted: usize,
    /// Of these, compiled now rather than found in the cache.
    pub compiled: u64,
    /// Code that may win.
    pub contenders: usize,
    /// Kernels in the bundle.
    pub kernels: usize,
    /// Why candidates were left out.
    pub rejected: Reasons,
}

/// One decision.
#[derive(Clone, Debug, Serialize)]
pub struct WinnerRow {
    /// The operation in the text form of the bundle.
    pub operation: String,
    /// Value of its free dim.
    pub m: u64,
    /// The recipe that won.
    pub recipe: String,
    /// Its parameters.
    pub params: String,
    /// Name of the kernel.
    pub kernel: String,
    /// Microseconds.
    pub time_us: Option<f64>,
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
}

/// A whole run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Every family, in order.
    pub families: Vec<FamilySummary>,
    /// Every decision, in order.
    pub winners: Vec<WinnerRow>,
    /// Noise floor of the session, where something was timed.
    pub noise_floor: Option<f64>,
}

impl Summary {
    /// Candidates compiled now, in all families.
    pub fn compiled(&self) -> u64 {
        self.families.iter().map(|family| family.compiled).sum()
    }

    /// `--explain`: each family's stages and the reasons of its rejections.
    pub fn explanation(&self) -> String {
        let family = |of: &FamilySummary| {
            format!(
                "{}\n  {} enumerated, {} admitted, {} unique, {} shortlisted ({} compiled now), \
                 {} contenders, {} kernels for {} requests\n{}",
                of.name,
                of.enumerated,
                of.admitted,
                of.unique,
                of.shortlisted,
                of.compiled,
                of.contenders,
                of.kernels,
                of.requests,
                of.rejected.text()
            )
        };
        self.families.iter().map(family).collect()
    }
}
