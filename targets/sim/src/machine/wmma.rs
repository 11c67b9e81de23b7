//! Matrix arithmetic: D = A * B + C on tiles of 16 by 16 by 16 (RDNA3 ISA, "WMMA").
//!
//! * A: lane `i` holds row `i`. B: lane `j` holds column `j`. Lanes 16 to 31 repeat lanes 0 to 15, which are
//!   the ones that are read. Consecutive k lie in consecutive bits and then registers.
//! * C and D: register `r`, lane `l` is row `2r + l / 16`, column `l % 16`.
//! * EXEC is ignored.
//! * The order of float sums is not documented. Here every element starts as C and takes its products in
//!   ascending k with a fused multiply-add in f32; 16-bit results are rounded once, at the end.
//! * Integer sums are exact; with `clamp` the sum with C saturates once, without it wraps.

use half::f16;
use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};

use super::Wave;
use super::float::{bf16_to_f32, f16_to_f32, f32_to_bf16, f32_to_f16};
use super::lanes::Lanes;
use super::step::{Exec, Source, Step};

/// Rows, columns and depth of every tile.
const N: usize = 16;

/// A tile by k first: of A `[k][row]`, of B `[k][column]`.
type Tile = [[f32; N]; N];

/// The function that executes a matrix operation.
pub(super) fn find(name: &str, clamp: bool) -> Option<Exec> {
    fn f32_f16(w: &mut Wave, s: &Step) {
        let (a, b) = (w.halves(s, 0, widen_f16), w.halves(s, 1, widen_f16));
        w.float_to_f32(s, &a, &b);
    }
    fn f32_bf16(w: &mut Wave, s: &Step) {
        let (a, b) = (w.halves(s, 0, widen_bf16), w.halves(s, 1, widen_bf16));
        w.float_to_f32(s, &a, &b);
    }
    fn f16_f16(w: &mut Wave, s: &Step) {
        let (a, b) = (w.halves(s, 0, widen_f16), w.halves(s, 1, widen_f16));
        w.float_to_half(s, (&a, &b), f16_to_f32, f32_to_f16);
    }
    fn bf16_bf16(w: &mut Wave, s: &Step) {
        let (a, b) = (w.halves(s, 0, widen_bf16), w.halves(s, 1, widen_bf16));
        w.float_to_half(s, (&a, &b), bf16_to_f32, f32_to_bf16);
    }
    fn iu8_wraps(w: &mut Wave, s: &Step) {
        w.integer::<8>(s, i32::wrapping_add);
    }
    fn iu8_saturates(w: &mut Wave, s: &Step) {
        w.integer::<8>(s, i32::saturating_add);
    }
    fn iu4_wraps(w: &mut Wave, s: &Step) {
        w.integer::<4>(s, i32::wrapping_add);
    }
    fn iu4_saturates(w: &mut Wave, s: &Step) {
        w.integer::<4>(s, i32::saturating_add);
    }
    Some(match (name, clamp) {
        ("v_wmma_f32_16x16x16_f16", _) => f32_f16,
        ("v_wmma_f32_16x16x16_bf16", _) => f32_bf16,
        ("v_wmma_f16_16x16x16_f16", _) => f16_f16,
        ("v_wmma_bf16_16x16x16_bf16", _) => bf16_bf16,
        ("v_wmma_i32_16x16x16_iu8", false) => iu8_wraps,
        ("v_wmma_i32_16x16x16_iu8", true) => iu8_saturates,
        ("v_wmma_i32_16x16x16_iu4", false) => iu4_wraps,
        ("v_wmma_i32_16x16x16_iu4", true) => iu4_saturates,
        _ => return None,
    })
}

impl Wave {
    fn float_to_f32(&mut self, s: &Step, a: &Tile, b: &Tile) {
        let mods = &s.inst.mods;
        let keep = if mods.neg_hi & 4 != 0 { 0x7fff_ffff } else { u32::MAX };
        let flip = u32::from(mods.neg >> 2 & 1) << 31;
        for pair in 0..N / 4 {
            let mut sums: [[f32; N]; 4] = [[0.0; N]; 4];
            for half in 0..2 {
                let c = self.accumulator(s, 2 * pair + half);
                for column in 0..N {
                    sums[2 * half][column] = f32::from_bits(c.0[column] & keep ^ flip);
                    sums[2 * half + 1][column] = f32::from_bits(c.0[N + column] & keep ^ flip);
                }
            }
            accumulate(&mut sums, a, b, 4 * pair);
            for half in 0..2 {
                let register = usize::from(s.dst.wrapping_add((2 * pair + half) as u8));
                let out = &mut self.vgprs[register].0;
                for column in 0..N {
                    out[column] = sums[2 * half][column].to_bits();
                    out[N + column] = sums[2 * half + 1][column].to_bits();
                }
            }
        }
    }

