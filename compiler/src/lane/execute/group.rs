//! One workgroup: its registers, its memory, and the order of its instructions.

use super::elements::Held;
use super::error::{Done, ExecuteError, Fault, Trap};
use super::global::Image;
use super::local::LocalMemory;
use super::wide;
use super::{LaneMachine, numbers};
use crate::lane::{Block, Elt, Inst, Op, Ty, Value, print};

/// Bits beyond the last element of a value.
const BEYOND: u32 = 0xa5a5_a5a5;

/// The workgroup being executed; all of a call are executed by one of these in turn.
pub(super) struct Group<'m, 'b> {
    pub(super) machine: &'m LaneMachine,
    pub(super) waves: usize,
    pub(super) lanes: usize,
    pub(super) images: Vec<Option<Image<'b>>>,
    pub(super) local: LocalMemory,
    /// Address of every position of the access at hand, `None` where a guard is false.
    pub(super) addresses: Vec<Option<i64>>,
    /// Accesses so far.
    pub(super) accesses: u32,
    /// Which workgroup of the call, from 0.
    pub(super) number: u32,
    id: [u64; 3],
    params: Vec<u32>,
    files: Vec<Vec<u32>>,
    kept: Vec<u32>,
}

impl<'m, 'b> Group<'m, 'b> {
    pub(super) fn new(
        machine: &'m LaneMachine,
        params: Vec<u32>,
        images: Vec<Option<Image<'b>>>,
    ) -> Group<'m, 'b> {
        Group {
            machine,
            waves: machine.kernel.waves as usize,
            lanes: machine.kernel.lanes as usize,
            images,
            local: LocalMemory::new(&machine.kernel.locals),
            addresses: Vec::new(),
            accesses: 0,
            number: 0,
            id: [0; 3],
            params,
            files: machine.slots.files(),
            kept: Vec::new(),
        }
    }

    /// Executes the workgroup of a place in the grid.
    pub(super) fn run(&mut self, id: [u64; 3]) -> Result<(), ExecuteError> {
        self.id = id;
        self.local.clear();
        self.block(&self.machine.kernel.body)?;
        self.number += 1;
        Ok(())
    }

    fn block(&mut self, block: &'m Block) -> Result<(), ExecuteError> {
        block.insts.iter().try_for_each(|inst| self.inst(inst))
    }

    fn inst(&mut self, inst: &'m Inst) -> Result<(), ExecuteError> {
        match &inst.op {
            Op::Loop { .. } => self.repeat(inst),
            Op::If { condition, then } => {
                let taken = self.agreed(*condition).map_err(|trap| self.fault(inst, trap))?;
                if taken != 0 { self.block(then) } else { Ok(()) }
            }
            _ => self.simple(inst).map_err(|trap| self.fault(inst, trap)),
        }
    }

    fn repeat(&mut self, inst: &'m Inst) -> Result<(), ExecuteError> {
        let Op::Loop { lower, upper, step, induction, init, carried, body, yields } = &inst.op
        else {
            return Ok(());
        };
        let bound = |value| self.agreed(value).map_err(|trap| self.fault(inst, trap));
        let (from, to) = (bound(*lower)? as i32, bound(*upper)? as i32);
        self.carry(init, carried);
        for at in (i64::from(from)..to.into()).step_by(*step as usize) {
            self.file_mut(*induction).fill(at as u32);
            self.block(body)?;
            self.carry(yields, carried);
        }
        self.carry(carried, &inst.results);
        Ok(())
    }

    /// Copies values all at once.
    fn carry(&mut self, from: &[Value], to: &[Value]) {
        let mut kept = std::mem::take(&mut self.kept);
        kept.clear();
        from.iter().for_each(|value| kept.extend_from_slice(self.file(*value)));
        let mut rest = &kept[..];
        for value in to {
            let file = self.file_mut(*value);
            let (head, tail) = rest.split_at(file.len());
            file.copy_from_slice(head);
            rest = tail;
        }
        self.kept = kept;
    }

    /// The bits of a uniform value that has to be the same in all waves.
    fn agreed(&self, value: Value) -> Result<u32, Trap> {
        let bits = self.file(value);
        match bits.iter().position(|other| *other != bits[0]) {
            Some(wave) => {
                let what = format!("control flow differs: {value} is not what wave 0 has");
                Err(Trap::wave(wave, what))
            }
            None => Ok(bits[0]),
        }
    }

