//! One operand: moves, conversions, roundings, bit counts.

use super::row::Rows;
use super::wave::{A, Bytes, D, Half, Shorts, Wave};
use crate::numbers::{F16, F32, Round};
use crate::values::{Kind, Random};

pub(super) fn rows(r: &mut Rows) {
    moves(r);
    conversions(r);
    conversions64(r);
    roundings(r);
    bits(r);
    parts(r);
    relative(r);
}

fn moves(r: &mut Rows) {
    r.one("v_mov_b32", |a: u32| a);
    r.wave("v_mov_b32 v32, 0x12345678", |w| fill(w, 0x1234_5678));
    r.wave("v_mov_b32 v32, -16", |w| fill(w, -16i32 as u32));
    r.wave("v_mov_b32 v32, 64", |w| fill(w, 64));
    r.wave("v_mov_b32 v32, 0.15915494", |w| fill(w, 0x3e22_f983));
    r.wave("v_mov_b32 v32, -4.0", |w| fill(w, 0xc080_0000));
    r.wave("v_mov_b32 v32, s17", |w| fill(w, w.s(17)));
    r.wave("v_mov_b32 v32, vcc_lo", |w| fill(w, w.vcc()));
    r.wave("v_mov_b32 v32, exec_lo", |w| fill(w, w.exec()));
    r.wave("v_mov_b32 v32, m0", |w| fill(w, w.m0()));
    r.wave("v_mov_b32 v32, null", |w| fill(w, 0));
    r.wave("v_mov_b32 v32, src_scc", |w| fill(w, w.scc().into()));
    r.one("v_mov_b16", |a: u16| a);
    r.one("v_mov_b16 v32.l, v8.h", |a: u32| (a >> 16) as u16);
    r.wave("v_mov_b16 v32.h, v8.l", |w| {
        for lane in w.lanes() {
            let (a, d) = (w.v(A, lane), w.v(D, lane));
            w.set_v(D, lane, d & 0xffff | a << 16);
        }
    });
    r.one("v_not_b32", |a: u32| !a);
    r.one("v_not_b16", |a: u16| !a);
    r.wave("v_nop", |_| ());
    r.wave("v_swap_b32 v32, v8", |w| {
        for lane in w.lanes() {
            let (a, d) = (w.v(A, lane), w.v(D, lane));
            w.set_v(A, lane, d);
            w.set_v(D, lane, a);
        }
    });
    r.wave("v_swap_b16 v32.h, v8.l", |w| {
        for lane in w.lanes() {
            let (a, d) = (w.v(A, lane), w.v(D, lane));
            w.set_v(A, lane, a & 0xffff_0000 | d >> 16);
            w.set_v(D, lane, d & 0xffff | a << 16);
        }
    });
}

fn fill(w: &mut Wave, value: u32) {
    for lane in w.lanes() {
        w.set_v(D, lane, value);
    }
}

