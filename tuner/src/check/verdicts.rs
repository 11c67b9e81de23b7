//! Verdicts of the interpreter, remembered.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use kiln_cache::hash::{Digest, Key, KeyBuilder};
use kiln_cache::store::{Measurement, Outcome, Store};
use serde_json::Value;

use super::problems;
use crate::Result;
use crate::pipeline::Point;
use crate::progress::{Line, Progress, Stage};
use crate::workers::{Answer, Ended, Job, Pool, Trial};

/// Version of the trials and of what their verdicts mean.
const SCHEMA: u32 = 1;

/// Name of the note that holds the errors of each trial.
const ERRORS: &str = "errors";

/// A verdict: right, with the error of each trial, or how it ended instead. Absent where the run
/// ended before.
pub type Verdict = Option<std::result::Result<Vec<f64>, Outcome>>;

/// Runs candidates in the interpreter, in workers, and remembers the verdicts.
#[derive(Debug)]
pub struct Checker<'a> {
    /// The cache.
    pub store: &'a Store,
    /// Who checks.
    pub pool: &'a Pool,
    /// Set when the run is to end early.
    pub stop: &'a AtomicBool,
}

impl Checker<'_> {
    /// Tries candidates on small and adversarial problems.
    ///
    /// # Errors
    /// If the cache cannot be read or written, or no worker can be started.
    pub fn ragged(&self, points: &[&Point], progress: &Progress) -> Result<Vec<Verdict>> {
        let plans: Vec<(&Point, Vec<Trial>)> =
            points.iter().map(|point| (*point, problems::ragged(point))).collect();
        self.run(&plans, progress)
    }

    /// Measures the error of candidates, each at the fixed dims it is given with.
    ///
    /// # Errors
    /// As [`Checker::ragged`].
    pub fn accuracy(
        &self,
        cases: &[(&Point, BTreeMap<String, u64>)],
        progress: &Progress,
    ) -> Result<Vec<Verdict>> {
        let plans = cases.iter().map(|(point, fixed)| {
            let trials = vec![problems::accuracy(point, fixed)];
            (*point, trials)
        });
        let plans: Vec<(&Point, Vec<Trial>)> = plans.collect();
        self.run(&plans, progress)
    }

    fn run(&self, plans: &[(&Point, Vec<Trial>)], progress: &Progress) -> Result<Vec<Verdict>> {
        let keys: Vec<Key> = plans.iter().map(|(point, trials)| key(point, trials)).collect();
        let known = keys.iter().map(|key| self.known(key));
        let mut verdicts: Vec<Verdict> = known.collect::<Result<_>>()?;
        let missing: Vec<usize> = (0..plans.len()).filter(|at| verdicts[*at].is_none()).collect();
        if missing.is_empty() {
            return Ok(verdicts);
        }
        let job = |at: &usize| {
            let (point, trials) = &plans[*at];
            Job::Check { spec: point.spec.clone(), trials: trials.clone() }
        };
        let jobs: Vec<Job> = missing.iter().map(job).collect();
        let line = progress.stage(Stage::Check, jobs.len() as u64);
        self.pool.run(&jobs, self.stop, |number, ended| {
            let at = missing[number];
            let (verdict, keep) = verdict(ended);
            if keep {
                self.store.put(&keys[at], &record(&plans[at].0.digest, &verdict))?;
            }
            note(&line, &verdict);
            verdicts[at] = Some(verdict);
            Ok(())
        })?;
        Ok(verdicts)
    }

    fn known(&self, key: &Key) -> Result<Verdict> {
        let found: Option<Measurement> = self.store.get(key)?;
        Ok(found.map(|found| match found.outcome {
            Outcome::Measured => Ok(errors(found.notes.get(ERRORS))),
            other => Err(other),
        }))
    }
}

fn key(point: &Point, trials: &[Trial]) -> Key {
    KeyBuilder::new("check")
        .field("program", &point.digest)
        .field("executor", "interpreter")
        .content("trials", format!("{trials:?}").as_bytes())
        .field("kiln", env!("CARGO_PKG_VERSION"))
        .field("schema", SCHEMA)
        .finish()
}

fn verdict(ended: Ended) -> (std::result::Result<Vec<f64>, Outcome>, bool) {
    match ended {
        Ended::Answered(Answer::Right { errors }) => {
            (Ok(errors.into_iter().map(|error| error.unwrap_or(f64::NAN)).collect()), true)
        }
        Ended::Answered(Answer::Wrong { max_error, at }) => {
            (Err(Outcome::Wrong { max_error, at }), true)
        }
        Ended::Answered(Answer::Refused { reason }) => (Err(Outcome::Rejected { reason }), true),
        Ended::Answered(Answer::Compiled { .. } | Answer::Failed { .. }) => {
            (Err(Outcome::Rejected { reason: "an answer of the wrong kind".into() }), false)
        }
        Ended::Aborted { message, killed } => (Err(Outcome::Faulted { message }), !killed),
        Ended::TimedOut => (Err(Outcome::TimedOut), false),
    }
}

/// The verdict as the cache keeps it. Errors are kept as text: one may not be a finite number.
fn record(program: &str, verdict: &std::result::Result<Vec<f64>, Outcome>) -> Measurement {
    let mut notes = BTreeMap::new();
    if let Ok(errors) = verdict {
        let texts = errors.iter().map(|error| Value::from(error.to_string())).collect();
        notes.insert(ERRORS.to_owned(), Value::Array(texts));
    }
    Measurement {
        isa_hash: program.parse().unwrap_or_else(|_| Digest::of(program.as_bytes())),
        outcome: verdict.clone().err().unwrap_or(Outcome::Measured),
        samples_us: Vec::new(),
        canary_us: Vec::new(),
        notes,
    }
}

fn errors(note: Option<&Value>) -> Vec<f64> {
    let texts = note.and_then(Value::as_array).into_iter().flatten();
    texts.map(|text| text.as_str().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)).collect()
}

fn note(line: &Line, verdict: &std::result::Result<Vec<f64>, Outcome>) {
    line.advance(1);
    if let Err(outcome) = verdict {
        line.count(crate::pipeline::describe(outcome).0);
    }
}
