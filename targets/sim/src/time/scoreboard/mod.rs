//! One SIMD with its resident waves, clock by clock.
//!
//! * A wave issues in order, at most one instruction in a clock. The SIMD starts at most one of
//!   each kind in a clock, waves taking turns.
//! * Results of the ALUs are interlocked; results of memory are awaited through counters alone.
//! * LDS and vector memory serve all SIMDs of a compute unit: each access keeps them as many times
//!   as long as there are SIMDs, because the others are taken to do the same.
//! * A barrier opens when the last wave of the group that this SIMD holds arrives.

use std::collections::VecDeque;

use super::cause::Cause;
use super::demand::{ANY, Counter, Demand, SLOTS, Unit};
use super::loops::Excerpt;
use super::trace::{Reach, Step};

/// Clocks of the machine around a SIMD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clocks {
    /// From an LDS access until its data can be used, beyond the clocks it keeps the LDS.
    pub(super) lds: u64,
    /// From a scalar load until its data can be used.
    pub(super) scalar: u64,
    /// From a vector memory access that the first cache serves until its data can be used.
    pub(super) near: u64,
    /// The same for an access that goes further.
    pub(super) far: u64,
    /// From the last arrival at a barrier until the waves go on.
    pub(super) barrier: u64,
    /// From a taken jump until the next instruction.
    pub(super) jump: u64,
    /// Accesses that may wait before LDS or vector memory, in clocks of that unit.
    pub(super) queue: u64,
    /// SIMDs that share the LDS.
    pub(super) lds_sharing: u64,
    /// SIMDs that share the vector memory unit.
    pub(super) memory_sharing: u64,
}

/// A wave on the SIMD.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resident<'a> {
    /// What it executes.
    pub(super) path: &'a Excerpt,
    /// Its workgroup, by any number.
    pub(super) group: usize,
    /// When it was started.
    pub(super) start: u64,
}

/// One instruction on the time line of a wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Which of the SIMD's waves.
    pub wave: usize,
    /// Which instruction of the code, counted from its start.
    pub at: u32,
    /// The clock in which it was issued.
    pub issued: u64,
    /// Clocks that it kept its unit.
    pub clocks: u32,
    /// Clocks that the wave had waited for it, and for what.
    pub waited: u64,
    /// What the wave had waited for.
    pub cause: Cause,
}

/// How the SIMD's waves fared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// Clocks from the first start to the last end.
    pub(super) clocks: f64,
    /// Clocks of a wave by cause, on average.
    pub(super) causes: [f64; Cause::ALL.len()],
    /// The first instructions.
    pub(super) events: Vec<Event>,
}

/// Runs the waves to their ends and keeps up to `events` events.
pub(super) fn run(code: &[Demand], clocks: Clocks, waves: &[Resident<'_>], events: usize) -> Run {
    let mut simd = Simd {
        code,
        clocks,
        free: [0; Unit::COUNT],
        matrix: false,
        waves: waves.iter().map(|wave| Wave::new(*wave, code)).collect(),
        causes: [0.0; Cause::ALL.len()],
        events: Vec::new(),
        keep: events,
    };
    while let Some(wave) = simd.next() {
        simd.issue(wave);
    }
    simd.finish()
}

struct Simd<'a> {
    code: &'a [Demand],
    clocks: Clocks,
    /// The first clock in which each unit takes another instruction.
    free: [u64; Unit::COUNT],
    /// Whether it is a matrix instruction that the vector ALU is busy with.
    matrix: bool,
    waves: Vec<Wave<'a>>,
    causes: [f64; Cause::ALL.len()],
    events: Vec<Event>,
    keep: usize,
}

struct Wave<'a> {
    path: &'a Excerpt,
    group: usize,
    place: usize,
    /// The clock after the last instruction.
    after: u64,
    /// The first clock in which the next instruction may issue as far as this wave is concerned.
    due: u64,
    /// What that is waiting for.
    cause: Cause,
    at_barrier: bool,
    ready: Box<[u64; SLOTS]>,
    /// When the data of each access are there, and what waiting for them is called.
    outstanding: [VecDeque<(u64, Cause)>; Counter::COUNT],
    marks: [u64; 2],
}

impl<'a> Wave<'a> {
    fn new(resident: Resident<'a>, code: &[Demand]) -> Self {
        let mut wave = Self {
            path: resident.path,
            group: resident.group,
            place: 0,
            after: resident.start,
            due: resident.start,
            cause: Cause::Issue,
            at_barrier: false,
            ready: Box::new([0; SLOTS]),
            outstanding: Default::default(),
            marks: [0; 2],
        };
        wave.look_ahead(code);
        wave
    }

