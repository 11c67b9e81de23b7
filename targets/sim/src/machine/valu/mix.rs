//! Fused multiply-add of operands that are f16 or f32, each by itself (`v_fma_mix*`).

use crate::machine::Wave;
use crate::machine::float::{
    Round, f16_to_f32, f32_to_f16, f32_to_f16_in, flush16, flush32, fma32,
};
use crate::machine::lanes::Lanes;
use crate::machine::step::{Exec, Step};
use crate::machine::valu::modifiers::clamped;

/// The mixed-precision operations.
pub(super) fn find(name: &str) -> Option<Exec> {
    Some(match name {
        "v_fma_mix_f32" => exec!(|w, s| {
            let out = w.mixed(s);
            w.put_mixed(s, Lanes::from_fn(|i| out.0[i]), u32::MAX);
        }),
        "v_fma_mixlo_f16" => exec!(|w, s| {
            let out = w.mixed_half(s);
            w.put_mixed(s, out, 0xffff);
        }),
        "v_fma_mixhi_f16" => exec!(|w, s| {
            let out = w.mixed_half(s);
            w.put_mixed(s, Lanes::from_fn(|i| out.0[i] << 16), 0xffff_0000);
        }),
        _ => return None,
    })
}

impl Wave {
    /// A source as f32: a half of it where its OP_SEL_HI bit is set, the high one where its OP_SEL bit is;
    /// NEG_HI takes the absolute value.
    fn mixed_source(&self, s: &Step, index: usize) -> Lanes {
        let mods = &s.inst.mods;
        let bit = |bits: u8| bits >> index & 1 == 1;
        let raw = self.value(s, index, false);
        let raw = match (&s.exchange, index) {
            (Some(exchange), 0) => exchange.apply(&raw, self.exec()),
            _ => raw,
        };
        let is_half = bit(mods.op_sel_hi);
        let shift = if bit(mods.op_sel) { 16 } else { 0 };
        let (keep, flip) =
            (if bit(mods.neg_hi) { 0x7fff_ffff } else { u32::MAX }, u32::from(bit(mods.neg)) << 31);
        let (flush_half, flush) = (self.mode().flushes_input16_64(), self.mode().flushes_input32());
        let widened = if is_half {
            Lanes::from_fn(|i| {
                let bits = raw.0[i] >> shift & 0xffff;
                f16_to_f32(if flush_half { flush16(bits) } else { bits }).to_bits()
            })
        } else {
            Lanes::from_fn(|i| if flush { flush32(raw.0[i]) } else { raw.0[i] })
        };
        Lanes::from_fn(|i| widened.0[i] & keep ^ flip)
    }

    fn mixed(&mut self, s: &Step) -> Lanes {
        self.special(s);
        let [a, b, c] = [0, 1, 2].map(|i| self.mixed_source(s, i));
        let (round, flush) = (self.mode().round32(), self.mode().flushes_output32());
        let out = Lanes::from_fn(|i| {
            let [a, b, c] = [a, b, c].map(|x| f32::from_bits(x.0[i]));
            if round == Round::Nearest { a.mul_add(b, c) } else { fma32(a, b, c, round) }.to_bits()
        });
        let clamp = s.inst.mods.clamp && s.dst_ty == crate::isa::Ty::F32;
        let dx10 = self.mode().dx10_clamp();
        Lanes::from_fn(|i| {
            let bits = if flush { flush32(out.0[i]) } else { out.0[i] };
            if clamp { clamped(f32::from_bits(bits), dx10).to_bits() } else { bits }
        })
    }

    fn mixed_half(&mut self, s: &Step) -> Lanes {
        let sums = self.mixed(s);
        let (round, flush) = (self.mode().round16_64(), self.mode().flushes_output16_64());
        let (clamp, dx10) = (s.inst.mods.clamp, self.mode().dx10_clamp());
        Lanes::from_fn(|i| {
            let x = f32::from_bits(sums.0[i]);
            let x = if clamp { clamped(x, dx10) } else { x };
            let half =
                if round == Round::Nearest { f32_to_f16(x) } else { f32_to_f16_in(x, round) };
            if flush { flush16(half) } else { half }
        })
    }

    /// Stores the bits under `keep_new`.
    fn put_mixed(&mut self, s: &Step, out: Lanes, keep_new: u32) {
        let enabled = if s.exchange.is_some() { self.mask } else { self.exec() };
        let to = &mut self.vgprs[usize::from(s.dst)];
        let merged = Lanes::from_fn(|i| to.0[i] & !keep_new | out.0[i] & keep_new);
        to.blend(&merged, enabled);
    }
}
