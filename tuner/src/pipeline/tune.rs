//! A whole run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use kiln_cache::hash::Digest;
use kiln_cache::store::{Outcome, Store};
use kiln_targets::{Backend, Target};

use super::inspect;
use super::shortlist::{self, Times};
use super::summary::{FamilySummary, Summary, WinnerRow};
use super::{
    Compiled, Compiler, Contender, Decided, Family, Frame, Model, Options, Rules, Timer, describe,
    enumerate, families, pack,
};
use crate::check::Checker;
use crate::decide::{Judge, Pick, RunOff};
use crate::explain::Reasons;
use crate::model::{DrafterChoice, ModelShapes, load};
use crate::progress::{Event, Progress, Stage};
use crate::roofline::Ceilings;
use crate::workers::Pool;
use crate::{Error, Result};

/// Candidates that are timed for a request, where one launch is short, long or very long.
const TIMED: [(f64, usize); 3] = [(20e3, 8), (200e3, 4), (f64::INFINITY, 2)];

/// A finished run.
#[derive(Debug)]
pub struct Tuned {
    /// Digest of the bundle; absent where the run was interrupted.
    pub bundle: Option<Digest>,
    /// What was done.
    pub summary: Summary,
}

/// Tunes a model for a target and writes the bundle.
///
/// # Errors
/// One line that says what is wrong and what to do.
pub fn tune(options: &Options, progress: &Progress, stop: &AtomicBool) -> Result<Tuned> {
    let target = Target::builtin(&options.target)?;
    let shapes = load(&options.model, &DrafterChoice::Published)?;
    let store = Store::open(&options.cache)?;
    let deadline = options.budget.map(|budget| Instant::now() + budget);
    let pool = Pool::new(options.jobs, options.job_limit, deadline)?;
    let compiler = Compiler::new(&store, &target, &pool, stop);
    let checker = Checker { store: &store, pool: &pool, stop };
    let timer = match target.backend {
        Backend::Host => Some(Timer::start(&store, &target, deadline)?),
        Backend::AmdGpu => None,
    };
    let mut run = Run {
        options,
        progress,
        stop,
        target: &target,
        shapes: &shapes,
        compiler,
        checker,
        timer,
        summary: Summary::default(),
    };
    run.all()
}

struct Run<'a> {
    options: &'a Options,
    progress: &'a Progress,
    stop: &'a AtomicBool,
    target: &'a Target,
    shapes: &'a ModelShapes,
    compiler: Compiler<'a>,
    checker: Checker<'a>,
    timer: Option<Timer<'a>>,
    summary: Summary,
}

/// Times that candidates are nominated, at most.
const ROUNDS: usize = 4;

/// Candidates by position, what compiling each yielded, and how many were not in the cache.
type Nominated = (Vec<usize>, Vec<Option<Compiled>>, u64);

/// Times planned and times found of a family that others are ordered by.
type Corrections = BTreeMap<(String, String), f64>;

