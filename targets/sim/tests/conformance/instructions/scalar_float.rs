//! Floating point in the scalar unit, which gfx11.5 has.

use super::half::{max16, min16};
use super::relation::PARTIAL;
use super::row::Rows;
use super::vop2::{max32, min32};
use super::wave::{Half, Wave};
use crate::numbers::{F16, F32, Round};
use crate::values::{Kind, Random};

pub(super) fn rows(r: &mut Rows) {
    singles(r);
    halves(r);
    conversions(r);
    comparisons(r);
}

/// NaNs have payloads that nothing documents: inputs with a NaN result are not drawn.
fn row(
    r: &mut Rows,
    text: &str,
    kind: Kind,
    f: impl Fn(&Wave) -> u32 + Send + Sync + Clone + 'static,
) {
    let result = f.clone();
    r.wave(text, move |w| w.set_s(28, f(w))).setup(move |w, random| {
        for _ in 0..64 {
            fill(w, random, kind);
            if !nan(kind, result(w)) {
                return;
            }
        }
        fill(w, random, if kind == Kind::F32 { Kind::Tame32 } else { Kind::Tame16x2 });
    });
}

fn fill(w: &mut Wave, random: &mut Random, kind: Kind) {
    for register in [16, 20, 28] {
        w.set_s(register, kind.draw(random) as u32);
    }
}

fn nan(kind: Kind, bits: u32) -> bool {
    if kind == Kind::F32 {
        f32::from_bits(bits).is_nan()
    } else {
        Half(bits as u16).value().is_nan()
    }
}

fn single(r: &mut Rows, text: &str, f: fn(f32, f32, f32) -> f32) {
    row(r, text, Kind::F32, move |w| {
        let [a, b, d] = [16, 20, 28].map(|register| f32::from_bits(w.s(register)));
        f(a, b, d).to_bits()
    });
}

fn singles(r: &mut Rows) {
    single(r, "s_add_f32 s28, s16, s20", |a, b, _| a + b);
    single(r, "s_sub_f32 s28, s16, s20", |a, b, _| a - b);
    single(r, "s_mul_f32 s28, s16, s20", |a, b, _| a * b);
    single(r, "s_min_f32 s28, s16, s20", |a, b, _| min32(a, b));
    single(r, "s_max_f32 s28, s16, s20", |a, b, _| max32(a, b));
    single(r, "s_fmac_f32 s28, s16, s20", |a, b, d| a.mul_add(b, d));
    single(r, "s_fmaak_f32 s28, s16, s20, 0x41234567", |a, b, _| {
        a.mul_add(b, f32::from_bits(0x4123_4567))
    });
    single(r, "s_fmamk_f32 s28, s16, 0x41234567, s20", |a, b, _| {
        a.mul_add(f32::from_bits(0x4123_4567), b)
    });
    single(r, "s_ceil_f32 s28, s16", |a, _, _| a.ceil());
    single(r, "s_floor_f32 s28, s16", |a, _, _| a.floor());
    single(r, "s_trunc_f32 s28, s16", |a, _, _| a.trunc());
    single(r, "s_rndne_f32 s28, s16", |a, _, _| a.round_ties_even());
}

/// Results of halves stand in the low half; the high half is zero.
fn half(r: &mut Rows, text: &str, f: fn(Half, Half, Half) -> Half) {
    row(r, text, Kind::F16x2, move |w| {
        let [a, b, d] = [16, 20, 28].map(|register| Half(w.s(register) as u16));
        f(a, b, d).0.into()
    });
}

fn halves(r: &mut Rows) {
    half(r, "s_add_f16 s28, s16, s20", |a, b, _| Half::of(a.value() + b.value()));
    half(r, "s_sub_f16 s28, s16, s20", |a, b, _| Half::of(a.value() - b.value()));
    half(r, "s_mul_f16 s28, s16, s20", |a, b, _| Half::of(a.value() * b.value()));
    half(r, "s_min_f16 s28, s16, s20", |a, b, _| min16(a, b));
    half(r, "s_max_f16 s28, s16, s20", |a, b, _| max16(a, b));
    half(r, "s_fmac_f16 s28, s16, s20", |a, b, d| a.fma(b, d));
    half(r, "s_ceil_f16 s28, s16", |a, _, _| Half::of(a.value().ceil()));
    half(r, "s_floor_f16 s28, s16", |a, _, _| Half::of(a.value().floor()));
    half(r, "s_trunc_f16 s28, s16", |a, _, _| Half::of(a.value().trunc()));
    half(r, "s_rndne_f16 s28, s16", |a, _, _| Half::of(a.value().round_ties_even()));
}

fn conversions(r: &mut Rows) {
    r.scalar("s_cvt_f32_i32 s28, s16", |a, _| ((a as i32 as f32).to_bits(), None));
    r.scalar("s_cvt_f32_u32 s28, s16", |a, _| ((a as f32).to_bits(), None));
    let floats = |w: &mut Wave, random: &mut Random| fill(w, random, Kind::F32);
    r.scalar("s_cvt_i32_f32 s28, s16", |a, _| (f32::from_bits(a) as i32 as u32, None))
        .setup(floats);
    r.scalar("s_cvt_u32_f32 s28, s16", |a, _| (f32::from_bits(a) as u32, None)).setup(floats);
    row(r, "s_cvt_f16_f32 s28, s16", Kind::F32, |w| {
        let bits = F16.convert(F32, w.s(16).into(), Round::Nearest) as u32;
        // A NaN says so to the drawing of inputs.
        if f32::from_bits(w.s(16)).is_nan() { 0x7fc0_0000 } else { bits }
    });
    row(r, "s_cvt_f32_f16 s28, s16", Kind::F16x2, |w| {
        let value = Half(w.s(16) as u16).value() as f32;
        if value.is_nan() { 0x7e00 } else { value.to_bits() }
    });
    row(r, "s_cvt_hi_f32_f16 s28, s16", Kind::F16x2, |w| {
        let value = Half((w.s(16) >> 16) as u16).value() as f32;
        if value.is_nan() { 0x7e00 } else { value.to_bits() }
    });
    row(r, "s_cvt_pk_rtz_f16_f32 s28, s16, s20", Kind::F32, |w| {
        let [a, b] = [16, 20].map(|s| w.s(s));
        let narrow = |bits: u32| F16.convert(F32, bits.into(), Round::Zero) as u32;
        let nan = [a, b].iter().any(|&bits| f32::from_bits(bits).is_nan());
        if nan { 0x7fc0_0000 } else { narrow(a) | narrow(b) << 16 }
    });
}

fn comparisons(r: &mut Rows) {
    for (test, holds) in PARTIAL {
        r.wave(&format!("s_cmp_{test}_f32 s16, s20"), move |w| {
            let [a, b] = [16, 20].map(|s| f32::from_bits(w.s(s)));
            w.set_scc(holds(a.partial_cmp(&b)));
        })
        .setup(|w, random| fill(w, random, Kind::F32));
        r.wave(&format!("s_cmp_{test}_f16 s16, s20"), move |w| {
            let [a, b] = [16, 20].map(|s| Half(w.s(s) as u16).value());
            w.set_scc(holds(a.partial_cmp(&b)));
        })
        .setup(|w, random| fill(w, random, Kind::F16x2));
    }
}
