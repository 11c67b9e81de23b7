//! Loops, conditions, barriers and fences.

use melior::ir::{Block as MlirBlock, BlockLike, Region, RegionLike};

use super::EmitError;
use super::code::result;
use super::emitter::{Emitter, Held, Reg};
use super::types::{Form, Prim, Val};
use crate::lane::{Address, Block, Inst, Op, Ty, Value};

/// Registers of a GPU lane value that are carried around a loop as one vector, widest first. Eight
/// are the accumulator of a matrix atom, which then stays in place.
const GROUPS: [usize; 2] = [8, 4];

const INDEX: Form = Form::scalar(Prim::I32);

impl<'c> Emitter<'c, '_> {
    /// A counted loop with carried values.
    pub(super) fn counted_loop(&mut self, inst: &Inst) -> Result<(), EmitError> {
        let Op::Loop { lower, upper, step, induction, init, carried, body, yields } = &inst.op
        else {
            unreachable!("only loops should be emitted here")
        };
        let mut operands =
            vec![self.uniform(*lower), self.uniform(*upper), self.code.int(INDEX, (*step).into())];
        let start = self.carry(init);
        let forms: Vec<Form> = start.iter().map(|value| value.form).collect();
        operands.extend(&start);
        let (region, inside) = self.region(&[&[INDEX], &forms[..]].concat());
        self.define(*induction, Held::Uniform(inside[0]));
        self.uncarry(carried, &inside[1..]);
        let outer = std::mem::replace(&mut self.code.block, region.1);
        self.block(body)?;
        let next = self.carry(yields);
        self.code.effect("scf.yield", &next, &[]);
        self.code.block = outer;
        let operation = self.code.raw("scf.for", &operands, &[], &forms, vec![region.0]);
        let results: Vec<Val> =
            forms.iter().enumerate().map(|(at, form)| result(operation, at, *form)).collect();
        self.uncarry(&inst.results, &results);
        Ok(())
    }

    /// A block executed where a uniform truth value holds.
    pub(super) fn conditional(&mut self, condition: Value, then: &Block) -> Result<(), EmitError> {
        let condition = self.uniform(condition);
        let (region, _) = self.region(&[]);
        let outer = std::mem::replace(&mut self.code.block, region.1);
        self.block(then)?;
        self.code.effect("scf.yield", &[], &[]);
        self.code.block = outer;
        let none = Region::new();
        self.code.raw("scf.if", &[condition], &[], &[], vec![region.0, none]);
        Ok(())
    }

    /// Values made where a condition holds, zeros elsewhere. On a GPU the condition may differ by
    /// lane; on a host it is a scalar.
    pub(super) fn where_true(
        &mut self,
        condition: Val<'c>,
        then: impl FnOnce(&mut Self) -> Vec<Val<'c>>,
    ) -> Vec<Val<'c>> {
        let (taken, _) = self.region(&[]);
        let outer = std::mem::replace(&mut self.code.block, taken.1);
        let values = then(self);
        self.code.effect("scf.yield", &values, &[]);
        let forms: Vec<Form> = values.iter().map(|value| value.form).collect();
        let (skipped, _) = self.region(&[]);
        if !forms.is_empty() {
            self.code.block = skipped.1;
            let zeros: Vec<Val> = forms.iter().map(|form| self.code.zero(*form)).collect();
            self.code.effect("scf.yield", &zeros, &[]);
        }
        self.code.block = outer;
        let otherwise = if forms.is_empty() { Region::new() } else { skipped.0 };
        let operation =
            self.code.raw("scf.if", &[condition], &[], &forms, vec![taken.0, otherwise]);
        forms.iter().enumerate().map(|(at, form)| result(operation, at, *form)).collect()
    }

    /// Waits for the workgroup; only local memory is made visible, so global loads stay in flight.
    pub(super) fn barrier(&mut self) {
        if !self.host() && self.kernel.waves > 1 {
            self.code.effect("amdgpu.lds_barrier", &[], &[]);
        }
    }

    /// Keeps the scheduler from moving anything across.
    pub(super) fn fence(&mut self) {
        if !self.host() {
            let everything = self.code.i32_attribute(0);
            self.code.effect("rocdl.sched.barrier", &[], &[("mask", everything)]);
        }
    }

    /// Asks a host for the memory at an address, to be read once into all caches.
    pub(super) fn prefetch(&mut self, address: &Address) {
        if self.host() {
            let pointer = self.place(address).pointer;
            let flag = |value| self.code.i32_attribute(value);
            let attributes = [("rw", flag(0)), ("hint", flag(3)), ("cache", flag(1))];
            self.code.effect("llvm.intr.prefetch", &[pointer], &attributes);
        }
    }

    /// A region of one block with arguments, its block, and the arguments.
    fn region(
        &mut self,
        arguments: &[Form],
    ) -> ((Region<'c>, melior::ir::BlockRef<'c, 'c>), Vec<Val<'c>>) {
        let typed: Vec<_> = arguments
            .iter()
            .map(|form| (form.mlir(self.code.context), self.code.location))
            .collect();
        let region = Region::new();
        let block = region.append_block(MlirBlock::new(&typed));
        let values = arguments.iter().enumerate().map(|(at, form)| {
            let raw = block.argument(at).expect("a block should have its arguments").into();
            Val { raw, form: *form }
        });
        let values = values.collect();
        ((region, block), values)
    }

    /// What is carried around a loop for the given values.
    fn carry(&mut self, values: &[Value]) -> Vec<Val<'c>> {
        let mut carried = Vec::new();
        for value in values {
            match self.held(*value) {
                Held::Uniform(held) => carried.push(held),
                Held::Lane(regs) => {
                    let prim = Prim::register(self.ty(*value));
                    for chunk in regs.chunks(self.grouping(regs.len(), prim)) {
                        carried.push(match chunk {
                            [only] => self.reg(*only),
                            _ => self.group(chunk, prim),
                        });
                    }
                }
            }
        }
        carried
    }

    /// Defines values from what was carried for them.
    fn uncarry(&mut self, values: &[Value], carried: &[Val<'c>]) {
        let mut rest = carried;
        for value in values {
            let ty: Ty = self.ty(*value);
            if ty.uniform {
                self.define(*value, Held::Uniform(rest[0]));
                rest = &rest[1..];
                continue;
            }
            let registers = ty.registers() as usize;
            let pieces = registers / self.grouping(registers, Prim::register(ty));
            let regs = rest[..pieces].iter().flat_map(|piece| match self.host() {
                true => vec![Reg::from(*piece)],
                false => Reg::all_of(*piece),
            });
            let regs = regs.collect();
            self.define(*value, Held::Lane(regs));
            rest = &rest[pieces..];
        }
    }

    /// Registers carried together, a divisor of their number.
    fn grouping(&self, registers: usize, prim: Prim) -> usize {
        let fits = |group: &usize| registers.is_multiple_of(*group);
        match self.host() || prim == Prim::I1 {
            true => 1,
            false => GROUPS.into_iter().find(fits).unwrap_or(1),
        }
    }
}
