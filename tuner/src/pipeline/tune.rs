//! A whole run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use kiln_cache::bundle::Bundle;
use kiln_cache::hash::Digest;
use kiln_cache::store::Store;
use kiln_recipes::catalogue::OPERATIONS;
use kiln_targets::{Backend, Target};

use super::decision::{Court, Prepared};
use super::field::Field;
use super::measure::{Measuring, measure};
use super::nomination::{self, Corrections};
use super::shortlist::Times;
use super::summary::{FamilySummary, Summary};
use super::{
    Compiler, Decided, Family, Frame, Incumbents, Model, Options, Scope, Timer, enumerate,
    families, first_choice, inspect, keep, pack, shares, shortlist, simulate, story,
};
use crate::check::Checker;
use crate::deadline::{Deadline, share};
use crate::explain::Reasons;
use crate::model::{ModelShapes, load};
use crate::progress::{Event, Progress, Stage};
use crate::report::Heat;
use crate::roofline::Ceilings;
use crate::stats::NoiseFloor;
use crate::workers::{Device, Pool};
use crate::{Error, Result};

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
    let shapes = load(&options.model, &options.drafter)?;
    let store = Store::open(&options.cache)?;
    let end = options.budget.map(|budget| Instant::now() + budget);
    let deadline = Deadline::default();
    let pool = Pool::new(options.jobs, options.job_limit, deadline.clone())?;
    let closing = pool.without_deadline();
    let compiler = Compiler::new(&store, &target, &pool, stop);
    let finisher = Compiler::new(&store, &target, &closing, stop);
    let checker = Checker { store: &store, pool: &closing, stop };
    let scope = scope(options, &shapes, &target);
    // A first choice is taken, not measured.
    let device = if options.search { Device::find(&target)? } else { None };
    let timer = match device {
        Some(device) => {
            let scope = scope.clone();
            Some(Timer::start(device, &store, &target, scope, deadline.clone(), progress)?)
        }
        None => None,
    };
    let last = keep::last(&store, &scope)?;
    let (incumbents, note) = Incumbents::find(&options.out, last.map(|kept| kept.bundle), &target);
    if let Some(note) = note {
        progress.say(&note);
    }
    let summary = Summary::default();
    let mut run = Run {
        options,
        progress,
        target: &target,
        shapes: &shapes,
        budget: Budget { end, deadline },
        compiler,
        finisher,
        checker,
        timer,
        incumbents,
        scope,
        summary,
        heats: Vec::new(),
    };
    run.all()
}

/// What identifies this run among others with the same cache.
fn scope(options: &Options, shapes: &ModelShapes, target: &Target) -> Scope {
    Scope(BTreeMap::from([
        ("target", options.target.clone()),
        ("model", shapes.name.clone()),
        ("config", shapes.config_hash.to_string()),
        ("only", options.only.to_string()),
        ("serving", format!("{:?}", options.serving.of(shapes, target))),
        ("drafter", format!("{:?}", shapes.drafter)),
    ]))
}

/// When the run has to end, and when what it does now has to.
struct Budget {
    end: Option<Instant>,
    deadline: Deadline,
}

impl Budget {
    /// Begins a part of the work: `work` of `all` that is left.
    fn begin(&self, work: f64, all: f64) {
        let part = |end: Instant| {
            let now = Instant::now();
            now + share(end.saturating_duration_since(now), work, all)
        };
        self.deadline.set(self.end.map(part));
    }
}

struct Run<'a> {
    options: &'a Options,
    progress: &'a Progress,
    target: &'a Target,
    shapes: &'a ModelShapes,
    budget: Budget,
    compiler: Compiler<'a>,
    /// Compiles what a family cannot do without, however late.
    finisher: Compiler<'a>,
    checker: Checker<'a>,
    timer: Option<Timer<'a>>,
    incumbents: Incumbents,
    scope: Scope,
    summary: Summary,
    heats: Vec<Heat>,
}

impl<'a> Run<'a> {
    fn all(&mut self) -> Result<Tuned> {
        let families = self.enumerate()?;
        let ceilings = match (&mut self.timer, self.target.backend) {
            (Some(timer), Backend::Host) => Ceilings::measured(self.target, &timer.probes()?),
            // What a GPU can do at most is in its target file.
            _ => Ceilings::stated(self.target),
        };
        let measured = self.timer.is_some();
        let simulated = self.timer.as_ref().is_some_and(Timer::is_simulated);
        let mut model = Model { target: self.target, ceilings, measured, simulated };
        let Some(prepared) = self.prepare(&families, &model)? else {
            return Ok(self.interrupted());
        };
        let noise = self.noise(&prepared, &model)?;
        if let (Some(timer), Backend::Host) = (&mut self.timer, self.target.backend) {
            model.ceilings = Ceilings::measured(self.target, &timer.best_probes()?);
        }
        let mut decided = Vec::new();
        for of in prepared {
            self.heats.extend(story::heats(&of, model.measured));
            let Some(verdict) = of.decide(&mut self.court(&model, noise))? else {
                return Ok(self.interrupted());
            };
            self.summary.winners.extend(verdict.rows);
            self.summary.families.push(verdict.summary);
            decided.push(verdict.decided);
        }
        self.summary.families.sort_by(|a, b| a.name.cmp(&b.name));
        self.summary.winners.sort_by(|a, b| (&a.operation, a.m).cmp(&(&b.operation, b.m)));
        self.pack(&decided, &model)
    }

