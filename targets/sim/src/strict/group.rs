//! The observer of one workgroup.

use std::sync::Arc;

use crate::isa::{Inst, Op, Operand};
use crate::machine::{Cause, Fault, GroupInfo, Initial, MemoryEvent, Observer, Wave};
use crate::memory::Problem;

use super::accesses::{Footprint, Memory};
use super::counters::{Counters, Pending, Raises};
use super::definedness::{Misuse, Shadow, State, step};
use super::facts::Facts;
use super::hazards::{History, reserved};
use super::kind::Kind;
use super::known::Known;
use super::log::{Log, Spot, offset};
use super::registers::Registers;
use super::report::Report;
use super::sanitizer::Sanitizer;
use super::shared::Meeting;

/// Watches one workgroup after the other. Made by [`Sanitizer::watch`].
#[derive(Debug)]
pub struct Watch<'s> {
    sanitizer: &'s Sanitizer,
    known: Arc<Known>,
    waves: Vec<Followed>,
    memory: Memory,
    log: Log,
    vgprs: u32,
}

/// One wave as the sanitizer follows it.
#[derive(Debug)]
pub(super) struct Followed {
    pub shadow: Shadow,
    pub counters: Counters<Footprint>,
    /// The place of the instruction that was issued last, and how many accesses to memory it has made.
    current: usize,
    pub accesses: u32,
    /// Whether an atomic that returns has ordered the wave after other workgroups.
    pub acquired: bool,
    /// The epoch in which it last invalidated the vector cache, and the scalar cache.
    pub fresh: u32,
    pub fresh_scalar: u32,
    history: History,
    /// Whether it has come to a barrier and waits there.
    waits: bool,
}

impl State for Wave {
    fn vector(&self, register: u8) -> &[u32; 32] {
        self.vgpr(register)
    }

    fn scalar(&self, register: u8) -> u32 {
        self.sgpr(register)
    }

    fn exec(&self) -> u32 {
        Wave::exec(self)
    }

    fn scc(&self) -> bool {
        Wave::scc(self)
    }
}

impl<'s> Watch<'s> {
    pub(super) fn new(sanitizer: &'s Sanitizer) -> Self {
        Self {
            sanitizer,
            known: sanitizer.known(),
            waves: Vec::new(),
            memory: Memory::default(),
            log: Log::default(),
            vgprs: 0,
        }
    }

    /// Meets an instruction for the first time, says what is wrong with it by itself, and gives its place.
    fn meet(&mut self, wave: &Wave, pc: u64, inst: &Inst) -> usize {
        let place = Arc::make_mut(&mut self.known).meet(pc, inst);
        let Some(facts) = self.known.at(place) else { return place };
        let spot = Spot { pc, inst, wave: wave.index(), lanes: 0 };
        if let Some((what, fix)) = reserved(inst, facts) {
            self.log.add(Kind::Operands, spot, 0, || (what.to_owned(), fix.to_owned()));
        }
        let highest = facts.reads.or(&facts.writes).highest_vector();
        if let Some(register) = highest.filter(|r| *r >= self.vgprs) {
            self.log.add(Kind::RegisterCount, spot, 0, || {
                let what =
                    format!("v{register} is used, and the kernel has {} registers", self.vgprs);
                (what, format!("ask for {} registers: .amdhsa_next_free_vgpr", register + 1))
            });
        }
        place
    }
}

