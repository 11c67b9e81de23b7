//! Two operands: sums, products, minima, shifts, carries.

use super::row::Rows;
use super::wave::{A, B, D, Half, Halves, Wave};
use crate::numbers::{F16, F32, F64, Parts, Round};

pub(super) fn rows(r: &mut Rows) {
    floats(r);
    doubles(r);
    integers(r);
    shifts(r);
    carries(r);
    selects(r);
    constants(r);
}

/// IEEE minimum as the ISA gives it: a quiet NaN loses, a signalling one wins, -0 is below +0.
pub(super) fn min32(a: f32, b: f32) -> f32 {
    extreme(a, b, |a, b| a < b || a == 0.0 && b == 0.0 && a.is_sign_negative())
}

pub(super) fn max32(a: f32, b: f32) -> f32 {
    extreme(a, b, |a, b| a > b || a == 0.0 && b == 0.0 && a.is_sign_positive())
}

fn extreme(a: f32, b: f32, first: impl Fn(f32, f32) -> bool) -> f32 {
    let signalling = |x: f32| x.is_nan() && x.to_bits() & 0x40_0000 == 0;
    match () {
        () if signalling(a) || signalling(b) => f32::NAN,
        () if b.is_nan() => a,
        () if a.is_nan() => b,
        () if first(a, b) => a,
        () => b,
    }
}

pub(super) fn min64(a: f64, b: f64) -> f64 {
    extreme64(a, b, |a, b| a < b || a == 0.0 && b == 0.0 && a.is_sign_negative())
}

pub(super) fn max64(a: f64, b: f64) -> f64 {
    extreme64(a, b, |a, b| a > b || a == 0.0 && b == 0.0 && a.is_sign_positive())
}

fn extreme64(a: f64, b: f64, first: impl Fn(f64, f64) -> bool) -> f64 {
    let signalling = |x: f64| x.is_nan() && x.to_bits() & (1 << 51) == 0;
    match () {
        () if signalling(a) || signalling(b) => f64::NAN,
        () if b.is_nan() => a,
        () if a.is_nan() => b,
        () if first(a, b) => a,
        () => b,
    }
}

fn floats(r: &mut Rows) {
    r.two("v_add_f32", |a: f32, b: f32| a + b);
    r.two("v_sub_f32", |a: f32, b: f32| a - b);
    r.two("v_subrev_f32", |a: f32, b: f32| b - a);
    r.two("v_mul_f32", |a: f32, b: f32| a * b);
    r.two("v_min_f32", min32);
    r.two("v_max_f32", max32);
    r.two("v_add_f32 v32, -v8, |v16|", |a: f32, b: f32| b.abs() - a);
    r.two("v_mul_f32 v32, -|v8|, v16", |a: f32, b: f32| -a.abs() * b);
    r.two("v_mul_dx9_zero_f32", |a: f32, b: f32| if a == 0.0 || b == 0.0 { 0.0 } else { a * b });
    r.onto("v_fmac_f32", |a: f32, b: f32, d: f32| a.mul_add(b, d));
    r.onto(
        "v_fmac_dx9_zero_f32",
        |a: f32, b: f32, d: f32| {
            if a == 0.0 || b == 0.0 { d } else { a.mul_add(b, d) }
        },
    );
    r.two("v_ldexp_f32", |a: f32, b: i32| ldexp32(a, b));
    let rtz = |a: f32| Half(F16.convert(F32, a.to_bits().into(), Round::Zero) as u16);
    r.two("v_cvt_pk_rtz_f16_f32", move |a: f32, b: f32| Halves([rtz(a), rtz(b)]));
}

/// `a * 2^b`, rounded once however large or small the power.
pub(super) fn ldexp32(a: f32, b: i32) -> f32 {
    match F32.parts(a.to_bits().into()) {
        Parts::Finite { negative, value, power } => {
            let power = power + b.clamp(-1000, 1000);
            f32::from_bits(F32.round(value, power, negative, Round::Nearest) as u32)
        }
        _ => a,
    }
}

fn doubles(r: &mut Rows) {
    r.two("v_add_f64", |a: f64, b: f64| a + b);
    r.two("v_mul_f64", |a: f64, b: f64| a * b);
    r.two("v_min_f64", min64);
    r.two("v_max_f64", max64);
    r.three("v_fma_f64", |a: f64, b: f64, c: f64| a.mul_add(b, c));
    r.three("v_fma_f64 v[32:33], -v[8:9], v[16:17], |v[24:25]|", |a: f64, b: f64, c: f64| {
        (-a).mul_add(b, c.abs())
    });
    r.two("v_ldexp_f64", ldexp64);
}

