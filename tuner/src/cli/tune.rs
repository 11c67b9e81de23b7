//! `kiln tune`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use kiln_cache::store::Store;
use kiln_targets::Target;

use super::args::Tune;
use super::{Ended, Failure, interrupt, replay, report};
use crate::budget;
use crate::model;
use crate::pipeline::{self, Only, Options, ServingOptions, Summary, WinnerRow};
use crate::progress::{Event, Progress};

/// Most winners that are shown to people.
const SHOWN: usize = 24;

/// Tunes and prints the winners.
pub(super) fn run(arguments: &Tune) -> Result<Ended, Failure> {
    if let Some(journal) = &arguments.replay {
        return replay::run(journal);
    }
    let options = options(arguments)?;
    let progress = Progress::new(arguments.events.as_deref()).map_err(Failure::request)?;
    let stop = interrupt()?;
    let tuned = pipeline::tune(&options, &progress, &stop);
    let message = tuned.as_ref().err().map(ToString::to_string).unwrap_or_default();
    progress.event(&Event::Finished { ok: message.is_empty(), message });
    let tuned = tuned?;
    if arguments.explain {
        progress.say(&tuned.summary.explanation());
    }
    if tuned.bundle.is_none() {
        progress.say(&format!("interrupted; continue with:\n  {}", command()));
        return Ok(Ended::Interrupted);
    }
    if let Some(text) = tuned.summary.incumbents().text() {
        progress.say(&text);
    }
    let printed = match arguments.json {
        true => progress.result(&json(&tuned.summary)),
        false => winners(&progress, &tuned.summary.winners, &options.out),
    };
    printed.map_err(Failure::work)?;
    if arguments.explain && !arguments.json {
        progress.result(&report::figures(&options.out)?).map_err(Failure::work)?;
    }
    Ok(Ended::Well)
}

/// The request, checked as far as that is possible before any work.
fn options(arguments: &Tune) -> Result<Options, Failure> {
    let (Some(target), Some(model), Some(out)) =
        (&arguments.target, &arguments.model, &arguments.out)
    else {
        return Err(Failure::request("name --target, --model and --out"));
    };
    Target::builtin(target).map_err(Failure::request)?;
    let budget = arguments.budget.as_deref().map(budget::parse).transpose();
    let job_limit = arguments.job_limit.as_deref().map(budget::parse).transpose();
    let only = arguments.only.as_deref().unwrap_or("").parse::<Only>();
    let max_error = arguments.max_error.unwrap_or(Options::MAX_ERROR);
    if !(max_error > 0.0 && max_error.is_finite()) {
        return Err(Failure::request(format!(
            "--max-error {max_error}: expected a number above 0"
        )));
    }
    writable(out)?;
    let cache = arguments.cache.clone().map_or_else(default_cache, Ok)?;
    model::load(model, &arguments.drafter).map_err(Failure::request)?;
    Store::open(&cache).map_err(Failure::request)?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Options {
        target: target.clone(),
        model: model.clone(),
        drafter: arguments.drafter.clone(),
        out: out.clone(),
        cache,
        budget: budget.map_err(Failure::request)?,
        jobs: arguments.jobs.map_or(processors, usize::from),
        only: only.map_err(Failure::request)?,
        serving: ServingOptions {
            act: arguments.act,
            kv: arguments.kv,
            pages: pages(&arguments.page)?,
            exact: arguments.exact,
            head: sorted(&arguments.head),
            draft_head: sorted(&arguments.draft_head),
            drafter: sorted(&arguments.drafter_quant),
        },
        search: !arguments.unsearched,
        max_error,
        job_limit: job_limit.map_err(Failure::request)?.unwrap_or(Options::JOB_LIMIT),
    })
}

/// Sizes of pages, ascending.
fn pages(asked: &[u64]) -> Result<Vec<u64>, Failure> {
    if let Some(size) = asked.iter().find(|size| !size.is_power_of_two()) {
        return Err(Failure::request(format!("--page {size}: expected a power of two")));
    }
    Ok(sorted(asked))
}

/// In order, each once.
fn sorted<T: Ord + Copy>(asked: &[T]) -> Vec<T> {
    let mut all = asked.to_vec();
    all.sort_unstable();
    all.dedup();
    all
}

