//! Reciprocals, roots, exponentials, logarithms and sines, within the documented accuracy.
//!
//! Singles are within 1 ulp and flush denormals on both sides; halves are within 0.51 ulp, which is
//! 1 ulp of a rounded result. Doubles are within 2^29 ulp and meant to be refined.

use super::row::Rows;
use super::wave::{A, Check, Half, Wave};
use crate::values::{Kind, Random};

pub(super) fn rows(r: &mut Rows) {
    singles(r);
    halves(r);
    doubles(r);
    sines(r);
    examples(r);
}

/// A denormal as the zero of its sign.
fn flush(a: f32) -> f32 {
    if a.is_subnormal() { 0f32.copysign(a) } else { a }
}

fn single(r: &mut Rows, op: &str, f: fn(f64) -> f64) {
    r.one(op, move |a: f32| flush(f(flush(a).into()) as f32)).check(Check::Flushed32(1));
}

fn singles(r: &mut Rows) {
    single(r, "v_rcp_f32", |a| 1.0 / a);
    single(r, "v_rcp_iflag_f32", |a| 1.0 / a);
    single(r, "v_rsq_f32", |a| if a == 0.0 { 1.0 / a } else { 1.0 / a.sqrt() });
    single(r, "v_sqrt_f32", f64::sqrt);
    single(r, "v_exp_f32", f64::exp2);
    single(r, "v_log_f32", f64::log2);
    r.one("v_rcp_f32 v32, -|v8|", |a: f32| flush((-1.0 / f64::from(flush(a).abs())) as f32))
        .check(Check::Flushed32(1));
    r.one("v_exp_f32", |a: f32| f64::from(a).exp2() as f32)
        .check(Check::Flushed32(1))
        .setup(|w, random| exponents(w, random, 126));
    r.one("v_log_f32", |a: f32| f64::from(a).log2() as f32)
        .kinds(&[Kind::Tame32])
        .setup(|w, _| (0..32).for_each(|lane| w.set_v(A, lane, w.v(A, lane) & 0x7fff_ffff)))
        .check(Check::Flushed32(1));
}

/// Numbers in [-limit, limit].
fn exponents(w: &mut Wave, random: &mut Random, limit: u32) {
    for lane in 0..32 {
        let number = (f64::from(random.bits()) / 2f64.powi(31) - 1.0) * f64::from(limit);
        w.set_v(A, lane, (number as f32).to_bits());
    }
}

fn half(r: &mut Rows, op: &str, f: fn(f64) -> f64) {
    r.one(op, move |a: Half| Half::of(f(a.value()))).ulp(1);
}

fn halves(r: &mut Rows) {
    half(r, "v_rcp_f16", |a| 1.0 / a);
    half(r, "v_rsq_f16", |a| if a == 0.0 { 1.0 / a } else { 1.0 / a.sqrt() });
    half(r, "v_sqrt_f16", f64::sqrt);
    half(r, "v_exp_f16", f64::exp2);
    half(r, "v_log_f16", f64::log2);
}

fn doubles(r: &mut Rows) {
    let ordinary = |w: &mut Wave, random: &mut Random| {
        for lane in 0..32 {
            let number = f64::from(random.bits() | 1) * 2f64.powi(random.below(200) as i32 - 100);
            w.put(A, lane, number);
        }
    };
    r.one("v_rcp_f64", |a: f64| 1.0 / a).setup(ordinary).ulp(1 << 29);
    r.one("v_rsq_f64", |a: f64| 1.0 / a.sqrt()).setup(ordinary).ulp(1 << 29);
    r.one("v_sqrt_f64", f64::sqrt).setup(ordinary).ulp(1 << 29);
}

/// The argument counts turns; the accuracy of sines is absolute.
fn sines(r: &mut Rows) {
    let turns = |w: &mut Wave, random: &mut Random| exponents(w, random, 256);
    let sine = |a: f64| (a.fract() * std::f64::consts::TAU).sin();
    let cosine = |a: f64| (a.fract() * std::f64::consts::TAU).cos();
    r.one("v_sin_f32", move |a: f32| sine(a.into()) as f32).setup(turns).check(Check::Near32(2));
    r.one("v_cos_f32", move |a: f32| cosine(a.into()) as f32).setup(turns).check(Check::Near32(2));
    let eighths = |w: &mut Wave, random: &mut Random| {
        for lane in 0..32 {
            let value = Half::of(f64::from(random.below(129)) / 32.0 - 2.0);
            w.set_v(A, lane, value.0.into());
        }
    };
    r.one("v_sin_f16", move |a: Half| Half::of(sine(a.value())))
        .setup(eighths)
        .check(Check::NearHalf(1000));
    r.one("v_cos_f16", move |a: Half| Half::of(cosine(a.value())))
        .setup(eighths)
        .check(Check::NearHalf(1000));
}

/// What the documentation gives as functional examples, bit for bit.
fn examples(r: &mut Rows) {
    let tables: [(&str, &[(u32, u32)]); 8] = [
        ("v_exp_f32", &[(0xff80_0000, 0), (0x8000_0000, 0x3f80_0000), (0x7f80_0000, 0x7f80_0000)]),
        (
            "v_log_f32",
            &[
                (0x8000_0000, 0xff80_0000),
                (0, 0xff80_0000),
                (0x3f80_0000, 0),
                (0x7f80_0000, 0x7f80_0000),
            ],
        ),
        (
            "v_rcp_f32",
            &[
                (0xff80_0000, 0x8000_0000),
                (0xc000_0000, 0xbf00_0000),
                (0x8000_0000, 0xff80_0000),
                (0, 0x7f80_0000),
                (0x7f80_0000, 0),
            ],
        ),
        (
            "v_rsq_f32",
            &[
                (0x8000_0000, 0xff80_0000),
                (0, 0x7f80_0000),
                (0x4080_0000, 0x3f00_0000),
                (0x7f80_0000, 0),
            ],
        ),
        (
            "v_sqrt_f32",
            &[
                (0x8000_0000, 0x8000_0000),
                (0, 0),
                (0x4080_0000, 0x4000_0000),
                (0x7f80_0000, 0x7f80_0000),
            ],
        ),
        ("v_sin_f32", &[(0xff7f_ffff, 0), (0x8000_0000, 0x8000_0000), (0x3e80_0000, 0x3f80_0000)]),
        ("v_cos_f32", &[(0xff7f_ffff, 0x3f80_0000), (0x8000_0000, 0x3f80_0000), (0x3e80_0000, 0)]),
        ("v_sqrt_f32", &[(0x3f80_0000, 0x3f80_0000)]),
    ];
    for (op, table) in tables {
        let lookup = move |a: u32| {
            table.iter().find(|(input, _)| *input == a).map_or(0, |(_, output)| *output)
        };
        r.one(op, lookup).setup(move |w, random| {
            for lane in 0..32 {
                w.set_v(A, lane, table[random.below(table.len() as u32) as usize].0);
            }
        });
    }
}
