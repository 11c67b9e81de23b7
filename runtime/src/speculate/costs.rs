//! What a cycle costs, by its rows.

use kiln_cache::operations::DECODE_ROWS;

use crate::plan::{LoadedModel, Pass};

/// Where a bundle has no times: the share of a pass that each further row adds.
const ROW: f64 = 1.0 / 64.0;

/// Where a bundle has no times: a block of the drafter, as a share of a pass of the model.
const BLOCK: f64 = 0.25;

/// Seconds, or any unit, of the passes of few rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// Of 1, 2, .. 32 rows that move the states on.
    pub decode: Vec<f64>,
    /// Of rows that are verified, with what moves the states on afterwards.
    pub verify: Vec<f64>,
    /// Of rows of the drafter's blocks.
    pub draft: Vec<f64>,
}

impl Costs {
    /// As the bundle's times say; where it has none, every pass costs nearly the same.
    pub fn of(model: &LoadedModel) -> Self {
        let sum = |rows: u64, passes: &[Pass]| -> Option<f64> {
            passes.iter().map(|pass| model.seconds(*pass, rows)).sum()
        };
        let table = |passes: &[Pass]| -> Option<Vec<f64>> {
            (1..=DECODE_ROWS).map(|rows| sum(rows, passes)).collect()
        };
        let context = model.config().drafter.as_ref().map(|_| Pass::Context);
        let commit = model.config().linear.map(|_| Pass::Commit);
        let with = |first: &[Pass], more: &[Option<Pass>]| -> Vec<Pass> {
            first.iter().copied().chain(more.iter().copied().flatten()).collect()
        };
        let decode = table(&with(&[Pass::Decode, Pass::Head], &[context]));
        let verify = table(&with(&[Pass::Verify, Pass::Head], &[context, commit]));
        let draft = match context {
            Some(_) => table(&[Pass::Draft]),
            None => Some(vec![0.0; DECODE_ROWS as usize]),
        };
        match (decode, verify, draft) {
            (Some(decode), Some(verify), Some(draft)) => Self { decode, verify, draft },
            _ => Self::unknown(),
        }
    }

    /// Costs of a model of which nothing is known.
    pub fn unknown() -> Self {
        let pass = |rows: u64| 1.0 + ROW * rows as f64;
        let table = |share: f64| (1..=DECODE_ROWS).map(|rows| share * pass(rows)).collect();
        Self { decode: table(1.0), verify: table(1.0), draft: table(BLOCK) }
    }

    /// The same where guesses cost nothing.
    pub fn without_drafts(self) -> Self {
        Self { draft: vec![0.0; self.draft.len()], ..self }
    }
}