impl Run<'_> {
    fn all(&mut self) -> Result<Tuned> {
        let families = self.enumerate()?;
        let ceilings = match &mut self.timer {
            Some(timer) => Ceilings::measured(self.target, &timer.probes()?),
            None => Ceilings::stated(self.target),
        };
        let model = Model { target: self.target, ceilings };
        let mut order: Vec<usize> = (0..families.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(families[*at].requests.len()));
        let mut found: BTreeMap<&str, Corrections> = BTreeMap::new();
        let mut decided: Vec<(usize, Decided<'_>)> = Vec::new();
        for at in order {
            let family = &families[at];
            let known = found.get(family.operation.as_str());
            let Some((of, corrections)) = self.family(family, known, &model)? else {
                return Ok(self.interrupted());
            };
            found.entry(&family.operation).or_insert(corrections);
            decided.push((at, of));
        }
        decided.sort_by_key(|(at, _)| *at);
        let decided: Vec<Decided<'_>> = decided.into_iter().map(|(_, of)| of).collect();
        self.summary.families.sort_by(|a, b| a.name.cmp(&b.name));
        self.pack(&decided, &model)
    }

    fn interrupted(&mut self) -> Tuned {
        Tuned { bundle: None, summary: std::mem::take(&mut self.summary) }
    }

    /// The families with their candidates.
    fn enumerate(&mut self) -> Result<Vec<Family>> {
        let demands = self.shapes.demands();
        let mut all = families(&demands, &self.options.only);
        if all.is_empty() {
            let what = "--only";
            return Err(Error::invalid(what, "it leaves nothing of what the model asks for"));
        }
        let requests = all.iter().map(|family| family.requests.len() as u64).sum();
        self.progress.event(&Event::Started {
            target: self.target.name.clone(),
            model: self.shapes.name.clone(),
            operations: requests,
        });
        let line = self.progress.stage(Stage::Enumerate, all.len() as u64);
        for family in &mut all {
            enumerate(family, self.target, &self.options.only)?;
            line.advance(1);
        }
        let (count, of): (usize, usize) =
            all.iter().fold((0, 0), |sum, of| (sum.0 + of.admitted, sum.1 + of.enumerated));
        let unique: usize = all.iter().map(|of| of.points.len()).sum();
        line.note(&format!("{count} admitted of {of}, {unique} unique"));
        drop(line);
        // A format of activations that this target cannot make is not offered.
        all.retain(|of| {
            of.enumerated > 0 && !(of.points.is_empty() && of.operation == "act_quant")
        });
        match all.is_empty() {
            true => Err(Error::invalid("--only", "it leaves no recipe of what the model asks for")),
            false => Ok(all),
        }
    }

    /// Decides one family; `None` where the run was interrupted.
    fn family<'f>(
        &mut self,
        family: &'f Family,
        known: Option<&Corrections>,
        model: &Model<'_>,
    ) -> Result<Option<(Decided<'f>, Corrections)>> {
        self.progress.heading(&format!("{}  {} requests", family.name(), family.requests.len()));
        let planned = shortlist::planned(family, model);
        let Some((nominated, results, fresh)) = self.code(family, known, &planned)? else {
            return Ok(None);
        };
        let mut rejected = family.rejected.clone();
        let mut contenders = self.contenders(family, &nominated, results, model, &mut rejected)?;
        let corrections = corrections(family, &planned, &contenders);
        inspect::errors(family, &mut contenders, &self.checker, self.progress)?;
        let summary = FamilySummary {
            name: family.name(),
            requests: family.requests.len(),
            enumerated: family.enumerated,
            admitted: family.admitted,
            unique: family.points.len(),
            shortlisted: nominated.len(),
            compiled: fresh,
            contenders: contenders.len(),
            ..FamilySummary::default()
        };
        let decided = self.decide(family, contenders, model, rejected, summary)?;
        Ok(decided.map(|decided| (decided, corrections)))
    }

    /// Compiles the nominated, then more where too few of them may win; `None` where the run was
    /// interrupted.
    fn code(
        &self,
        family: &Family,
        known: Option<&Corrections>,
        planned: &Times,
    ) -> Result<Option<Nominated>> {
        let times = known.map(|known| shortlist::corrected(family, planned, known));
        let mut next = match &times {
            Some(times) => shortlist::transfer(family, times),
            None => shortlist::nominate(family, planned),
        };
        let times = times.as_ref().unwrap_or(planned);
        let (mut nominated, mut results, mut fresh) = (Vec::new(), Vec::new(), 0);
        let (mut asked, mut usable) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..ROUNDS {
            let points: Vec<_> = next.iter().map(|at| &family.points[*at]).collect();
            let run = self.compiler.compile(&points, self.progress)?;
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let whole = run.results.iter().all(Option::is_some);
            for (&at, result) in next.iter().zip(&run.results) {
                if matches!(result, Some(Ok(code)) if !code.spills()) {
                    usable.insert(at);
                }
            }
            fresh += run.fresh;
            asked.extend(next.iter().copied());
            nominated.append(&mut next);
            results.extend(run.results);
            next = shortlist::refill(family, times, &asked, &usable);
            if next.is_empty() || !whole {
                break;
            }
        }
        Ok(Some((nominated, results, fresh)))
    }

    fn contenders<'f>(
        &self,
        family: &'f Family,
        nominated: &[usize],
        results: Vec<Option<Compiled>>,
        model: &Model<'_>,
        rejected: &mut Reasons,
    ) -> Result<Vec<Contender<'f>>> {
        let line = self.progress.stage(Stage::Inspect, nominated.len() as u64);
        let found = inspect::contenders(family, nominated, results, model, rejected)?;
        line.advance(nominated.len() as u64);
        line.note(&format!("{} contenders", found.len()));
        Ok(found)
    }

    /// Times where there is a device, chooses, checks the chosen and chooses again without those
    /// that are wrong, until all are right.
    fn decide<'f>(
        &mut self,
        family: &'f Family,
        mut contenders: Vec<Contender<'f>>,
        model: &Model<'_>,
        mut rejected: Reasons,
        mut summary: FamilySummary,
    ) -> Result<Option<Decided<'f>>> {
        // The accuracy of activations shows in the layers that read them.
        let floor = match family.operation.as_str() {
            "linear_q4" => self.options.max_error,
            _ => f64::INFINITY,
        };
        inspect::note_inexact(&contenders, floor, &mut rejected);
        let mut run_offs = BTreeMap::new();
        if let Some(timer) = &mut self.timer {
            run_offs = measure(
                timer,
                family,
                &mut contenders,
                &self.compiler,
                self.progress,
                &mut rejected,
            )?;
        }
        let noise = self.timer.as_ref().and_then(|timer| timer.noise).unwrap_or_default();
        let judge = Judge::new(floor, noise);
        let rules = Rules { model, judge, run_offs: &run_offs };
        loop {
            let chosen = rules.choose(family, &contenders);
            let points: Vec<_> = chosen.iter().map(|at| contenders[*at].point).collect();
            let verdicts = self.checker.ragged(&points, self.progress)?;
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let wrong: BTreeSet<String> = chosen
                .iter()
                .zip(verdicts)
                .filter_map(|(at, verdict)| {
                    let outcome = match verdict {
                        Some(Ok(_)) => return None,
                        Some(Err(outcome)) => outcome,
                        None => Outcome::TimedOut,
                    };
                    let spec = &contenders[*at].point.spec;
                    let (what, why) = describe(&outcome);
                    rejected.add(what, &format!("{} {{ {} }}: {why}", spec.recipe, spec.point()));
                    Some(spec.symbol.clone())
                })
                .collect();
            if wrong.is_empty() {
                summary.rejected = rejected;
                return self.winners(family, &contenders, &chosen, &rules, summary).map(Some);
            }
            contenders.retain(|contender| !wrong.contains(&contender.point.spec.symbol));
        }
    }

    fn winners<'f>(
        &mut self,
        family: &'f Family,
        contenders: &[Contender<'f>],
        chosen: &[usize],
        rules: &Rules<'_>,
        mut summary: FamilySummary,
    ) -> Result<Decided<'f>> {
        let mut picks: Vec<Pick> = Vec::new();
        let mut used = BTreeSet::new();
        for (number, request) in family.requests.iter().enumerate() {
            let Some(at) = rules.winner(contenders, chosen, number) else {
                return Err(inspect::unanswered(family, number, &summary.rejected));
            };
            used.insert(at);
            let pick = rules.pick(family, &contenders[at], number)?;
            let row = row(&contenders[at], request, &pick);
            self.progress.event(&Event::Decided {
                operation: row.operation.clone(),
                dims: request.dims(),
                recipe: row.recipe.clone(),
                kernel: row.kernel.clone(),
                time_us: row.time_us,
                roofline: row.roofline,
                provenance: pick.provenance,
            });
            self.summary.winners.push(row);
            picks.push(pick);
        }
        let kernels: Vec<Contender<'f>> = used.iter().map(|at| contenders[*at].clone()).collect();
        summary.kernels = kernels.len();
        self.summary.families.push(summary);
        Ok(Decided { family, kernels, picks })
    }

    fn pack(&mut self, decided: &[Decided<'_>], model: &Model<'_>) -> Result<Tuned> {
        let line = self.progress.stage(Stage::Pack, 0);
        let noise = self.timer.as_ref().and_then(|timer| timer.noise);
        let frame = Frame {
            model: self.shapes,
            target: self.target,
            noise_floor: noise.map(|noise| noise.0),
            device: self.timer.as_ref().map(Timer::fingerprint).unwrap_or_default(),
            peaks: model.ceilings.named(),
        };
        let digest = pack(decided, &frame, &self.compiler, &self.options.out)?;
        let kernels: usize = decided.iter().map(|of| of.kernels.len()).sum();
        line.note(&format!("{kernels} kernels, {}", self.options.out.display()));
        self.progress.event(&Event::Packed {
            path: self.options.out.display().to_string(),
            sha256: digest.to_string(),
            kernels: kernels as u64,
        });
        self.summary.noise_floor = noise.map(|noise| noise.0);
        self.summary.winners.sort_by(|a, b| (&a.operation, a.m).cmp(&(&b.operation, b.m)));
        Ok(Tuned { bundle: Some(digest), summary: std::mem::take(&mut self.summary) })
    }
}

