//! Records what a workgroup does, as an observer of its execution.

use std::collections::HashMap;

use kiln_targets::{Pipeline, Target};

use super::access::{Access, Banks};
use super::cache::Cache;
use super::demand::{Demand, Unit};
use super::home::Home;
use super::trace::{Reach, Step, WaveTrace};
use crate::isa::{Inst, Program};
use crate::machine::{MemoryEvent, Observer, Space, Touch, Wave};

/// A line of memory that the first cache did not have, and the instruction that asked for it.
pub(super) type Miss = (u32, u64);

/// What one workgroup did.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    /// The waves that share the first SIMD.
    pub(super) waves: Vec<WaveTrace>,
    /// Instructions of all waves.
    pub(super) instructions: u64,
    /// Instructions of the first wave.
    pub(super) first_wave: u64,
    /// Clocks that all waves keep each unit.
    pub(super) busy: [u64; Unit::COUNT],
    /// Lines that loads asked for beyond the first cache, in order.
    pub(super) misses: Vec<Miss>,
    /// For each load in the order of first execution by the first wave: how many instructions that
    /// wave had executed, the instruction, and the first line asked for.
    pub(super) firsts: Vec<(u64, u32, u64)>,
    /// Requests of stores to the cache behind the first.
    pub(super) stores: u64,
    /// Different lines that stores and atomics wrote, sorted.
    pub(super) written: Vec<u64>,
    /// Lanes of atomic operations.
    pub(super) atomics: u64,
    /// Bytes of LDS from its start to the last one touched.
    pub(super) lds: u64,
    /// Bytes of code that the first wave executed more than once.
    pub(super) code: u64,
    /// Bytes of code that the waves which are followed executed, repetitions included.
    pub(super) code_executed: u64,
}

impl Record {
    /// How many instructions the first wave executed until the loads that ask for that share of all
    /// lines had been executed once.
    pub(super) fn reading_begins(&self, share: f64) -> u64 {
        let mut lines: HashMap<u32, usize> = HashMap::new();
        self.misses.iter().for_each(|(at, _)| *lines.entry(*at).or_default() += 1);
        let enough = share * self.misses.len() as f64;
        let mut seen = 0;
        for (executed, at, _) in &self.firsts {
            seen += lines.get(at).copied().unwrap_or(0);
            if seen as f64 >= enough {
                return *executed;
            }
        }
        self.firsts.last().map_or(0, |(executed, ..)| *executed)
    }
}

/// Records a workgroup.
#[derive(Debug)]
pub(super) struct Recorder<'a> {
    code: &'a [Demand],
    program: &'a Program,
    home: Home,
    line: u64,
    store: u64,
    banks: Banks,
    /// The first cache of each compute unit.
    near: Vec<Cache>,
    /// The instruction that each wave executes.
    at: Vec<u32>,
    /// How often the first wave executed each instruction, up to a few times.
    executed: Vec<u8>,
    record: Record,
}

impl<'a> Recorder<'a> {
    /// A recorder for one workgroup of a launch in which `others` more run on the same WGP.
    pub(super) fn new(
        code: &'a [Demand],
        program: &'a Program,
        target: &Target,
        pipeline: &Pipeline,
        home: Home,
        others: u32,
    ) -> Self {
        let lines = (pipeline.l0_bytes / pipeline.line_bytes) as usize;
        let near = || Cache::new(lines, pipeline.l0_ways as usize, f64::from(others));
        let units = (home.simds / target.timing.simds_per_cu).max(1);
        Self {
            code,
            program,
            home,
            line: u64::from(pipeline.line_bytes),
            store: u64::from(pipeline.store_bytes.max(1)),
            banks: Banks::new((target.lds_banks / 2) as usize),
            near: (0..units).map(|_| near()).collect(),
            at: Vec::new(),
            executed: vec![0; code.len()],
            record: Record::default(),
        }
    }

    /// What was recorded.
    pub(super) fn finish(mut self) -> Record {
        self.record.written.sort_unstable();
        self.record.written.dedup();
        let repeated = self.code.iter().zip(&self.executed).filter(|(_, times)| **times > 1);
        self.record.code = repeated.map(|(demand, _)| u64::from(demand.bytes)).sum();
        let steps = self.record.waves.iter().flat_map(|wave| &wave.steps);
        let bytes = |step: &Step| self.code.get(step.at as usize).map_or(0, |demand| demand.bytes);
        self.record.code_executed = steps.map(|step| u64::from(bytes(step))).sum();
        self.record
    }

