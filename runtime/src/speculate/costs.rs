//! What a cycle costs, by its rows.

use kiln_cache::operations::DECODE_ROWS;

use crate::plan::{Half, LoadedModel, Pass};

/// Where a bundle has no times: the share of a pass that each further row adds.
const ROW: f64 = 1.0 / 64.0;

/// Where a bundle has no times: a block of the drafter, as a share of a pass of the model.
const BLOCK: f64 = 0.25;

/// Where a bundle has no times: a guess of the prediction head, as a share of a pass of the model.
const STEP: f64 = 0.15;

/// Seconds, or any unit, of the passes of few rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// Of 1, 2, .. 32 rows that move the states on.
    pub decode: Vec<f64>,
    /// Of rows that are verified after others, with what moves the states on.
    pub verify: Vec<f64>,
    /// Of guessing.
    pub draft: Guessing,
}

/// What guesses cost, in the same unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Guessing {
    /// All of them at once: by the rows of the drafter's blocks.
    Blocks(Vec<f64>),
    /// One after another: by the number of texts, the first guess and each further one.
    Chains([Vec<f64>; 2]),
    /// Nothing.
    Free,
}

impl Guessing {
    /// Cost of so many guesses for each text; `None` for more rows than there are.
    pub fn of(&self, lengths: &[usize]) -> Option<f64> {
        let texts = |least: usize| lengths.iter().filter(|length| **length >= least).count();
        match self {
            Self::Free => Some(0.0),
            Self::Blocks(_) if texts(1) == 0 => Some(0.0),
            Self::Blocks(rows) => rows.get(texts(1) + lengths.iter().sum::<usize>() - 1).copied(),
            Self::Chains([first, next]) => {
                let longest = lengths.iter().copied().max().unwrap_or(0);
                let step = |at: usize| {
                    let table = if at == 1 { first } else { next };
                    table.get(texts(at) - 1).copied()
                };
                (1..=longest).map(step).sum()
            }
        }
    }
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
        let context = model.config().guesses().then_some(Pass::Context);
        let linear = model.config().linear.is_some();
        let histories = linear.then_some(Pass::Histories);
        // States move on while the next rows are verified, or else in a pass of their own.
        let follows = model.follows();
        let commit = (linear && !follows).then_some(Pass::Commit(Half::First));
        let rows = if follows { Pass::Follow(Half::First) } else { Pass::Verify };
        let with = |first: &[Pass], more: &[Option<Pass>]| -> Vec<Pass> {
            first.iter().copied().chain(more.iter().copied().flatten()).collect()
        };
        let decode = table(&with(&[Pass::Decode, Pass::Head], &[context]));
        let verify = table(&with(&[rows, Pass::Head], &[context, histories, commit]));
        let draft = match (context, model.config().predicts) {
            (None, _) => Some(Guessing::Free),
            (_, false) => table(&[Pass::Draft]).map(Guessing::Blocks),
            (_, true) => {
                let chain = [table(&[Pass::Draft]), table(&[Pass::Chain])];
                let [first, next] = chain;
                first.zip(next).map(|(first, next)| Guessing::Chains([first, next]))
            }
        };
        match (decode, verify, draft) {
            (Some(decode), Some(verify), Some(draft)) => Self { decode, verify, draft },
            _ if model.config().predicts => Self::unknown_chains(),
            _ => Self::unknown(),
        }
    }

    /// Costs of a model of which nothing is known.
    pub fn unknown() -> Self {
        let pass = |rows: u64| 1.0 + ROW * rows as f64;
        let table = |share: f64| (1..=DECODE_ROWS).map(|rows| share * pass(rows)).collect();
        Self { decode: table(1.0), verify: table(1.0), draft: Guessing::Blocks(table(BLOCK)) }
    }

    /// The same where guesses are made one after another.
    fn unknown_chains() -> Self {
        let step = vec![STEP; DECODE_ROWS as usize];
        Self { draft: Guessing::Chains([step.clone(), step]), ..Self::unknown() }
    }

    /// The same where guesses cost nothing.
    pub fn without_drafts(self) -> Self {
        Self { draft: Guessing::Free, ..self }
    }
}