impl Observer for Watch<'_> {
    fn group_start(&mut self, group: &GroupInfo<'_>) {
        self.waves.clear();
        self.vgprs = group.vgprs;
        self.memory.begin(group, self.sanitizer.options);
        self.log = Log { kernel: group.kernel.to_owned(), workgroup: group.id, ..Log::default() };
        let (lds, limit) = (group.lds, self.sanitizer.lds_limit);
        if lds > limit {
            let spot = Spot { pc: 0, inst: &"", wave: 0, lanes: 0 };
            self.log.add(Kind::LdsSize, spot, 0, || {
                let what = format!(
                    "the dispatch asks for {lds} bytes of LDS, and a workgroup can have {limit}"
                );
                (what, "use less LDS, or smaller workgroups".to_owned())
            });
        }
    }

    fn wave_start(&mut self, wave: &Wave, initial: Initial) {
        let mut known = Registers::EMPTY;
        known.add_vectors(0, initial.vgprs);
        (0..initial.sgprs).for_each(|register| known.add_scalar(register));
        self.log.entry = wave.pc();
        self.waves.push(Followed {
            shadow: Shadow::new(&known),
            counters: Counters::default(),
            current: 0,
            accesses: 0,
            acquired: false,
            fresh: 1,
            fresh_scalar: 1,
            history: History::default(),
            waits: false,
        });
    }

    fn issue(&mut self, wave: &Wave, pc: u64, inst: &Inst) {
        let index = wave.index() as usize;
        let Some(hint) = self.waves.get(index).map(|followed| followed.current + 1) else { return };
        let place = match self.known.find(pc, hint) {
            Some(place) => place,
            None => self.meet(wave, pc, inst),
        };
        let (Some(facts), Some(followed)) = (self.known.at(place), self.waves.get_mut(index))
        else {
            return;
        };
        (followed.current, followed.accesses) = (place, 0);
        match inst.op {
            Op::BufferGl0Inv => followed.fresh = self.memory.epoch(),
            Op::SDcacheInv => followed.fresh_scalar = self.memory.epoch(),
            _ => {}
        }
        followed.issue(wave, facts, self.sanitizer, &self.known, &mut self.log);
    }

    fn memory(&mut self, wave: &Wave, event: &MemoryEvent<'_>) {
        let Some(followed) = self.waves.get_mut(wave.index() as usize) else { return };
        let Some(facts) = self.known.at(followed.current) else { return };
        self.memory.access(wave, followed, facts, event, &self.known, &mut self.log);
        followed.accesses += 1;
    }

    fn barrier(&mut self, wave: &Wave) {
        if let Some(followed) = self.waves.get_mut(wave.index() as usize) {
            followed.waits = true;
        }
    }

    fn barrier_released(&mut self) {
        let waiting = self.waves.iter().position(|w| w.waits);
        let missing = self.waves.iter().position(|w| !w.waits);
        if let (Some(waiting), Some(missing)) = (waiting, missing) {
            self.divergent(waiting, missing);
        }
        let pending = self.waves.iter().enumerate();
        self.memory.barrier(pending.map(|(wave, w)| (wave as u32, w.counters.pending())));
        let acquired = self.waves.iter().any(|wave| wave.acquired);
        for wave in &mut self.waves {
            (wave.waits, wave.acquired) = (false, acquired);
        }
    }

    fn fault(&mut self, wave: &Wave, fault: &Fault) {
        let lanes = fault.lane.map_or(0, |lane| 1 << (lane % 32));
        let spot = Spot { pc: fault.pc, inst: &fault.instruction, wave: wave.index(), lanes };
        let (kind, fix) = of_fault(&fault.cause);
        self.log.add(kind, spot, 0, || (fault.cause.to_string(), fix.to_owned()));
        self.finish();
    }

    fn group_end(&mut self) {
        self.finish();
    }
}

impl Watch<'_> {
    /// Some waves wait at a barrier that another has not come to and never will.
    fn divergent(&mut self, waiting: usize, missing: usize) {
        let Some(facts) = self.known.at(self.waves[waiting].current) else { return };
        let spot = Spot { pc: facts.pc, inst: &facts.inst, wave: waiting as u32, lanes: 0 };
        self.log.add(Kind::DivergentBarrier, spot, 0, || {
            let what =
                format!("wave {missing} has ended, and wave {waiting} waits at this barrier");
            (
                what,
                "let every wave of the workgroup pass the same barriers before it ends".to_owned(),
            )
        });
    }

    fn finish(&mut self) {
        let Self { known, log, memory, .. } = self;
        let report = std::mem::take(&mut log.report);
        let text = |pc: u32| quoted(known, log.entry, memory.full(pc));
        let describe = |report: &mut Report, meeting: Meeting, other: Option<[u32; 3]>| {
            let Some(here) = known.get(memory.full(meeting.pc)) else { return };
            let spot = Spot { pc: here.pc, inst: &here.inst, wave: 0, lanes: 0 };
            let detail = u64::from(meeting.other_pc) << 1 | u64::from(meeting.other_wrote);
            let words = || met(meeting, other, &text(meeting.other_pc));
            log.place(report, Kind::GlobalRace, spot, detail, words);
        };
        self.sanitizer.finish(log.workgroup, report, memory.touched(), describe);
        self.sanitizer.learn(known);
        self.waves.clear();
    }
}

/// Words for two workgroups that touched one byte.
fn met(meeting: Meeting, group: Option<[u32; 3]>, other: &str) -> (String, String) {
    let verb = |wrote: bool| if wrote { "written" } else { "read" };
    let by = match group {
        Some([x, y, z]) => format!("workgroup ({x}, {y}, {z})"),
        None => "several other workgroups".to_owned(),
    };
    let what = format!(
        "byte {:#x} of memory is {} here and {} by {by} at {other}",
        meeting.address,
        verb(meeting.wrote),
        verb(meeting.other_wrote),
    );
    let fix = "give each workgroup bytes of its own, use atomics, or launch twice";
    (what, fix.to_owned())
}

/// An instruction as findings refer to it.
pub(super) fn quoted(known: &Known, entry: u64, pc: u64) -> String {
    match known.get(pc) {
        Some(facts) => format!("{} `{}`", offset(entry, pc), facts.inst),
        None => offset(entry, pc),
    }
}

