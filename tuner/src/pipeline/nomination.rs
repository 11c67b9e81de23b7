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
#[derive(Default)]
pub(super) struct Nominated {
    /// What compiling each candidate yielded, by its position; nothing where its turn never came.
    pub(super) results: BTreeMap<usize, Option<Compiled>>,
    /// How many were not in the cache.
    pub(super) fresh: u64,
}

/// Compiles the nominated and the `wanted`, then more where too few of them may win; `None` where
/// the run was interrupted. Where the first compiler's time ends before anything was compiled that
/// may win, the second one compiles the best of each request.
pub(super) fn compile(
    family: &Family,
    wanted: &BTreeSet<usize>,
    known: Option<&Corrections>,
    (planned, measured): (&Times, bool),
    [compiler, finisher]: [&Compiler<'_>; 2],
    progress: &Progress,
) -> Result<Option<Nominated>> {
    let times = known.map(|known| shortlist::corrected(family, planned, known));
    let mut next = match &times {
        Some(times) => shortlist::transfer(family, planned, times),
        None => shortlist::nominate(family, planned, measured),
    };
    next = next.into_iter().collect::<BTreeSet<_>>().union(wanted).copied().collect();
    let times = times.as_ref().unwrap_or(planned);
    let mut all = Nominated::default();
    for _ in 0..ROUNDS {
        let whole = all.add(family, next, compiler, progress)?;
        next = shortlist::refill(family, times, &all.asked(), &all.usable());
        if next.is_empty() || !whole {
            break;
        }
    }
    if all.usable().is_empty() {
        all.add(family, shortlist::least(family, times), finisher, progress)?;
    }
    Ok((!compiler.stop.load(Ordering::Relaxed)).then_some(all))
}

impl Nominated {
    /// Compiles more candidates; whether all of them were.
    fn add(
        &mut self,
        family: &Family,
        next: Vec<usize>,
        compiler: &Compiler<'_>,
        progress: &Progress,
    ) -> Result<bool> {
        if compiler.stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let points: Vec<_> = next.iter().map(|at| &family.points[*at]).collect();
        let run = compiler.compile(&points, progress)?;
        self.fresh += run.fresh;
        let whole = run.results.iter().all(Option::is_some);
        self.results.extend(next.into_iter().zip(run.results));
        Ok(whole)
    }

    /// The candidates.
    fn asked(&self) -> BTreeSet<usize> {
        self.results.keys().copied().collect()
    }

    /// Those that may win.
    fn usable(&self) -> BTreeSet<usize> {
        let good = |result: &Option<Compiled>| matches!(result, Some(Ok(code)) if !code.spills());
        self.results.iter().filter(|(_, result)| good(result)).map(|(at, _)| *at).collect()
    }
}

/// The corrections that the contenders of a family show, by their measured times where there are
/// any: geometric means over requests.
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
                let timed = contender.timed.get(&request).map(|timed| timed.time_us);
                let time = timed.or(estimate.as_ref().map(|of| of.time_us))?;
                Some((time / planned.get(&(at, request))?).ln())
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
