//! Number conversions.

use kiln_targets::DType;

use super::emitter::{Emitter, Held, Reg};
use super::types::{Form, Prim, Val};
use crate::lane::{Elt, Value};

impl<'c> Emitter<'c, '_> {
    /// A number conversion, element by element, with shorter ways for nibbles.
    ///
    /// 32-bit integers become `f16` and `bf16` through `f32`, so the rare ones beyond 2^24 are
    /// rounded twice.
    pub(super) fn cast(&mut self, a: Value, to: Elt) -> Held<'c> {
        let ty = self.ty(a);
        if ty.uniform {
            let value = self.uniform(a);
            return Held::Uniform(self.cast_uniform(value, ty.elt, to));
        }
        let (Elt::Num(from), Elt::Num(to)) = (ty.elt, to) else {
            unreachable!("lanes should convert numbers")
        };
        let regs = self.regs(a);
        match (from.bits(), to) {
            (4, DType::I8 | DType::U8) => self.nibbles_to_bytes(&regs, from, ty.count),
            (4, DType::F16) if !self.host() => self.nibbles_to_halves(&regs, from, ty.count),
            _ => {
                let mut elements = Vec::new();
                for at in 0..ty.count {
                    let element = self.unpack(&regs, from, at);
                    elements.push(self.convert(element, from, to));
                }
                Held::Lane(self.pack(&elements, to, fits_bf16(from)))
            }
        }
    }

    fn cast_uniform(&mut self, value: Val<'c>, from: Elt, to: Elt) -> Val<'c> {
        let work = self.widen(value, from);
        let converted = match (from, to) {
            (Elt::I64, Elt::Num(to)) if to.is_float() => {
                let float = self.code.convert("arith.sitofp", work, Prim::F32);
                self.convert(float, DType::F32, to)
            }
            (Elt::I64, _) => work,
            (Elt::Num(from), Elt::I64) if from.is_float() => {
                let float = self.code.convert("arith.extf", work, Prim::F32);
                self.code.call("llvm.fptosi.sat.i64.f32", &[float], Form::scalar(Prim::I64))
            }
            (_, Elt::I64) => self.code.convert("arith.extsi", work, Prim::I64),
            (Elt::Num(from), Elt::Num(to)) => self.convert(work, from, to),
            _ => unreachable!("truth values should not be converted"),
        };
        self.narrow(converted, to)
    }

    /// A work primitive of one type as that of another.
    fn convert(&mut self, value: Val<'c>, from: DType, to: DType) -> Val<'c> {
        let work = self.work(to);
        match (from.is_float(), to.is_float()) {
            (true, true) if work == Prim::F16 => {
                self.code.convert("arith.truncf", value, Prim::F16)
            }
            (true, true) => self.code.convert("arith.extf", value, Prim::F32),
            (false, true) => {
                let signed = from.is_signed();
                let name = if signed { "arith.sitofp" } else { "arith.uitofp" };
                let float = self.code.convert(name, value, Prim::F32);
                if work == Prim::F32 { float } else { self.convert(float, DType::F32, to) }
            }
            (true, false) => {
                let float = self.code.convert("arith.extf", value, Prim::F32);
                self.float_to_int(float, to)
            }
            (false, false) => value,
        }
    }

    /// Toward zero, saturating, NaN to 0.
    fn float_to_int(&mut self, value: Val<'c>, to: DType) -> Val<'c> {
        let whole = self.saturated(value);
        let Some((low, high)) = to.range().filter(|_| to.bits() < 32) else { return whole };
        let (low, high) = (self.code.int(whole.form, low), self.code.int(whole.form, high));
        let above = self.code.same("arith.maxsi", &[whole, low]);
        self.code.same("arith.minsi", &[above, high])
    }

    /// The 32-bit conversion. AMD GPUs saturate and map NaN to 0 in the instruction itself, which
    /// the generic saturating intrinsic does not know; a frozen plain conversion selects to it.
    fn saturated(&mut self, value: Val<'c>) -> Val<'c> {
        let form = value.form.of(Prim::I32);
        if self.host() {
            let name = format!("llvm.fptosi.sat.{}.{}", form.mangled(), value.form.mangled());
            return self.code.call(&name, &[value], form);
        }
        let whole = self.code.convert("arith.fptosi", value, Prim::I32);
        self.code.op("llvm.freeze", &[whole], &[], form)
    }

    /// Nibbles to bytes, eight at a time. Each half word is spread by doubling its bytes, so that
    /// byte `j` holds nibble `j` in its low or high half.
    fn nibbles_to_bytes(&mut self, regs: &[Reg<'c>], from: DType, count: u32) -> Held<'c> {
        let mut bytes = Vec::new();
        for at in 0..count.div_ceil(4) {
            let word = self.reg_as(regs[(at / 2) as usize], Prim::I32);
            let spread = self.spread_nibbles(word, at % 2);
            bytes.push(if from.is_signed() { self.sign_nibbles(spread) } else { spread });
        }
        Held::lanes(bytes)
    }

    /// Nibbles `4 * half ..` of a word, one in each byte.
    fn spread_nibbles(&mut self, word: Val<'c>, half: u32) -> Val<'c> {
        if !self.host() {
            let even = self.code.and_const(word, 0x0f0f_0f0f);
            let odd = self.code.shift("arith.shrui", word, 4);
            let odd = self.code.and_const(odd, 0x0f0f_0f0f);
            // Selector bytes 0..=3 name bytes of the second operand, 4..=7 those of the first.
            let selector = [0x0501_0400, 0x0703_0602][half as usize];
            let selector = self.code.int(word.form, selector);
            return self.code.call("llvm.amdgcn.perm", &[odd, even, selector], word.form);
        }
        let lanes = self.kernel.lanes;
        let picks: Vec<u32> =
            (0..4 * lanes).map(|byte| byte / 4 * 4 + 2 * half + byte % 4 / 2).collect();
        let bytes = self.code.bitcast(word, self.packed(Prim::I8, 4));
        let doubled = self.code.pick(bytes, &picks);
        let doubled = self.code.bitcast(doubled, word.form);
        let even = self.code.and_const(doubled, 0x000f_000f);
        let odd = self.code.shift("arith.shrui", doubled, 4);
        let odd = self.code.and_const(odd, 0x0f00_0f00);
        self.code.or(even, odd)
    }

    /// Sign-extends the low nibble of every byte, without carries between bytes.
    fn sign_nibbles(&mut self, bytes: Val<'c>) -> Val<'c> {
        let flipped = self.code.xor_const(bytes, 0x0808_0808);
        let guard = self.code.int(bytes.form, 0x8080_8080);
        let raised = self.code.or(flipped, guard);
        let lowered = self.code.add_const(raised, -0x0808_0808);
        self.code.xor_const(lowered, 0x8080_8080)
    }

    /// Nibbles to `f16`, two at a time: a nibble below the exponent of 1024 is 1024 plus the
    /// nibble, from which 1024 (or 1032, for the offset form of signed nibbles) is taken away.
    fn nibbles_to_halves(&mut self, regs: &[Reg<'c>], from: DType, count: u32) -> Held<'c> {
        let mut pairs = Vec::new();
        for at in 0..count.div_ceil(2) {
            let word = self.reg_as(regs[(at / 4) as usize], Prim::I32);
            let word = self.code.shift("arith.shrui", word, at % 4 * 8);
            let high = self.code.shift("arith.shli", word, 12);
            let both = self.code.or(word, high);
            let nibbles = self.code.and_const(both, 0x000f_000f);
            let flip = if from.is_signed() { 0x6408_6408 } else { 0x6400_6400 };
            let biased = self.code.xor_const(nibbles, flip);
            let pair = self.code.bitcast(biased, self.packed(Prim::F16, 2));
            let bias = if from.is_signed() { 1032.0 } else { 1024.0 };
            let bias = self.code.float(pair.form, bias);
            let halves = self.code.same("arith.subf", &[pair, bias]);
            pairs.push(self.code.bitcast(halves, word.form));
        }
        Held::lanes(pairs)
    }
}

/// Whether every value of a type is a `bf16`, so that converting to it never rounds.
fn fits_bf16(from: DType) -> bool {
    from == DType::BF16 || from.is_integer() && from.bits() <= 8
}
