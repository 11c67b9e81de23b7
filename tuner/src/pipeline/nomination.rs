//! Compiling what is worth it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use super::shortlist::{self, Times};
use super::{Compiled, Compiler, Contender, Family};
use crate::Result;
use crate::progress::Progress;

/// Times that candidates are nominated, at most.
const ROUNDS: usize = 4;

/// How far the times planned of parameters are from those of their code: the ratio, by recipe and
/// parameters. Families that differ in epilogue only are ordered by it.
pub(super) type Corrections = BTreeMap<(String, String), f64>;

/// What was compiled of a family.
pub(super) struct Nominated {
    /// Positions of the candidates.
    pub(super) candidates: Vec<usize>,
    /// What compiling each yielded.
    pub(super) results: Vec<Option<Compiled>>,
    /// How many were not in the cache.
    pub(super) fresh: u64,
}

/// Compiles the nominated and the `wanted`, then more where too few of them may win; `None` where
/// the run was interrupted.
pub(super) fn compile(
    family: &Family,
    wanted: &BTreeSet<usize>,
    known: Option<&Corrections>,
    planned: &Times,
    compiler: &Compiler<'_>,
    progress: &Progress,
) -> Result<Option<Nominated>> {
    let times = known.map(|known| shortlist::corrected(family, planned, known));
    let mut next = match &times {
        Some(times) => shortlist::transfer(family, times),
        None => shortlist::nominate(family, planned),
    };
    next = next.into_iter().collect::<BTreeSet<_>>().union(wanted).copied().collect();
    let times = times.as_ref().unwrap_or(planned);
    let mut all = Nominated { candidates: Vec::new(), results: Vec::new(), fresh: 0 };
    let (mut asked, mut usable) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..ROUNDS {
        let points: Vec<_> = next.iter().map(|at| &family.points[*at]).collect();
        let run = compiler.compile(&points, progress)?;
        if compiler.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let whole = run.results.iter().all(Option::is_some);
        for (&at, result) in next.iter().zip(&run.results) {
            if matches!(result, Some(Ok(code)) if !code.spills()) {
                usable.insert(at);
            }
        }
        all.fresh += run.fresh;
        asked.extend(next.iter().copied());
        all.candidates.append(&mut next);
        all.results.extend(run.results);
        next = shortlist::refill(family, times, &asked, &usable);
        if next.is_empty() || !whole {
            break;
        }
    }
    Ok(Some(all))
}

/// The corrections that the contenders of a family show: geometric means over requests.
pub(super) fn corrections(
    family: &Family,
    planned: &Times,
    contenders: &[Contender<'_>],
) -> Corrections {
    let position = |contender: &Contender<'_>| {
        family.points.iter().position(|point| point.digest == contender.point.digest)
    };
    let mut all = Corrections::new();
    for contender in contenders {
        let Some(at) = position(contender) else { continue };
        let logs: Vec<f64> = contender
            .estimates
            .iter()
            .enumerate()
            .filter_map(|(request, estimate)| {
                Some((estimate.as_ref()?.time_us / planned.get(&(at, request))?).ln())
            })
            .collect();
        if !logs.is_empty() {
            let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
            let spec = &contender.point.spec;
            all.insert((spec.recipe.clone(), spec.point()), mean);
        }
    }
    all
}
