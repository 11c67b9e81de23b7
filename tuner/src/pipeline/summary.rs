//! What a run did, for people.

use serde::Serialize;

use crate::decide::Defence;
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
    /// How the kernels of an earlier bundle fared.
    pub incumbents: Stands,
    /// Why candidates were left out.
    pub rejected: Reasons,
}

/// How many requests of an earlier bundle kept their kernels, and why others did not lose theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stands {
    /// Requests that an earlier bundle answers by a measured decision that can be made again.
    pub known: usize,
    /// Of these, requests that another kernel answers now: it is surely better.
    pub replaced: usize,
    /// Requests in which another kernel looked better and could not be told apart.
    pub defended: usize,
    /// Requests in which another kernel looked better in a session too noisy to say so.
    pub too_noisy: usize,
    /// Requests in which another kernel looked better and the budget ended before the comparison.
    pub not_compared: usize,
}

impl Stands {
    /// Counts the outcomes of the comparisons that were needed.
    pub(super) fn count(&mut self, known: usize, defences: &[Defence]) {
        let count = |of| defences.iter().filter(|defence| **defence == of).count();
        *self = Self {
            known,
            replaced: count(Defence::Replaced),
            defended: count(Defence::Stays),
            too_noisy: count(Defence::TooNoisy),
            not_compared: count(Defence::NotCompared),
        };
    }

    /// Adds those of another family.
    fn plus(self, other: Self) -> Self {
        Self {
            known: self.known + other.known,
            replaced: self.replaced + other.replaced,
            defended: self.defended + other.defended,
            too_noisy: self.too_noisy + other.too_noisy,
            not_compared: self.not_compared + other.not_compared,
        }
    }

    /// One line for people; nothing where there was no earlier bundle.
    pub fn text(&self) -> Option<String> {
        let why = [
            (self.replaced, "replaced by a kernel that is surely better"),
            (self.defended, "kept against one that could not be told apart"),
            (self.too_noisy, "kept because the session was too noisy"),
            (self.not_compared, "kept because the budget ended"),
        ];
        let why = why.into_iter().filter(|(count, _)| *count > 0);
        let why: Vec<String> = why.map(|(count, why)| format!("{count} {why}")).collect();
        let tail = if why.is_empty() { "all kept".to_owned() } else { why.join(", ") };
        (self.known > 0).then(|| format!("{} decisions of the earlier bundle: {tail}", self.known))
    }
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
}

/// A whole run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Every family, in order.
    pub families: Vec<FamilySummary>,
    /// Every decision, in order.
    pub winners: Vec<WinnerRow>,
    /// Noise floor of the session, where something was timed: the worse of both ends.
    pub noise_floor: Option<f64>,
    /// Noise floors at the start and at the end of the session.
    pub noise: Option<[f64; 2]>,
}

impl Summary {
    /// Candidates compiled now, in all families.
    pub fn compiled(&self) -> u64 {
        self.families.iter().map(|family| family.compiled).sum()
    }

    /// How the kernels of an earlier bundle fared, in all families.
    pub fn incumbents(&self) -> Stands {
        self.families.iter().fold(Stands::default(), |all, of| all.plus(of.incumbents))
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
