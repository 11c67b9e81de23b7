//! The values of a kernel under emission, and the translation of blocks op by op.
//!
//! * A uniform value is one scalar of its own type.
//! * A lane value is a list of 32-bit registers, each *lifted* over the lanes: on a GPU the scalar
//!   that every hardware lane holds, on a host a vector with one element for each lane.
//! * On a GPU a register may be an element of a vector that some operation produced as a whole
//!   (a wide load, a matrix atom, a loop-carried group); it is taken apart only when one element
//!   is needed alone, so groups pass through `Concat` and `Extract` untouched.
//! * Bits of a partly filled register above its elements are unspecified.

use std::collections::HashMap;

use kiln_targets::{Backend, Target};
use melior::ir::Location as MlirLocation;

use super::EmitError;
use super::code::Code;
use super::kernel_abi::Abi;
use super::types::{Form, Prim, Val};
use crate::diagnose::Location;
use crate::lane::{Block, Const, Elt, Inst, LaneKernel, Op, Ty, Value};

/// One register of a lane value: a value, or an element of a vector value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reg<'c> {
    pub(super) holder: Val<'c>,
    pub(super) at: Option<u32>,
}

/// An emitted kernel value.
#[derive(Clone, Debug)]
pub(super) enum Held<'c> {
    Uniform(Val<'c>),
    Lane(Vec<Reg<'c>>),
}

/// The state of one kernel's emission.
pub(super) struct Emitter<'c, 'k> {
    pub(super) code: Code<'c>,
    pub(super) kernel: &'k LaneKernel,
    pub(super) target: &'k Target,
    pub(super) abi: Abi<'c>,
    values: Vec<Option<Held<'c>>>,
    constants: HashMap<Value, Const>,
}

impl<'c, 'k> Emitter<'c, 'k> {
    /// Emission into an opened function.
    pub(super) fn new(
        code: Code<'c>,
        abi: Abi<'c>,
        kernel: &'k LaneKernel,
        target: &'k Target,
    ) -> Self {
        let values = vec![None; kernel.types.len()];
        Emitter { code, kernel, target, abi, values, constants: HashMap::new() }
    }

    /// Whether lanes are elements of host vectors.
    pub(super) fn host(&self) -> bool {
        self.target.backend == Backend::Host
    }

    /// The form of one primitive in every lane.
    pub(super) fn lift(&self, prim: Prim) -> Form {
        self.packed(prim, 0)
    }

    /// The form of a register seen as `per` smaller elements in every lane.
    pub(super) fn packed(&self, prim: Prim, per: u32) -> Form {
        match self.host() {
            true => Form::vector(prim, self.kernel.lanes * per.max(1)),
            false => Form::vector(prim, per),
        }
    }

    /// Type of a kernel value.
    pub(super) fn ty(&self, value: Value) -> Ty {
        self.kernel.ty(value)
    }

    /// Defines a kernel value.
    pub(super) fn define(&mut self, value: Value, held: Held<'c>) {
        self.values[value.0 as usize] = Some(held);
    }

    /// An emitted kernel value.
    pub(super) fn held(&self, value: Value) -> Held<'c> {
        self.values[value.0 as usize].clone().expect("a value should be defined before its uses")
    }

    /// A uniform kernel value.
    pub(super) fn uniform(&self, value: Value) -> Val<'c> {
        match self.held(value) {
            Held::Uniform(held) => held,
            Held::Lane(_) => unreachable!("a verified operand should be uniform"),
        }
    }

    /// Registers of a lane value.
    pub(super) fn regs(&self, value: Value) -> Vec<Reg<'c>> {
        match self.held(value) {
            Held::Lane(regs) => regs,
            Held::Uniform(_) => unreachable!("a verified operand should be held by lanes"),
        }
    }

    /// The only register of a lane value.
    pub(super) fn single(&mut self, value: Value) -> Val<'c> {
        let regs = self.regs(value);
        self.reg(regs[0])
    }

    /// A register on its own.
    pub(super) fn reg(&mut self, reg: Reg<'c>) -> Val<'c> {
        match reg.at {
            Some(at) => self.code.element(reg.holder, at),
            None => reg.holder,
        }
    }

    /// A register as 32 bits of a primitive.
    pub(super) fn reg_as(&mut self, reg: Reg<'c>, prim: Prim) -> Val<'c> {
        let value = self.reg(reg);
        self.code.bitcast(value, value.form.of(prim))
    }

    /// Registers as one vector (GPU only): the vector they came in where they are all of it.
    pub(super) fn group(&mut self, regs: &[Reg<'c>], prim: Prim) -> Val<'c> {
        let holder = regs[0].holder;
        let whole = holder.form.width == regs.len() as u32
            && regs
                .iter()
                .zip(0..)
                .all(|(reg, at)| reg.at == Some(at) && reg.holder.raw == holder.raw);
        if whole {
            return self.code.bitcast(holder, holder.form.of(prim));
        }
        let parts: Vec<Val> = regs.iter().map(|reg| self.reg_as(*reg, prim)).collect();
        self.code.vector(&parts)
    }

    /// The constant a value was defined as.
    pub(super) fn constant(&self, value: Value) -> Option<Const> {
        self.constants.get(&value).copied()
    }

    /// Emits a block at the insertion point.
    pub(super) fn block(&mut self, block: &Block) -> Result<(), EmitError> {
        let mut rest = &block.insts[..];
        while let Some(inst) = rest.first() {
            let taken = self.guarded_run(rest)?;
            if taken > 0 {
                rest = &rest[taken..];
                continue;
            }
            self.inst(inst)?;
            rest = &rest[1..];
        }
        Ok(())
    }

    /// Emits one instruction.
    pub(super) fn inst(&mut self, inst: &Inst) -> Result<(), EmitError> {
        self.locate(inst);
        match &inst.op {
            Op::Store { address, value, guard } => self.store(address, *value, *guard),
            Op::Barrier => self.barrier(),
            Op::ScheduleFence => self.fence(),
            Op::Prefetch(address) => self.prefetch(address),
            Op::Loop { .. } => self.counted_loop(inst)?,
            Op::If { condition, then } => self.conditional(*condition, then)?,
            Op::Const(value) => {
                self.constants.insert(inst.results[0], *value);
                let held = self.constant_value(*value, self.ty(inst.results[0]));
                self.define(inst.results[0], held);
            }
            op => {
                let held = self.value(op, self.ty(inst.results[0]))?;
                self.define(inst.results[0], held);
            }
        }
        Ok(())
    }

    /// Gives what follows the recipe line of an instruction.
    pub(super) fn locate(&mut self, inst: &Inst) {
        let Location { file, line } = inst.location;
        self.code.location = MlirLocation::new(self.code.context, file, line as usize, 0);
    }

    /// An operation with one result.
    fn value(&mut self, op: &Op, ty: Ty) -> Result<Held<'c>, EmitError> {
        Ok(match op {
            Op::BlockId(axis) => Held::Uniform(self.abi.block_ids[*axis as usize]),
            Op::WaveId => Held::Uniform(self.abi.wave_id),
            Op::LaneId => Held::lane(self.abi.lane_id),
            Op::Param(index) => Held::Uniform(self.abi.args[*index as usize]),
            Op::Unary(op, a) => self.unary(*op, *a),
            Op::Binary(op, a, b) => self.binary(*op, *a, *b),
            Op::Fma(a, b, c) => self.fma(*a, *b, *c),
            Op::Compare(op, a, b) => self.comparison(*op, *a, *b),
            Op::Select(condition, a, b) => self.select(*condition, *a, *b),
            Op::Cast(a) => self.cast(*a, ty.elt),
            Op::Splat(a) => self.splat(*a, ty),
            Op::Extract { of, start } => self.extract(*of, *start, ty),
            Op::Concat(parts) => self.concat(parts, ty),
            Op::Bitcast(a) => Held::Lane(self.rebits(*a, ty)),
            Op::Load { address, guard } => self.load(address, *guard, ty),
            Op::LaneXor { of, mask } => self.lane_xor(*of, *mask),
            Op::FirstLane(a) => self.first_lane(*a),
            Op::Mma { .. } => self.mma(op)?,
            _ => unreachable!("an operation without result should not be evaluated"),
        })
    }

    /// The constant of a type, in every element.
    fn constant_value(&mut self, value: Const, ty: Ty) -> Held<'c> {
        if ty.uniform {
            return Held::Uniform(self.scalar_constant(value, Form::scalar(Prim::uniform(ty.elt))));
        }
        let form = self.lift(Prim::register(ty));
        if ty.elt_bits() == 32 || ty.elt == Elt::Pred {
            let register = self.scalar_constant(value, form);
            return Held::Lane(vec![Reg::from(register); ty.count as usize]);
        }
        let Elt::Num(dtype) = ty.elt else { unreachable!("an i64 should be uniform") };
        let bits = match value {
            Const::Float(value) => dtype.encode(value as f32),
            Const::Int(value) => value as u32 & dtype.mask(),
            Const::Pred(_) => unreachable!("a truth value should not be a number"),
        };
        let per = 32 / dtype.bits();
        let word = (0..per).fold(0, |word, at| word | bits << (at * dtype.bits()));
        let register = self.code.int(form, i64::from(word));
        Held::Lane(vec![Reg::from(register); ty.registers() as usize])
    }

    fn scalar_constant(&mut self, value: Const, form: Form) -> Val<'c> {
        match value {
            Const::Float(value) => self.code.float(form, value),
            Const::Int(value) => self.code.int(form, value),
            Const::Pred(value) => self.code.int(form, value.into()),
        }
    }
}

impl<'c> Held<'c> {
    /// A lane value of one register.
    pub(super) fn lane(register: Val<'c>) -> Held<'c> {
        Held::Lane(vec![Reg::from(register)])
    }

    /// A lane value of registers on their own.
    pub(super) fn lanes(registers: Vec<Val<'c>>) -> Held<'c> {
        Held::Lane(registers.into_iter().map(Reg::from).collect())
    }
}

impl<'c> From<Val<'c>> for Reg<'c> {
    fn from(holder: Val<'c>) -> Reg<'c> {
        Reg { holder, at: None }
    }
}

impl<'c> Reg<'c> {
    /// The registers of a GPU value: the elements of a vector, or the value itself.
    pub(super) fn all_of(holder: Val<'c>) -> Vec<Reg<'c>> {
        match holder.form.width {
            0 => vec![Reg::from(holder)],
            width => (0..width).map(|at| Reg { holder, at: Some(at) }).collect(),
        }
    }
}
