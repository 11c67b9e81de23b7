//! `kiln check`: recipes and bundles against their references.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use kiln_cache::bundle::Bundle;
use kiln_cache::store::Store;
use kiln_cache::vocabulary::{Dims, KernelEntry, Operation};
use kiln_compiler::oracle::{self, Executor};
use kiln_recipes::catalogue::{examples, recipes};
use kiln_targets::Target;
use serde::{Deserialize, Serialize};

use super::args::Check;
use super::dump::unknown;
use super::remembered::{Memory, Remembered};
use super::rig::{Rig, SIMULATED, Shape};
use super::tune::default_cache;
use super::{Ended, Failure};
use crate::check::{Checker, Enlarged, ragged};
use crate::deadline::Deadline;
use crate::pipeline::{Compiler, Only, Options, Point, describe, kernarg, threads};
use crate::progress::{Progress, Stage, aligned};
use crate::workers::{Pool, Trial};

/// Most rows of a bundle's quick check, and of the reference of a full one where rows repeat.
const ROWS: u64 = 33;

/// Most columns of the same for linear layers; the depth of the sum is always the model's own.
const COLUMNS: u64 = 256;

/// Most rows of the same for a table from which rows are taken by number.
const TABLE: u64 = 4096;

/// Most rows of a full check of operations whose rows belong together, as those of a text do; the
/// rest of their sizes are the model's own.
const TOGETHER: u64 = 512;

/// One line of the result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    /// The operation.
    operation: String,
    /// The recipe.
    recipe: String,
    /// Its parameters.
    params: String,
    /// Dims of the problem that ran; empty where there were several.
    dims: Dims,
    /// Dims of the request that the bundle answers; the problem's where nothing was cut.
    #[serde(default, skip_serializing_if = "Dims::is_empty")]
    request: Dims,
    /// What disagrees, by what was tried; absent where it agrees.
    verdicts: BTreeMap<String, Option<String>>,
    /// Relative RMS error against unquantised activations.
    error: Option<f64>,
    /// When it was found, where it was not found just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remembered: Option<String>,
}

impl Row {
    /// Whether nothing disagrees.
    pub(super) fn agrees(&self) -> bool {
        self.verdicts.values().all(Option::is_none)
    }
}

/// Checks and prints a line for each kernel.
pub(super) fn run(arguments: &Check) -> Result<Ended, Failure> {
    let progress = if arguments.json { Progress::silent() } else { Progress::new(None)? };
    let rows = match (&arguments.bundle, &arguments.target) {
        (Some(bundle), _) => of_bundle(bundle, arguments, &progress)?,
        (None, Some(target)) => of_recipes(arguments.recipe.as_deref(), target)?,
        (None, None) => return Err(Failure::request("name a target, or --bundle FILE")),
    };
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n",
        false => table(&rows) + &summary(&rows, arguments),
    };
    progress.result(&text).map_err(Failure::work)?;
    let right = rows.iter().all(Row::agrees);
    Ok(if right { Ended::Well } else { Ended::Failed })
}

/// How many agree, and what the check did not look at.
fn summary(rows: &[Row], arguments: &Check) -> String {
    let (right, all) = (rows.iter().filter(|row| row.agrees()).count(), rows.len());
    let cut = rows.iter().filter(|row| !row.request.is_empty() && row.dims != row.request).count();
    let simulated = rows.iter().any(|row| row.verdicts.contains_key(SIMULATED));
    let note = match (arguments.bundle.is_some(), arguments.full) {
        (true, true) if simulated => format!(
            "; real sizes; {ROWS} rows of tokens and {COLUMNS} of weights repeat, and the \
             workgroups of three repetitions were executed, the first and the last among them; rows \
             that belong together were executed whole, {TOGETHER} of them at most"
        ),
        (true, true) => format!(
            "; real sizes; {ROWS} rows of tokens and {COLUMNS} of weights repeat, and each element \
             was compared in one of its places; of rows that belong together {TOGETHER} at most"
        ),
        (true, false) if cut > 0 => format!(
            "; {cut} with n cut to {COLUMNS} or m to {ROWS}, the depth k is real; --full runs real \
             sizes"
        ),
        _ => String::new(),
    };
    let when = rows.iter().find_map(|row| row.remembered.as_ref()).map(|when| {
        format!(
            "remembered: nothing was executed now; this is what was found on {when} with the same \
             bundle and the same programs. Without --remembered it is checked again\n"
        )
    });
    format!("\n{right} of {all} agree with their reference{note}\n{}", when.unwrap_or_default())
}

