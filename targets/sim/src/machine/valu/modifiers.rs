//! What instructions ask for besides the operation: sign and half of a source, multiplier and clamp of
//! the result, and flushing where MODE says so.

use crate::isa::{Format, Omod, Ty};
use crate::machine::Wave;
use crate::machine::float::{
    F16, Round, f16_to_f32, flush16, flush32, flush64, max32, max64, min32, min64, narrow,
};
use crate::machine::lanes::{LANES, Lanes};
use crate::machine::step::{Source, Step};

impl Wave {
    /// Picks the half, takes the absolute value, negates and flushes, as the type and the modifiers ask.
    pub(super) fn modify(&self, s: &Step, index: usize, lanes: &mut Lanes) {
        let mods = &s.inst.mods;
        let bit = |bits: u8| bits >> index & 1 == 1;
        let ty = s.src_ty[index];
        if matches!(ty, Ty::V2B16 | Ty::V2I16 | Ty::V2U16 | Ty::V2F16 | Ty::V2Bf16) {
            self.modify_packed(s, index, lanes);
            return;
        }
        if ty.is_half() {
            let is_register = matches!(s.src[index], Source::Vector(_) | Source::VectorHigh(_));
            let high =
                matches!(s.src[index], Source::VectorHigh(_)) || (!is_register && bit(mods.op_sel));
            let shift = if high { 16 } else { 0 };
            lanes.0.iter_mut().for_each(|x| *x = *x >> shift & 0xffff);
        }
        let packed_format = s.inst.format == Format::Vop3p && ty != Ty::F32;
        if packed_format {
            return;
        }
        let sign = if ty.is_half() { 0x8000 } else { 0x8000_0000 };
        if bit(mods.abs) {
            lanes.0.iter_mut().for_each(|x| *x &= !sign);
        }
        if bit(mods.neg) {
            lanes.0.iter_mut().for_each(|x| *x ^= sign);
        }
        match ty {
            Ty::F32 if self.mode().flushes_input32() => {
                lanes.0.iter_mut().for_each(|x| *x = flush32(*x));
            }
            Ty::F16 if self.mode().flushes_input16_64() => {
                lanes.0.iter_mut().for_each(|x| *x = flush16(*x));
            }
            _ => {}
        }
    }

    fn modify_packed(&self, s: &Step, index: usize, lanes: &mut Lanes) {
        let mods = &s.inst.mods;
        let bit = |bits: u8| u32::from(bits >> index & 1);
        let packed_format = s.inst.format == Format::Vop3p;
        let (low, high) =
            if packed_format { (16 * bit(mods.op_sel), 16 * bit(mods.op_sel_hi)) } else { (0, 16) };
        let is_float = matches!(s.src_ty[index], Ty::V2F16 | Ty::V2Bf16);
        let negate = if is_float && packed_format {
            bit(mods.neg) << 15 | bit(mods.neg_hi) << 31
        } else {
            0
        };
        let flush = s.src_ty[index] == Ty::V2F16 && self.mode().flushes_input16_64();
        for x in &mut lanes.0 {
            let picked = (*x >> low & 0xffff) | (*x >> high & 0xffff) << 16;
            let signed = picked ^ negate;
            *x =
                if flush { flush16(signed & 0xffff) | flush16(signed >> 16) << 16 } else { signed };
        }
    }

    pub(super) fn modify64(&self, s: &Step, index: usize, lanes: &mut [u64; LANES]) {
        let mods = &s.inst.mods;
        if s.src_ty[index] != Ty::F64 {
            return;
        }
        for x in lanes {
            let absolute = if mods.abs >> index & 1 == 1 { *x & !(1 << 63) } else { *x };
            let signed = absolute ^ u64::from(mods.neg >> index & 1) << 63;
            *x = if self.mode().flushes_input16_64() { flush64(signed) } else { signed };
        }
    }

    /// The output multiplier, which is ignored in IEEE mode (LLVM, SIFoldOperands.cpp).
    fn factor(&self, s: &Step) -> f32 {
        if self.mode().ieee() { 1.0 } else { factor(s.inst.mods.omod) }
    }

    /// Applies the output multiplier, clamping and flushing. The multiplier is ignored where denormal
    /// results are kept (RDNA3 ISA, "Output modifiers"), and minima and maxima are never flushed (`V_MIN_F32`).
    pub(super) fn output32(&self, s: &Step, bits: u32) -> u32 {
        let mut x = f32::from_bits(bits);
        if self.mode().flushes_output32() {
            x *= self.factor(s);
            x = if s.chooses { x } else { f32::from_bits(flush32(x.to_bits())) };
        }
        if s.inst.mods.clamp {
            x = clamped(x, self.mode().dx10_clamp());
        }
        x.to_bits()
    }

    pub(super) fn output16(&self, s: &Step, bits: u32) -> u32 {
        let mut bits = bits;
        if self.mode().flushes_output16_64() {
            let scaled = f64::from(f16_to_f32(bits) * self.factor(s));
            bits = narrow(scaled, F16, Round::Nearest);
            bits = if s.chooses { bits } else { flush16(bits) };
        }
        if s.inst.mods.clamp {
            let x = f16_to_f32(bits);
            bits = match x {
                x if x.is_nan() => {
                    if self.mode().dx10_clamp() {
                        0
                    } else {
                        bits
                    }
                }
                x if x <= 0.0 => 0,
                x if x >= 1.0 => 0x3c00,
                _ => bits,
            };
        }
        bits
    }

    pub(super) fn output64(&self, s: &Step, bits: u64) -> u64 {
        let mut x = f64::from_bits(bits);
        if self.mode().flushes_output16_64() {
            x *= f64::from(self.factor(s));
            x = if s.chooses { x } else { f64::from_bits(flush64(x.to_bits())) };
        }
        if s.inst.mods.clamp {
            x = if x.is_nan() && self.mode().dx10_clamp() {
                0.0
            } else if x.is_nan() {
                x
            } else {
                min64(max64(x, 0.0), 1.0)
            };
        }
        x.to_bits()
    }
}

/// `x` within [0, 1]; of a NaN it is zero where MODE says so.
#[inline(always)]
pub(super) fn clamped(x: f32, nan_to_zero: bool) -> f32 {
    match x.is_nan() {
        true if nan_to_zero => 0.0,
        true => x,
        false => min32(max32(x, 0.0), 1.0),
    }
}

fn factor(omod: Omod) -> f32 {
    match omod {
        Omod::None => 1.0,
        Omod::Mul2 => 2.0,
        Omod::Mul4 => 4.0,
        Omod::Div2 => 0.5,
    }
}