/// Makes sure that the bundle can be written, before hours are spent on it.
fn writable(out: &Path) -> Result<(), Failure> {
    let refuse = |why: String| Failure::request(format!("cannot write {}: {why}", out.display()));
    if out.is_dir() {
        return Err(refuse("it is a directory; name a file".to_owned()));
    }
    let Some(name) = out.file_name() else { return Err(refuse("it names no file".to_owned())) };
    let directory = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let probe = directory.join(format!(".{}.{}.probe", name.to_string_lossy(), std::process::id()));
    let tried = fs::File::create_new(&probe).and_then(|mut file| file.write_all(b"kiln"));
    // The probe may not exist; what it was for is known either way.
    let _ = fs::remove_file(&probe);
    tried.map_err(|error| refuse(error.to_string()))
}

/// Where results are kept unless asked otherwise.
pub(super) fn default_cache() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(own) = set("KILN_CACHE") {
        return Ok(own.into());
    }
    let home = || set("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let base = set("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    let base = base.ok_or_else(|| Failure::request("no home directory; give --cache DIR"))?;
    Ok(base.join("kiln"))
}

/// The command that was given, to be given again.
fn command() -> String {
    let arguments = std::env::args_os().map(|text| quoted(&text.to_string_lossy()));
    arguments.collect::<Vec<_>>().join(" ")
}

/// An argument as a shell takes it.
fn quoted(text: &str) -> String {
    match text.chars().all(|c| c.is_alphanumeric() || "-_./=,+:".contains(c)) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

fn json(summary: &Summary) -> String {
    serde_json::to_string_pretty(summary).unwrap_or_default() + "\n"
}

/// Prints the winners, of many those that take longest, and where the others are.
fn winners(progress: &Progress, all: &[WinnerRow], out: &Path) -> io::Result<()> {
    progress.table(&table(all))?;
    match all.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => {
            let file = quoted(&out.to_string_lossy());
            let text = format!("{more} more take less time: kiln inspect {file}\n");
            progress.result(&text)
        }
    }
}

fn table(all: &[WinnerRow]) -> Vec<Vec<String>> {
    let mut longest: Vec<usize> = (0..all.len()).collect();
    let time = |at: &usize| all[*at].time_us.unwrap_or(0.0);
    longest.sort_by(|a, b| time(b).total_cmp(&time(a)));
    longest.truncate(SHOWN);
    longest.sort_unstable();
    let head =
        ["operation", "m", "recipe", "parameters", "µs", "95 %", "roofline", "bound", "error"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(longest.into_iter().map(|at| row(&all[at])));
    rows
}

fn row(winner: &WinnerRow) -> Vec<String> {
    let share = winner.roofline.map(|share| format!("{:.0} %", 100.0 * share));
    vec![
        winner.operation.clone(),
        winner.m.to_string(),
        winner.recipe.clone(),
        winner.params.clone(),
        winner.time_us.map_or("-".to_owned(), |time| format!("{time:.1}")),
        winner.interval.map_or("-".to_owned(), |[lo, hi]| format!("{lo:.1}..{hi:.1}")),
        share.unwrap_or_else(|| "-".to_owned()),
        winner.bound.clone().unwrap_or_else(|| "-".to_owned()),
        format!("{:.1e}", winner.error),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn winner(m: u64) -> WinnerRow {
        WinnerRow {
            operation: "add".to_owned(),
            m,
            recipe: "add".to_owned(),
            params: String::new(),
            kernel: "add".to_owned(),
            time_us: Some((m % 50) as f64),
            interval: None,
            roofline: None,
            bound: None,
            error: 0.0,
            vgprs: 0,
            lds_bytes: 0,
        }
    }

    #[test]
    fn of_many_winners_those_that_take_longest_are_shown_in_order() {
        let all: Vec<WinnerRow> = (0..100).map(winner).collect();
        let rows = table(&all);
        let shown: Vec<u64> = rows[1..].iter().map(|row| row[1].parse().unwrap()).collect();
        let expected: Vec<u64> = (38..50).chain(88..100).collect();
        assert_eq!(shown, expected);
        assert_eq!(table(&all[..5]).len(), 6);
    }
}
