//! Dot products of short vectors.

use crate::machine::Wave;
use crate::machine::float::{bf16_to_f32, f16_to_f32, f32_to_bf16, f32_to_f16};
use crate::machine::lanes::Lanes;
use crate::machine::step::{Exec, Step};

/// The dot products. Where `clamp` is set, integer sums saturate.
///
/// Float products are added to the third source one after the other, the low half first. `v_dot2_f32_*`
/// rounds after each step, and the 16-bit results are rounded once, at the end.
pub(super) fn find(name: &str, clamp: bool) -> Option<Exec> {
    Some(match name {
        "v_dot2_f32_f16" | "v_dot2acc_f32_f16" => op!(|a, b, c| {
            let low = f16_to_f32(a).mul_add(f16_to_f32(b), f32::from_bits(c));
            f16_to_f32(a >> 16).mul_add(f16_to_f32(b >> 16), low).to_bits()
        }),
        "v_dot2_f32_bf16" | "v_dot2acc_f32_bf16" => op!(|a, b, c| {
            let low = bf16_to_f32(a & 0xffff).mul_add(bf16_to_f32(b & 0xffff), f32::from_bits(c));
            bf16_to_f32(a >> 16).mul_add(bf16_to_f32(b >> 16), low).to_bits()
        }),
        "v_dot2_f16_f16" => op!(|a, b, c| {
            let low = f16_to_f32(a).mul_add(f16_to_f32(b), f16_to_f32(c));
            f32_to_f16(f16_to_f32(a >> 16).mul_add(f16_to_f32(b >> 16), low))
        }),
        "v_dot2_bf16_bf16" => op!(|a, b, c| {
            let low =
                bf16_to_f32(a & 0xffff).mul_add(bf16_to_f32(b & 0xffff), bf16_to_f32(c & 0xffff));
            f32_to_bf16(bf16_to_f32(a >> 16).mul_add(bf16_to_f32(b >> 16), low))
        }),
        "v_dot4_i32_iu8" if clamp => exec!(|w, s| w.dot::<8>(s, saturate)),
        "v_dot4_i32_iu8" => exec!(|w, s| w.dot::<8>(s, wrap)),
        "v_dot8_i32_iu4" if clamp => exec!(|w, s| w.dot::<4>(s, saturate)),
        "v_dot8_i32_iu4" => exec!(|w, s| w.dot::<4>(s, wrap)),
        "v_dot4_u32_u8" if clamp => op!(|a, b, c| unsigned::<8>(a, b).saturating_add(c)),
        "v_dot4_u32_u8" => op!(|a, b, c| unsigned::<8>(a, b).wrapping_add(c)),
        "v_dot8_u32_u4" if clamp => op!(|a, b, c| unsigned::<4>(a, b).saturating_add(c)),
        "v_dot8_u32_u4" => op!(|a, b, c| unsigned::<4>(a, b).wrapping_add(c)),
        _ => return None,
    })
}

impl Wave {
    /// Signed or unsigned elements, as the negation bits of the sources say.
    #[inline(always)]
    fn dot<const BITS: u32>(&mut self, s: &Step, add: impl Fn(i32, u32) -> u32) {
        let special = self.special(s);
        let [a, b, c] = [0, 1, 2].map(|i| self.value(s, i, special));
        let (signed_a, signed_b) = (s.inst.mods.neg & 1 != 0, s.inst.mods.neg & 2 != 0);
        let out = Lanes::from_fn(|i| {
            let sum = (0..32 / BITS)
                .map(|k| {
                    element::<BITS>(a.0[i], k, signed_a) * element::<BITS>(b.0[i], k, signed_b)
                })
                .sum();
            add(sum, c.0[i])
        });
        self.put(s, out, special);
    }
}

fn saturate(sum: i32, c: u32) -> u32 {
    (c as i32).saturating_add(sum) as u32
}

fn wrap(sum: i32, c: u32) -> u32 {
    c.wrapping_add(sum as u32)
}

#[inline(always)]
fn element<const BITS: u32>(word: u32, k: u32, signed: bool) -> i32 {
    let top = word << (32 - BITS - BITS * k);
    if signed { top as i32 >> (32 - BITS) } else { (top >> (32 - BITS)) as i32 }
}

#[inline(always)]
fn unsigned<const BITS: u32>(a: u32, b: u32) -> u32 {
    (0..32 / BITS)
        .map(|k| (element::<BITS>(a, k, false) * element::<BITS>(b, k, false)) as u32)
        .sum()
}
