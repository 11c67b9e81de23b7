//! Executes a few workgroups of a launch and says what the whole of it asks of the chip.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kiln_targets::{Pipeline, Target};

use super::cause::Cause;
use super::code::demands;
use super::demand::{Demand, Unit};
use super::error::TimeError;
use super::home::{Home, Limit};
use super::loops::Excerpt;
use super::parts::Parts;
use super::probe::Probe;
use super::record::{Record, Recorder};
use super::rounds::Places;
use super::scoreboard::{Clocks, Resident, Run, run};
use super::timeline::Timeline;
use super::traffic::{self, Sharing, Traffic};
use crate::isa::{Inst, Program};
use crate::machine::{Groups, Launch, LaunchError, Machine, MemoryEvent, Observer, Wave};
use crate::memory::Memory;
use crate::object::{CodeObject, KernelInfo};

/// Steps of a wave that are followed clock by clock.
const STEPS: usize = 3000;

/// Workgroups that are executed where they differ.
const SAMPLES: u64 = 8;

/// Instructions of all waves from which on a workgroup counts as long.
const LONG: u64 = 200_000;

/// Most workgroups that are probed for what they share.
const PROBES: u64 = 192;

/// Where in the grid the workgroups are that are probed: not where its halves or quarters meet.
const INSIDE: f64 = 0.55;

/// Share of the lines asked for whose instructions a probe has to see.
const MOST: f64 = 0.95;

/// Most instructions of a wave that a probe executes.
const PROBE_STEPS: u64 = 4096;

/// Most instructions of a sampled wave; a kernel that runs longer is cut there.
const LONGEST: u64 = 1 << 24;

/// Events on the time line.
const EVENTS: usize = 4000;

/// How workgroups live on the chip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Occupancy {
    /// Workgroups at the same time on each WGP, or compute unit in CU mode.
    pub groups: u32,
    /// Waves on each SIMD.
    pub waves_per_simd: u32,
    /// What keeps more from running.
    pub limit: Limit,
    /// Vector registers that each wave is given.
    pub vgprs: u32,
    /// Bytes of LDS that each workgroup has.
    pub lds: u32,
    /// Times that the device is filled.
    pub rounds: f64,
}

/// What was found out about a launch by executing parts of it; holds no fitted figure.
#[derive(Debug, Clone)]
pub struct Sampled {
    /// The times of the resources by textbook figures.
    pub parts: Parts,
    /// How workgroups live on the chip.
    pub occupancy: Occupancy,
    /// The bytes that it moves.
    pub traffic: Traffic,
    /// Clocks of a wave by what it waits for, on average, in the order of [`Cause::ALL`].
    pub causes: Vec<(Cause, f64)>,
    /// Shares of the waves' time for which the units are busy: vector ALU, matrix unit, LDS, vector
    /// memory.
    pub busy: Vec<(&'static str, f64)>,
    /// Instructions of all waves of the launch.
    pub instructions: f64,
    /// Workgroups that were executed in full.
    pub executed: usize,
    /// Bytes of LDS from its start to the last one that these touched.
    pub lds_touched: u32,
    /// The waves of one SIMD over time.
    pub timeline: Timeline,
}

impl Sampled {
    /// Executes some workgroups of a launch. They read and write `memory` as the launch would.
    ///
    /// # Errors
    /// If the target cannot be modelled, the kernel does not fit it, or a wave cannot go on.
    pub fn of(
        target: &Target,
        object: &CodeObject,
        launch: &Launch,
        memory: &Arc<Memory>,
    ) -> Result<Self, TimeError> {
        Session::new(target, object, launch, memory)?.sample()
    }
}

/// What sampling needs at hand.
struct Session<'a> {
    target: &'a Target,
    pipeline: &'a Pipeline,
    kernel: KernelInfo,
    launch: &'a Launch,
    machine: Machine,
    program: Program,
    code: Vec<Demand>,
    clock_ghz: f64,
    home: Home,
    lds: u32,
    total: u64,
}

