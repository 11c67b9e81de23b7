//! `kiln check`: recipes and bundles against their references.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use kiln_cache::bundle::Bundle;
use kiln_cache::device::Request;
use kiln_cache::store::Store;
use kiln_cache::vocabulary::{Dims, KernelEntry, Operation};
use kiln_compiler::oracle;
use kiln_recipes::catalogue::{examples, recipes};
use kiln_targets::{Backend, Target};
use serde::Serialize;

use super::args::Check;
use super::dump::unknown;
use super::{Ended, Failure};
use crate::check::{Checker, DeviceExecutor, ragged};
use crate::pipeline::{Compiler, Options, Point, describe, kernarg, threads};
use crate::progress::{Progress, aligned};
use crate::workers::{Device, Pool, Trial};

/// Most rows and columns of a bundle's check; the depth of the sum is the model's own.
const ROWS: u64 = 33;
const COLUMNS: u64 = 256;

/// One line of the result.
#[derive(Clone, Debug, Serialize)]
struct Row {
    /// The operation.
    operation: String,
    /// The recipe.
    recipe: String,
    /// Its parameters.
    params: String,
    /// Dims of the problem; empty where there were several.
    dims: Dims,
    /// What disagrees, by what was tried; absent where it agrees.
    verdicts: BTreeMap<&'static str, Option<String>>,
    /// Relative RMS error against unquantised activations.
    error: Option<f64>,
}

/// Checks and prints a line for each kernel.
pub(super) fn run(arguments: &Check) -> Result<Ended, Failure> {
    let rows = match (&arguments.bundle, &arguments.target) {
        (Some(bundle), _) => of_bundle(bundle)?,
        (None, Some(target)) => of_recipes(arguments.recipe.as_deref(), target)?,
        (None, None) => return Err(Failure::request("name a target, or --bundle FILE")),
    };
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n",
        false => table(&rows),
    };
    Progress::silent().result(&text).map_err(Failure::work)?;
    let right = rows.iter().all(|row| row.verdicts.values().all(Option::is_none));
    Ok(if right { Ended::Well } else { Ended::Failed })
}

fn table(rows: &[Row]) -> String {
    let head = ["operation", "recipe", "parameters", "dims", "error", "verdict"];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    for row in rows {
        let verdict = |(what, why): (&&str, &Option<String>)| match why {
            None => format!("{what} agrees"),
            Some(why) => format!("{what}: {}", why.replace('\n', " ")),
        };
        let pair = |(name, size): (&String, &u64)| format!("{name}={size}");
        cells.push(vec![
            row.operation.clone(),
            row.recipe.clone(),
            row.params.clone(),
            row.dims.iter().map(pair).collect::<Vec<_>>().join(" "),
            row.error.map_or("-".to_owned(), |error| format!("{error:.1e}")),
            row.verdicts.iter().map(verdict).collect::<Vec<_>>().join(", "),
        ]);
    }
    aligned(&cells)
}

