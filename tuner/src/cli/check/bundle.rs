//! Every kernel of a bundle on tensors shaped like a model's, at the depths and row counts for
//! which the bundle answers with it.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use kiln_cache::bundle::Bundle;
use kiln_compiler::oracle::Trial;
use kiln_targets::Target;

use super::answers::{Answer, Kernel, Plan};
use super::remembered::{Memory, Remembered};
use super::rig::{Rig, Shape};
use super::row::Row;
use super::{queue, room};
use crate::check::Enlarged;
use crate::cli::Failure;
use crate::cli::args::Check;
use crate::cli::tune::default_cache;
use crate::pipeline::Only;
use crate::progress::{Line, Progress, Stage};
use crate::workers;

/// Checks a bundle, `jobs` requests at a time; rows in the order of the bundle's tables.
pub(super) fn check(
    path: &Path,
    arguments: &Check,
    jobs: usize,
    progress: &Progress,
) -> Result<Vec<Row>, Failure> {
    let only: Only = arguments.only.as_deref().unwrap_or("").parse().map_err(Failure::request)?;
    let bundle = Bundle::open(path).map_err(Failure::request)?;
    let target = Target::builtin(&bundle.manifest().target).map_err(Failure::work)?;
    let room = room()?;
    let rig = Rig::start(&target, room.path())?;
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
        let again = |mut row: Row| {
            row.remembered = Some(when.clone());
            row
        };
        return Ok(rows.into_iter().map(again).collect());
    }
    let plan = Plan::new(&bundle, &target, arguments.full, &only)?;
    if plan.answers.is_empty() {
        return Err(Failure::request("--only leaves nothing of the bundle"));
    }
    let object = |index| bundle.object(index).map(<[u8]>::to_vec);
    let objects = (0..bundle.object_count() as u32).map(object).collect::<Result<Vec<_>, _>>();
    let mut rigs = rig.team(jobs, plan.tasks.len(), &objects.map_err(Failure::work)?)?;
    let rows = run(&plan, &mut rigs, progress);
    memory.map_or(Ok(()), |memory| memory.keep(&rows))?;
    Ok(rows)
}

/// Runs every task; what disagrees is said at once.
fn run(plan: &Plan<'_>, rigs: &mut [Rig], progress: &Progress) -> Vec<Row> {
    let line = progress.stage(Stage::Check, plan.answers.len() as u64);
    let rows = Mutex::new(Vec::new());
    let memory: Vec<u64> = plan.tasks.iter().map(|task| task.bytes).collect();
    queue::run(rigs, queue::available(), &memory, |rig, number| {
        let mut trial = None;
        for &number in &plan.tasks[number].answers {
            let answer = &plan.answers[number];
            let kernel = &plan.kernels[answer.kernel];
            let trial = trial.get_or_insert_with(|| reference(kernel, answer));
            let row = compare(rig, (kernel, answer), trial);
            told(&row, &line, progress);
            rows.lock().unwrap_or_else(PoisonError::into_inner).push((number, row));
        }
    });
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by_key(|(number, _)| *number);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The operands of an answer's problem and what the reference makes of them.
fn reference(kernel: &Kernel<'_>, answer: &Answer) -> Result<Trial, String> {
    let problem =
        workers::Trial { dims: answer.dims.clone(), case: "random".to_owned(), seed: 1 }.problem();
    let made = Trial::new(kernel.recipe.as_ref(), &kernel.signature, problem);
    made.map_err(|failure| failure.to_string())
}

/// Executes an answer's kernel and compares what it wrote.
fn compare(
    rig: &mut Rig,
    (kernel, answer): (&Kernel<'_>, &Answer),
    trial: &Result<Trial, String>,
) -> Row {
    let Kernel { entry, signature, point, .. } = kernel;
    let shape = Shape {
        object: entry.object,
        kernarg: entry.kernarg.clone(),
        threads: entry.threads,
        lds_bytes: entry.lds_bytes,
    };
    let ran = if answer.enlarged { &answer.real } else { &answer.cut };
    let tried = trial.as_ref().map_err(Clone::clone).and_then(|trial| match answer.enlarged {
        true => rig.run_at(shape, point, trial, Enlarged::new(signature, answer.real.clone())),
        false => rig.run(shape, point, std::slice::from_ref(trial)),
    });
    let mut row = Row::new(point, ran.clone());
    row.request = answer.real.clone();
    row.error = tried.as_ref().ok().copied();
    row.verdicts.insert(rig.name().to_owned(), tried.err());
    row
}

/// Counts a row, and shows it at once if it disagrees.
fn told(row: &Row, line: &Line, progress: &Progress) {
    if !row.agrees() {
        progress.say(&row.line());
        line.count("disagree");
    }
    line.advance(1);
}
