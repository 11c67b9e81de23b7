//! Matrix atoms, by the rows of the target.

use kiln_targets::{Arguments, Atom, DType, Role};

use super::EmitError;
use super::emitter::{Emitter, Held, Reg};
use super::types::{Form, Prim, Val};
use crate::lane::{LaneKernel, Op, Ty, Value};

impl<'c> Emitter<'c, '_> {
    /// `c + a * b`, by the atom of that name.
    pub(super) fn mma(&mut self, op: &Op) -> Result<Held<'c>, EmitError> {
        let Op::Mma { atom, a, b, c, a_signed, b_signed } = op else {
            unreachable!("only matrix atoms should be emitted here")
        };
        let row = atom_row(self.target, self.kernel, atom)?;
        let (a, b, c) =
            (self.operand(row, Role::A, *a), self.operand(row, Role::B, *b), self.sum(row, *c));
        let mut flag = |value: bool| self.code.int(Form::scalar(Prim::I1), value.into());
        let (a_signed, b_signed, clamp) = (flag(*a_signed), flag(*b_signed), flag(false));
        let name = &row.intrinsic.llvm;
        let result = match row.arguments {
            Arguments::ABC => self.code.call(name, &[a, b, c], c.form),
            Arguments::SignedASignedBCClamp => {
                self.code.call(name, &[a_signed, a, b_signed, b, c, clamp], c.form)
            }
            Arguments::CBA => self.code.call(name, &[c, b, a], c.form),
            Arguments::ABThenAddC => {
                let product = self.code.call(name, &[a, b], c.form);
                self.code.same("arith.addi", &[product, c])
            }
        };
        Ok(Held::Lane(match self.host() {
            true => vec![Reg::from(result)],
            false => Reg::all_of(result),
        }))
    }

    /// A factor in the type that the intrinsic takes: on a GPU vectors of `f16`, of `i16` in place
    /// of `bf16`, or of packed `i32`; on a host vectors of the elements.
    fn operand(&mut self, row: &Atom, role: Role, value: Value) -> Val<'c> {
        let regs = self.regs(value);
        let dtype = row.operand(role).dtypes[0];
        let prim = match dtype {
            DType::F32 => Prim::F32,
            DType::F16 => Prim::F16,
            DType::BF16 | DType::I16 => Prim::I16,
            DType::I8 | DType::U8 if self.host() => Prim::I8,
            _ => Prim::I32,
        };
        let per = if prim.bits() == 32 { 0 } else { 32 / prim.bits() };
        if self.host() {
            let register = self.reg(regs[0]);
            return self.code.bitcast(register, self.packed(prim, per));
        }
        let whole = self.whole(&regs, if per == 0 { prim } else { Prim::I32 });
        let width = if per == 0 { whole.form.width } else { regs.len() as u32 * per };
        self.code.bitcast(whole, Form::vector(prim, width))
    }

    /// The accumulator.
    fn sum(&mut self, row: &Atom, value: Value) -> Val<'c> {
        let regs = self.regs(value);
        let prim = Prim::register(Ty::lane(row.c.dtypes[0], 1));
        match self.host() {
            true => self.reg_as(regs[0], prim),
            false => self.whole(&regs, prim),
        }
    }

    /// All registers of a GPU operand: one scalar, or a vector.
    fn whole(&mut self, regs: &[Reg<'c>], prim: Prim) -> Val<'c> {
        match regs {
            [only] => self.reg_as(*only, prim),
            _ => self.group(regs, prim),
        }
    }
}

/// The row of an atom, if the target has it and can execute it for this kernel's waves. Code that
/// it cannot select would abort the process.
fn atom_row<'t>(
    target: &'t kiln_targets::Target,
    kernel: &LaneKernel,
    name: &str,
) -> Result<&'t Atom, EmitError> {
    let row = target.atoms.iter().find(|row| row.name == name);
    match row {
        Some(row) if row.lanes() == kernel.lanes => Ok(row),
        Some(row) => Err(EmitError::Unsupported(format!(
            "atom `{name}` takes waves of {} lanes, kernel `{}` has {}",
            row.lanes(),
            kernel.name,
            kernel.lanes
        ))),
        None => Err(EmitError::Unsupported(format!(
            "target {} has no atom `{name}`; it has {}",
            target.name,
            target.atoms.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(", ")
        ))),
    }
}