/// `a * 2^b`, rounded once however large or small the power.
fn ldexp64(a: f64, b: i32) -> f64 {
    match F64.parts(a.to_bits()) {
        Parts::Finite { negative, value, power } => {
            let power = power + b.clamp(-4000, 4000);
            f64::from_bits(F64.round(value, power, negative, Round::Nearest))
        }
        _ => a,
    }
}

fn integers(r: &mut Rows) {
    r.two("v_add_nc_u32", u32::wrapping_add);
    r.two("v_sub_nc_u32", u32::wrapping_sub);
    r.two("v_subrev_nc_u32", |a: u32, b: u32| b.wrapping_sub(a));
    r.two("v_add_nc_u32 v32, v8, v16 clamp", u32::saturating_add);
    r.two("v_sub_nc_u32 v32, v8, v16 clamp", u32::saturating_sub);
    r.two("v_add_nc_i32", i32::wrapping_add);
    r.two("v_sub_nc_i32", i32::wrapping_sub);
    r.two("v_add_nc_i32 v32, v8, v16 clamp", i32::saturating_add);
    r.two("v_sub_nc_i32 v32, v8, v16 clamp", i32::saturating_sub);
    r.two("v_min_i32", |a: i32, b: i32| a.min(b));
    r.two("v_max_i32", |a: i32, b: i32| a.max(b));
    r.two("v_min_u32", |a: u32, b: u32| a.min(b));
    r.two("v_max_u32", |a: u32, b: u32| a.max(b));
    r.two("v_and_b32", |a: u32, b: u32| a & b);
    r.two("v_or_b32", |a: u32, b: u32| a | b);
    r.two("v_xor_b32", |a: u32, b: u32| a ^ b);
    r.two("v_xnor_b32", |a: u32, b: u32| !(a ^ b));
    let (s24, u24) = (|a: u32| (a << 8) as i32 >> 8, |a: u32| a & 0xff_ffff);
    let wide = move |a, b| i64::from(s24(a)) * i64::from(s24(b));
    let uwide = move |a, b| u64::from(u24(a)) * u64::from(u24(b));
    r.two("v_mul_i32_i24", move |a: u32, b: u32| wide(a, b) as u32);
    r.two("v_mul_hi_i32_i24", move |a: u32, b: u32| (wide(a, b) >> 32) as u32);
    r.two("v_mul_u32_u24", move |a: u32, b: u32| uwide(a, b) as u32);
    r.two("v_mul_hi_u32_u24", move |a: u32, b: u32| (uwide(a, b) >> 32) as u32);
}

fn shifts(r: &mut Rows) {
    r.two("v_lshlrev_b32", |a: u32, b: u32| b << (a & 31));
    r.two("v_lshrrev_b32", |a: u32, b: u32| b >> (a & 31));
    r.two("v_ashrrev_i32", |a: u32, b: i32| b >> (a & 31));
    r.two("v_lshlrev_b64", |a: u32, b: u64| b << (a & 63));
    r.two("v_lshrrev_b64", |a: u32, b: u64| b >> (a & 63));
    r.two("v_ashrrev_i64", |a: u32, b: i64| b >> (a & 63));
}

/// D = f(A, B, bit of the mask in `from`), and the carry into the mask in `to`.
fn carry(
    r: &mut Rows,
    text: &str,
    from: Option<usize>,
    to: usize,
    f: impl Fn(i64, i64, i64) -> i64 + Send + Sync + 'static,
) {
    r.wave(text, move |w| {
        let input = from.map_or(0, |register| w.s(register));
        let mut mask = 0;
        for lane in w.lanes() {
            let (a, b) = (w.v(A, lane), w.v(B, lane));
            let sum = f(a.into(), b.into(), (input >> lane & 1).into());
            w.set_v(D, lane, sum as u32);
            mask |= u32::from(!(0..1 << 32).contains(&sum)) << lane;
        }
        w.set_s(to, mask);
    });
}

