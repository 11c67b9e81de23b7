//! The default candidate of each example of each recipe: program, code, and the code executed, on
//! this machine's device or on the simulator.

use std::sync::atomic::AtomicBool;

use kiln_cache::store::{Outcome, Store};
use kiln_cache::vocabulary::Dims;
use kiln_compiler::oracle;
use kiln_recipes::catalogue::{examples, recipes};
use kiln_targets::Target;

use super::rig::{Rig, Shape};
use super::room;
use super::row::Row;
use crate::check::{Checker, Verdict, ragged};
use crate::cli::Failure;
use crate::cli::dump::unknown;
use crate::deadline::Deadline;
use crate::pipeline::{Code, Compiler, Options, Point, describe, kernarg, threads};
use crate::progress::Progress;
use crate::workers::Pool;

/// What compiling gave; absent where it was not tried.
type Compiled = Option<Result<Code, Outcome>>;

/// Checks one recipe or all of them, compiling with `jobs` processes.
pub(super) fn check(only: Option<&str>, target: &str, jobs: usize) -> Result<Vec<Row>, Failure> {
    let target = Target::builtin(target).map_err(Failure::request)?;
    let points = defaults(only, &target)?;
    let room = room()?;
    let store = Store::open(room.path().join("cache")).map_err(Failure::work)?;
    let pool = Pool::new(jobs, Options::JOB_LIMIT, Deadline::default())?;
    let (stop, progress) = (AtomicBool::new(false), Progress::silent());
    let listed: Vec<&Point> = points.iter().collect();
    let compiler = Compiler::new(&store, &target, &pool, &stop);
    let compiled = compiler.compile(&listed, &progress)?;
    let checker = Checker { store: &store, pool: &pool, stop: &stop };
    let verdicts = checker.ragged(&listed, &progress)?;
    let mut rig = Rig::start(&target, room.path())?;
    let rows = points.iter().zip(compiled.results).zip(verdicts);
    let row = |((point, code), verdict)| row(point, (code, verdict), &compiler, &target, &mut rig);
    rows.map(row).collect()
}

fn row(
    point: &Point,
    (code, verdict): (Compiled, Verdict),
    compiler: &Compiler<'_>,
    target: &Target,
    rig: &mut Rig,
) -> Result<Row, Failure> {
    let told = |outcome: &Outcome| {
        let (what, why) = describe(outcome);
        format!("{what} {why}").trim().to_owned()
    };
    let untried = || Some("not tried".to_owned());
    let mut row = Row::new(point, Dims::new());
    let program = verdict.as_ref().map(|verdict| verdict.as_ref().err().map(told));
    row.verdicts.insert("program".to_owned(), program.unwrap_or_else(untried));
    let translated = match &code {
        Some(code) => code.as_ref().err().map(told),
        None => untried(),
    };
    row.verdicts.insert("code".to_owned(), translated);
    if let Some(Ok(code)) = code {
        let object = compiler.object(&code)?;
        let linked = kiln_compiler::object::link(&[&object], target);
        rig.load(&[linked.map_err(Failure::work)?])?;
        let shape = Shape {
            object: 0,
            kernarg: kernarg(point)?,
            threads: threads(&point.program, target),
            lds_bytes: code.statics.lds_bytes,
        };
        let why = trials(point).and_then(|trials| rig.run(shape, point, &trials)).err();
        rig.unload(1)?;
        row.verdicts.insert(rig.name().to_owned(), why);
    }
    Ok(row)
}

/// Small and adversarial problems with what the reference makes of them.
fn trials(point: &Point) -> Result<Vec<oracle::Trial>, String> {
    let built = point.spec.build()?;
    let made = ragged(point).into_iter().map(|trial| {
        let made = oracle::Trial::new(built.recipe.as_ref(), &built.signature, trial.problem());
        made.map_err(|failure| failure.to_string())
    });
    made.collect()
}

/// The default candidate of every example that the target admits.
fn defaults(only: Option<&str>, target: &Target) -> Result<Vec<Point>, Failure> {
    let mut points = Vec::new();
    let mut known = false;
    for (operation, attributes) in examples() {
        for recipe in recipes(operation, &attributes).map_err(Failure::work)? {
            if only.is_some_and(|only| only != recipe.name()) {
                continue;
            }
            known = true;
            let candidate = recipe.default_candidate(target);
            if candidate.admits(target).is_ok() {
                let made =
                    Point::new(operation, &attributes, recipe.as_ref(), candidate.as_ref(), target);
                points.push(made.map_err(Failure::work)?);
            }
        }
    }
    match known {
        true => Ok(points),
        false => Err(unknown(only.unwrap_or(""))),
    }
}
