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

/// Candidates of each arithmetic that a request may nominate before anything is compiled.
const PLANNED: usize = 6;

/// Candidates of each arithmetic that a request may nominate in a family that is ordered by
/// another one.
const TRANSFERRED: usize = 3;

/// Time of one candidate for one request, where it can serve it.
pub type Times = BTreeMap<(usize, usize), f64>;

/// The modelled times of every candidate for every request, from the tile programs alone.
pub fn planned(family: &Family, model: &Model<'_>) -> Times {
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
pub fn nominate(family: &Family, times: &Times) -> Vec<usize> {
    if family.points.len() <= SMALL {
        return (0..family.points.len()).collect();
    }
    best(family, times, PLANNED)
}

/// Candidates to compile in a family for which `corrections` gives, for parameters compiled in
/// another family, the ratio of the time found to the time planned.
pub fn transfer(
    family: &Family,
    times: &Times,
    corrections: &BTreeMap<(String, String), f64>,
) -> Vec<usize> {
    let known = |at: usize| {
        let spec = &family.points[at].spec;
        corrections.get(&(spec.recipe.clone(), spec.point())).copied()
    };
    let corrected: Times = times
        .iter()
        .filter_map(|(&(at, request), time)| Some(((at, request), time * known(at)?)))
        .collect();
    let chosen = best(family, &corrected, TRANSFERRED);
    if chosen.is_empty() { nominate(family, times) } else { chosen }
}

fn best(family: &Family, times: &Times, most: usize) -> Vec<usize> {
    let mut chosen = BTreeSet::new();
    for request in 0..family.requests.len() {
        let mut groups: BTreeMap<(String, String), Vec<(f64, usize)>> = BTreeMap::new();
        for (at, point) in family.points.iter().enumerate() {
            let Some(time) = times.get(&(at, request)) else { continue };
            let group = (point.spec.recipe.clone(), point.arithmetic());
            groups.entry(group).or_default().push((*time, at));
        }
        for (_, mut of) in groups {
            of.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            chosen.extend(of.into_iter().take(most).map(|(_, at)| at));
        }
    }
    chosen.into_iter().collect()
}