fn carries(r: &mut Rows) {
    carry(r, "v_add_co_ci_u32 v32, vcc_lo, v8, v16, vcc_lo", Some(32), 32, |a, b, c| a + b + c);
    carry(r, "v_sub_co_ci_u32 v32, vcc_lo, v8, v16, vcc_lo", Some(32), 32, |a, b, c| a - b - c);
    carry(r, "v_subrev_co_ci_u32 v32, vcc_lo, v8, v16, vcc_lo", Some(32), 32, |a, b, c| b - a - c);
    carry(r, "v_add_co_ci_u32 v32, s28, v8, v16, s17", Some(17), 28, |a, b, c| a + b + c);
    carry(r, "v_sub_co_ci_u32 v32, s28, v8, v16, s17", Some(17), 28, |a, b, c| a - b - c);
    carry(r, "v_subrev_co_ci_u32 v32, s28, v8, v16, s17", Some(17), 28, |a, b, c| b - a - c);
    carry(r, "v_add_co_u32 v32, vcc_lo, v8, v16", None, 32, |a, b, _| a + b);
    carry(r, "v_sub_co_u32 v32, s28, v8, v16", None, 28, |a, b, _| a - b);
    carry(r, "v_subrev_co_u32 v32, vcc_lo, v8, v16", None, 32, |a, b, _| b - a);
    r.two("v_add_co_u32 v32, null, v8, v16 clamp", u32::saturating_add);
    r.two("v_sub_co_u32 v32, null, v8, v16 clamp", u32::saturating_sub);
    r.two("v_subrev_co_u32 v32, null, v8, v16 clamp", |a: u32, b: u32| b.saturating_sub(a));
    r.wave("v_add_co_u32 v32, null, v8, v16", |w| {
        for lane in w.lanes() {
            w.set_v(D, lane, w.v(A, lane).wrapping_add(w.v(B, lane)));
        }
    });
}

fn selects(r: &mut Rows) {
    select(r, "v_cndmask_b32 v32, v8, v16, vcc_lo", 32);
    select(r, "v_cndmask_b32_e64 v32, v8, v16, s17", 17);
    r.wave("v_cndmask_b32_e64 v32, -v8, |v16|, s17", |w| {
        for lane in w.lanes() {
            let (a, b) = (w.v(A, lane) ^ 0x8000_0000, w.v(B, lane) & 0x7fff_ffff);
            w.set_v(D, lane, if w.s(17) >> lane & 1 == 1 { b } else { a });
        }
    });
    r.wave("v_cndmask_b16 v32.l, v8.l, v16.l, s17", |w| {
        for lane in w.lanes() {
            let chosen = if w.s(17) >> lane & 1 == 1 { w.v(B, lane) } else { w.v(A, lane) };
            w.put(D, lane, chosen as u16);
        }
    });
}

fn select(r: &mut Rows, text: &str, mask: usize) {
    r.wave(text, move |w: &mut Wave| {
        for lane in w.lanes() {
            let chosen = if w.s(mask) >> lane & 1 == 1 { w.v(B, lane) } else { w.v(A, lane) };
            w.set_v(D, lane, chosen);
        }
    });
}

fn constants(r: &mut Rows) {
    let k = f32::from_bits(0x4123_4567);
    r.two("v_fmaak_f32 v32, v8, v16, 0x41234567", move |a: f32, b: f32| a.mul_add(b, k));
    r.two("v_fmamk_f32 v32, v8, 0x41234567, v16", move |a: f32, b: f32| a.mul_add(k, b));
    r.one("v_add_f32 v32, 0.5, v8", |a: f32| 0.5 + a);
    r.one("v_mul_f32 v32, 0x3fb8aa3b, v8", |a: f32| f32::from_bits(0x3fb8_aa3b) * a);
    r.one("v_add_nc_u32 v32, 0xfffffff0, v8", |a: u32| a.wrapping_sub(16));
    r.one("v_and_b32 v32, 0xffff, v8", |a: u32| a & 0xffff);
    r.one("v_add_f64 v[32:33], v[8:9], 1.0", |a: f64| a + 1.0);
    r.one("v_mul_f64 v[32:33], v[8:9], -4.0", |a: f64| a * -4.0);
    // A 32-bit literal of a double is its high half.
    r.one("v_add_f64 v[32:33], v[8:9], 0x40590000", |a: f64| a + 100.0);
    r.one("v_max_f32 v32, v8, v8", |a: f32| max32(a, a));
    r.wave("v_add_f32 v32, s16, v8", |w| {
        let s = f32::from_bits(w.s(16));
        for lane in w.lanes() {
            w.put(D, lane, s + w.get::<f32>(A, lane));
        }
    })
    .check(super::wave::Check::F32(0));
}
