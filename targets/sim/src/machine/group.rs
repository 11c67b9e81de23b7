//! One workgroup: its waves take turns between barriers.

use super::Wave;
use super::code::Code;
use super::control;
use super::dispatch::Dispatch;
use super::fault::{Cause, Fault, Stop};
use super::launch::Launch;
use super::lds;
use super::local::Lds;
use super::observer::{GroupInfo, Observer};
use super::scalar_memory;
use super::scratch::Scratch;
use super::step::{Action, Step};
use super::vector_memory::{self, Memories};
use crate::memory::View;
use crate::object::KernelInfo;

/// Instructions after which a wave that meets no barrier lets the others run, so that waves may wait for
/// each other through memory.
const TURN: u64 = 1 << 16;

/// Bytes of private memory of a lane whose kernel does not know how much it needs.
const DYNAMIC_STACK: u32 = 16 << 10;

/// Most bytes of private memory of a lane.
const LARGEST_SCRATCH: u32 = 1 << 20;

/// Why a wave gave way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    Turn,
    Barrier,
    End,
}

/// Where a wave stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Waiting,
    Ended,
}

/// The resources of workgroups that run one after the other.
pub(super) struct Group<'a> {
    code: &'a Code,
    view: &'a View,
    kernel: &'a KernelInfo,
    launch: &'a Launch,
    dispatch: &'a Dispatch<'a>,
    lds: Lds,
    waves: Vec<Wave>,
    scratch: Vec<Scratch>,
    states: Vec<State>,
    scratch_size: u32,
}

impl<'a> Group<'a> {
    pub(super) fn new(
        code: &'a Code,
        view: &'a View,
        kernel: &'a KernelInfo,
        launch: &'a Launch,
        dispatch: &'a Dispatch<'a>,
        waves: u32,
    ) -> Self {
        let dynamic = if kernel.descriptor.has_dynamic_stack() { DYNAMIC_STACK } else { 0 };
        Self {
            code,
            view,
            kernel,
            launch,
            dispatch,
            lds: Lds::new(kernel.group_segment.saturating_add(launch.dynamic_lds)),
            waves: (0..waves).map(|index| Wave::new(index, dispatch.mode())).collect(),
            scratch: Vec::new(),
            states: vec![State::Running; waves as usize],
            scratch_size: kernel.private_segment.saturating_add(dynamic).min(LARGEST_SCRATCH),
        }
    }

    /// Runs workgroup `id` to its end and gives the instructions executed.
    pub(super) fn run<O: Observer>(
        &mut self,
        id: [u32; 3],
        observer: &mut O,
    ) -> Result<u64, Box<Fault>> {
        self.start(id, observer);
        while self.states.iter().any(|state| *state != State::Ended) {
            for index in 0..self.waves.len() {
                if self.states[index] == State::Running {
                    self.states[index] = self.advance(index, id, observer)?;
                }
            }
            if self.states.contains(&State::Waiting) && !self.states.contains(&State::Running) {
                if O::ACTIVE {
                    observer.barrier_released();
                }
                for state in self.states.iter_mut().filter(|state| **state == State::Waiting) {
                    *state = State::Running;
                }
            }
        }
        if O::ACTIVE {
            observer.group_end();
        }
        Ok(self.waves.iter().map(Wave::executed).sum())
    }

    fn start<O: Observer>(&mut self, id: [u32; 3], observer: &mut O) {
        self.lds.clear();
        self.states.fill(State::Running);
        self.scratch = self.waves.iter().map(|_| Scratch::new(self.scratch_size)).collect();
        if O::ACTIVE {
            observer.group_start(&GroupInfo {
                kernel: &self.kernel.name,
                id,
                waves: self.waves.len() as u32,
                lds: self.lds.size(),
                scratch: self.scratch_size,
                kernarg: self.dispatch.kernarg,
                kernarg_size: self.dispatch.kernarg_size,
                vgprs: self.kernel.descriptor.vgprs(),
                wgp_mode: self.kernel.descriptor.wgp_mode(),
            });
        }
        for wave in &mut self.waves {
            wave.reset(self.dispatch.mode());
            let initial = self.dispatch.start(wave, id);
            if O::ACTIVE {
                observer.wave_start(wave, initial);
            }
        }
    }

