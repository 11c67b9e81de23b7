//! `kiln tune --replay`: decisions from recorded samples, without a device.

use std::collections::BTreeMap;
use std::path::Path;

use kiln_cache::journal::{Event, History, parse};

use super::{Ended, Failure};
use crate::pipeline::JournalNote;
use crate::progress::{Progress, aligned};
use crate::stats::{Elimination, median};

/// Samples of each kernel, in the order of time.
type Records = BTreeMap<String, Vec<f64>>;

/// Replays a journal file or directory: for each request the winner by all samples, the winner
/// that the tuner's rule finds, and the share of samples it needs.
pub(super) fn run(path: &Path) -> Result<Ended, Failure> {
    let requests = read(path)?;
    if requests.is_empty() {
        let why = format!("{} holds no samples; times are recorded on hosts only", path.display());
        return Err(Failure::request(why));
    }
    let head = ["request", "kernels", "best", "µs", "found", "regret", "samples"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (request, records) in &requests {
        rows.push(row(request, records));
    }
    Progress::silent().result(&aligned(&rows)).map_err(Failure::work)?;
    Ok(Ended::Well)
}

/// The samples of a journal by request.
fn read(path: &Path) -> Result<BTreeMap<String, Records>, Failure> {
    let events: Vec<Event<JournalNote>> = if path.is_dir() {
        History::read(path).map_err(Failure::request)?.events
    } else {
        let refuse = |error| Failure::request(format!("cannot read {}: {error}", path.display()));
        parse(&std::fs::read(path).map_err(refuse)?).0
    };
    let mut requests: BTreeMap<String, Records> = BTreeMap::new();
    for event in events {
        if let Event::Note(JournalNote::Sampled { kernel, operation, dims, samples_us, .. }) = event
        {
            let m = dims.get("m").copied().unwrap_or(0);
            let records = requests.entry(format!("{operation} m={m}")).or_default();
            records.insert(kernel, samples_us);
        }
    }
    Ok(requests)
}

fn row(request: &str, records: &Records) -> Vec<String> {
    let all: Vec<&Vec<f64>> = records.values().collect();
    let names: Vec<&String> = records.keys().collect();
    let medians: Vec<f64> = all.iter().map(|of| median(of).unwrap_or(f64::INFINITY)).collect();
    let least = |times: &[f64]| (0..times.len()).min_by(|a, b| times[*a].total_cmp(&times[*b]));
    let best = least(&medians).unwrap_or(0);
    let (found, used) = replay(&all);
    let total: usize = all.iter().map(|of| of.len()).sum();
    vec![
        request.to_owned(),
        all.len().to_string(),
        names[best].clone(),
        format!("{:.1}", medians[best]),
        names[found].clone(),
        format!("{:.3}", medians[found] / medians[best]),
        format!("{used} of {total}"),
    ]
}

/// The kernel that the tuner's rule finds from recorded samples, and how many it looks at.
fn replay(records: &[&Vec<f64>]) -> (usize, usize) {
    let rule = Elimination::default();
    let mut seen = vec![Vec::new(); records.len()];
    loop {
        let round = rule.next_round(&seen);
        let fresh: Vec<usize> =
            round.into_iter().filter(|at| seen[*at].len() < records[*at].len()).collect();
        if fresh.is_empty() {
            break;
        }
        for at in fresh {
            let next = records[at][seen[at].len()];
            seen[at].push(next);
        }
    }
    let time = |at: &usize| median(&seen[*at]).unwrap_or(f64::INFINITY);
    let found = (0..seen.len()).min_by(|a, b| time(a).total_cmp(&time(b))).unwrap_or(0);
    (found, seen.iter().map(Vec::len).sum())
}
