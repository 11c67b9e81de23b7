//! The compiled candidates of a family, and whether they are accurate enough.

use std::collections::BTreeMap;

use super::nomination::Corrections;
use super::{Contender, Family};

/// A family's compiled candidates.
pub(super) struct Field<'f> {
    pub(super) contenders: Vec<Contender<'f>>,
    pub(super) corrections: Corrections,
    /// The incumbent of each request, by the digest of its program.
    pub(super) incumbents: BTreeMap<usize, String>,
    pub(super) shortlisted: usize,
    pub(super) fresh: u64,
}

impl Field<'_> {
    /// Whether every request has a candidate that is accurate enough.
    pub(super) fn suffices(&self, family: &Family, max_error: f64) -> bool {
        let answers = |of: &Contender<'_>, request: usize| {
            of.estimates[request].is_some() && of.errors[request] <= max_error
        };
        let answered = |request| self.contenders.iter().any(|of| answers(of, request));
        (0..family.requests.len()).all(answered)
    }

    /// Adds the candidates of another field for the same requests.
    pub(super) fn join(&mut self, other: Self) {
        self.contenders.extend(other.contenders);
        self.corrections.extend(other.corrections);
        self.incumbents.extend(other.incumbents);
        self.shortlisted += other.shortlisted;
        self.fresh += other.fresh;
    }
}