fn conversions(r: &mut Rows) {
    r.one("v_cvt_f32_i32", |a: i32| a as f32);
    r.one("v_cvt_f32_u32", |a: u32| a as f32);
    // Out of range saturates and a NaN is zero, as in Rust.
    r.one("v_cvt_i32_f32", |a: f32| a as i32);
    r.one("v_cvt_u32_f32", |a: f32| a as u32);
    r.one("v_cvt_i32_f32 v32, -|v8|", |a: f32| -a.abs() as i32);
    r.one("v_cvt_floor_i32_f32", |a: f32| a.floor() as i32);
    r.one("v_cvt_nearest_i32_f32", |a: f32| (a + 0.5).floor() as i32).setup(quarters);
    r.one("v_cvt_off_f32_i4", |a: u32| ((a << 28) as i32 >> 28) as f32 / 16.0);
    r.one("v_cvt_f32_ubyte0", |a: Bytes| f32::from(a.0[0]));
    r.one("v_cvt_f32_ubyte1", |a: Bytes| f32::from(a.0[1]));
    r.one("v_cvt_f32_ubyte2", |a: Bytes| f32::from(a.0[2]));
    r.one("v_cvt_f32_ubyte3", |a: Bytes| f32::from(a.0[3]));
    let narrow = |a: u64| Half(F16.convert(F32, a, Round::Nearest) as u16);
    r.one("v_cvt_f16_f32", move |a: f32| narrow(a.to_bits().into()));
    r.one("v_cvt_f16_f32 v32.l, -v8", move |a: f32| narrow((-a).to_bits().into()));
    r.one("v_cvt_f32_f16", |a: Half| a.value() as f32);
    r.one("v_cvt_f32_f16 v32, v8.h", |a: u32| Half((a >> 16) as u16).value() as f32)
        .kinds(&[Kind::F16x2]);
    r.one("v_cvt_f32_f16 v32, -|v8.l|", |a: Half| -(a.value().abs() as f32));
    r.one("v_cvt_f16_u16", |a: u16| Half::of(a.into()));
    r.one("v_cvt_f16_i16", |a: i16| Half::of(a.into()));
    r.one("v_cvt_u16_f16", |a: Half| a.value() as u16);
    r.one("v_cvt_i16_f16", |a: Half| a.value() as i16);
    r.one("v_cvt_i32_i16", |a: i16| i32::from(a));
    r.one("v_cvt_u32_u16", |a: u16| u32::from(a));
    r.one("v_cvt_u32_u16 v32, v8.h", |a: u32| a >> 16);
    r.one("v_cvt_norm_i16_f16", |a: Half| (a.value().clamp(-1.0, 1.0) * 32767.0).round() as i16)
        .setup(without_ties);
    r.one("v_cvt_norm_u16_f16", |a: Half| (a.value().clamp(0.0, 1.0) * 65535.0).round() as u16)
        .setup(without_ties);
    r.one("v_sat_pk_u8_i16 v32.l, v8", |a: Shorts| {
        let [low, high] = a.0.map(|half| (half as i16).clamp(0, 255) as u16);
        high << 8 | low
    });
}

/// Multiples of a quarter, of either sign: sums with a half are exact.
fn quarters(w: &mut Wave, random: &mut Random) {
    for lane in 0..32 {
        let value = (random.below(4001) as f32 - 2000.0) / 4.0;
        w.set_v(A, lane, value.to_bits());
    }
}

/// Halves whose product with a power of two less one is not half an integer.
fn without_ties(w: &mut Wave, random: &mut Random) {
    const VALUES: [f64; 10] =
        [0.0, 1.0, -1.0, 2.0, -2.0, f64::INFINITY, f64::NEG_INFINITY, 0.25, -0.25, 0.125];
    for lane in 0..32 {
        w.set_v(A, lane, Half::of(VALUES[random.below(10) as usize]).0.into());
    }
}

fn conversions64(r: &mut Rows) {
    r.one("v_cvt_f64_i32", |a: i32| f64::from(a));
    r.one("v_cvt_f64_u32", |a: u32| f64::from(a));
    r.one("v_cvt_i32_f64", |a: f64| a as i32);
    r.one("v_cvt_u32_f64", |a: f64| a as u32);
    r.one("v_cvt_f32_f64", |a: f64| a as f32);
    r.one("v_cvt_f64_f32", |a: f32| f64::from(a));
    r.one("v_cvt_f64_f32 v[32:33], -v8", |a: f32| -f64::from(a));
}

fn roundings(r: &mut Rows) {
    r.one("v_trunc_f32", f32::trunc);
    r.one("v_ceil_f32", f32::ceil);
    r.one("v_floor_f32", f32::floor);
    r.one("v_rndne_f32", f32::round_ties_even);
    r.one("v_fract_f32", |a: f32| fract32(a));
    r.one("v_trunc_f64", f64::trunc);
    r.one("v_ceil_f64", f64::ceil);
    r.one("v_floor_f64", f64::floor);
    r.one("v_rndne_f64", f64::round_ties_even);
    r.one("v_fract_f64", |a: f64| {
        let fract = a - a.floor();
        if fract >= 1.0 { f64::from_bits(0x3fef_ffff_ffff_ffff) } else { fract }
    });
    r.one("v_trunc_f16", |a: Half| Half::of(a.value().trunc()));
    r.one("v_ceil_f16", |a: Half| Half::of(a.value().ceil()));
    r.one("v_floor_f16", |a: Half| Half::of(a.value().floor()));
    r.one("v_fract_f16", |a: Half| Half::of(a.value() - a.value().floor()))
        .kinds(&[Kind::Tame16x2]);
    r.one("v_rndne_f16", |a: Half| Half::of(a.value().round_ties_even()));
}