    fn interrupted(&mut self) -> Tuned {
        Tuned { bundle: None, summary: std::mem::take(&mut self.summary) }
    }

    fn court<'c>(&'c mut self, model: &'c Model<'c>, noise: NoiseFloor) -> Court<'c, 'a> {
        Court {
            model,
            checker: &self.checker,
            compiler: &self.compiler,
            progress: self.progress,
            timer: self.timer.as_mut(),
            noise,
        }
    }

    /// The families with their candidates.
    fn enumerate(&mut self) -> Result<Vec<Family>> {
        let demands = self.shapes.demands(&self.options.serving.of(self.shapes, self.target));
        let mut all = families(&demands, &self.options.only);
        computable(&all)?;
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
            match self.options.search {
                true => enumerate(family, self.target, &self.options.only)?,
                false => first_choice(family, self.target, &self.options.only)?,
            }
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

    /// Compiles and measures every family, those with most requests first: others learn from
    /// them. `None` where the run was interrupted.
    fn prepare<'f>(
        &mut self,
        families: &'f [Family],
        model: &Model<'_>,
    ) -> Result<Option<Vec<Prepared<'f>>>> {
        let mut order: Vec<usize> = (0..families.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(families[*at].requests.len()));
        let mut found: BTreeMap<&str, Corrections> = BTreeMap::new();
        let mut prepared = Vec::new();
        let work = shares::work(families, &model.ceilings);
        let mut left: f64 = work.iter().sum();
        for (place, &at) in order.iter().enumerate() {
            let family = &families[at];
            let known = found.get(family.operation.as_str());
            let last = place + 1 == order.len();
            self.budget.begin(work[at], if last { work[at] } else { left });
            left -= work[at];
            let Some((of, corrections)) = self.family(family, known, model, last)? else {
                return Ok(None);
            };
            found.entry(&family.operation).or_insert(corrections);
            prepared.push((at, of));
        }
        prepared.sort_by_key(|(at, _)| *at);
        Ok(Some(prepared.into_iter().map(|(_, of)| of).collect()))
    }

    /// Compiles and measures one family.
    fn family<'f>(
        &mut self,
        family: &'f Family,
        known: Option<&Corrections>,
        model: &Model<'_>,
        last: bool,
    ) -> Result<Option<(Prepared<'f>, Corrections)>> {
        self.progress.heading(&format!("{}  {} requests", family.name(), family.requests.len()));
        // The accuracy of activations shows in the layers that read them.
        let max_error = match family.operation.as_str() {
            "linear_q4" => self.options.max_error,
            _ => f64::INFINITY,
        };
        let planned = shortlist::planned(family, model);
        let mut rejected = family.rejected.clone();
        let Some(mut field) = self.field(family, (&planned, known), model, &mut rejected)? else {
            return Ok(None);
        };
        let finer = family.finer.as_deref().filter(|_| !field.suffices(family, max_error));
        if let Some(finer) = finer {
            let planned = shortlist::planned(finer, model);
            let Some(more) = self.field(finer, (&planned, None), model, &mut rejected)? else {
                return Ok(None);
            };
            field.join(more);
        }
        let Field { mut contenders, mut corrections, incumbents, shortlisted, fresh } = field;
        let finer = finer.map_or(0, |finer| finer.points.len());
        let mut summary = FamilySummary {
            name: family.name(),
            requests: family.requests.len(),
            enumerated: family.enumerated,
            admitted: family.admitted,
            unique: family.points.len() + finer,
            shortlisted,
            compiled: fresh,
            contenders: contenders.len(),
            ..FamilySummary::default()
        };
        let mut meetings = BTreeMap::new();
        // Where nothing could be compiled, deciding says so.
        if let Some(timer) = self.timer.as_mut().filter(|_| !contenders.is_empty()) {
            let (compiler, progress) = (&self.compiler, self.progress);
            let of = Measuring { compiler, progress, incumbents: &incumbents, last };
            meetings = measure(timer, family, &mut contenders, &of, &mut rejected)?;
            corrections.extend(nomination::corrections(family, &planned, &contenders));
        }
        summary.rejected = rejected;
        let prepared = Prepared { family, contenders, meetings, incumbents, max_error, summary };
        Ok(Some((prepared, corrections)))
    }

    /// Compiles a family's candidates, with their modelled times and errors; `None` where the run
    /// was interrupted.
    fn field<'f>(
        &mut self,
        family: &'f Family,
        (planned, known): (&Times, Option<&Corrections>),
        model: &Model<'_>,
        rejected: &mut Reasons,
    ) -> Result<Option<Field<'f>>> {
        // Modelled times say the same in every run: only measured ones have incumbents.
        let incumbents = match self.timer {
            Some(_) => self.incumbents.positions(family, self.target),
            None => BTreeMap::new(),
        };
        let wanted: BTreeSet<usize> = incumbents.values().copied().collect();
        let compiled = nomination::compile(
            family,
            &wanted,
            known,
            (planned, model.measured),
            [&self.compiler, &self.finisher],
            self.progress,
        )?;
        let Some(nominated) = compiled else { return Ok(None) };
        let (shortlisted, fresh) = (nominated.results.len(), nominated.fresh);
        let line = self.progress.stage(Stage::Inspect, shortlisted as u64);
        let mut contenders = inspect::contenders(family, nominated.results, model, rejected)?;
        line.advance(shortlisted as u64);
        line.note(&format!("{} contenders", contenders.len()));
        drop(line);
        let corrections = nomination::corrections(family, planned, &contenders);
        if self.options.search && simulate::can_model(self.target) {
            let of = (self.checker.store, self.target);
            simulate::simulate(family, &mut contenders, of, self.progress)?;
        }
        inspect::errors(family, &mut contenders, &self.checker, self.progress)?;
        let digest = |at: usize| family.points[at].digest.clone();
        let incumbents = incumbents.into_iter().map(|(request, at)| (request, digest(at)));
        let incumbents = incumbents.collect();
        Ok(Some(Field { contenders, corrections, incumbents, shortlisted, fresh }))
    }

    /// The noise floor by which everything is decided; nothing where nothing is timed.
    fn noise(&mut self, prepared: &[Prepared<'_>], model: &Model<'_>) -> Result<NoiseFloor> {
        let Some(timer) = &mut self.timer else { return Ok(NoiseFloor::default()) };
        let known = timer.noise().map(|noise| noise.floor()).unwrap_or_default();
        let disputed = |of: &Prepared<'_>| of.disputed(model, known);
        // Winners that an earlier session was too noisy to replace get another chance.
        let again = !timer.measured_noise() && !known.permits_replacing();
        if let Some(of) = prepared.last().filter(|_| again && prepared.iter().any(disputed)) {
            timer.load(&of.contenders, &self.compiler)?;
            timer.hold_again(of.family, &of.contenders)?;
            timer.unload()?;
        }
        let Some(noise) = timer.noise() else { return Ok(NoiseFloor::default()) };
        let floor = noise.floor();
        self.progress.say(&story::noise(noise, self.incumbents.bundle().map(|(_, place)| place)));
        self.summary.noise_floor = Some(floor.0);
        self.summary.noise = Some([noise.start.0, noise.end.0]);
        Ok(floor)
    }

    fn pack(&mut self, decided: &[Decided<'_>], model: &Model<'_>) -> Result<Tuned> {
        let line = self.progress.stage(Stage::Pack, 0);
        let out = &self.options.out;
        let frame = Frame {
            model: self.shapes,
            target: self.target,
            noise_floor: self.summary.noise_floor,
            device: self.timer.as_ref().map(Timer::fingerprint).unwrap_or_default(),
            peaks: model.ceilings.named(),
        };
        let digest = pack(decided, &frame, &self.compiler, out)?;
        let kernels: usize = decided.iter().map(|of| of.kernels.len()).sum();
        line.note(&format!("{kernels} kernels, {}", out.display()));
        drop(line);
        self.keep()?;
        self.progress.event(&Event::Packed {
            path: out.display().to_string(),
            sha256: digest.to_string(),
            kernels: kernels as u64,
        });
        Ok(Tuned { bundle: Some(digest), summary: std::mem::take(&mut self.summary) })
    }

    /// Keeps the bundle and its report in the cache.
    fn keep(&mut self) -> Result<()> {
        let out = &self.options.out;
        let bytes = std::fs::read(out).map_err(|error| Error::io("read", out, error))?;
        let bundle = Bundle::from_bytes(bytes.clone(), out)?;
        let heats = std::mem::take(&mut self.heats);
        let mut report = story::report(&bundle, &self.summary, heats, self.incumbents.bundle())?;
        // An unchanged run changes nothing: what it was compared with before stays of interest.
        if let Some(last) = keep::last(self.checker.store, &self.scope)?
            && report.changes.is_empty()
        {
            report.compared_with = last.report.compared_with;
            report.changes = last.report.changes;
        }
        keep::keep(self.checker.store, &self.scope, &bytes, &report)
    }
}

/// Refuses a model that asks for what no recipe computes: its bundle could not run it.
fn computable(all: &[Family]) -> Result<()> {
    let unknown = |family: &&Family| !OPERATIONS.contains(&family.operation.as_str());
    let names: BTreeSet<&str> =
        all.iter().filter(unknown).map(|family| family.operation.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    let why = "no recipe computes it, and the model cannot run without; --only op= chooses others";
    Err(Error::invalid(format!("operation {names}"), why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_without_a_recipe_is_an_error_that_names_it() {
        let of = |name: &str| Family { operation: name.to_owned(), ..Family::default() };
        assert!(computable(&[of("linear"), of("delta")]).is_ok());
        let error = computable(&[of("linear"), of("sort")]).unwrap_err().to_string();
        assert!(error.contains("operation sort") && !error.contains("linear"), "{error}");
    }
}