    fn step(&self) -> Option<&Step> {
        self.path.steps.get(self.place)
    }

    /// Finds when the next instruction may issue, and what holds it back until then.
    fn look_ahead(&mut self, code: &[Demand]) {
        let Some(step) = self.path.steps.get(self.place) else { return };
        let demand = &code[step.at as usize];
        let (mut due, mut cause) = (self.after, Cause::Issue);
        for range in &demand.reads {
            let slots = usize::from(range.first)..usize::from(range.first + range.count);
            for ready in &self.ready[slots] {
                if *ready > due {
                    (due, cause) = (*ready, Cause::Dependency);
                }
            }
        }
        if demand.waits != [ANY; Counter::COUNT] {
            for (queue, left) in self.outstanding.iter_mut().zip(demand.waits) {
                while queue.len() > usize::from(left) {
                    let Some((done, data)) = queue.pop_front() else { break };
                    if done > due {
                        (due, cause) = (done, data);
                    }
                }
            }
        }
        (self.due, self.cause) = (due, cause);
    }

    /// Notes the result of an access in the counter that covers it. Results arrive in order.
    fn await_later(&mut self, counter: Counter, done: u64, unit: Unit) {
        let data = match unit {
            Unit::Lds => Cause::LdsData,
            Unit::Smem => Cause::ScalarData,
            _ => Cause::MemoryData,
        };
        let queue = &mut self.outstanding[counter as usize];
        let done = queue.back().map_or(done, |(last, _)| done.max(*last));
        queue.push_back((done, data));
    }

    /// How many times the coming step counts: those in the window of the loop stand for others.
    fn weight(&self) -> f64 {
        match self.path.window {
            Some((from, to)) if (from..to).contains(&self.place) => 1.0 + self.path.repeats,
            _ => 1.0,
        }
    }
}