/// "Result clamped to 0x3f7fffff" (V_FRACT_F32).
fn fract32(a: f32) -> f32 {
    let fract = a - a.floor();
    if fract >= 1.0 { f32::from_bits(0x3f7f_ffff) } else { fract }
}

fn bits(r: &mut Rows) {
    r.one("v_bfrev_b32", u32::reverse_bits);
    let or_minus_one = |count: u32| if count == 32 { u32::MAX } else { count };
    r.one("v_clz_i32_u32", move |a: u32| or_minus_one(a.leading_zeros()));
    r.one("v_ctz_i32_b32", move |a: u32| or_minus_one(a.trailing_zeros()));
    r.one("v_cls_i32", move |a: u32| or_minus_one((a ^ (a as i32 >> 31) as u32).leading_zeros()));
}

fn parts(r: &mut Rows) {
    r.one("v_frexp_exp_i32_f32", |a: f32| frexp(a.into()).1);
    r.one("v_frexp_mant_f32", |a: f32| frexp(a.into()).0 as f32);
    r.one("v_frexp_exp_i32_f64", |a: f64| frexp(a).1);
    r.one("v_frexp_mant_f64", |a: f64| frexp(a).0);
    r.one("v_frexp_exp_i16_f16", |a: Half| frexp(a.value()).1 as i16);
    r.one("v_frexp_mant_f16", |a: Half| Half::of(frexp(a.value()).0));
}

/// As in C: a significand in [0.5, 1) and a power of two.
fn frexp(a: f64) -> (f64, i32) {
    if a == 0.0 || !a.is_finite() {
        return (a, 0);
    }
    let (scaled, correction) = if a.is_normal() { (a, 0) } else { (a * 2f64.powi(64), 64) };
    let exponent = (scaled.to_bits() >> 52 & 0x7ff) as i32 - 1022;
    let fraction = f64::from_bits(scaled.to_bits() & !(0x7ff << 52) | 1022 << 52);
    (fraction, exponent - correction)
}

fn relative(r: &mut Rows) {
    let index = |w: &mut Wave, random: &mut Random| w.set_m0(random.below(8));
    r.wave("v_movrels_b32 v32, v8", |w| {
        for lane in w.lanes() {
            let value = w.v(A + w.m0() as usize, lane);
            w.set_v(D, lane, value);
        }
    })
    .setup(index);
    r.wave("v_movreld_b32 v32, v8", |w| {
        for lane in w.lanes() {
            let value = w.v(A, lane);
            w.set_v(D + w.m0() as usize, lane, value);
        }
    })
    .setup(index);
    r.wave("v_movrelsd_b32 v32, v8", |w| {
        for lane in w.lanes() {
            let value = w.v(A + w.m0() as usize, lane);
            w.set_v(D + w.m0() as usize, lane, value);
        }
    })
    .setup(index);
    r.wave("v_movrelsd_2_b32 v32, v8", |w| {
        let (from, to) = ((w.m0() & 0x3ff) as usize, (w.m0() >> 16 & 0x3ff) as usize);
        for lane in w.lanes() {
            let value = w.v(A + from, lane);
            w.set_v(D + to, lane, value);
        }
    })
    .setup(|w, random| w.set_m0(random.below(8) | random.below(8) << 16));
    r.wave("v_swaprel_b32 v32, v8", |w| {
        let (from, to) = ((w.m0() & 0x3ff) as usize, (w.m0() >> 16 & 0x3ff) as usize);
        for lane in w.lanes() {
            let (a, d) = (w.v(A + from, lane), w.v(D + to, lane));
            w.set_v(A + from, lane, d);
            w.set_v(D + to, lane, a);
        }
    })
    .setup(|w, random| w.set_m0(random.below(8) | random.below(8) << 16));
}
