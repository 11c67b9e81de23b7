//! The observer of one workgroup.

use std::sync::Arc;

use crate::isa::{Inst, Operand};
use crate::machine::{Cause, Fault, GroupInfo, Initial, MemoryEvent, Observer, Wave};
use crate::memory::Problem;

use super::accesses::{Footprint, Memory};
use super::counters::{Counters, Pending, Raises};
use super::definedness::{Misuse, Shadow, State, clear, step};
use super::facts::Facts;
use super::hazards::{History, reserved};
use super::kind::Kind;
use super::log::{Log, Spot, offset};
use super::registers::Registers;
use super::report::Report;
use super::sanitizer::{FactsByPc, Sanitizer};
use super::shared::Meeting;

/// Watches one workgroup after the other. Made by [`Sanitizer::watch`].
#[derive(Debug)]
pub struct Watch<'s> {
    sanitizer: &'s Sanitizer,
    facts: FactsByPc,
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
    /// The instruction that was issued last, and how many accesses to memory it has made.
    pub current: Option<Arc<Facts>>,
    pub accesses: u32,
    /// Whether an atomic that returns has ordered the wave after other workgroups.
    pub acquired: bool,
    history: History,
    barrier: Option<u64>,
    pc: u64,
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
            facts: sanitizer.facts(),
            waves: Vec::new(),
            memory: Memory::default(),
            log: Log::default(),
            vgprs: 0,
        }
    }

    /// The facts of an instruction. What is wrong with it by itself is said when it is first met.
    fn facts(&mut self, wave: &Wave, pc: u64, inst: &Inst) -> Arc<Facts> {
        if let Some(facts) = self.facts.get(&pc) {
            return Arc::clone(facts);
        }
        let facts = Arc::new(Facts::new(inst));
        Arc::make_mut(&mut self.facts).insert(pc, Arc::clone(&facts));
        let spot = Spot { pc, inst, wave: wave.index(), lanes: 0 };
        if let Some((what, fix)) = reserved(inst, &facts) {
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
        facts
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
            current: None,
            accesses: 0,
            acquired: false,
            history: History::default(),
            barrier: None,
            pc: wave.pc(),
        });
    }

    fn issue(&mut self, wave: &Wave, pc: u64, inst: &Inst) {
        let facts = self.facts(wave, pc, inst);
        let Some(followed) = self.waves.get_mut(wave.index() as usize) else { return };
        let spot = Spot { pc, inst, wave: wave.index(), lanes: 0 };
        let chip = &self.sanitizer.hazards;
        followed.issue(wave, &facts, spot, chip, &self.facts, &mut self.log);
        followed.current = Some(facts);
        followed.accesses = 0;
        followed.pc = pc;
    }

    fn memory(&mut self, wave: &Wave, event: &MemoryEvent<'_>) {
        let Some(followed) = self.waves.get_mut(wave.index() as usize) else { return };
        let Some(facts) = followed.current.clone() else { return };
        let spot = Spot { pc: followed.pc, inst: &facts.inst, wave: wave.index(), lanes: 0 };
        self.memory.access(wave, followed, &facts, event, spot, &self.facts, &mut self.log);
        followed.accesses += 1;
    }

    fn barrier(&mut self, wave: &Wave) {
        if let Some(followed) = self.waves.get_mut(wave.index() as usize) {
            followed.barrier = Some(followed.pc);
        }
    }

    fn barrier_released(&mut self) {
        let waiting = self.waves.iter().position(|w| w.barrier.is_some());
        let missing = self.waves.iter().position(|w| w.barrier.is_none());
        if let (Some(waiting), Some(missing)) = (waiting, missing) {
            self.divergent(waiting, missing);
        }
        let pending = self.waves.iter().enumerate();
        self.memory.barrier(pending.map(|(wave, w)| (wave as u32, w.counters.pending())));
        let acquired = self.waves.iter().any(|wave| wave.acquired);
        for wave in &mut self.waves {
            (wave.barrier, wave.acquired) = (None, acquired);
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
        let Some(facts) = self.waves[waiting].current.clone() else { return };
        let pc = self.waves[waiting].pc;
        let spot = Spot { pc, inst: &facts.inst, wave: waiting as u32, lanes: 0 };
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
        let (entry, facts) = (self.log.entry, &self.facts);
        let (kernel, workgroup) = (self.log.kernel.clone(), self.log.workgroup);
        let text = |pc: u32| quoted(facts, entry, self.memory.full(pc));
        let describe = |report: &mut Report, meeting: Meeting| {
            let pc = self.memory.full(meeting.pc);
            let Some(here) = facts.get(&pc) else { return };
            let spot = Spot { pc, inst: &here.inst, wave: 0, lanes: 0 };
            let mut log =
                Log { report: std::mem::take(report), kernel: kernel.clone(), workgroup, entry };
            let detail = u64::from(meeting.other_pc) << 1;
            log.add(Kind::GlobalRace, spot, detail, || met(meeting, &text(meeting.other_pc)));
            *report = log.report;
        };
        let report = std::mem::take(&mut self.log.report);
        self.sanitizer.finish(report, self.memory.touched(), describe);
        self.sanitizer.learn(&self.facts);
        self.waves.clear();
    }
}