/// Checks and times contenders on the device; the run-offs that were held, by request.
fn measure(
    timer: &mut Timer<'_>,
    family: &Family,
    contenders: &mut Vec<Contender<'_>>,
    compiler: &Compiler<'_>,
    progress: &Progress,
    rejected: &mut Reasons,
) -> Result<BTreeMap<usize, Vec<RunOff>>> {
    timer.load(contenders, compiler)?;
    let line = timer.line(progress, Stage::Check, contenders.len());
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
    drop(line);
    contenders.retain(|contender| !wrong.contains(&contender.point.spec.symbol));
    timer.noise(family, contenders)?;
    let line = timer.line(progress, Stage::Time, family.requests.len());
    let mut run_offs = BTreeMap::new();
    for request in 0..family.requests.len() {
        let list = promising(contenders, request);
        timer.time(family, contenders, &list, request)?;
        run_offs.insert(request, timer.run_off(family, contenders, &list, request)?);
        if contenders.iter().all(|contender| !contender.timed.contains_key(&request)) {
            for contender in contenders.iter_mut() {
                contender.modelled.insert(request);
            }
        }
        line.advance(1);
        line.note(&format!("m={}", family.requests[request].m));
    }
    drop(line);
    timer.unload()?;
    Ok(run_offs)
}