    /// The trace of a wave, if it is one of those that are followed.
    fn trace(&mut self, wave: usize) -> Option<&mut WaveTrace> {
        let simds = self.home.simds as usize;
        if !wave.is_multiple_of(simds) {
            return None;
        }
        let place = wave / simds;
        if self.record.waves.len() <= place {
            self.record.waves.resize_with(place + 1, WaveTrace::default);
        }
        self.record.waves.get_mut(place)
    }

    /// Adds to the cost of a wave's last step.
    fn charge(&mut self, wave: usize, unit: Unit, cost: u32, reach: Reach) {
        self.record.busy[unit as usize] += u64::from(cost);
        let last = self.trace(wave).and_then(|trace| trace.steps.last_mut());
        if let Some(step) = last {
            step.cost = step.cost.saturating_add(u16::try_from(cost).unwrap_or(u16::MAX));
            if reach == Reach::Far {
                step.reach = reach;
            }
        }
    }

    fn local(&mut self, wave: usize, access: Access<'_>) {
        let last = (0..32).filter(|lane| access.lanes >> lane & 1 == 1);
        let end = last.map(|lane| access.addresses[lane] + u64::from(access.size)).max();
        self.record.lds = self.record.lds.max(end.unwrap_or(0));
        let cycles = self.banks.cycles(&access);
        self.charge(wave, Unit::Lds, cycles, Reach::Near);
    }

    fn load(&mut self, wave: usize, access: Access<'_>) {
        let at = self.at.get(wave).copied().unwrap_or(0);
        let simd = wave as u32 % self.home.simds;
        let unit = simd as usize * self.near.len() / self.home.simds.max(1) as usize;
        let near = &mut self.near[unit];
        let (misses, mut reach, mut first) = (&mut self.record.misses, Reach::Near, None);
        let lines = access.blocks(self.line, |line| {
            first.get_or_insert(line);
            if !near.ask(line) {
                reach = Reach::Far;
                misses.push((at, line));
            }
        });
        if let Some(line) = first.filter(|_| wave == 0) {
            let firsts = &mut self.record.firsts;
            if !firsts.iter().any(|(_, known, _)| *known == at) {
                firsts.push((self.record.first_wave, at, line));
            }
        }
        self.charge(wave, Unit::Load, lines.max(access.size.div_ceil(4)), reach);
    }

    fn store(&mut self, wave: usize, access: Access<'_>, unit: Unit) {
        let written = &mut self.record.written;
        let lines = access.blocks(self.line, |line| {
            if written.last() != Some(&line) {
                written.push(line);
            }
        });
        if unit == Unit::Atomic {
            self.record.atomics += u64::from(access.lanes.count_ones());
        } else {
            self.record.stores += u64::from(access.blocks(self.store, |_| ()));
        }
        self.charge(wave, unit, lines.max(access.size.div_ceil(4)), Reach::Far);
    }
}

impl Observer for Recorder<'_> {
    fn issue(&mut self, wave: &Wave, pc: u64, _inst: &Inst) {
        let Some(at) = self.program.index_of(pc) else { return };
        let wave = wave.index() as usize;
        if self.at.len() <= wave {
            self.at.resize(wave + 1, 0);
        }
        self.at[wave] = at as u32;
        if wave == 0 {
            self.executed[at] = self.executed[at].saturating_add(1);
        }
        self.record.instructions += 1;
        self.record.first_wave += u64::from(wave == 0);
        let demand = &self.code[at];
        self.record.busy[demand.unit as usize] += match demand.counter {
            Some(_) => 0,
            None => u64::from(demand.cycles),
        };
        if let Some(trace) = self.trace(wave) {
            trace.steps.push(Step { at: at as u32, cost: 0, reach: Reach::Near });
        }
    }

    fn memory(&mut self, wave: &Wave, event: &MemoryEvent<'_>) {
        let index = wave.index() as usize;
        let access = Access { lanes: event.lanes, addresses: event.addresses, size: event.size };
        match (event.space, event.touch) {
            (Space::Lds, _) => self.local(index, access),
            (Space::Scalar, _) => {}
            // The hardware interleaves private memory so that lanes are neighbours.
            (Space::Scratch, touch) => {
                let unit = if touch == Touch::Load { Unit::Load } else { Unit::Store };
                let cost = access.size.div_ceil(4).max(1);
                self.charge(index, unit, cost, Reach::Near);
            }
            (Space::Global, Touch::Load) => self.load(index, access),
            (Space::Global, Touch::Store) => self.store(index, access, Unit::Store),
            (Space::Global, Touch::Atomic { .. }) => self.store(index, access, Unit::Atomic),
        }
    }

    fn barrier_released(&mut self) {
        self.near.iter_mut().for_each(Cache::turn);
    }
}
