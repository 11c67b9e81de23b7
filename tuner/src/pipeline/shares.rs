//! What part of a budget each family gets.

use super::Family;
use crate::roofline::{Ceilings, Problem};

/// The work of each family. Half of all work is compiling, which follows the number of requests;
/// the other half is timing, which follows the least time that a launch of each request can take.
pub(super) fn work(families: &[Family], ceilings: &Ceilings) -> Vec<f64> {
    let requests = families.iter().map(|family| family.requests.len() as f64).collect();
    let launches = families.iter().map(|family| launches_us(family, ceilings)).collect();
    parts(requests).zip(parts(launches)).map(|(one, other)| one + other).collect()
}

/// The least time of one launch of each request whose work is known, in microseconds.
fn launches_us(family: &Family, ceilings: &Ceilings) -> f64 {
    let roof = |request: &super::Request| {
        let known = Problem::knows(&request.operation);
        let problem = known.then(|| Problem::of(&request.operation, &request.dims()).ok())??;
        problem.roof(ceilings).map(|roof| roof.time_us)
    };
    family.requests.iter().filter_map(roof).sum()
}

/// Each amount as a part of all.
fn parts(amounts: Vec<f64>) -> impl Iterator<Item = f64> {
    let all: f64 = amounts.iter().sum();
    amounts.into_iter().map(move |amount| if all > 0.0 { amount / all } else { 0.0 })
}
