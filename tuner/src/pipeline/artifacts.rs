//! Compiled candidates: from the cache, else from a worker.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use kiln_cache::hash::{Digest, Key, KeyBuilder};
use kiln_cache::store::{Artifact, Built, Outcome, Store};
use kiln_cache::vocabulary::Statics;
use kiln_compiler::compile::compiler_identity;
use kiln_targets::Target;

use super::{Isa, Point};
use crate::progress::{Event, Line, Progress, Stage};
use crate::workers::{Answer, Ended, Job, Pool};
use crate::{Error, Result};

/// Version of what an artifact's key and notes mean.
const SCHEMA: u32 = 1;

/// Names of an artifact's notes.
const ISA: &str = "isa";
const OUTCOME: &str = "outcome";

/// Code of a candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// The relocatable object in the cache.
    pub object: Digest,
    /// What it says of itself.
    pub statics: Statics,
    /// What its machine code does.
    pub isa: Isa,
}

impl Code {
    /// Whether it needs private memory.
    pub fn spills(&self) -> bool {
        self.statics.spills > 0 || self.statics.scratch_bytes > 0
    }
}

/// A candidate compiled, or why it was not.
pub type Compiled = std::result::Result<Code, Outcome>;

/// Compiles candidates and remembers the results.
pub struct Compiler<'a> {
    /// The cache.
    pub store: &'a Store,
    /// What is compiled for.
    pub target: &'a Target,
    /// Who compiles.
    pub pool: &'a Pool,
    /// Set when the run is to end early.
    pub stop: &'a AtomicBool,
    identity: String,
}

/// What a run of the compiler yielded.
#[derive(Debug, Default)]
pub struct Compilation {
    /// By position of the point; absent where the run ended before its turn.
    pub results: Vec<Option<Compiled>>,
    /// Candidates that were compiled and not found in the cache.
    pub fresh: u64,
}

impl<'a> Compiler<'a> {
    /// A compiler that keeps its results in `store`.
    pub fn new(store: &'a Store, target: &'a Target, pool: &'a Pool, stop: &'a AtomicBool) -> Self {
        Self { store, target, pool, stop, identity: compiler_identity() }
    }

    /// The key of a program's code: the program, the compiler, and the target.
    pub fn key(&self, point: &Point) -> Key {
        KeyBuilder::new("artifact")
            .field("program", &point.digest)
            .field("compiler", &self.identity)
            .content("target", self.target.file_hash_text().as_bytes())
            .field("schema", SCHEMA)
            .finish()
    }

    /// Compiles every point that the cache does not know.
    ///
    /// # Errors
    /// If the cache cannot be read or written, or no worker can be started.
    pub fn compile(&self, points: &[&Point], progress: &Progress) -> Result<Compilation> {
        let keys: Vec<Key> = points.iter().map(|point| self.key(point)).collect();
        let known = keys.iter().map(|key| self.known(key));
        let mut run = Compilation { results: known.collect::<Result<_>>()?, fresh: 0 };
        let missing: Vec<usize> =
            (0..points.len()).filter(|at| run.results[*at].is_none()).collect();
        if missing.is_empty() {
            return Ok(run);
        }
        let cache = self.store.root().to_path_buf();
        let job =
            |at: &usize| Job::Compile { spec: points[*at].spec.clone(), cache: cache.clone() };
        let jobs: Vec<Job> = missing.iter().map(job).collect();
        let line = progress.stage(Stage::Compile, jobs.len() as u64);
        self.pool.run(&jobs, self.stop, |number, ended| {
            let at = missing[number];
            if let Ended::Answered(Answer::Failed { reason }) = ended {
                return Err(Error::invalid("a compile worker", reason));
            }
            let (artifact, keep) = artifact(ended);
            if keep {
                self.store.put(&keys[at], &artifact)?;
            }
            let compiled = self.read(&artifact);
            run.fresh += 1;
            note(&line, progress, points[at], &compiled);
            run.results[at] = Some(compiled);
            Ok(())
        })?;
        Ok(run)
    }