impl Simd<'_> {
    /// The wave that issues next: the first that can, of those the one that has waited longest.
    fn next(&self) -> Option<usize> {
        let mut best: Option<((u64, u64), usize)> = None;
        for (index, wave) in self.waves.iter().enumerate() {
            if wave.at_barrier {
                continue;
            }
            let Some(step) = wave.step() else { continue };
            let at = wave.due.max(self.opening(self.code[step.at as usize].unit));
            let turn = (at, wave.after);
            if best.is_none_or(|(earliest, _)| turn < earliest) {
                best = Some((turn, index));
            }
        }
        best.map(|(_, index)| index)
    }

    /// The first clock in which a unit takes another instruction.
    fn opening(&self, unit: Unit) -> u64 {
        let free = |unit: Unit| self.free[unit as usize];
        match unit {
            Unit::Valu | Unit::Wmma => free(Unit::Valu),
            Unit::Trans => free(Unit::Valu).max(free(Unit::Trans)),
            Unit::Lds => free(Unit::Lds).saturating_sub(self.clocks.queue),
            Unit::Load | Unit::Store | Unit::Atomic => {
                free(Unit::Load).saturating_sub(self.clocks.queue)
            }
            Unit::Salu | Unit::Smem | Unit::Branch => free(unit),
            Unit::Barrier | Unit::Wait => 0,
        }
    }

    fn issue(&mut self, index: usize) {
        let wave = &self.waves[index];
        let Some(&step) = wave.step() else { return };
        let demand = &self.code[step.at as usize];
        let opening = self.opening(demand.unit);
        let now = wave.due.max(opening);
        let cause = if opening > wave.due { self.busy(demand.unit) } else { wave.cause };
        self.account(index, &step, now, cause);
        let occupied = u64::from(demand.cycles.max(u32::from(step.cost)));
        let done = self.occupy(demand.unit, now, occupied, &step);
        let next = self.waves[index].path.steps.get(self.waves[index].place + 1).map(|s| s.at);
        let wave = &mut self.waves[index];
        if wave.path.window.is_some_and(|(from, _)| from == wave.place) {
            wave.marks[0] = now;
        }
        if wave.path.window.is_some_and(|(_, to)| to == wave.place) {
            wave.marks[1] = now;
        }
        for range in &demand.writes {
            let slots = usize::from(range.first)..usize::from(range.first + range.count);
            wave.ready[slots].fill(now + u64::from(demand.latency));
        }
        if let Some(counter) = demand.counter {
            wave.await_later(counter, done, demand.unit);
        }
        let jumped = demand.unit == Unit::Branch && next.is_some_and(|next| next != step.at + 1);
        wave.after = now + if jumped { self.clocks.jump } else { 1 };
        wave.place += 1;
        wave.look_ahead(self.code);
        if demand.unit == Unit::Barrier {
            self.waves[index].at_barrier = true;
        }
        if demand.unit == Unit::Barrier || self.waves[index].step().is_none() {
            let group = self.waves[index].group;
            self.open_barrier(group);
        }
    }

    /// Keeps the unit busy and says when the data of an access are there.
    fn occupy(&mut self, unit: Unit, now: u64, occupied: u64, step: &Step) -> u64 {
        match unit {
            Unit::Valu | Unit::Wmma => {
                self.free[Unit::Valu as usize] = now + occupied;
                self.matrix = unit == Unit::Wmma;
                now
            }
            Unit::Trans => {
                self.free[Unit::Valu as usize] = now + 1;
                self.free[Unit::Trans as usize] = now + occupied;
                self.matrix = false;
                now
            }
            Unit::Lds => {
                let begun = now.max(self.free[Unit::Lds as usize]);
                self.free[Unit::Lds as usize] = begun + occupied * self.clocks.lds_sharing;
                begun + occupied + self.clocks.lds
            }
            Unit::Load | Unit::Store | Unit::Atomic => {
                let begun = now.max(self.free[Unit::Load as usize]);
                self.free[Unit::Load as usize] = begun + occupied * self.clocks.memory_sharing;
                let far = step.reach == Reach::Far || unit != Unit::Load;
                begun + occupied + if far { self.clocks.far } else { self.clocks.near }
            }
            Unit::Smem => {
                self.free[Unit::Smem as usize] = now + occupied;
                now + self.clocks.scalar
            }
            Unit::Salu | Unit::Branch => {
                self.free[unit as usize] = now + occupied;
                now
            }
            Unit::Barrier | Unit::Wait => now,
        }
    }

    fn busy(&self, unit: Unit) -> Cause {
        match unit {
            Unit::Valu | Unit::Wmma | Unit::Trans if self.matrix => Cause::Matrix,
            Unit::Valu | Unit::Wmma | Unit::Trans => Cause::Vector,
            Unit::Lds => Cause::LdsBusy,
            Unit::Load | Unit::Store | Unit::Atomic => Cause::MemoryBusy,
            Unit::Smem => Cause::ScalarData,
            Unit::Salu | Unit::Branch | Unit::Barrier | Unit::Wait => Cause::Issue,
        }
    }

    fn account(&mut self, index: usize, step: &Step, now: u64, cause: Cause) {
        let wave = &self.waves[index];
        let waited = now - wave.after;
        let weight = wave.weight();
        self.causes[Cause::Issue as usize] += weight;
        self.causes[cause as usize] += weight * waited as f64;
        if self.events.len() < self.keep {
            let clocks = self.code[step.at as usize].cycles.max(u32::from(step.cost));
            self.events.push(Event {
                wave: index,
                at: step.at,
                issued: now,
                clocks,
                waited,
                cause,
            });
        }
    }

    /// Lets the waves of a group go on if none of them is still on its way to the barrier.
    fn open_barrier(&mut self, group: usize) {
        let members = || self.waves.iter().filter(move |wave| wave.group == group);
        if members().any(|wave| !wave.at_barrier && wave.step().is_some()) {
            return;
        }
        let Some(last) = members().filter(|wave| wave.at_barrier).map(|wave| wave.after).max()
        else {
            return;
        };
        let open = last + self.clocks.barrier;
        for index in 0..self.waves.len() {
            let wave = &mut self.waves[index];
            if wave.group == group && wave.at_barrier {
                let waited = (open - wave.after) as f64;
                self.causes[Cause::Barrier as usize] += wave.weight() * waited;
                wave.at_barrier = false;
                wave.due = wave.due.max(open);
                wave.after = open;
            }
        }
    }

    fn finish(self) -> Run {
        let count = self.waves.len().max(1) as f64;
        let left_out = |wave: &Wave<'_>| {
            wave.path.repeats * wave.marks[1].saturating_sub(wave.marks[0]) as f64
        };
        let ends = self.waves.iter().map(|wave| wave.after).max().unwrap_or(0);
        let extra: f64 = self.waves.iter().map(left_out).sum::<f64>() / count;
        Run {
            clocks: ends as f64 + extra,
            causes: self.causes.map(|clocks| clocks / count),
            events: self.events,
        }
    }
}

#[cfg(test)]
mod tests;
