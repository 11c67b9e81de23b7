//! Element-wise operations.

use kiln_targets::DType;

use super::elements::raw_bits;
use super::emitter::{Emitter, Held, Reg};
use super::types::{Prim, Val};
use crate::lane::{Binary, Compare, Const, Elt, Ty, Unary, Value};

impl<'c, 'k> Emitter<'c, 'k> {
    /// An operation on one operand.
    pub(super) fn unary(&mut self, op: Unary, a: Value) -> Held<'c> {
        let ty = self.ty(a);
        if op == Unary::Not {
            return self.bitwise(&[a], |this, x| this.code.xor_const(x[0], -1));
        }
        self.elementwise(&[a], ty, |this, x| this.unary_work(op, x[0]))
    }

    fn unary_work(&mut self, op: Unary, a: Val<'c>) -> Val<'c> {
        let float = a.form.prim.is_float();
        match op {
            Unary::Neg if float => self.code.same("arith.negf", &[a]),
            Unary::Neg => {
                let zero = self.code.zero(a.form);
                self.code.same("arith.subi", &[zero, a])
            }
            Unary::Abs if float => self.code.same("llvm.intr.fabs", &[a]),
            Unary::Abs => {
                let zero = self.code.zero(a.form);
                let negated = self.code.same("arith.subi", &[zero, a]);
                self.code.same("arith.maxsi", &[a, negated])
            }
            Unary::RoundEven => self.code.same("llvm.intr.rint", &[a]),
            Unary::Exp2 => self.exp2(a),
            Unary::Log2 => self.log2(a),
            Unary::Rsqrt => self.rsqrt(a),
            Unary::Recip => self.recip(a),
            Unary::Not => unreachable!("a complement should be handled on packed bits"),
        }
    }

    /// An operation on two operands.
    pub(super) fn binary(&mut self, op: Binary, a: Value, b: Value) -> Held<'c> {
        let ty = self.ty(a);
        match op {
            Binary::And => self.bitwise(&[a, b], |this, x| this.code.same("arith.andi", x)),
            Binary::Or => self.bitwise(&[a, b], |this, x| this.code.same("arith.ori", x)),
            Binary::Xor => self.bitwise(&[a, b], |this, x| this.code.same("arith.xori", x)),
            Binary::Shl | Binary::Shr | Binary::Sar => self.shifted(op, a, b),
            _ => self.elementwise(&[a, b], ty, |this, x| this.binary_work(op, x, ty)),
        }
    }

    fn binary_work(&mut self, op: Binary, x: &[Val<'c>], ty: Ty) -> Val<'c> {
        if x[0].form.prim.is_float() {
            let name = match op {
                Binary::Add => "arith.addf",
                Binary::Sub => "arith.subf",
                Binary::Mul => "arith.mulf",
                Binary::Div => "arith.divf",
                _ if self.host() => return self.host_extremum(op, x[0], x[1]),
                Binary::Min => return self.code.same("arith.minnumf", x),
                _ => return self.code.same("arith.maxnumf", x),
            };
            return self.code.same(name, x);
        }
        let unsigned = ty.uniform && matches!(ty.elt, Elt::I64 | Elt::Num(DType::I32));
        let name = match op {
            Binary::Add => "arith.addi",
            Binary::Sub => "arith.subi",
            Binary::Mul => "arith.muli",
            Binary::Div if unsigned => "arith.divui",
            Binary::Div => "arith.divsi",
            Binary::Rem if unsigned => "arith.remui",
            Binary::Rem => "arith.remsi",
            Binary::Min => "arith.minsi",
            _ => "arith.maxsi",
        };
        self.code.same(name, x)
    }

    /// Minimum or maximum by comparison, for which a host would call a library function. The first
    /// choice is exactly `vminps` or `vmaxps`, which yield the second operand where one is NaN.
    fn host_extremum(&mut self, op: Binary, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        let better = if op == Binary::Min { Compare::Lt } else { Compare::Gt };
        let first = self.code.compare(better, a, b);
        let chosen = self.code.select(first, a, b);
        let missing = self.code.is_nan(b);
        self.code.select(missing, a, chosen)
    }

    /// Shifts: on packed registers where the distance is one constant, else element by element.
    fn shifted(&mut self, op: Binary, a: Value, b: Value) -> Held<'c> {
        let ty = self.ty(a);
        let Elt::Num(dtype) = ty.elt else { return self.shift_elements(op, a, b, ty) };
        match self.constant(b) {
            Some(Const::Int(by)) if self.shifts_packed(op, dtype, ty, by) => {
                let by = by as u32;
                let lane = u32::MAX >> (32 - dtype.bits());
                let (name, kept) = match op {
                    Binary::Shl => ("arith.shli", lane << by & lane),
                    _ => ("arith.shrui", lane >> by),
                };
                let mask = (0..32 / dtype.bits()).fold(0, |m, at| m | kept << (at * dtype.bits()));
                self.bitwise(&[a], |this, x| {
                    let moved = this.code.shift(name, x[0], by);
                    this.code.and_const(moved, mask.into())
                })
            }
            _ => self.shift_elements(op, a, b, ty),
        }
    }

    fn shifts_packed(&self, op: Binary, dtype: DType, ty: Ty, by: i64) -> bool {
        let narrow = dtype.bits() < 32 && !ty.uniform;
        narrow && op != Binary::Sar && (0..i64::from(dtype.bits())).contains(&by)
    }

    fn shift_elements(&mut self, op: Binary, a: Value, b: Value, ty: Ty) -> Held<'c> {
        let name = match op {
            Binary::Shl => "arith.shli",
            Binary::Shr => "arith.shrui",
            _ => "arith.shrsi",
        };
        let seen = match (op, ty.elt) {
            (Binary::Shr, Elt::Num(dtype)) if dtype.bits() < 32 => Elt::Num(unsigned(dtype)),
            (Binary::Sar, Elt::Num(dtype)) if dtype.bits() < 32 => Elt::Num(signed(dtype)),
            (_, elt) => elt,
        };
        let pattern = op == Binary::Shr && ty.elt == Elt::Num(DType::I16);
        self.elementwise(&[a, b], Ty { elt: seen, ..ty }, |this, x| {
            let moved = if pattern { this.code.and_const(x[0], 0xffff) } else { x[0] };
            this.code.same(name, &[moved, x[1]])
        })
    }

    /// Fused multiply-add. On a host `f16` is fused in `f32` and then rounded once more.
    pub(super) fn fma(&mut self, a: Value, b: Value, c: Value) -> Held<'c> {
        let ty = self.ty(a);
        self.elementwise(&[a, b, c], ty, |this, x| this.code.same("llvm.intr.fma", x))
    }

    /// A comparison.
    pub(super) fn comparison(&mut self, op: Compare, a: Value, b: Value) -> Held<'c> {
        let ty = self.ty(a);
        if ty.uniform {
            let a = self.uniform(a);
            let b = self.uniform(b);
            let (a, b) = (self.widen(a, ty.elt), self.widen(b, ty.elt));
            return Held::Uniform(self.code.compare(op, a, b));
        }
        let Elt::Num(dtype) = ty.elt else { unreachable!("lanes should compare numbers") };
        let (a, b) = (self.regs(a), self.regs(b));
        let mut truths = Vec::new();
        for at in 0..ty.count {
            let (x, y) = (self.unpack(&a, dtype, at), self.unpack(&b, dtype, at));
            truths.push(self.code.compare(op, x, y));
        }
        Held::lanes(truths)
    }

    /// A choice between two values.
    pub(super) fn select(&mut self, condition: Value, a: Value, b: Value) -> Held<'c> {
        let (ty, by) = (self.ty(a), self.ty(condition));
        if ty.uniform {
            let (condition, a, b) = (self.uniform(condition), self.uniform(a), self.uniform(b));
            return Held::Uniform(self.code.select(condition, a, b));
        }
        if by.uniform {
            let condition = self.uniform(condition);
            return self.bitwise(&[a, b], |this, x| this.code.select(condition, x[0], x[1]));
        }
        let truths = self.regs(condition);
        let (x, y) = (self.regs(a), self.regs(b));
        let dtype = match ty.elt {
            Elt::Num(dtype) if dtype.bits() < 32 => raw_bits(dtype),
            _ => return self.select_registers(&truths, &x, &y),
        };
        let mut chosen = Vec::new();
        for at in 0..ty.count {
            let truth = self.reg(truths[at as usize]);
            let (x, y) = (self.unpack(&x, dtype, at), self.unpack(&y, dtype, at));
            chosen.push(self.code.select(truth, x, y));
        }
        Held::Lane(self.pack(&chosen, dtype, true))
    }

    fn select_registers(&mut self, truths: &[Reg<'c>], a: &[Reg<'c>], b: &[Reg<'c>]) -> Held<'c> {
        let mut chosen = Vec::new();
        for ((truth, a), b) in truths.iter().zip(a).zip(b) {
            let (truth, a, b) = (self.reg(*truth), self.reg(*a), self.reg(*b));
            chosen.push(self.code.select(truth, a, b));
        }
        Held::lanes(chosen)
    }

    /// An operation on register bits as they are, or on uniform values.
    fn bitwise(
        &mut self,
        operands: &[Value],
        mut work: impl FnMut(&mut Self, &[Val<'c>]) -> Val<'c>,
    ) -> Held<'c> {
        let ty = self.ty(operands[0]);
        if ty.uniform {
            let x: Vec<Val> = operands.iter().map(|operand| self.uniform(*operand)).collect();
            return Held::Uniform(work(self, &x));
        }
        let operands: Vec<_> = operands.iter().map(|operand| self.regs(*operand)).collect();
        let mut registers = Vec::new();
        for at in 0..operands[0].len() {
            let x: Vec<Val> = operands.iter().map(|regs| self.reg(regs[at])).collect();
            registers.push(work(self, &x));
        }
        Held::lanes(registers)
    }

    /// An operation on elements in their work primitive; `ty` is how the operands are read and the
    /// result is packed. Pairs of `f16` stay together on a GPU.
    fn elementwise(
        &mut self,
        operands: &[Value],
        ty: Ty,
        mut work: impl FnMut(&mut Self, &[Val<'c>]) -> Val<'c>,
    ) -> Held<'c> {
        if ty.uniform {
            let mut x: Vec<Val> = operands.iter().map(|operand| self.uniform(*operand)).collect();
            x.iter_mut().for_each(|value| *value = self.widen(*value, ty.elt));
            let value = work(self, &x);
            return Held::Uniform(self.narrow(value, ty.elt));
        }
        let Elt::Num(dtype) = ty.elt else { unreachable!("lanes should compute on numbers") };
        let operands: Vec<_> = operands.iter().map(|operand| self.regs(*operand)).collect();
        if dtype == DType::F16 && !self.host() {
            return self.on_pairs(&operands, work);
        }
        let mut elements = Vec::new();
        for at in 0..ty.count {
            let x: Vec<Val> = operands.iter().map(|regs| self.unpack(regs, dtype, at)).collect();
            elements.push(work(self, &x));
        }
        Held::Lane(self.pack(&elements, dtype, false))
    }

    fn on_pairs(
        &mut self,
        operands: &[Vec<Reg<'c>>],
        mut work: impl FnMut(&mut Self, &[Val<'c>]) -> Val<'c>,
    ) -> Held<'c> {
        let pair = self.packed(Prim::F16, 2);
        let mut registers = Vec::new();
        for at in 0..operands[0].len() {
            let mut x = Vec::new();
            for regs in operands {
                let word = self.reg(regs[at]);
                x.push(self.code.bitcast(word, pair));
            }
            let value = work(self, &x);
            registers.push(self.code.bitcast(value, self.lift(Prim::I32)));
        }
        Held::lanes(registers)
    }
}

fn unsigned(dtype: DType) -> DType {
    match dtype {
        DType::I8 => DType::U8,
        DType::I4 => DType::U4,
        other => other,
    }
}

fn signed(dtype: DType) -> DType {
    match dtype {
        DType::U8 => DType::I8,
        DType::U4 => DType::I4,
        other => other,
    }
}