impl<'a> Session<'a> {
    fn new(
        target: &'a Target,
        object: &CodeObject,
        launch: &'a Launch,
        memory: &Arc<Memory>,
    ) -> Result<Self, TimeError> {
        let missing = |what| TimeError::Target { target: target.name.clone(), what };
        let pipeline = target.timing.pipeline.as_ref();
        let pipeline = pipeline.ok_or_else(|| missing("section [timing.pipeline]"))?;
        let clock_ghz = target.timing.clock_ghz.ok_or_else(|| missing("timing.clock_ghz"))?;
        let machine = Machine::new(target, object, memory.clone())?;
        let known = || object.kernels().iter().map(|kernel| kernel.name.clone()).collect();
        let kernel = object.kernel_named(&launch.kernel).cloned();
        let kernel = kernel
            .ok_or_else(|| LaunchError::NoKernel { name: launch.kernel.clone(), known: known() })?;
        let program = program_of(object, machine.base());
        let code = demands(&program, target, pipeline);
        let items: u64 = launch.block.iter().map(|n| u64::from(*n)).product();
        let waves = u32::try_from(items.div_ceil(u64::from(target.lanes))).unwrap_or(u32::MAX);
        let lds = kernel.group_segment.saturating_add(launch.dynamic_lds);
        let total = launch.grid.iter().map(|n| u64::from(*n)).product::<u64>().max(1);
        let home = Home::of(target, &kernel, waves, lds, total).ok_or_else(|| TimeError::Fit {
            kernel: kernel.name.clone(),
            target: target.name.clone(),
            what: format!(
                "a workgroup has {waves} waves of {} vector registers and {lds} bytes of LDS",
                kernel.descriptor.vgprs()
            ),
        })?;
        Ok(Self {
            target,
            pipeline,
            kernel,
            launch,
            machine,
            program,
            code,
            clock_ghz,
            home,
            lds,
            total,
        })
    }

    fn sample(&self) -> Result<Sampled, TimeError> {
        let records = self.records()?;
        let middle = &records[records.len() / 2];
        let sharing = self.sharing(middle);
        let view = self.machine.memory().view();
        let traffic = traffic::of(
            &records,
            &sharing,
            self.total,
            self.target,
            self.pipeline,
            &view,
            self.home.device().min(self.total),
        );
        let runs = self.runs(&records);
        let clocks = self.clocks_of_grid(&records, &runs);
        let waves = clocks / self.clock_ghz / 1e3;
        let count = runs.len() as f64;
        let cause = |cause: Cause| {
            let all: f64 = runs.iter().map(|(full, _)| full.causes[cause as usize]).sum();
            (cause, all / count)
        };
        let each = self.total as f64 / records.len() as f64;
        Ok(Sampled {
            parts: Parts::new(waves, &traffic, self.target),
            occupancy: self.occupancy(),
            traffic,
            causes: Cause::ALL.map(cause).to_vec(),
            busy: self.busy(&records, clocks),
            instructions: each * records.iter().map(|r| r.instructions as f64).sum::<f64>(),
            executed: records.len(),
            lds_touched: records.iter().map(|record| record.lds as u32).max().unwrap_or(0),
            timeline: self.timeline(&runs[runs.len() / 2].0),
        })
    }

    /// Records of workgroups that stand for equal parts of the grid, in its order. One is enough
    /// where others execute as many instructions.
    fn records(&self) -> Result<Vec<Record>, TimeError> {
        let middle = self.record(self.total / 2)?;
        let samples = SAMPLES.min(self.total);
        if samples < 2 {
            return Ok(vec![middle]);
        }
        let place = |sample: u64| (2 * sample + 1) * self.total / (2 * samples);
        let same = |group| Ok::<_, TimeError>(self.instructions(group)? == middle.instructions);
        // A second look costs as much as the first; long workgroups get only one.
        let alike = same(place(samples - 1))?;
        if alike && (middle.instructions > LONG || same(place(0))?) {
            return Ok(vec![middle]);
        }
        (0..samples).map(|sample| self.record(place(sample))).collect()
    }

    /// Instructions of one workgroup.
    fn instructions(&self, group: u64) -> Result<u64, LaunchError> {
        Ok(self.machine.run(&self.only(group, LONGEST), |_| ())?.instructions)
    }

    fn record(&self, group: u64) -> Result<Record, TimeError> {
        let others = self.home.groups.saturating_sub(1);
        let recorder =
            Recorder::new(&self.code, &self.program, self.target, self.pipeline, self.home, others);
        Ok(self.watch(group, LONGEST, recorder)?.finish())
    }