    /// What the cache knows of a key. An object that is damaged is noticed here, where it can
    /// still be made again.
    fn known(&self, key: &Key) -> Result<Option<Compiled>> {
        let Some(artifact) = self.store.get::<Artifact>(key)? else { return Ok(None) };
        let intact = match &artifact.built {
            Some(built) => self.store.object(&built.object)?.is_some(),
            None => true,
        };
        Ok(intact.then(|| self.read(&artifact)))
    }

    /// What an artifact says; one without facts of its machine code counts as refused.
    fn read(&self, artifact: &Artifact) -> Compiled {
        let outcome = || {
            let noted = artifact.notes.get(OUTCOME).cloned();
            let outcome = noted.and_then(|noted| serde_json::from_value(noted).ok());
            outcome.unwrap_or(Outcome::Rejected { reason: artifact.diagnostics.join("\n") })
        };
        let Some(Built { object, statics }) = artifact.built.clone() else { return Err(outcome()) };
        let isa = artifact.notes.get(ISA).and_then(|isa| Isa::read(self.target.backend, isa));
        isa.map(|isa| Code { object, statics, isa }).ok_or_else(outcome)
    }

    /// The relocatable object of compiled code.
    ///
    /// # Errors
    /// If the cache lost it.
    pub fn object(&self, code: &Code) -> Result<Vec<u8>> {
        let lost = || Error::invalid("cache", "an object vanished while it was used; run again");
        self.store.object(&code.object)?.ok_or_else(lost)
    }
}

/// The artifact of an ended job, and whether it would be the same the next time.
fn artifact(ended: Ended) -> (Artifact, bool) {
    let failed = |outcome: Outcome, keep| {
        let text = match &outcome {
            Outcome::Rejected { reason } => reason.clone(),
            Outcome::CompilerAborted { message } => message.clone(),
            _ => "the compiler did not end in time".to_owned(),
        };
        let noted = serde_json::to_value(&outcome).unwrap_or_default();
        let notes = BTreeMap::from([(OUTCOME.to_owned(), noted)]);
        (Artifact { built: None, diagnostics: vec![text], notes }, keep)
    };
    match ended {
        Ended::Answered(Answer::Compiled { object, statics, isa }) => {
            let built = Some(Built { object, statics });
            let notes = BTreeMap::from([(ISA.to_owned(), isa)]);
            (Artifact { built, diagnostics: Vec::new(), notes }, true)
        }
        Ended::Answered(Answer::Refused { reason }) => failed(Outcome::Rejected { reason }, true),
        Ended::Answered(_) => {
            failed(Outcome::Rejected { reason: "an answer of the wrong kind".into() }, false)
        }
        Ended::Aborted { message, killed } => failed(Outcome::CompilerAborted { message }, !killed),
        Ended::TimedOut => failed(Outcome::TimedOut, false),
    }
}

/// The reason under which an outcome is counted, and whether it is worth a line of its own.
pub fn describe(outcome: &Outcome) -> (&'static str, String) {
    match outcome {
        Outcome::Measured => ("measured", String::new()),
        Outcome::Wrong { at, .. } => ("wrong", at.clone()),
        Outcome::Spilled => ("spilled", String::new()),
        Outcome::Rejected { reason } => ("refused by the compiler", reason.clone()),
        Outcome::CompilerAborted { message } => ("aborted the compiler", message.clone()),
        Outcome::TimedOut => ("timed out", String::new()),
        Outcome::Faulted { message } => ("faulted", message.clone()),
        Outcome::Suspect => ("suspect", String::new()),
    }
}

fn note(line: &Line, progress: &Progress, point: &Point, compiled: &Compiled) {
    line.advance(1);
    let outcome = match compiled {
        Ok(code) if code.spills() => Outcome::Spilled,
        Ok(_) => return,
        Err(outcome) => outcome.clone(),
    };
    let (what, why) = describe(&outcome);
    line.count(what);
    progress.event(&Event::Rejected {
        recipe: point.spec.recipe.clone(),
        params: point.spec.point(),
        stage: Stage::Compile,
        reason: format!("{what} {why}").trim().to_owned(),
    });
}
