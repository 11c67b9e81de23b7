//! The worker's side.

use std::io::{self, BufReader};
use std::process;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use kiln_cache::device::{FrameError, read_frame, write_frame};
use kiln_cache::hash::Digest;
use kiln_cache::store::Store;
use kiln_cache::vocabulary::Statics;
use kiln_compiler::compile::{CompileError, Compiled, compile};
use kiln_compiler::object::ObjectError;
use kiln_compiler::object::isa::{HostFacts, IsaFacts};
use kiln_compiler::oracle::{self, Failure, Interpreter, Mismatch, Problem};
use kiln_targets::Backend;

use super::protocol::{Answer, Job, Trial};
use crate::pipeline::{Built, Spec};

/// Names a candidate at which a worker aborts (`abort:TEXT`) or never returns (`hang:TEXT`): how
/// tests make a compiler misbehave. TEXT is a part of the candidate's description.
const INJECT: &str = "KILN_TUNE_INJECT";

/// Takes jobs from the standard input until it ends.
///
/// # Errors
/// If the output breaks.
pub fn serve() -> Result<(), FrameError> {
    let jobs = requests();
    while let Ok(job) = jobs.recv() {
        misbehave(job.spec());
        write_frame(&mut io::stdout().lock(), &answer(&job))?;
    }
    Ok(())
}

/// Reads jobs on a thread of its own, which ends the process with the input: a job that never
/// returns must not keep the process alive when the tuner is gone.
fn requests() -> mpsc::Receiver<Job> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut input = BufReader::new(io::stdin());
        while let Ok(Some(job)) = read_frame(&mut input) {
            if sender.send(job).is_err() {
                break;
            }
        }
        process::exit(0);
    });
    receiver
}

fn misbehave(spec: &Spec) {
    let Ok(wish) = std::env::var(INJECT) else { return };
    let Some((kind, text)) = wish.split_once(':') else { return };
    if !spec.to_string().contains(text) {
        return;
    }
    match kind {
        "abort" => process::abort(),
        "hang" => loop {
            thread::sleep(Duration::from_secs(3600));
        },
        _ => {}
    }
}

fn answer(job: &Job) -> Answer {
    let built = match job.spec().build() {
        Ok(built) => built,
        Err(reason) => return Answer::Refused { reason },
    };
    match job {
        Job::Compile { cache, .. } => match compile(&built.program, &built.target, &[]) {
            Ok(compiled) => {
                let store = Store::open(cache).map_err(|error| error.to_string());
                let kept = store.and_then(|store| keep(&built, &compiled, &store));
                kept.unwrap_or_else(|reason| Answer::Failed { reason })
            }
            Err(why) if is_of_the_machine(&why) => Answer::Failed { reason: why.to_string() },
            Err(why) => Answer::Refused { reason: why.to_string() },
        },
        Job::Check { trials, .. } => check(&built, trials),
    }
}

/// Whether a tool failed for another reason than what it was given.
fn is_of_the_machine(why: &CompileError) -> bool {
    match why {
        CompileError::Object(ObjectError::MissingTool { .. }) => true,
        CompileError::Object(ObjectError::Tool { message, .. }) => {
            !message.contains("undefined symbol")
        }
        _ => false,
    }
}

fn keep(built: &Built, compiled: &Compiled, store: &Store) -> Result<Answer, String> {
    let text = |error: kiln_cache::Error| error.to_string();
    let object = store.put_object(&compiled.relocatable).map_err(text)?;
    let of = &compiled.statics;
    let statics = Statics {
        vgprs: of.vgprs,
        sgprs: of.sgprs,
        lds_bytes: of.lds_bytes,
        spills: of.spills,
        scratch_bytes: of.scratch_bytes,
        code_bytes: of.code_bytes,
        isa_hash: of.isa_hash.parse::<Digest>().map_err(text)?,
    };
    let (assembly, symbol) = (&compiled.assembly, &built.program.name);
    let isa = match built.target.backend {
        Backend::AmdGpu => IsaFacts::of(assembly, symbol).map(serde_json::to_value),
        Backend::Host => HostFacts::of(assembly, symbol).map(serde_json::to_value),
    };
    let Some(Ok(isa)) = isa else {
        return Ok(Answer::Refused { reason: "the assembly text lacks the kernel".to_owned() });
    };
    Ok(Answer::Compiled { object, statics, isa })
}

fn check(built: &Built, trials: &[Trial]) -> Answer {
    let mut errors = Vec::new();
    for trial in trials {
        match run(built, trial) {
            Ok(error) => errors.push(Some(error).filter(|error| error.is_finite())),
            Err(failure) => return wrong(&failure),
        }
    }
    Answer::Right { errors }
}

/// Runs one trial; the worst output's error against unquantised activations.
fn run(built: &Built, trial: &Trial) -> Result<f64, Failure> {
    let trial = oracle::Trial::new(built.recipe.as_ref(), &built.signature, trial.problem())?;
    let report = trial.check(&built.program, &mut Interpreter, 0.0)?;
    Ok(report.outputs.iter().map(|output| output.accuracy).fold(0.0, f64::max))
}

fn wrong(failure: &Failure) -> Answer {
    let max_error = match failure {
        Failure::Mismatch { mismatch, .. } => match mismatch.as_ref() {
            Mismatch::Wrong { expected, got, .. } => Some((expected - got).abs()),
            _ => None,
        },
        _ => None,
    };
    Answer::Wrong {
        max_error: max_error.filter(|error| error.is_finite()),
        at: failure.to_string(),
    }
}

impl Trial {
    /// The oracle's problem; an unknown kind of inputs counts as random.
    pub fn problem(&self) -> Problem {
        let named = oracle::Case::ALL.into_iter().find(|case| case.name() == self.case);
        let case = named.unwrap_or(oracle::Case::Random);
        Problem { dims: self.dims.clone(), case, seed: self.seed }
    }
}