    /// Runs one workgroup under an observer and gives the observer back.
    fn watch<O: Observer + Send>(
        &self,
        group: u64,
        budget: u64,
        observer: O,
    ) -> Result<O, LaunchError> {
        let observer = Mutex::new(observer);
        let launch = self.only(group, budget);
        let lock = || Watching(observer.lock().unwrap_or_else(PoisonError::into_inner));
        self.machine.run(&launch, |_| lock())?;
        Ok(observer.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// The launch of one workgroup alone, each wave of at most that many instructions.
    fn only(&self, group: u64, budget: u64) -> Launch {
        Launch {
            groups: Groups::Listed(vec![self.id(group)]),
            budget: budget.min(self.launch.budget),
            threads: 1,
            ..self.launch.clone()
        }
    }

    /// The place of a workgroup in the grid: x runs fastest.
    fn id(&self, group: u64) -> [u32; 3] {
        let [x, y, _] = self.launch.grid.map(u64::from);
        [group % x, group / x % y, group / x / y].map(|n| n as u32)
    }

    /// What the workgroups around the middle of the grid that run at the same time share.
    fn sharing(&self, middle: &Record) -> Sharing {
        let budget = (middle.reading_begins(MOST) + 1).min(PROBE_STEPS);
        let together = self.home.device().min(self.total).min(PROBES);
        let from = ((self.total - together) as f64 * INSIDE) as u64;
        let mut sharing = Sharing::default();
        for group in from..(from + together).min(self.total) {
            let probe = Mutex::new(Probe::new(&self.program, self.pipeline.line_bytes.into()));
            let launch = self.only(group, budget);
            let lock = || Watching(probe.lock().unwrap_or_else(PoisonError::into_inner));
            // The budget ends the run on purpose; what was seen until then counts.
            let _ = self.machine.run(&launch, |_| lock());
            sharing.add(&probe.into_inner().unwrap_or_else(PoisonError::into_inner).firsts);
        }
        sharing
    }

    /// The waves of one SIMD, for each record: in a full round, and in the last one.
    fn runs(&self, records: &[Record]) -> Vec<(Run, f64)> {
        let mut known: Vec<(u64, (Run, f64))> = Vec::new();
        let mut runs = Vec::new();
        for record in records {
            let same = known.iter().find(|(instructions, _)| *instructions == record.instructions);
            let run = match same {
                Some((_, run)) => run.clone(),
                None => {
                    let full = self.follow(record, self.home.groups, EVENTS);
                    let tail = match self.groups_in_tail() {
                        groups if groups == self.home.groups => full.clocks,
                        groups => self.follow(record, groups, 0).clocks,
                    };
                    (full, tail)
                }
            };
            known.push((record.instructions, run.clone()));
            runs.push(run);
        }
        runs
    }

    /// Workgroups on the fullest WGP in the last round.
    fn groups_in_tail(&self) -> u32 {
        let rest = self.total % self.home.device();
        let groups = rest.div_ceil(u64::from(self.home.count)) as u32;
        groups.clamp(1, self.home.groups)
    }

    fn follow(&self, record: &Record, groups: u32, events: usize) -> Run {
        let paths: Vec<Excerpt> =
            record.waves.iter().map(|wave| Excerpt::of(wave, STEPS)).collect();
        let home = self.home.with_groups(groups);
        // Groups of fewer waves than there are SIMDs have one wave on each that they reach.
        let on_simd = if self.home.waves >= home.simds { groups } else { home.waves_per_simd() };
        let start = u64::from(self.pipeline.group_start_clocks);
        let waves: Vec<Resident<'_>> = (0..on_simd as usize)
            .flat_map(|group| {
                let start = start * group as u64;
                paths.iter().map(move |path| Resident { path, group, start })
            })
            .collect();
        run(&self.code, self.clocks(), &waves, events)
    }

    fn clocks(&self) -> Clocks {
        let pipeline = self.pipeline;
        let sharing =
            if self.home.wgp { pipeline.lds_sharing_wgp } else { pipeline.lds_sharing_cu };
        Clocks {
            lds: pipeline.lds_latency.into(),
            scalar: pipeline.scalar_load_latency.into(),
            near: pipeline.near_latency.into(),
            far: pipeline.far_latency.into(),
            barrier: pipeline.barrier_latency.into(),
            jump: pipeline.jump_clocks.into(),
            queue: pipeline.queue_clocks.into(),
            lds_sharing: sharing.into(),
            memory_sharing: self.target.timing.simds_per_cu.into(),
        }
    }

    /// Clocks of the whole grid.
    fn clocks_of_grid(&self, records: &[Record], runs: &[(Run, f64)]) -> f64 {
        let places = Places { slots: self.home.device(), total: self.total };
        let fetch: Vec<f64> = records.iter().map(|record| self.fetch(record)).collect();
        match runs {
            [(full, tail)] => places.alike(full.clocks + fetch[0], tail + fetch[0]),
            _ => {
                let full = runs.iter().zip(&fetch).map(|((full, _), fetch)| full.clocks + fetch);
                places.different(&full.collect::<Vec<f64>>())
            }
        }
    }

    /// Clocks that a workgroup waits for code which the instruction cache does not hold.
    fn fetch(&self, record: &Record) -> f64 {
        let held = f64::from(self.pipeline.code_bytes) / record.code.max(1) as f64;
        let steps = record.waves.first().map_or(0, |wave| wave.steps.len()) as f64;
        let bytes = record.code_executed as f64 / record.waves.len().max(1) as f64;
        let lines = if steps > 0.0 { bytes / f64::from(self.pipeline.line_bytes) } else { 0.0 };
        lines * (1.0 - held).max(0.0) * f64::from(self.pipeline.code_line_clocks)
    }

    fn occupancy(&self) -> Occupancy {
        let vgprs = self.kernel.descriptor.vgprs();
        Occupancy {
            groups: self.home.groups,
            waves_per_simd: self.home.waves_per_simd(),
            limit: self.home.limit,
            vgprs: vgprs.max(1).next_multiple_of(self.target.vgpr_granule),
            lds: self.lds,
            rounds: self.total as f64 / self.home.device() as f64,
        }
    }

    fn busy(&self, records: &[Record], clocks: f64) -> Vec<(&'static str, f64)> {
        let each = self.total as f64 / records.len() as f64;
        let simds = f64::from(self.home.count * self.home.simds);
        let units = simds / f64::from(self.target.timing.simds_per_cu);
        let busy = |unit: Unit| {
            each * records.iter().map(|record| record.busy[unit as usize] as f64).sum::<f64>()
        };
        let share = |clocks_busy: f64, units: f64| clocks_busy / units / clocks.max(1.0);
        let memory = busy(Unit::Load) + busy(Unit::Store) + busy(Unit::Atomic);
        vec![
            ("vector unit", share(busy(Unit::Valu) + busy(Unit::Trans), simds)),
            ("matrix unit", share(busy(Unit::Wmma), simds)),
            ("LDS", share(busy(Unit::Lds), simds / self.clocks().lds_sharing as f64)),
            ("vector memory", share(memory, units)),
        ]
    }

    fn timeline(&self, run: &Run) -> Timeline {
        let events = run.events.clone();
        let mut used: Vec<u32> = events.iter().map(|event| event.at).collect();
        used.sort_unstable();
        used.dedup();
        let name = |at: u32| {
            let entry = self.program.entries().get(at as usize);
            let text =
                entry.and_then(|e| e.inst.as_ref().ok()).map(|inst| inst.op.name().to_owned());
            let unit = self.code.get(at as usize).map_or(Unit::Wait, |demand| demand.unit);
            (at, text.unwrap_or_default(), unit)
        };
        let cut = events.len() >= EVENTS;
        Timeline { names: used.into_iter().map(name).collect(), events, cut }
    }
}

/// The object's code as it stands in memory.
fn program_of(object: &CodeObject, base: u64) -> Program {
    let image = object.image_at(base);
    let range = object.code().reduce(|a, b| a.start.min(b.start)..a.end.max(b.end));
    let range = range.unwrap_or(0..0);
    let bytes = image.get(range.clone()).unwrap_or(&[]);
    Program::new(base + range.start as u64, bytes)
}

/// Lends an observer to a run, so that it can be had back.
struct Watching<'a, O>(MutexGuard<'a, O>);

impl<O: Observer> Observer for Watching<'_, O> {
    fn issue(&mut self, wave: &Wave, pc: u64, inst: &Inst) {
        self.0.issue(wave, pc, inst);
    }

    fn memory(&mut self, wave: &Wave, event: &MemoryEvent<'_>) {
        self.0.memory(wave, event);
    }

    fn barrier_released(&mut self) {
        self.0.barrier_released();
    }
}
