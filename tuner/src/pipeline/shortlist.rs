//! Which candidates are worth compiling.
//!
//! Kernels take their dims at run time, so one compiled candidate serves every request of its
//! family. The bound of the tile program orders candidates of each arithmetic for each request;
//! the best of every request are compiled. Families that differ from a compiled one in epilogue
//! or output type only are ordered by what compiling its candidates has shown.

use std::collections::{BTreeMap, BTreeSet};

use super::{Family, Model, Point, Request};

/// Spaces of at most this many candidates are compiled whole.
const SMALL: usize = 48;

/// Candidates of each arithmetic that a request may nominate before anything is compiled: where a
/// model decides what it ordered, and where they are timed and the order is a first guess.
const PLANNED: [usize; 2] = [6, 12];

/// Candidates of each arithmetic that a request may nominate in a family that is ordered by
/// another one.
const TRANSFERRED: usize = 3;

/// Candidates of each arithmetic that may win a request, below which more are nominated.
const USABLE: usize = 2;

/// Time of one candidate for one request, where it can serve it.
pub(super) type Times = BTreeMap<(usize, usize), f64>;

/// The modelled times of every candidate for every request, from the tile programs alone.
pub(super) fn planned(family: &Family, model: &Model<'_>) -> Times {
    use rayon::prelude::*;
    let pairs = |(at, point): (usize, &Point)| {
        let time = |(number, request): (usize, &Request)| {
            let dims = request.dims();
            let estimate =
                point.serves(&dims).then(|| model.planned(&point.program, &dims).ok())??;
            Some(((at, number), estimate.time_us))
        };
        family.requests.iter().enumerate().filter_map(time).collect::<Vec<_>>()
    };
    family.points.par_iter().enumerate().flat_map_iter(pairs).collect()
}

/// Candidates to compile in a family of its own: all of a small space, else the best of each
/// request and arithmetic.
pub(super) fn nominate(family: &Family, times: &Times, measured: bool) -> Vec<usize> {
    if family.points.len() <= SMALL {
        return (0..family.points.len()).collect();
    }
    best(family, times, PLANNED[usize::from(measured)])
}

/// The planned times of a family, corrected by the ratio of the time found to the time planned
/// of the same parameters in another family; parameters that were not compiled there are left
/// out. Where that leaves nothing, the planned times.
pub(super) fn corrected(
    family: &Family,
    planned: &Times,
    corrections: &BTreeMap<(String, String), f64>,
) -> Times {
    let known = |at: usize| {
        let spec = &family.points[at].spec;
        corrections.get(&(spec.recipe.clone(), spec.point())).copied()
    };
    let times = planned.iter();
    let corrected: Times = times
        .filter_map(|(&(at, request), time)| Some(((at, request), time * known(at)?)))
        .collect();
    if corrected.is_empty() { planned.clone() } else { corrected }
}

/// Candidates to compile in a family whose times were corrected: the best of each request and
/// arithmetic, by the corrected times and by the planned ones, because what a correction shows at
/// the sizes of another family need not hold at others.
pub(super) fn transfer(family: &Family, planned: &Times, corrected: &Times) -> Vec<usize> {
    let both = [corrected, planned].map(|times| best(family, times, TRANSFERRED));
    let chosen: BTreeSet<usize> = both.into_iter().flatten().collect();
    chosen.into_iter().collect()
}

/// The fewest candidates that serve a family: the best of each request.
pub(super) fn least(family: &Family, times: &Times) -> Vec<usize> {
    let best = |request: usize| {
        let of = times.iter().filter(|((_, of), _)| *of == request);
        of.min_by(|a, b| a.1.total_cmp(b.1)).map(|((at, _), _)| *at)
    };
    let chosen: BTreeSet<usize> = (0..family.requests.len()).filter_map(best).collect();
    chosen.into_iter().collect()
}

/// The next candidates to compile: for each request and arithmetic, those that were not nominated
/// though they come before the second one that may win.
pub(super) fn refill(
    family: &Family,
    times: &Times,
    nominated: &BTreeSet<usize>,
    usable: &BTreeSet<usize>,
) -> Vec<usize> {
    let mut chosen = BTreeSet::new();
    for of in groups(family, times) {
        let mut good = 0;
        let ahead = of.into_iter().take_while(|at| {
            good += usize::from(usable.contains(at));
            good < USABLE
        });
        chosen.extend(ahead.filter(|at| !nominated.contains(at)).take(TRANSFERRED));
    }
    chosen.into_iter().collect()
}

fn best(family: &Family, times: &Times, most: usize) -> Vec<usize> {
    let groups = groups(family, times).into_iter();
    let chosen: BTreeSet<usize> = groups.flat_map(|of| of.into_iter().take(most)).collect();
    chosen.into_iter().collect()
}

/// Candidates of each request and arithmetic in order of time.
fn groups(family: &Family, times: &Times) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    for request in 0..family.requests.len() {
        let mut groups: BTreeMap<(String, String), Vec<(f64, usize)>> = BTreeMap::new();
        for (at, point) in family.points.iter().enumerate() {
            let Some(time) = times.get(&(at, request)) else { continue };
            let group = (point.spec.recipe.clone(), point.arithmetic());
            groups.entry(group).or_default().push((*time, at));
        }
        for (_, mut of) in groups {
            of.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            all.push(of.into_iter().map(|(_, at)| at).collect());
        }
    }
    all
}