/// The contenders that are timed for a request: those with the least modelled times.
fn promising(contenders: &[Contender<'_>], request: usize) -> Vec<usize> {
    let time = |at: usize| contenders[at].estimates[request].as_ref().map(|of| of.time_us);
    let mut order: Vec<(f64, usize)> =
        (0..contenders.len()).filter_map(|at| Some((time(at)?, at))).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let best = order.first().map_or(0.0, |(time, _)| *time);
    let most = TIMED.iter().find(|(limit, _)| best <= *limit).map_or(1, |(_, most)| *most);
    order.into_iter().take(most).map(|(_, at)| at).collect()
}

/// How far the planned times of parameters are from those of their code: geometric means over
/// requests.
fn corrections(family: &Family, planned: &Times, contenders: &[Contender<'_>]) -> Corrections {
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

fn row(contender: &Contender<'_>, request: &super::Request, pick: &Pick) -> WinnerRow {
    let spec = &contender.point.spec;
    WinnerRow {
        operation: request.operation.to_string(),
        m: request.m,
        recipe: spec.recipe.clone(),
        params: spec.point(),
        kernel: spec.symbol.clone(),
        time_us: pick.time_us,
        roofline: pick.roofline,
        bound: pick.bound.clone(),
        error: pick.error,
        vgprs: contender.code.statics.vgprs,
        lds_bytes: contender.code.statics.lds_bytes,
    }
}