    fn simple(&mut self, inst: &'m Inst) -> Done {
        match &inst.op {
            Op::Barrier => self.local.meet(),
            Op::ScheduleFence | Op::Prefetch(_) => {}
            Op::Store { address, value, guard } => {
                return self.store(address, *value, *guard, inst.location);
            }
            _ => return self.define(inst, inst.results[0]),
        }
        Ok(())
    }

    /// Computes a value into its file, which no operand shares.
    fn define(&mut self, inst: &'m Inst, result: Value) -> Done {
        let (slot, ty) = (self.machine.slots.of(result), self.machine.kernel.ty(result));
        let mut out = std::mem::take(&mut self.files[slot]);
        let done = self.value(inst, ty, &mut out);
        self.spoil(ty, &mut out);
        self.files[slot] = out;
        done
    }

    fn value(&mut self, inst: &'m Inst, ty: Ty, out: &mut [u32]) -> Done {
        match &inst.op {
            Op::Const(value) => self.constant(numbers::constant(*value, ty.elt), ty, out),
            Op::BlockId(axis) => out.fill(self.id[*axis as usize] as u32),
            Op::WaveId => out.iter_mut().zip(0..).for_each(|(word, wave)| *word = wave),
            Op::LaneId => {
                let lanes = (0..self.lanes as u32).cycle();
                out.iter_mut().zip(lanes).for_each(|(word, lane)| *word = lane);
            }
            Op::Param(index) => out.fill(self.params[*index as usize]),
            Op::Unary(op, a) => self.unary(*op, *a, out),
            Op::Binary(op, a, b) => return self.binary(*op, *a, *b, out),
            Op::Fma(a, b, c) => self.fma([*a, *b, *c], out),
            Op::Compare(op, a, b) => self.compare(*op, *a, *b, out),
            Op::Select(condition, a, b) => self.select(*condition, *a, *b, out),
            Op::Cast(a) => self.cast(*a, ty, out),
            Op::Load { address, guard } => {
                return self.load(address, *guard, ty, out, inst.location);
            }
            Op::Mma { .. } => return self.mma(&inst.op, out),
            _ => self.rearrange(&inst.op, ty, out),
        }
        Ok(())
    }

    fn constant(&self, bits: u64, ty: Ty, out: &mut [u32]) {
        if ty.elt == Elt::I64 {
            (0..self.waves).for_each(|wave| wide::write(out, wave, bits as i64));
            return;
        }
        let per = if ty.elt == Elt::Pred { 1 } else { 32 / ty.elt_bits() };
        let word = (0..per).fold(0, |word, at| word | (bits as u32) << (at * (32 / per)));
        out.fill(word);
    }

    /// Spoils the register bits beyond the last element.
    fn spoil(&self, ty: Ty, out: &mut [u32]) {
        let used = match ty.elt {
            Elt::Num(dtype) => ty.count * dtype.bits() % 32,
            _ => 0,
        };
        if used != 0 {
            let last = out.len() - self.width(ty);
            let mask = u32::MAX << used;
            out[last..].iter_mut().for_each(|word| *word = *word & !mask | BEYOND & mask);
        }
    }

    /// Positions of each register of a value.
    pub(super) fn width(&self, ty: Ty) -> usize {
        if ty.uniform { self.waves } else { self.waves * self.lanes }
    }

    pub(super) fn held(&self, value: Value) -> Held<'_> {
        Held { words: self.file(value), ty: self.machine.kernel.ty(value) }
    }

    pub(super) fn file(&self, value: Value) -> &[u32] {
        &self.files[self.machine.slots.of(value)]
    }

    fn file_mut(&mut self, value: Value) -> &mut [u32] {
        &mut self.files[self.machine.slots.of(value)]
    }

    fn fault(&self, inst: &Inst, trap: Trap) -> ExecuteError {
        let Trap { wave, lane, what } = trap;
        let text = print::line(&self.machine.kernel, inst);
        let (location, group) = (inst.location, self.id);
        ExecuteError::Fault(Box::new(Fault { inst: text, location, group, wave, lane, what }))
    }
}
