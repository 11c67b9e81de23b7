//! `kiln check`: recipes and bundles against their references.

mod answers;
mod bundle;
mod queue;
mod recipes;
mod remembered;
mod rig;
mod row;

use std::io;

use kiln_compiler::oracle::{Executor, Failure as Disagreement, Trial};

use super::{Ended, Failure};
use crate::cli::args::Check;
use crate::pipeline::Point;
use crate::progress::Progress;
use row::Row;

/// Checks and prints a line for each kernel.
pub(super) fn run(arguments: &Check) -> Result<Ended, Failure> {
    let progress = if arguments.json { Progress::silent() } else { Progress::new(None)? };
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = arguments.jobs.map_or_else(processors, usize::from);
    let rows = match (&arguments.bundle, &arguments.target) {
        (Some(bundle), _) => bundle::check(bundle, arguments, jobs, &progress)?,
        (None, Some(target)) => recipes::check(arguments.recipe.as_deref(), target, jobs)?,
        (None, None) => return Err(Failure::request("name a target, or --bundle FILE")),
    };
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n",
        false => row::table(&rows) + &row::summary(&rows, arguments),
    };
    progress.result(&text).map_err(Failure::work)?;
    let right = rows.iter().all(Row::agrees);
    Ok(if right { Ended::Well } else { Ended::Failed })
}

/// Runs trials; the worst error, or what disagrees first.
fn execute<'t>(
    executor: &mut dyn Executor,
    point: &Point,
    trials: impl IntoIterator<Item = &'t Trial>,
) -> Result<f64, String> {
    let mut worst = 0.0;
    for trial in trials {
        let report = trial.check(&point.program, executor, 0.0);
        let report = report.map_err(|failure: Disagreement| failure.to_string())?;
        worst = report.outputs.iter().map(|output| output.accuracy).fold(worst, f64::max);
    }
    Ok(worst)
}

/// A directory for what the check leaves behind; it goes with the value.
fn room() -> Result<tempfile::TempDir, Failure> {
    let made: io::Result<_> = tempfile::Builder::new().prefix("kiln-check-").tempdir();
    made.map_err(|error| Failure::work(format!("cannot create a temporary directory: {error}")))
}