    /// 16-bit C and D: OP_SEL bit 2 picks the half of both, and the other half of D is kept.
    fn float_to_half(
        &mut self,
        s: &Step,
        (a, b): (&Tile, &Tile),
        widen: impl Fn(u32) -> f32,
        narrow: impl Fn(f32) -> u32,
    ) {
        let mods = &s.inst.mods;
        let shift = if mods.op_sel & 4 != 0 { 16 } else { 0 };
        // A constant has its value in the low half whatever is picked.
        let c_shift = if matches!(s.src[2], Source::Constant(_)) { 0 } else { shift };
        let keep = if mods.neg_hi & 4 != 0 { 0x7fff } else { 0xffff };
        let flip = u32::from(mods.neg >> 2 & 1) << 15;
        for pair in 0..N / 4 {
            let mut sums: [[f32; N]; 4] = [[0.0; N]; 4];
            for half in 0..2 {
                let c = self.accumulator(s, 2 * pair + half);
                for column in 0..N {
                    let get = |lane: usize| widen(c.0[lane] >> c_shift & keep ^ flip);
                    sums[2 * half][column] = get(column);
                    sums[2 * half + 1][column] = get(N + column);
                }
            }
            accumulate(&mut sums, a, b, 4 * pair);
            for half in 0..2 {
                let register = usize::from(s.dst.wrapping_add((2 * pair + half) as u8));
                let out = &mut self.vgprs[register].0;
                for lane in 0..2 * N {
                    let value = narrow(sums[2 * half + lane / N][lane % N]) & 0xffff;
                    out[lane] = out[lane] & !(0xffff << shift) | value << shift;
                }
            }
        }
    }

    fn integer<const BITS: u32>(&mut self, s: &Step, add: impl Fn(i32, i32) -> i32) {
        let (a, b) = (self.integers::<BITS>(s, 0), self.integers::<BITS>(s, 1));
        for pair in 0..N / 4 {
            // Products of bytes and their sums of sixteen are exact in f32, which multiplies fastest.
            let mut sums: [[f32; N]; 4] = [[0.0; N]; 4];
            accumulate(&mut sums, &a, &b, 4 * pair);
            for half in 0..2 {
                let c = self.accumulator(s, 2 * pair + half);
                let register = usize::from(s.dst.wrapping_add((2 * pair + half) as u8));
                let out = &mut self.vgprs[register].0;
                for column in 0..N {
                    let (low, high) = (sums[2 * half][column], sums[2 * half + 1][column]);
                    out[column] = add(c.0[column] as i32, low as i32) as u32;
                    out[N + column] = add(c.0[N + column] as i32, high as i32) as u32;
                }
            }
        }
    }

    /// Register `index` of C.
    #[inline(always)]
    fn accumulator(&self, s: &Step, index: usize) -> Lanes {
        match s.src[2] {
            Source::Vector(n) => self.vgprs[usize::from(n.wrapping_add(index as u8))],
            other => Lanes::splat(self.scalar32(other)),
        }
    }

    #[inline(always)]
    fn operand(&self, s: &Step, source: usize, index: usize) -> &Lanes {
        const NOTHING: &Lanes = &Lanes::ZERO;
        match s.src[source] {
            Source::Vector(n) => &self.vgprs[usize::from(n.wrapping_add(index as u8))],
            _ => NOTHING,
        }
    }

    #[inline(always)]
    fn halves(&self, s: &Step, source: usize, widen: impl Fn(&[u16; N], &mut [f32; N])) -> Tile {
        let mods = &s.inst.mods;
        let bit = |bits: u8, place: u32| u32::from(bits >> source & 1) << place;
        let flip = bit(mods.neg, 15) | bit(mods.neg_hi, 31);
        let mut tile = [[0.0; N]; N];
        for register in 0..8 {
            let words = self.operand(s, source, register);
            let (mut low, mut high) = ([0; N], [0; N]);
            for lane in 0..N {
                let word = words.0[lane] ^ flip;
                low[lane] = word as u16;
                high[lane] = (word >> 16) as u16;
            }
            widen(&low, &mut tile[2 * register]);
            widen(&high, &mut tile[2 * register + 1]);
        }
        tile
    }

    /// Signed where the negation bit of the source is set.
    #[inline(always)]
    fn integers<const BITS: u32>(&self, s: &Step, source: usize) -> Tile {
        let signed = s.inst.mods.neg >> source & 1 == 1;
        let per_register = (32 / BITS) as usize;
        let mut tile = [[0.0; N]; N];
        for k in 0..N {
            let words = self.operand(s, source, k / per_register);
            let shift = 32 - BITS - BITS * (k % per_register) as u32;
            for lane in 0..N {
                let top = words.0[lane] << shift;
                let value =
                    if signed { top as i32 >> (32 - BITS) } else { (top >> (32 - BITS)) as i32 };
                tile[k][lane] = value as f32;
            }
        }
        tile
    }
}

#[inline(always)]
fn widen_f16(halves: &[u16; N], out: &mut [f32; N]) {
    halves.reinterpret_cast::<f16>().convert_to_f32_slice(out);
}

#[inline(always)]
fn widen_bf16(halves: &[u16; N], out: &mut [f32; N]) {
    *out = halves.map(|half| bf16_to_f32(u32::from(half)));
}

/// Adds the products of four rows of A from `first` on.
#[inline(always)]
fn accumulate(sums: &mut [[f32; N]; 4], a: &Tile, b: &Tile, first: usize) {
    let mut local = *sums;
    for k in 0..N {
        for row in 0..4 {
            let x = a[k][first + row];
            for column in 0..N {
                local[row][column] = x.mul_add(b[k][column], local[row][column]);
            }
        }
    }
    *sums = local;
}
