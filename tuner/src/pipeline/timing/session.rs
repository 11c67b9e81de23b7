//! One session with the device.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use kiln_cache::device::{Cold, LaunchSpec, Peak, Request as Ask, Response, Timing};
use kiln_cache::hash::Digest;
use kiln_cache::journal::Journal;
use kiln_cache::store::{Measurement, Outcome, Store};
use kiln_compiler::dsl::AnyRecipe;
use kiln_compiler::object::link;
use kiln_compiler::oracle;
use kiln_targets::Target;

use super::launch::Operands;
use super::records::{JournalNote, key, measured, record, time_key};
use crate::check::{self, DeviceExecutor};
use crate::decide::RunOff;
use crate::pipeline::{Compiler, Contender, Family, Timed, find, kernarg, threads};
use crate::progress::{Line, Progress, Stage};
use crate::roofline::{Arithmetic, Probes};
use crate::stats::{Elimination, NoiseFloor, Pairs, Summary, compare};
use crate::workers::{Device, DeviceError};
use crate::{Error, Result};

/// Shortest sample, in microseconds.
const SAMPLE_US: f64 = 200.0;

/// Pairs of a run-off; fixed before it starts.
const PAIRS: u32 = 15;

/// Candidates within this factor of the best meet it in a run-off.
const CLOSE: f64 = 1.05;

/// Opponents of a leader, at most.
const OPPONENTS: usize = 3;

/// Times a kernel may be followed by the end of its process before it is given up.
const SUSPICION: u32 = 2;

/// Measures candidates on the host.
pub struct Timer<'a> {
    device: Device,
    store: &'a Store,
    journal: Journal<JournalNote>,
    suspects: BTreeSet<Digest>,
    target: &'a Target,
    deadline: Option<Instant>,
    room: tempfile::TempDir,
    /// Noise floor of the session, once known.
    pub noise: Option<NoiseFloor>,
}

impl<'a> Timer<'a> {
    /// Starts the device's process.
    ///
    /// # Errors
    /// If it cannot be started, or the journal cannot be used.
    pub fn start(store: &'a Store, target: &'a Target, deadline: Option<Instant>) -> Result<Self> {
        let (journal, history) = Journal::open(store.journal_directory())?;
        let given_up = history.suspects.iter().filter(|suspect| suspect.times >= SUSPICION);
        let room = tempfile::Builder::new().prefix("kiln-tune-").tempdir();
        let room = room.map_err(|error| Error::io("create", &std::env::temp_dir(), error))?;
        Ok(Self {
            device: Device::start()?,
            store,
            journal,
            suspects: given_up.map(|suspect| suspect.key).collect(),
            target,
            deadline,
            room,
            noise: None,
        })
    }

    /// What measurements depend on.
    pub fn fingerprint(&self) -> BTreeMap<String, String> {
        self.device.info().fingerprint.clone()
    }

    /// The device's own peaks, measured once for each device and cache.
    ///
    /// # Errors
    /// If the device is lost or the cache cannot be used.
    pub fn probes(&mut self) -> Result<Probes> {
        let none = Digest::of(b"");
        let key = key("probes", self.device.info(), &none).finish();
        let units = self.device.info().threads;
        let known: Option<Measurement> = self.store.get(&key)?;
        let rates = match known {
            Some(known) => known.samples_us,
            None => {
                let mut rates = vec![self.figure(&Ask::BandwidthProbe { threads: 0 })?];
                for peak in [Peak::Dot4I8, Peak::FmaF32] {
                    // A device without the arithmetic has no peak of it.
                    let rate = self.device.figure(&Ask::PeakProbe { peak, threads: 0 });
                    rates.push(rate.unwrap_or(0.0));
                }
                self.store.put(&key, &measured(none, rates.clone()))?;
                rates
            }
        };
        let [bandwidth, dot, fma] = rates[..] else {
            return Err(Error::invalid("cache", "the device's peaks are of another version"));
        };
        let peaks = [(Arithmetic::I8, dot), (Arithmetic::F32, fma)];
        let peaks = peaks.into_iter().filter(|(_, rate)| *rate > 0.0).collect();
        Ok(Probes { units, bandwidth, peaks })
    }