fn of_fault(cause: &Cause) -> (Kind, &'static str) {
    match cause {
        Cause::Memory(error) => match error.problem {
            Problem::Misaligned { .. } => (Kind::Misaligned, "align the address"),
            Problem::ReadOnly => (Kind::OutOfBounds, "write to memory that the kernel may write"),
            Problem::Unregistered | Problem::PastTheEnd => {
                (Kind::OutOfBounds, "correct the address, or mask the lanes that have none")
            }
        },
        Cause::Lds { .. } => (Kind::LdsSize, "correct the offset, or ask for more LDS"),
        Cause::Scratch { .. } => {
            (Kind::OutOfBounds, "correct the offset, or ask for more private memory")
        }
        Cause::Misaligned { .. } => (Kind::Misaligned, "align the offset"),
        Cause::Undecodable(_) | Cause::OutsideCode { .. } => {
            (Kind::Encoding, "let control end at s_endpgm, and assemble for this chip")
        }
        Cause::Budget(_) => (Kind::Endless, "look at what ends the loop"),
        Cause::Refused(_) | Cause::Trap(_) => (Kind::Stopped, "remove what stops it"),
    }
}

impl Followed {
    fn issue(
        &mut self,
        wave: &Wave,
        facts: &Facts,
        sanitizer: &Sanitizer,
        known: &Known,
        log: &mut Log,
    ) {
        let inst = &facts.inst;
        let spot = Spot { pc: facts.pc, inst, wave: wave.index(), lanes: 0 };
        if let Some(wait) = facts.wait {
            let more = match inst.src[0] {
                Operand::Sgpr(register) if inst.src[0] != Operand::NULL => wave.sgpr(register),
                _ => 0,
            };
            self.counters.wait(wait.plus(more));
        }
        if let Some(entry) = self.counters.clash(&facts.reads, &facts.writes, facts.raises) {
            self.missing_wait(entry, facts, spot, known, log);
        }
        if self.history.cares(facts)
            && let Some((pair, first)) = self.history.find(&sanitizer.hazards, inst, facts)
        {
            let half = quoted(known, log.entry, first);
            let what = format!("{}: {half} ({})", pair.what, pair.source);
            log.add(Kind::Hazard, spot, first, || (what, pair.fix.to_owned()));
        }
        self.history.record(facts);
        let eager = if sanitizer.options.eager { self.computed(wave, facts) } else { None };
        if let Some(misuse) = self.carry(wave, facts).or(eager) {
            misused(misuse, spot, log);
        }
        if facts.raises != Raises::NONE {
            let idle = inst.is_masked() && wave.exec() == 0;
            let writes = if idle { Registers::EMPTY } else { facts.writes };
            self.counters.issue(facts.pc, facts.raises, writes);
        }
    }

    /// Carries what is unknown through an instruction. What memory operations load is taken for known until the access
    /// itself says otherwise.
    fn carry(&mut self, wave: &Wave, facts: &Facts) -> Option<Misuse> {
        let unknown = self.shadow.unknown();
        let scalars = unknown.meets_scalar(&facts.reads);
        let mut misuse = None;
        let mut known = facts.lanewise;
        if scalars || unknown.meets(&facts.reads) {
            let lanes = if facts.lanewise { wave.exec() } else { u32::MAX };
            if scalars || self.shadow.any_unknown(&facts.vectors_read, lanes) {
                misuse = step(&mut self.shadow, &facts.inst, wave);
                known &= facts.raises != Raises::NONE;
            }
        } else if !facts.lanewise && unknown.meets(&facts.writes) {
            step(&mut self.shadow, &facts.inst, wave);
        }
        if known && self.shadow.unknown().meets(&facts.writes) {
            let exec = wave.exec();
            for &(register, bits) in &facts.vectors_written {
                self.shadow.settle_vector(register, bits, exec);
            }
            facts.scalars_written.iter().for_each(|r| self.shadow.settle_scalar(*r));
        }
        misuse
    }

    /// An unknown value that the instruction computes with.
    fn computed(&self, wave: &Wave, facts: &Facts) -> Option<Misuse> {
        if facts.moves || !self.shadow.unknown().meets(&facts.reads) {
            return None;
        }
        let lanes = if facts.lanewise { wave.exec() } else { u32::MAX };
        let scalars = facts.reads.scalars();
        let (origin, lanes) = self.shadow.first_unknown(&facts.vectors_read, scalars, lanes)?;
        Some(Misuse { role: "the result of this instruction", origin, lanes })
    }

    fn missing_wait(
        &self,
        entry: &Pending<Footprint>,
        facts: &Facts,
        spot: Spot<'_>,
        known: &Known,
        log: &mut Log,
    ) {
        let (read, written) = (entry.writes.and(&facts.reads), entry.writes.and(&facts.writes));
        let (registers, verb) =
            if read.is_empty() { (written, "overwritten") } else { (read, "read") };
        let entry_point = log.entry;
        log.add(Kind::MissingWait, spot, entry.pc, || {
            let other = quoted(known, entry_point, entry.pc);
            let what = format!("{registers} is {verb} while {other} may still be under way");
            (what, format!("put {} before this instruction", self.counters.covering(entry)))
        });
    }
}

/// Reports an unknown value that decides something.
pub(super) fn misused(misuse: Misuse, spot: Spot<'_>, log: &mut Log) {
    let spot = Spot { lanes: misuse.lanes, ..spot };
    log.add(Kind::Uninitialised, spot, misuse.origin.key(), || {
        let what = format!("{} depends on {}", misuse.role, misuse.origin);
        (what, "write the value before it is used, or do not let it decide anything".to_owned())
    });
}
