//! Division: the three instructions, and the sequence that the compiler makes of them.

use super::row::Rows;
use super::vop2::ldexp32;
use super::wave::{A, B, C, Check, D, Wave};
use crate::values::{Kind, Random};

pub(super) fn rows(r: &mut Rows) {
    scale(r);
    multiply_add(r);
    fix(r);
    sequences(r);
}

/// V_DIV_SCALE_F32 of a value, a denominator and a numerator: the result and whether to scale back.
///
/// The manual prints one exponent with the wrong sign: where both the inverse and the quotient are
/// denormal, a denominator scaled up would be infinite. Down is what makes division right. That zeros
/// set VCC was seen on hardware.
fn scaled(value: f32, denominator: f32, numerator: f32) -> (f32, bool) {
    let exponent = |a: f32| (a.to_bits() >> 23 & 0xff) as i32;
    let quotient = numerator / denominator;
    let tiny_inverse = (1.0 / denominator).is_subnormal();
    let (up, down) = (ldexp32(value, 64), ldexp32(value, -64));
    let is_denominator = value == denominator;
    match () {
        () if denominator == 0.0 || numerator == 0.0 => (f32::NAN, true),
        () if exponent(numerator) - exponent(denominator) >= 96 => {
            (if is_denominator { up } else { value }, true)
        }
        () if denominator.is_subnormal() => (up, false),
        () if tiny_inverse && quotient.is_subnormal() => {
            (if is_denominator { down } else { value }, true)
        }
        () if tiny_inverse => (down, false),
        () if quotient.is_subnormal() => (if value == numerator { up } else { value }, true),
        () if exponent(numerator) <= 23 => (up, false),
        () => (value, false),
    }
}

fn scale(r: &mut Rows) {
    for (text, of_denominator) in [
        ("v_div_scale_f32 v32, vcc_lo, v16, v16, v24", true),
        ("v_div_scale_f32 v32, vcc_lo, v24, v16, v24", false),
    ] {
        r.wave(text, move |w| {
            let mut mask = 0;
            for lane in w.lanes() {
                let (b, c): (f32, f32) = (w.get(B, lane), w.get(C, lane));
                let (value, post) = scaled(if of_denominator { b } else { c }, b, c);
                w.put(D, lane, value);
                mask |= u32::from(post) << lane;
            }
            w.set_vcc(mask);
        })
        .kinds(&[Kind::F32, Kind::F32, Kind::F32])
        .setup(finite)
        .check(Check::F32(0));
    }
}

/// The documentation says nothing of infinities and NaNs here: division mends them afterwards. Nor does
/// it say whether the exponents or the quotient itself decide where the quotient is nearly denormal.
fn finite(w: &mut Wave, random: &mut Random) {
    let exponent = |bits: u32| (bits >> 23 & 0xff) as i32;
    for lane in 0..32 {
        loop {
            let (b, c) = (w.v(B, lane), w.v(C, lane));
            let known = [b, c].iter().all(|&bits| f32::from_bits(bits).is_finite());
            if known && !(-127..=-125).contains(&(exponent(c) - exponent(b))) {
                break;
            }
            w.set_v(B, lane, Kind::F32.draw(random) as u32);
            w.set_v(C, lane, Kind::F32.draw(random) as u32);
        }
    }
}

/// V_DIV_FMAS undoes the scaling that V_DIV_SCALE asked for through VCC: up where the quotient in the
/// third operand is large (its exponent field above that of one), else down. So say the manuals of
/// CDNA3 and RDNA4; the fixed factor in that of RDNA3 would make division wrong.
fn multiply_add(r: &mut Rows) {
    r.wave("v_div_fmas_f32 v32, v8, v16, v24", |w| {
        for lane in w.lanes() {
            let c: f32 = w.get(C, lane);
            let sum = w.get::<f32>(A, lane).mul_add(w.get(B, lane), c);
            let scale = 2f32.powi(if c.abs() >= 2.0 { 64 } else { -64 });
            let post = w.vcc() >> lane & 1 == 1;
            w.put(D, lane, if post { sum * scale } else { sum });
        }
    })
    .kinds(&[Kind::Tame32; 3])
    .check(Check::F32(0));
    r.wave("v_div_fmas_f64 v[32:33], v[8:9], v[16:17], v[24:25]", |w| {
        for lane in w.lanes() {
            let c: f64 = w.get(C, lane);
            let sum = w.get::<f64>(A, lane).mul_add(w.get(B, lane), c);
            let scale = 2f64.powi(if c.abs() >= 2.0 { 128 } else { -128 });
            let post = w.vcc() >> lane & 1 == 1;
            w.put(D, lane, if post { sum * scale } else { sum });
        }
    })
    .setup(|w, random| {
        for register in [A, B, C] {
            (0..32).for_each(|lane| w.put(register, lane, f64::from(random.bits() as i32) / 7.0));
        }
    })
    .check(Check::F64(0));
}