    fn figure(&mut self, ask: &Ask) -> Result<f64> {
        self.device.figure(ask).map_err(|error| Error::invalid("device", error.to_string()))
    }

    /// Links contenders into one object and loads it under number 0.
    ///
    /// # Errors
    /// If it cannot be linked or loaded.
    pub fn load(&mut self, contenders: &[Contender<'_>], compiler: &Compiler<'_>) -> Result<()> {
        let objects = contenders.iter().map(|of| compiler.object(&of.code));
        let objects = objects.collect::<Result<Vec<_>>>()?;
        let slices: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
        let fail = |why: String| Error::invalid("candidates", why);
        let linked = link(&slices, self.target).map_err(|error| fail(error.to_string()))?;
        let path = self.room.path().join("candidates.so");
        std::fs::write(&path, linked).map_err(|error| Error::io("write", &path, error))?;
        let loaded = self.device.ask(&Ask::LoadObject { id: 0, path });
        loaded.map(drop).map_err(|error| fail(error.to_string()))
    }

    /// Unloads what [`Timer::load`] loaded.
    ///
    /// # Errors
    /// If the device is lost.
    pub fn unload(&mut self) -> Result<()> {
        let unloaded = self.device.ask(&Ask::UnloadObject { id: 0 });
        unloaded.map(drop).map_err(|error| Error::invalid("device", error.to_string()))
    }

    /// Runs a loaded contender's code on small and adversarial problems.
    ///
    /// # Errors
    /// If the cache or the journal cannot be used.
    pub fn check(&mut self, contender: &Contender<'_>, line: &Line) -> Result<Option<Outcome>> {
        let isa = contender.code.statics.isa_hash;
        let trials = check::ragged(contender.point);
        let key = key("device check", self.device.info(), &isa)
            .field("program", &contender.point.digest)
            .content("trials", format!("{trials:?}").as_bytes())
            .finish();
        let known: Option<Measurement> = self.store.get(&key)?;
        if let Some(known) = known {
            return Ok((known.outcome != Outcome::Measured).then_some(known.outcome));
        }
        if self.suspects.contains(&key.digest) {
            return Ok(Some(Outcome::Suspect));
        }
        let spec = &contender.point.spec;
        self.journal.started(key.digest, &format!("check {}", spec.symbol))?;
        let recipe = find(&spec.operation, &spec.attributes, &spec.recipe)
            .map_err(|why| Error::invalid(&spec.recipe, why))?;
        let mut outcome = Outcome::Measured;
        for trial in &trials {
            if let Err(why) = self.try_one(contender, recipe.as_ref(), trial) {
                outcome = why;
                break;
            }
        }
        self.store.put(&key, &record(isa, outcome.clone(), Vec::new()))?;
        self.journal.finished(key.digest, JournalNote::Checked { outcome: outcome.clone() })?;
        line.advance(1);
        Ok((outcome != Outcome::Measured).then_some(outcome))
    }

    fn try_one(
        &mut self,
        contender: &Contender<'_>,
        recipe: &dyn AnyRecipe,
        trial: &crate::workers::Trial,
    ) -> std::result::Result<(), Outcome> {
        let point = contender.point;
        let built = point.spec.build().map_err(|reason| Outcome::Rejected { reason })?;
        let wrong =
            |failure: oracle::Failure| Outcome::Wrong { max_error: None, at: failure.to_string() };
        let trial = oracle::Trial::new(recipe, &built.signature, trial.problem());
        let kernel = (
            kernarg(point),
            threads(&point.program, self.target),
            contender.code.statics.lds_bytes,
        );
        let mut executor = DeviceExecutor::new(&mut self.device, self.room.path(), 0, kernel);
        trial.map_err(wrong)?.check(&point.program, &mut executor, 0.0).map_err(wrong)?;
        Ok(())
    }

    /// Times contenders for a request, those that the cache does not know; fills in their times.
    /// Nothing is measured after the deadline.
    ///
    /// # Errors
    /// If the device is lost, or the cache or the journal cannot be used.
    pub fn time(
        &mut self,
        family: &Family,
        contenders: &mut [Contender<'_>],
        list: &[usize],
        request: usize,
    ) -> Result<()> {
        let of = &family.requests[request];
        let mut missing = Vec::new();
        for &at in list {
            let key = time_key(self.device.info(), &contenders[at], of);
            let known: Option<Measurement> = self.store.get(&key)?;
            match known.and_then(|known| Summary::of(&known.samples_us)) {
                Some(summary) => drop(contenders[at].timed.insert(request, timed(&summary))),
                None => missing.push(at),
            }
        }
        if missing.is_empty() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(());
        }
        let samples = self.sample(family, contenders, &missing, request)?;
        for (&at, samples) in missing.iter().zip(samples) {
            let Some(summary) = Summary::of(&samples) else { continue };
            let contender = &mut contenders[at];
            let key = time_key(self.device.info(), contender, of);
            self.journal.note(JournalNote::Sampled {
                kernel: contender.point.spec.symbol.clone(),
                operation: of.operation.to_string(),
                dims: of.dims(),
                samples_us: samples.clone(),
            })?;
            self.store.put(&key, &measured(contender.code.statics.isa_hash, samples))?;
            contender.timed.insert(request, timed(&summary));
        }
        Ok(())
    }

    /// Rounds of samples until no candidate needs more.
    fn sample(
        &mut self,
        family: &Family,
        contenders: &[Contender<'_>],
        list: &[usize],
        request: usize,
    ) -> Result<Vec<Vec<f64>>> {
        let mut operands = Operands::new(self.cache_bytes());
        let dims = family.requests[request].dims();
        let lost = |error: DeviceError| Error::invalid("device", error.to_string());
        let launch = |at: &usize| operands.launch(&mut self.device, &contenders[*at], &dims, 0);
        let specs: Vec<LaunchSpec> =
            list.iter().map(launch).collect::<std::result::Result<_, _>>().map_err(lost)?;
        let rule = rule(&specs, contenders, list, request);
        let mut samples = vec![Vec::new(); list.len()];
        loop {
            let live = rule.next_round(&samples);
            if live.is_empty() {
                break;
            }
            let launches = live.iter().map(|at| specs[*at].clone()).collect();
            let round = timing(launches, rule.min_samples as u32, &operands);
            let us = self.rounds(round)?;
            live.iter().zip(us).for_each(|(at, us)| samples[*at].extend(us));
            if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break;
            }
        }
        operands.release(&mut self.device).map_err(lost)?;
        Ok(samples)
    }

    /// Lets the leader of a request meet those close to it, pair by pair.
    ///
    /// # Errors
    /// As [`Timer::time`].
    pub fn run_off(
        &mut self,
        family: &Family,
        contenders: &[Contender<'_>],
        list: &[usize],
        request: usize,
    ) -> Result<Vec<RunOff>> {
        let mut order: Vec<(f64, usize)> = list
            .iter()
            .filter_map(|at| Some((contenders[*at].timed.get(&request)?.time_us, *at)))
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let Some(&(best, leader)) = order.first() else { return Ok(Vec::new()) };
        let close = order.iter().skip(1).take(OPPONENTS).filter(|(time, _)| *time <= CLOSE * best);
        let mut held = Vec::new();
        for &(_, challenger) in close {
            let pair = [leader, challenger];
            let Some(pairs) = self.pairs(family, contenders, pair, request)? else { continue };
            held.push(RunOff {
                leader: contenders[leader].point.spec.symbol.clone(),
                challenger: contenders[challenger].point.spec.symbol.clone(),
                verdict: compare(&pairs, self.noise.unwrap_or_default()),
            });
        }
        Ok(held)
    }

    /// The noise floor: the first contender against itself, measured once for each device and
    /// cache.
    ///
    /// # Errors
    /// As [`Timer::time`].
    pub fn noise(&mut self, family: &Family, contenders: &[Contender<'_>]) -> Result<()> {
        if self.noise.is_some() || contenders.is_empty() {
            return Ok(());
        }
        let samples = self.paired_samples(family, contenders, [0, 0], 0)?;
        self.noise = samples.and_then(|[first, second]| NoiseFloor::of(&first, &second));
        Ok(())
    }

    fn pairs(
        &mut self,
        family: &Family,
        contenders: &[Contender<'_>],
        pair: [usize; 2],
        request: usize,
    ) -> Result<Option<Pairs>> {
        let samples = self.paired_samples(family, contenders, pair, request)?;
        Ok(samples.and_then(|[a, b]| Pairs::of(&a, &b)))
    }

    fn paired_samples(
        &mut self,
        family: &Family,
        contenders: &[Contender<'_>],
        pair: [usize; 2],
        request: usize,
    ) -> Result<Option<[Vec<f64>; 2]>> {
        let of = &family.requests[request];
        let [a, b] = pair.map(|at| contenders[at].code.statics.isa_hash);
        let key = key("pairs", self.device.info(), &a)
            .field("against", b)
            .field("operation", &of.operation)
            .field("m", of.m)
            .finish();
        let known: Option<Measurement> = self.store.get(&key)?;
        if let Some(Measurement { samples_us: mut first, .. }) = known {
            let second = first.split_off(first.len() / 2);
            return Ok(Some([first, second]));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(None);
        }
        let mut operands = Operands::new(self.cache_bytes());
        let lost = |error: DeviceError| Error::invalid("device", error.to_string());
        let dims = of.dims();
        let launch = |at| operands.launch(&mut self.device, &contenders[at], &dims, 0);
        let [one, other] = pair.map(launch);
        let launches = vec![one.map_err(lost)?, other.map_err(lost)?];
        let us = self.rounds(timing(launches, PAIRS, &operands))?;
        operands.release(&mut self.device).map_err(lost)?;
        let Ok([first, second]) = <[Vec<f64>; 2]>::try_from(us) else { return Ok(None) };
        self.store.put(&key, &measured(a, [first.clone(), second.clone()].concat()))?;
        Ok(Some([first, second]))
    }

    /// Samples by launch and round.
    fn rounds(&mut self, timing: Timing) -> Result<Vec<Vec<f64>>> {
        let fail = |why: String| Error::invalid("device", why);
        match self.device.ask(&Ask::Time(timing)) {
            Ok(Response::Samples { us }) => Ok(us),
            Ok(_) => Err(fail("an answer of the wrong kind".to_owned())),
            Err(error) => Err(fail(error.to_string())),
        }
    }

    fn cache_bytes(&self) -> u64 {
        let text = self.device.info().fingerprint.get("cache_bytes");
        text.and_then(|text| text.parse().ok()).filter(|bytes| *bytes > 0).unwrap_or(32 << 20)
    }

    /// A line for a stage of timing.
    pub fn line(&self, progress: &Progress, stage: Stage, total: usize) -> Line {
        progress.stage(stage, total as u64)
    }
}

fn timing(launches: Vec<LaunchSpec>, samples: u32, operands: &Operands) -> Timing {
    let cold = Cold { rotate: operands.rotating.clone() };
    Timing { launches, samples, min_sample_us: SAMPLE_US, cold, threads: 0 }
}

/// Long launches are sampled less: they are less noisy, and there is less time for them.
fn rule(
    specs: &[LaunchSpec],
    contenders: &[Contender<'_>],
    list: &[usize],
    request: usize,
) -> Elimination {
    let estimate = |at: &usize| contenders[*at].estimates[request].as_ref().map(|of| of.time_us);
    let shortest = list.iter().filter_map(estimate).fold(f64::INFINITY, f64::min);
    let max_samples = match shortest * specs.len() as f64 {
        long if long > 1e6 => 3,
        long if long > 1e5 => 6,
        long if long > 1e4 => 12,
        _ => 30,
    };
    Elimination { max_samples, keep: 2, ..Elimination::default() }
}

fn timed(summary: &Summary) -> Timed {
    let interval = summary.interval.map(|interval| [interval.lo, interval.hi]);
    Timed { time_us: summary.median, interval }
}
