//! Trying and timing a family's contenders on the device.

use std::collections::{BTreeMap, BTreeSet};

use super::{Compiler, Contender, Family, Meeting, Timer, carry, decode, describe};
use crate::Result;
use crate::explain::Reasons;
use crate::progress::{Progress, Stage};

/// Candidates that are timed for a request, where one launch is short, long or very long.
const TIMED: [(f64, usize); 3] = [(20e3, 16), (200e3, 6), (f64::INFINITY, 3)];

/// What surrounds the measuring of one family.
pub(super) struct Measuring<'a> {
    pub(super) compiler: &'a Compiler<'a>,
    pub(super) progress: &'a Progress,
    /// The incumbent of each request, by the digest of its program.
    pub(super) incumbents: &'a BTreeMap<usize, String>,
    /// Whether the session ends with this family.
    pub(super) last: bool,
}

/// Checks and times contenders on the device; the run-offs that were held, by request.
pub(super) fn measure(
    timer: &mut Timer<'_>,
    family: &Family,
    contenders: &mut Vec<Contender<'_>>,
    of: &Measuring<'_>,
    rejected: &mut Reasons,
) -> Result<BTreeMap<usize, Vec<Meeting>>> {
    timer.load(contenders, of.compiler)?;
    drop_wrong(timer, contenders, of.progress, rejected)?;
    let line = of.progress.stage(Stage::Time, family.requests.len() as u64);
    let mut meetings = BTreeMap::new();
    let nominees = decode::nominees(family, contenders, of.incumbents);
    let mut open = BTreeSet::new();
    for request in order(family) {
        let mut list = timed(contenders, request, of.incumbents.get(&request));
        let others = nominees.get(&request).into_iter().flatten();
        let others: Vec<usize> = others.copied().filter(|at| !list.contains(at)).collect();
        list.extend(others);
        timer.time(family, contenders, &list, request)?;
        meetings.insert(request, timer.run_offs(family, contenders, &list, request)?);
        if list.iter().any(|at| !contenders[*at].timed.contains_key(&request)) {
            open.insert(request);
        }
        line.advance(1);
        line.note(&format!("m={}", family.requests[request].m));
    }
    carry::carry(family, contenders, &open);
    drop(line);
    if of.last {
        timer.end(family, contenders)?;
    }
    timer.unload()?;
    Ok(meetings)
}

/// The order in which requests are timed: the largest layer first, with every number of rows. What
/// a budget leaves no time for then has a larger one with as many rows to learn from.
fn order(family: &Family) -> Vec<usize> {
    let mut order: Vec<usize> = (0..family.requests.len()).collect();
    let size = |number: usize| {
        let request = &family.requests[number];
        let sizes = request.operation.dims.values().chain(request.free.values());
        sizes.map(|size| *size as f64).product::<f64>()
    };
    order.sort_by(|a, b| size(*b).total_cmp(&size(*a)).then(a.cmp(b)));
    order
}

/// Tries every contender on small problems and drops those that are wrong.
fn drop_wrong(
    timer: &mut Timer<'_>,
    contenders: &mut Vec<Contender<'_>>,
    progress: &Progress,
    rejected: &mut Reasons,
) -> Result<()> {
    let line = progress.stage(Stage::Check, contenders.len() as u64);
    let mut wrong = BTreeSet::new();
    for contender in contenders.iter() {
        if let Some(outcome) = timer.check(contender, &line)? {
            let (what, why) = describe(&outcome);
            let spec = &contender.point.spec;
            rejected.add(what, &format!("{} {{ {} }}: {why}", spec.recipe, spec.point()));
            line.count(what);
            wrong.insert(spec.symbol.clone());
        }
    }
    contenders.retain(|contender| !wrong.contains(&contender.point.spec.symbol));
    Ok(())
}

/// The contenders that are timed for a request: those with the least modelled times, and the
/// incumbent.
fn timed(contenders: &[Contender<'_>], request: usize, incumbent: Option<&String>) -> Vec<usize> {
    let time = |at: usize| contenders[at].estimates[request].as_ref().map(|of| of.time_us);
    let mut order: Vec<(f64, usize)> =
        (0..contenders.len()).filter_map(|at| Some((time(at)?, at))).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let best = order.first().map_or(0.0, |(time, _)| *time);
    let most = TIMED.iter().find(|(limit, _)| best <= *limit).map_or(1, |(_, most)| *most);
    let stands = |at: usize| Some(&contenders[at].point.digest) == incumbent;
    let kept = |(place, (_, at)): (usize, (f64, usize))| (place < most || stands(at)).then_some(at);
    order.into_iter().enumerate().filter_map(kept).collect()
}
