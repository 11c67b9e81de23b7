//! From compiled code to contenders: what is dropped by its statics, by its twin, by its error.

use std::collections::{BTreeMap, BTreeSet};

use super::{Compiled, Contender, Family, Model, describe};
use crate::check::Checker;
use crate::explain::Reasons;
use crate::progress::Progress;
use crate::{Error, Result};

/// Code that may win: it compiled, does not spill unless nothing else is left, and is not the
/// same code as another's.
///
/// # Errors
/// If a kernel cannot be launched at all.
pub(super) fn contenders<'p>(
    family: &'p Family,
    results: BTreeMap<usize, Option<Compiled>>,
    model: &Model<'_>,
    rejected: &mut Reasons,
) -> Result<Vec<Contender<'p>>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, result) in results {
        let point = &family.points[at];
        let label = format!("{} {{ {} }}", point.spec.recipe, point.spec.point());
        match result {
            None => rejected.add("the budget ended before its turn", &label),
            Some(Err(outcome)) => {
                let (what, why) = describe(&outcome);
                rejected.add(what, &format!("{label}: {}", why.lines().next().unwrap_or("")));
            }
            Some(Ok(code)) => {
                let occupancy = model.target.occupancy(
                    code.statics.vgprs,
                    code.statics.lds_bytes,
                    point.program.waves.count(),
                );
                if occupancy == 0 {
                    rejected.add("one workgroup does not fit", &label);
                } else if !seen.insert(code.statics.isa_hash) {
                    rejected.add("its code is that of another candidate", &label);
                } else {
                    found.push(Contender::new(point, code, family, model)?);
                }
            }
        }
    }
    if found.iter().any(|contender| !contender.code.spills()) {
        for spilling in found.iter().filter(|contender| contender.code.spills()) {
            let spec = &spilling.point.spec;
            rejected.add("spilled", &format!("{} {{ {} }}", spec.recipe, spec.point()));
        }
        found.retain(|contender| !contender.code.spills());
    }
    Ok(found)
}

/// Fills in the errors of contenders. One measurement serves all that compute alike: the error
/// depends on formats and depth, not on tiles, so that the finest candidate stands for all.
///
/// # Errors
/// If the cache cannot be used, or no candidate of some arithmetic is right.
pub(super) fn errors(
    family: &Family,
    contenders: &mut [Contender<'_>],
    checker: &Checker<'_>,
    progress: &Progress,
) -> Result<()> {
    let mut cases = BTreeMap::new();
    for contender in contenders.iter() {
        for request in &family.requests {
            let depth = request.operation.dims.get("k").copied();
            let key = (contender.point.spec.recipe.clone(), contender.point.arithmetic(), depth);
            let case = cases.entry(key).or_insert((contender.point, &request.operation.dims));
            if (contender.point.area, &contender.point.digest) < (case.0.area, &case.0.digest) {
                case.0 = contender.point;
            }
        }
    }
    let plans: Vec<_> = cases.values().map(|(point, dims)| (*point, (*dims).clone())).collect();
    let verdicts = checker.accuracy(&plans, progress)?;
    let mut figures = BTreeMap::new();
    for (key, verdict) in cases.into_keys().zip(verdicts) {
        let figure = match verdict {
            Some(Ok(errors)) => errors.into_iter().fold(0.0, f64::max),
            _ => f64::NAN,
        };
        figures.insert(key, figure);
    }
    for contender in contenders {
        for (at, request) in family.requests.iter().enumerate() {
            let depth = request.operation.dims.get("k").copied();
            let key = (contender.point.spec.recipe.clone(), contender.point.arithmetic(), depth);
            contender.errors[at] = figures.get(&key).copied().unwrap_or(f64::NAN);
        }
    }
    Ok(())
}

/// Counts contenders that are too inexact for every request.
pub(super) fn note_inexact(contenders: &[Contender<'_>], floor: f64, rejected: &mut Reasons) {
    for contender in contenders {
        let least = contender.errors.iter().copied().fold(f64::INFINITY, f64::min);
        if least > floor {
            let spec = &contender.point.spec;
            let example = format!("{} {{ {} }} with {least:.1e}", spec.recipe, spec.point());
            rejected.add("less accurate than --max-error allows", &example);
        }
    }
}

/// The error that says which requests nobody can answer.
pub(super) fn unanswered(family: &Family, request: usize, rejected: &Reasons) -> Error {
    let of = &family.requests[request];
    let early: BTreeSet<&str> =
        family.rejected.ranked().into_iter().map(|(text, _)| text).collect();
    let late = rejected.ranked().into_iter().filter(|(text, _)| !early.contains(text));
    let reasons: Vec<String> = late
        .take(3)
        .map(|(text, reason)| format!("{text} ({} times, as {})", reason.count, reason.example))
        .collect();
    let reasons = match reasons.is_empty() {
        true => "none is accurate enough".to_owned(),
        false => reasons.join("; ").replace('\n', " "),
    };
    let why = format!("no candidate can answer m={}: {reasons}", of.m);
    Error::invalid(of.operation.to_string(), why)
}