/// The default candidate of each example of each recipe: program, code, and on a host the code
/// on the device.
fn of_recipes(only: Option<&str>, target: &str) -> Result<Vec<Row>, Failure> {
    let target = Target::builtin(target).map_err(Failure::request)?;
    let points = defaults(only, &target)?;
    let room = room()?;
    let store = Store::open(room.path().join("cache")).map_err(Failure::work)?;
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = Pool::new(jobs, Options::JOB_LIMIT, None)?;
    let (stop, progress) = (AtomicBool::new(false), Progress::silent());
    let listed: Vec<&Point> = points.iter().collect();
    let compiler = Compiler::new(&store, &target, &pool, &stop);
    let compiled = compiler.compile(&listed, &progress)?;
    let checker = Checker { store: &store, pool: &pool, stop: &stop };
    let verdicts = checker.ragged(&listed, &progress)?;
    let mut device = match target.backend {
        Backend::Host => Some(Device::start()?),
        Backend::AmdGpu => None,
    };
    let mut rows = Vec::new();
    for ((point, code), verdict) in points.iter().zip(compiled.results).zip(verdicts) {
        let told = |outcome: &kiln_cache::store::Outcome| {
            let (what, why) = describe(outcome);
            format!("{what} {why}").trim().to_owned()
        };
        let mut row = row(point, Dims::new());
        let program = verdict.as_ref().map(|verdict| verdict.as_ref().err().map(told));
        row.verdicts.insert("program", program.unwrap_or(Some("not tried".to_owned())));
        match code {
            Some(Ok(code)) => {
                row.verdicts.insert("code", None);
                if let Some(device) = &mut device {
                    let object = compiler.object(&code)?;
                    let linked = kiln_compiler::object::link(&[&object], &target);
                    let path = room.path().join("one.so");
                    std::fs::write(&path, linked.map_err(Failure::work)?).map_err(Failure::work)?;
                    device.ask(&Request::LoadObject { id: 0, path }).map_err(Failure::work)?;
                    let kernel =
                        (kernarg(point), threads(&point.program, &target), code.statics.lds_bytes);
                    let why = execute(device, room.path(), point, kernel, &ragged(point));
                    device.ask(&Request::UnloadObject { id: 0 }).map_err(Failure::work)?;
                    row.verdicts.insert("device", why.err());
                }
            }
            Some(Err(outcome)) => drop(row.verdicts.insert("code", Some(told(&outcome)))),
            None => drop(row.verdicts.insert("code", Some("not tried".to_owned()))),
        }
        rows.push(row);
    }
    Ok(rows)
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

/// Every kernel of a host bundle on tensors shaped like a model's, at the depths and row counts
/// for which the bundle answers with it.
fn of_bundle(path: &Path) -> Result<Vec<Row>, Failure> {
    let bundle = Bundle::open(path).map_err(Failure::work)?;
    let target = Target::builtin(&bundle.manifest().target).map_err(Failure::work)?;
    if target.backend != Backend::Host {
        let why = format!(
            "{} was tuned for {}, which is not executed here; check it with --target",
            path.display(),
            target.name
        );
        return Err(Failure::request(why));
    }
    let room = room()?;
    let mut device = Device::start()?;
    for index in 0..bundle.object_count() as u32 {
        let place = room.path().join(format!("{index}.so"));
        let object = bundle.object(index).map_err(Failure::work)?;
        std::fs::write(&place, object).map_err(Failure::work)?;
        let load = Request::LoadObject { id: index, path: place };
        device.ask(&load).map_err(Failure::work)?;
    }
    let mut rows = Vec::new();
    for (operation, kernel, m) in answers(&bundle) {
        rows.push(check_answer(&mut device, room.path(), &target, (operation, kernel, m))?);
    }
    Ok(rows)
}

/// Each different (kernel, fixed dims but n, m) that the bundle answers with.
fn answers(bundle: &Bundle) -> Vec<(&Operation, &KernelEntry, u64)> {
    let mut seen = std::collections::BTreeSet::new();
    let mut all = Vec::new();
    for table in bundle.tables() {
        for rule in table.rules() {
            let Some(kernel) = bundle.kernel(&rule.kernel) else { continue };
            let m = rule.dims.get("m").copied().unwrap_or(1).min(ROWS);
            let depth = table.operation().dims.get("k").copied();
            if seen.insert((&kernel.name, depth, m)) {
                all.push((table.operation(), kernel, m));
            }
        }
    }
    all
}

fn check_answer(
    device: &mut Device,
    room: &Path,
    target: &Target,
    (operation, kernel, m): (&Operation, &KernelEntry, u64),
) -> Result<Row, Failure> {
    let recipe = crate::pipeline::find(&operation.name, &operation.attributes, &kernel.recipe);
    let recipe = recipe.map_err(Failure::work)?;
    let candidate = recipe.candidate(&kernel.params).map_err(Failure::work)?;
    let made = Point::new(
        &operation.name,
        &operation.attributes,
        recipe.as_ref(),
        candidate.as_ref(),
        target,
    );
    let point = made.map_err(Failure::work)?;
    let mut dims = operation.dims.clone();
    dims.insert("m".to_owned(), m);
    if let Some(n) = dims.get_mut("n") {
        *n = (*n).min(COLUMNS);
    }
    let trial = Trial { dims: dims.clone(), case: "random".to_owned(), seed: 1 };
    let mut row = row(&point, dims);
    let of = (kernel.kernarg.clone(), kernel.threads, kernel.lds_bytes);
    // The kernel's own name: a bundle of another version may number candidates differently.
    let named = Point { program: named(&point, &kernel.symbol), ..point };
    match execute_from(device, room, &named, of, &[trial], kernel.object) {
        Ok(error) => {
            row.error = Some(error);
            row.verdicts.insert("device", None);
        }
        Err(why) => drop(row.verdicts.insert("device", Some(why))),
    }
    Ok(row)
}

fn named(point: &Point, symbol: &str) -> kiln_compiler::tile::Program {
    let mut program = point.program.clone();
    symbol.clone_into(&mut program.name);
    program
}

type Kernel = (kiln_cache::vocabulary::Kernarg, u32, u32);

fn execute(
    device: &mut Device,
    room: &Path,
    point: &Point,
    kernel: Kernel,
    trials: &[Trial],
) -> Result<f64, String> {
    execute_from(device, room, point, kernel, trials, 0)
}

/// Runs trials on the device; the worst error, or what disagrees.
fn execute_from(
    device: &mut Device,
    room: &Path,
    point: &Point,
    kernel: Kernel,
    trials: &[Trial],
    object: u32,
) -> Result<f64, String> {
    let built = point.spec.build()?;
    let mut executor = DeviceExecutor::new(device, room, object, kernel);
    let mut worst = 0.0;
    for trial in trials {
        let tried = oracle::Trial::new(built.recipe.as_ref(), &built.signature, trial.problem());
        let report = tried.and_then(|tried| tried.check(&point.program, &mut executor, 0.0));
        let report = report.map_err(|failure| failure.to_string())?;
        worst = report.outputs.iter().map(|output| output.accuracy).fold(worst, f64::max);
    }
    Ok(worst)
}

fn row(point: &Point, dims: Dims) -> Row {
    let (name, attributes) = (point.spec.operation.clone(), point.spec.attributes.clone());
    Row {
        operation: Operation { name, attributes, ..Operation::default() }.to_string(),
        recipe: point.spec.recipe.clone(),
        params: point.spec.point(),
        dims,
        verdicts: BTreeMap::new(),
        error: None,
    }
}

fn room() -> Result<tempfile::TempDir, Failure> {
    let made: io::Result<_> = tempfile::Builder::new().prefix("kiln-check-").tempdir();
    made.map_err(|error| Failure::work(format!("cannot create a temporary directory: {error}")))
}