/// Words for two workgroups that touched one byte.
fn met(meeting: Meeting, other: &str) -> (String, String) {
    let verb = |wrote: bool| if wrote { "written" } else { "read" };
    let by = match meeting.other {
        Some(group) => format!("workgroup number {group} of this launch"),
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
pub(super) fn quoted(facts: &FactsByPc, entry: u64, pc: u64) -> String {
    match facts.get(&pc) {
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
        spot: Spot<'_>,
        hazards: &[kiln_targets::Hazard],
        all: &FactsByPc,
        log: &mut Log,
    ) {
        let inst = &facts.inst;
        if let Some(wait) = facts.wait {
            let more = match inst.src[0] {
                Operand::Sgpr(register) if inst.src[0] != Operand::NULL => wave.sgpr(register),
                _ => 0,
            };
            self.counters.wait(wait.plus(more));
        }
        if let Some(entry) = self.counters.clash(&facts.reads, &facts.writes, facts.raises) {
            self.missing_wait(entry, facts, spot, all, log);
        }
        if self.history.cares(facts) {
            if let Some((pair, first)) = self.history.find(hazards, inst, facts) {
                let first_half = quoted(all, log.entry, first);
                let what = format!("{}: {first_half} ({})", pair.what, pair.source);
                log.add(Kind::Hazard, spot, first, || (what, pair.fix.to_owned()));
            }
        }
        self.history.record(spot.pc, inst, facts);
        let unknown = self.shadow.unknown();
        if unknown.meets(&facts.reads) || unknown.meets(&facts.writes) {
            let misuse = step(&mut self.shadow, inst, wave);
            if let Some(misuse) = misuse {
                misused(misuse, spot, log);
            }
            if facts.raises != Raises::NONE {
                clear(&mut self.shadow, inst, facts.loads, Wave::exec(wave));
            }
        }
        if facts.raises != Raises::NONE {
            let idle = facts.inst.is_masked() && Wave::exec(wave) == 0;
            let writes = if idle { Registers::EMPTY } else { facts.writes };
            self.counters.issue(spot.pc, facts.raises, writes);
        }
    }

    fn missing_wait(
        &self,
        entry: &Pending<Footprint>,
        facts: &Facts,
        spot: Spot<'_>,
        all: &FactsByPc,
        log: &mut Log,
    ) {
        let (read, written) = (entry.writes.and(&facts.reads), entry.writes.and(&facts.writes));
        let (registers, verb) =
            if read.is_empty() { (written, "overwritten") } else { (read, "read") };
        let fix = self.counters.covering(entry);
        let other = quoted(all, log.entry, entry.pc);
        log.add(Kind::MissingWait, spot, entry.pc, || {
            let what = format!("{registers} is {verb} while {other} may still be under way");
            (what, format!("put {fix} before this instruction"))
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