/// V_DIV_FIXUP. A quotient that is not a number where both operands are has overflowed on its way: the
/// manual leaves that out, but the compiler's sequence needs it (3e38 / 1e-38 is infinite).
fn fix(r: &mut Rows) {
    r.three("v_div_fixup_f32", |q: f32, b: f32, a: f32| {
        let sign = b.is_sign_negative() != a.is_sign_negative();
        let signed = |x: f32| if sign { -x } else { x };
        match () {
            () if a.is_nan() || b.is_nan() => f32::NAN,
            () if a == 0.0 && b == 0.0 || a.is_infinite() && b.is_infinite() => f32::NAN,
            () if b == 0.0 || a.is_infinite() => signed(f32::INFINITY),
            () if b.is_infinite() || a == 0.0 => signed(0.0),
            () if q.is_nan() => signed(f32::INFINITY),
            () => signed(q.abs()),
        }
    })
    .setup(|w, random| {
        // Quotients of numbers whose exponents are far apart are another case, tested as a whole.
        let exponent = |bits: u32| (bits >> 23 & 0xff) as i32;
        for lane in 0..32 {
            while exponent(w.v(C, lane)) - exponent(w.v(B, lane)) < -150 {
                w.set_v(B, lane, Kind::F32.draw(random) as u32);
            }
        }
    });
    r.three("v_div_fixup_f64", |q: f64, b: f64, a: f64| {
        let sign = b.is_sign_negative() != a.is_sign_negative();
        let signed = |x: f64| if sign { -x } else { x };
        match () {
            () if a.is_nan() || b.is_nan() => f64::NAN,
            () if a == 0.0 && b == 0.0 || a.is_infinite() && b.is_infinite() => f64::NAN,
            () if b == 0.0 || a.is_infinite() => signed(f64::INFINITY),
            () if b.is_infinite() || a == 0.0 => signed(0.0),
            () if q.is_nan() => signed(f64::INFINITY),
            () => signed(q.abs()),
        }
    })
    .setup(|w, random| {
        let exponent = |value: u64| (value >> 52 & 0x7ff) as i32;
        for lane in 0..32 {
            while exponent(w.get(C, lane)) - exponent(w.get(B, lane)) < -1000 {
                w.put(B, lane, Kind::F64.draw(random));
            }
        }
    });
}

/// A / B, correctly rounded whatever the operands, denormals included.
fn sequences(r: &mut Rows) {
    let single = "v_div_scale_f32 v2, null, v16, v16, v8\n\
                  v_div_scale_f32 v3, vcc_lo, v8, v16, v8\n\
                  v_rcp_f32 v4, v2\n\
                  s_waitcnt_depctr 0xfff\n\
                  v_fma_f32 v5, -v2, v4, 1.0\n\
                  v_fmac_f32 v4, v5, v4\n\
                  v_mul_f32 v5, v3, v4\n\
                  v_fma_f32 v6, -v2, v5, v3\n\
                  v_fmac_f32 v5, v6, v4\n\
                  v_fma_f32 v3, -v2, v5, v3\n\
                  v_div_fmas_f32 v3, v3, v4, v5\n\
                  v_div_fixup_f32 v32, v3, v16, v8\n\
                  s_mov_b32 vcc_lo, s32";
    r.two(single, |a: f32, b: f32| a / b);
    let double = "v_div_scale_f64 v[40:41], null, v[16:17], v[16:17], v[8:9]\n\
                  v_div_scale_f64 v[48:49], vcc_lo, v[8:9], v[16:17], v[8:9]\n\
                  v_rcp_f64 v[42:43], v[40:41]\n\
                  s_waitcnt_depctr 0xfff\n\
                  v_fma_f64 v[44:45], -v[40:41], v[42:43], 1.0\n\
                  v_fma_f64 v[42:43], v[42:43], v[44:45], v[42:43]\n\
                  v_fma_f64 v[44:45], -v[40:41], v[42:43], 1.0\n\
                  v_fma_f64 v[42:43], v[42:43], v[44:45], v[42:43]\n\
                  v_mul_f64 v[44:45], v[48:49], v[42:43]\n\
                  v_fma_f64 v[40:41], -v[40:41], v[44:45], v[48:49]\n\
                  v_div_fmas_f64 v[40:41], v[40:41], v[42:43], v[44:45]\n\
                  v_div_fixup_f64 v[32:33], v[40:41], v[16:17], v[8:9]\n\
                  s_mov_b32 vcc_lo, s32";
    r.two(double, |a: f64, b: f64| a / b);
}