fn table(rows: &[Row]) -> String {
    let head = ["operation", "recipe", "parameters", "dims", "error", "verdict"];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    for row in rows {
        let verdict = |(what, why): (&String, &Option<String>)| match why {
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

/// The default candidate of each example of each recipe: program, code, and the code executed, on
/// this machine's device or on the simulator.
fn of_recipes(only: Option<&str>, target: &str) -> Result<Vec<Row>, Failure> {
    let target = Target::builtin(target).map_err(Failure::request)?;
    let points = defaults(only, &target)?;
    let room = room()?;
    let store = Store::open(room.path().join("cache")).map_err(Failure::work)?;
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = Pool::new(jobs, Options::JOB_LIMIT, Deadline::default())?;
    let (stop, progress) = (AtomicBool::new(false), Progress::silent());
    let listed: Vec<&Point> = points.iter().collect();
    let compiler = Compiler::new(&store, &target, &pool, &stop);
    let compiled = compiler.compile(&listed, &progress)?;
    let checker = Checker { store: &store, pool: &pool, stop: &stop };
    let verdicts = checker.ragged(&listed, &progress)?;
    let mut rig = Rig::start(&target, room.path())?;
    let mut rows = Vec::new();
    for ((point, code), verdict) in points.iter().zip(compiled.results).zip(verdicts) {
        let told = |outcome: &kiln_cache::store::Outcome| {
            let (what, why) = describe(outcome);
            format!("{what} {why}").trim().to_owned()
        };
        let mut row = row(point, Dims::new());
        let program = verdict.as_ref().map(|verdict| verdict.as_ref().err().map(told));
        row.verdicts.insert("program".to_owned(), program.unwrap_or(Some("not tried".to_owned())));
        match code {
            Some(Ok(code)) => {
                row.verdicts.insert("code".to_owned(), None);
                let object = compiler.object(&code)?;
                let linked = kiln_compiler::object::link(&[&object], &target);
                rig.load(&[linked.map_err(Failure::work)?])?;
                let shape = Shape {
                    object: 0,
                    kernarg: kernarg(point)?,
                    threads: threads(&point.program, &target),
                    lds_bytes: code.statics.lds_bytes,
                };
                let why = rig.run(shape, point, &ragged(point));
                rig.unload(1)?;
                row.verdicts.insert(rig.name().to_owned(), why.err());
            }
            Some(Err(outcome)) => {
                drop(row.verdicts.insert("code".to_owned(), Some(told(&outcome))))
            }
            None => drop(row.verdicts.insert("code".to_owned(), Some("not tried".to_owned()))),
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

/// Every kernel of a bundle on tensors shaped like a model's, at the depths and row counts for
/// which the bundle answers with it.
fn of_bundle(path: &Path, arguments: &Check, progress: &Progress) -> Result<Vec<Row>, Failure> {
    let only: Only = arguments.only.as_deref().unwrap_or("").parse().map_err(Failure::request)?;
    let bundle = Bundle::open(path).map_err(Failure::request)?;
    let target = Target::builtin(&bundle.manifest().target).map_err(Failure::work)?;
    let room = room()?;
    let mut rig = Rig::start(&target, room.path())?;
    let memory = match arguments.remembered {
        true => {
            let cache = arguments.cache.clone().map_or_else(default_cache, Ok)?;
            Some(Memory::of(path, &rig, arguments.full, &cache)?)
        }
        false => None,
    };
    if let Some(memory) = &memory
        && let Some(Remembered { rows, when }) = memory.recall()?
    {
        let row = |row| Row { remembered: Some(when.clone()), ..row };
        return Ok(rows.into_iter().map(row).collect());
    }
    let object = |index| bundle.object(index).map(<[u8]>::to_vec);
    let objects = (0..bundle.object_count() as u32).map(object);
    rig.load(&objects.collect::<Result<Vec<_>, _>>().map_err(Failure::work)?)?;
    let answers = answers(&bundle, arguments.full, &only);
    if answers.is_empty() {
        return Err(Failure::request("--only leaves nothing of the bundle"));
    }
    let line = progress.stage(Stage::Check, answers.len() as u64);
    let check = |answer| {
        let row = check_answer(&mut rig, &target, answer);
        line.advance(1);
        row
    };
    let rows = answers.iter().map(check).collect::<Result<Vec<_>, _>>()?;
    memory.map_or(Ok(()), |memory| memory.keep(&rows))?;
    Ok(rows)
}

/// A kernel at one size at which a bundle answers with it.
struct Reply<'b> {
    operation: &'b Operation,
    kernel: &'b KernelEntry,
    /// The dims of the request.
    real: Dims,
    /// The dims of the reference: the same, or cut.
    cut: Dims,
    /// Whether the kernel runs at the real dims, on repetitions of what the reference has.
    enlarged: bool,
}

/// What of an operation's dims is cut, to what; and whether rows do not know each other, so that
/// more of them may be repetitions.
fn cuts(operation: &str) -> (&'static [(&'static str, u64)], bool) {
    match operation {
        "linear" | "linear_q4" => (&[("m", ROWS), ("n", COLUMNS)], true),
        "embedding" => (&[("m", ROWS), ("v", TABLE)], true),
        "act_quant" | "rms_norm" | "add_norm" | "add_norm_quant" => (&[("m", ROWS)], true),
        _ => (&[("m", ROWS)], false),
    }
}

/// Each different (kernel, dims) that the bundle answers with; where sizes are cut, requests that
/// differ in what is cut are one.
fn answers<'b>(bundle: &'b Bundle, full: bool, only: &Only) -> Vec<Reply<'b>> {
    let mut seen = std::collections::BTreeSet::new();
    let mut all = Vec::new();
    for table in bundle.tables() {
        for rule in table.rules() {
            let Some(kernel) = bundle.kernel(&rule.kernel) else { continue };
            let operation = table.operation();
            let mut real = operation.dims.clone();
            let rows = rule.dims.get("m").copied().unwrap_or(1);
            if !only.wants(operation, rows) || !only.wants_recipe(&kernel.recipe) {
                continue;
            }
            real.insert("m".to_owned(), rows);
            let (cuts, repeats) = cuts(&operation.name);
            let cuts = if full && !repeats { &[("m", TOGETHER)] } else { cuts };
            let mut cut = real.clone();
            for (dim, most) in cuts {
                cut.entry((*dim).to_owned()).and_modify(|size| *size = (*size).min(*most));
            }
            let enlarged = full && repeats;
            let size = if enlarged { &real } else { &cut };
            if seen.insert((&kernel.name, size.clone())) {
                all.push(Reply { operation, kernel, real, cut, enlarged });
            }
        }
    }
    all
}

fn check_answer(rig: &mut Rig, target: &Target, reply: &Reply<'_>) -> Result<Row, Failure> {
    let (operation, kernel) = (reply.operation, reply.kernel);
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
    let ran = if reply.enlarged { &reply.real } else { &reply.cut };
    let mut row = Row { request: reply.real.clone(), ..row(&point, ran.clone()) };
    // The kernel's own name: a bundle of another version may number candidates differently.
    let point = Point { program: named(&point, &kernel.symbol), ..point };
    let shape = Shape {
        object: kernel.object,
        kernarg: kernel.kernarg.clone(),
        threads: kernel.threads,
        lds_bytes: kernel.lds_bytes,
    };
    let mut dims = reply.cut.clone();
    // Segments, slots, pages, parts: a request does not say how many, and two of each are enough to
    // be confused.
    for (dim, multiple) in point.program.dims.iter().zip(&point.program.multiples) {
        dims.entry(dim.clone()).or_insert(2 * u64::from(*multiple));
    }
    let trial = Trial { dims, case: "random".to_owned(), seed: 1 };
    let tried = match reply.enlarged {
        true => {
            let enlarged = Enlarged::new(&candidate.signature(target), reply.real.clone());
            rig.run_at(shape, &point, &trial, enlarged)
        }
        false => rig.run(shape, &point, &[trial]),
    };
    row.error = tried.as_ref().ok().copied();
    row.verdicts.insert(rig.name().to_owned(), tried.err());
    Ok(row)
}

fn named(point: &Point, symbol: &str) -> kiln_compiler::tile::Program {
    let mut program = point.program.clone();
    symbol.clone_into(&mut program.name);
    program
}

/// Runs trials; the worst error, or what disagrees.
pub(super) fn execute(
    executor: &mut dyn Executor,
    point: &Point,
    trials: &[Trial],
) -> Result<f64, String> {
    let built = point.spec.build()?;
    let mut worst = 0.0;
    for trial in trials {
        let tried = oracle::Trial::new(built.recipe.as_ref(), &built.signature, trial.problem());
        let report = tried.and_then(|tried| tried.check(&point.program, executor, 0.0));
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
        request: Dims::new(),
        verdicts: BTreeMap::new(),
        error: None,
        remembered: None,
    }
}

fn room() -> Result<tempfile::TempDir, Failure> {
    let made: io::Result<_> = tempfile::Builder::new().prefix("kiln-check-").tempdir();
    made.map_err(|error| Failure::work(format!("cannot create a temporary directory: {error}")))
}
