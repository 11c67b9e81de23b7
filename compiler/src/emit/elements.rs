//! Elements of lane values: taken out of registers to be worked on, and packed again.
//!
//! The *work* primitive of an element type is what its arithmetic happens in: `f32` for `f32` and
//! `bf16` (and for `f16` on a host), `f16` on a GPU, `i32` for every integer.

use kiln_targets::DType;

use super::emitter::{Emitter, Held, Reg};
use super::types::{Form, Prim, Val};
use crate::lane::{Elt, Ty, Value};

impl<'c> Emitter<'c, '_> {
    /// What one element of a type is worked on as.
    pub(super) fn work(&self, dtype: DType) -> Prim {
        match dtype {
            DType::F32 | DType::BF16 => Prim::F32,
            DType::F16 if self.host() => Prim::F32,
            DType::F16 => Prim::F16,
            _ => Prim::I32,
        }
    }

    /// Element `at` of a lane value, as its work primitive in every lane.
    pub(super) fn unpack(&mut self, regs: &[Reg<'c>], dtype: DType, at: u32) -> Val<'c> {
        let per = 32 / dtype.bits();
        let reg = regs[(at / per) as usize];
        let slot = at % per;
        match dtype {
            DType::F32 => self.reg_as(reg, Prim::F32),
            DType::I32 => self.reg_as(reg, Prim::I32),
            DType::F16 => self.unpack_half(reg, slot),
            DType::BF16 => {
                let word = self.reg_as(reg, Prim::I32);
                let bits = match slot {
                    0 => self.code.shift("arith.shli", word, 16),
                    _ => self.code.and_const(word, 0xffff_0000),
                };
                self.code.bitcast(bits, word.form.of(Prim::F32))
            }
            _ => self.unpack_integer(reg, dtype, slot),
        }
    }

    fn unpack_half(&mut self, reg: Reg<'c>, slot: u32) -> Val<'c> {
        let word = self.reg_as(reg, Prim::I32);
        if !self.host() {
            let pair = self.code.bitcast(word, self.packed(Prim::F16, 2));
            return self.code.element(pair, slot);
        }
        let bits = self.code.shift("arith.shrui", word, 16 * slot);
        let half = self.code.convert("arith.trunci", bits, Prim::I16);
        let half = self.code.bitcast(half, half.form.of(Prim::F16));
        self.code.convert("arith.extf", half, Prim::F32)
    }

    fn unpack_integer(&mut self, reg: Reg<'c>, dtype: DType, slot: u32) -> Val<'c> {
        let word = self.reg_as(reg, Prim::I32);
        let (bits, low) = (dtype.bits(), slot * dtype.bits());
        if dtype.is_signed() {
            let top = self.code.shift("arith.shli", word, 32 - bits - low);
            return self.code.shift("arith.shrsi", top, 32 - bits);
        }
        let shifted = self.code.shift("arith.shrui", word, low);
        if low + bits == 32 { shifted } else { self.code.and_const(shifted, dtype.mask().into()) }
    }

    /// Registers of a lane value with the given elements, each of the work primitive. `exact`
    /// says that floats are known to be representable, so rounding can be left out.
    pub(super) fn pack(&mut self, elements: &[Val<'c>], dtype: DType, exact: bool) -> Vec<Reg<'c>> {
        let per = 32 / dtype.bits() as usize;
        let pack = |chunk: &[Val<'c>]| Reg::from(self.pack_register(chunk, dtype, exact));
        elements.chunks(per).map(pack).collect()
    }

    fn pack_register(&mut self, elements: &[Val<'c>], dtype: DType, exact: bool) -> Val<'c> {
        match dtype {
            DType::F32 | DType::I32 => elements[0],
            DType::F16 if self.host() => {
                let bits: Vec<Val> = elements.iter().map(|half| self.half_bits(*half)).collect();
                self.join(&bits, 16)
            }
            DType::F16 => {
                let high = *elements.get(1).unwrap_or(&elements[0]);
                let pair = self.code.vector(&[elements[0], high]);
                self.code.bitcast(pair, Form::scalar(Prim::I32))
            }
            DType::BF16 => self.pack_bf16(elements, exact),
            _ => {
                let mask = i64::from(dtype.mask());
                let last = 32 / dtype.bits() as usize - 1;
                let mut bits = elements.to_vec();
                for (at, element) in bits.iter_mut().enumerate() {
                    *element =
                        if at == last { *element } else { self.code.and_const(*element, mask) };
                }
                self.join(&bits, dtype.bits())
            }
        }
    }

    /// The `f16` bits of an `f32`, in the low half of a register.
    fn half_bits(&mut self, value: Val<'c>) -> Val<'c> {
        let half = self.code.convert("arith.truncf", value, Prim::F16);
        let bits = self.code.bitcast(half, half.form.of(Prim::I16));
        self.code.convert("arith.extui", bits, Prim::I32)
    }

    fn pack_bf16(&mut self, elements: &[Val<'c>], exact: bool) -> Val<'c> {
        let mut bits = Vec::new();
        for element in elements {
            let word = self.code.bitcast(*element, element.form.of(Prim::I32));
            bits.push(if exact { word } else { self.round_bf16(*element, word) });
        }
        let low = self.code.shift("arith.shrui", bits[0], 16);
        match bits.get(1) {
            Some(high) => {
                let high = self.code.and_const(*high, 0xffff_0000);
                self.code.or(high, low)
            }
            None => low,
        }
    }

    /// The bits of an `f32` rounded to `bf16` (ties to even, NaN kept quiet) in the high half; the
    /// low half is left over.
    fn round_bf16(&mut self, value: Val<'c>, word: Val<'c>) -> Val<'c> {
        let high = self.code.shift("arith.shrui", word, 16);
        let odd = self.code.and_const(high, 1);
        let bias = self.code.add_const(odd, 0x7fff);
        let rounded = self.code.same("arith.addi", &[word, bias]);
        let quiet = self.code.int(word.form, 0x0040_0000);
        let quiet = self.code.or(word, quiet);
        let is_nan = self.code.is_nan(value);
        self.code.select(is_nan, quiet, rounded)
    }

    /// Integers side by side in one register, lowest first.
    fn join(&mut self, parts: &[Val<'c>], bits: u32) -> Val<'c> {
        let mut word = parts[0];
        for (at, part) in parts.iter().enumerate().skip(1) {
            let placed = self.code.shift("arith.shli", *part, bits * at as u32);
            word = self.code.or(word, placed);
        }
        word
    }

    /// A uniform number as its work primitive.
    pub(super) fn widen(&mut self, value: Val<'c>, elt: Elt) -> Val<'c> {
        let Elt::Num(dtype) = elt else { return value };
        match dtype {
            DType::F32 | DType::I32 => value,
            DType::F16 | DType::BF16 => {
                let work = self.work(dtype);
                self.code.convert("arith.extf", value, work)
            }
            _ if dtype.is_signed() => self.code.convert("arith.extsi", value, Prim::I32),
            _ => self.code.convert("arith.extui", value, Prim::I32),
        }
    }

    /// A work primitive as a uniform number of a type.
    pub(super) fn narrow(&mut self, value: Val<'c>, elt: Elt) -> Val<'c> {
        let prim = Prim::uniform(elt);
        match (prim, value.form.prim) {
            (to, from) if to == from => value,
            (Prim::BF16, _) => {
                let word = self.code.bitcast(value, Form::scalar(Prim::I32));
                let rounded = self.round_bf16(value, word);
                let high = self.code.shift("arith.shrui", rounded, 16);
                let bits = self.code.convert("arith.trunci", high, Prim::I16);
                self.code.bitcast(bits, Form::scalar(Prim::BF16))
            }
            (Prim::F16, _) => self.code.convert("arith.truncf", value, Prim::F16),
            _ => self.code.convert("arith.trunci", value, prim),
        }
    }

    /// Elements `start ..` of a lane value.
    pub(super) fn extract(&mut self, of: Value, start: u32, ty: Ty) -> Held<'c> {
        let regs = self.regs(of);
        let per = if ty.elt == Elt::Pred { 1 } else { 32 / ty.elt_bits() };
        if start.is_multiple_of(per) {
            let first = (start / per) as usize;
            return Held::Lane(regs[first..first + ty.registers() as usize].to_vec());
        }
        let shift = start % per * ty.elt_bits();
        let mut shifted = Vec::new();
        for at in 0..ty.registers() {
            shifted.push(self.straddle(&regs, start / per + at, shift));
        }
        Held::lanes(shifted)
    }

    /// The 32 bits that begin `shift` bits into register `at`.
    fn straddle(&mut self, regs: &[Reg<'c>], at: u32, shift: u32) -> Val<'c> {
        let low = self.reg_as(regs[at as usize], Prim::I32);
        let low = self.code.shift("arith.shrui", low, shift);
        match regs.get(at as usize + 1) {
            Some(next) => {
                let high = self.reg_as(*next, Prim::I32);
                let high = self.code.shift("arith.shli", high, 32 - shift);
                self.code.or(low, high)
            }
            None => low,
        }
    }

    /// Lane values end to end.
    pub(super) fn concat(&mut self, parts: &[Value], ty: Ty) -> Held<'c> {
        let Elt::Num(dtype) = ty.elt else {
            return Held::Lane(parts.iter().flat_map(|part| self.regs(*part)).collect());
        };
        let filled = |part: &Value| (self.ty(*part).count * dtype.bits()).is_multiple_of(32);
        if parts[..parts.len() - 1].iter().all(filled) {
            return Held::Lane(parts.iter().flat_map(|part| self.regs(*part)).collect());
        }
        let raw = raw_bits(dtype);
        let mut elements = Vec::new();
        for part in parts {
            let (regs, count) = (self.regs(*part), self.ty(*part).count);
            elements.extend((0..count).map(|at| self.unpack(&regs, raw, at)));
        }
        Held::Lane(self.pack(&elements, raw, true))
    }

    /// The registers of a lane value as those of another type.
    pub(super) fn rebits(&mut self, a: Value, ty: Ty) -> Vec<Reg<'c>> {
        let prim = Prim::register(ty);
        let mut casts: Vec<(Val<'c>, Val<'c>)> = Vec::new();
        let mut regs = self.regs(a);
        for reg in &mut regs {
            let known = casts.iter().find(|(from, _)| from.raw == reg.holder.raw);
            let cast = match known {
                Some((_, cast)) => *cast,
                None => self.code.bitcast(reg.holder, reg.holder.form.of(prim)),
            };
            casts.push((reg.holder, cast));
            reg.holder = cast;
        }
        regs
    }
}

/// An integer type of the same width, whose elements are moved without being interpreted.
pub(super) fn raw_bits(dtype: DType) -> DType {
    match dtype.bits() {
        32 => DType::I32,
        16 => DType::I16,
        8 => DType::U8,
        _ => DType::U4,
    }
}