    /// Lets a wave run until it gives way.
    fn advance<O: Observer>(
        &mut self,
        index: usize,
        id: [u32; 3],
        observer: &mut O,
    ) -> Result<State, Box<Fault>> {
        let wave = &mut self.waves[index];
        let mut memories =
            Memories { view: self.view, lds: &mut self.lds, scratch: &mut self.scratch[index] };
        match turn(wave, self.code, &mut memories, self.launch.budget, observer) {
            Ok(Pause::Turn) => Ok(State::Running),
            Ok(Pause::Barrier) => {
                if O::ACTIVE {
                    observer.barrier(wave);
                }
                Ok(State::Waiting)
            }
            Ok(Pause::End) => {
                if O::ACTIVE {
                    observer.wave_end(wave);
                }
                Ok(State::Ended)
            }
            Err(stop) => {
                let fault = self.fault(index, id, stop);
                if O::ACTIVE {
                    observer.fault(&self.waves[index], &fault);
                }
                Err(Box::new(fault))
            }
        }
    }

    fn fault(&self, index: usize, id: [u32; 3], stop: Stop) -> Fault {
        let pc = self.waves[index].pc;
        Fault {
            kernel: self.kernel.name.clone(),
            group: id,
            wave: index as u32,
            lane: stop.lane,
            pc,
            offset: pc.wrapping_sub(self.dispatch.entry) as i64,
            instruction: self.code.text(pc),
            cause: stop.cause,
        }
    }
}

/// Executes blocks until the wave gives way.
pub(super) fn turn<O: Observer>(
    wave: &mut Wave,
    code: &Code,
    memories: &mut Memories<'_>,
    budget: u64,
    observer: &mut O,
) -> Result<Pause, Stop> {
    let end = wave.executed + TURN;
    loop {
        let Some(block) = code.block(wave.pc) else {
            let (base, end) = code.span();
            return Err(Cause::OutsideCode { base, end }.into());
        };
        let mut next = block.end;
        let mut pause = None;
        for step in &block.steps {
            if O::ACTIVE {
                wave.pc = step.pc;
                observer.issue(wave, step.pc, &step.inst);
            }
            wave.executed += 1;
            let done = match step.action {
                Action::Registers(run) => {
                    run(wave, step);
                    continue;
                }
                Action::Nothing => continue,
                Action::Jump(jump) => control::next(wave, step, jump).map(|pc| next = pc),
                Action::Barrier => {
                    pause = Some(Pause::Barrier);
                    Ok(())
                }
                Action::End => {
                    pause = Some(Pause::End);
                    Ok(())
                }
                ref action => memory(wave, step, action, memories, observer),
            };
            if let Err(stop) = done {
                wave.pc = step.pc;
                return Err(stop);
            }
        }
        if block.steps.is_empty() {
            let problem = code.problem(wave.pc).unwrap_or_default();
            return Err(Cause::Undecodable(problem).into());
        }
        wave.pc = next;
        if let Some(pause) = pause {
            return Ok(pause);
        }
        if wave.executed >= budget {
            return Err(Cause::Budget(budget).into());
        }
        if wave.executed >= end {
            return Ok(Pause::Turn);
        }
    }
}

/// The actions that are not on the fastest path.
fn memory<O: Observer>(
    wave: &mut Wave,
    step: &Step,
    action: &Action,
    memories: &mut Memories<'_>,
    observer: &mut O,
) -> Result<(), Stop> {
    match *action {
        Action::Lds(op) => lds::run(wave, step, op, memories.lds, observer),
        Action::Vector(op) => vector_memory::run(wave, step, op, memories, observer),
        Action::Scalar(op) => scalar_memory::run(wave, step, op, memories.view, observer),
        Action::Dual => {
            if let Some(halves) = &step.halves {
                both(wave, halves, step.first_destroys);
            }
            Ok(())
        }
        Action::Refused(why) => Err(Cause::Refused(why).into()),
        _ => Ok(()),
    }
}

/// Two operations that both read before either writes.
fn both(wave: &mut Wave, [first, second]: &[Step; 2], first_destroys: bool) {
    let run = |wave: &mut Wave, step: &Step| {
        if let Action::Registers(run) = step.action {
            run(wave, step);
        }
    };
    if !first_destroys {
        run(wave, first);
        run(wave, second);
        return;
    }
    let register = usize::from(first.dst);
    let before = wave.vgprs[register];
    run(wave, first);
    let after = std::mem::replace(&mut wave.vgprs[register], before);
    run(wave, second);
    wave.vgprs[register] = after;
}
