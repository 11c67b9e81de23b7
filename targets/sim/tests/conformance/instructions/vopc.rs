//! Comparisons: of every type, into VCC, a scalar register, or EXEC.

use super::relation::{ORDERED, PARTIAL};
use super::row::Rows;
use super::wave::{A, B, Half, Value};

pub(super) fn rows(r: &mut Rows) {
    ordered::<i32>(r, "i32");
    ordered::<u32>(r, "u32");
    ordered::<i64>(r, "i64");
    ordered::<u64>(r, "u64");
    ordered::<i16>(r, "i16");
    ordered::<u16>(r, "u16");
    floats::<f32>(r, "f32", f64::from);
    floats::<f64>(r, "f64", |a| a);
    floats::<Half>(r, "f16", Half::value);
    classes(r);
    elsewhere(r);
}

fn ordered<T: Value + Ord + Send + Sync + 'static>(r: &mut Rows, name: &str) {
    for (test, holds) in ORDERED {
        let holds = move |a: T, b: T| holds(a.cmp(&b));
        r.compare(&format!("v_cmp_{test}_{name}"), holds);
        r.compare_exec(&format!("v_cmpx_{test}_{name}"), holds);
    }
}

fn floats<T: Value + Send + Sync + 'static>(r: &mut Rows, name: &str, value: fn(T) -> f64) {
    for (test, holds) in PARTIAL {
        let holds = move |a: T, b: T| holds(value(a).partial_cmp(&value(b)));
        r.compare(&format!("v_cmp_{test}_{name}"), holds);
        r.compare_exec(&format!("v_cmpx_{test}_{name}"), holds);
    }
}

/// Bits of the classes that a number is in, as V_CMP_CLASS numbers them.
fn class(negative: bool, nan: bool, quiet: bool, infinite: bool, zero: bool, normal: bool) -> u32 {
    let index = match () {
        () if nan => return if quiet { 2 } else { 1 },
        () if infinite => 2,
        () if normal => 3,
        () if zero => 5,
        () => 4,
    };
    1 << if negative { index } else { 11 - index }
}

fn class32(a: f32) -> u32 {
    let quiet = a.to_bits() & 0x40_0000 != 0;
    let sign = a.is_sign_negative();
    class(sign, a.is_nan(), quiet, a.is_infinite(), a == 0.0, a.is_normal())
}

fn class64(a: f64) -> u32 {
    let quiet = a.to_bits() & 1 << 51 != 0;
    let sign = a.is_sign_negative();
    class(sign, a.is_nan(), quiet, a.is_infinite(), a == 0.0, a.is_normal())
}

fn class16(a: Half) -> u32 {
    let (value, magnitude) = (a.value(), a.0 & 0x7fff);
    let normal = (0x400..0x7c00).contains(&magnitude);
    class(
        a.0 >> 15 == 1,
        value.is_nan(),
        a.0 & 0x200 != 0,
        magnitude == 0x7c00,
        magnitude == 0,
        normal,
    )
}

fn classes(r: &mut Rows) {
    r.compare("v_cmp_class_f32", |a: f32, b: u32| class32(a) & b != 0);
    r.compare("v_cmp_class_f64", |a: f64, b: u32| class64(a) & b != 0);
    r.compare("v_cmp_class_f16 vcc_lo, v8.l, v16.l", |a: Half, b: u16| {
        class16(a) & u32::from(b) != 0
    });
    for bit in 0..10 {
        let mask = 1u32 << bit;
        r.compare(&format!("v_cmp_class_f32 vcc_lo, v8, {mask:#x}"), move |a: f32, _: u32| {
            class32(a) & mask != 0
        });
    }
    r.compare("v_cmp_class_f32_e64 vcc_lo, -v8, v16", |a: f32, b: u32| class32(-a) & b != 0);
}

fn elsewhere(r: &mut Rows) {
    r.wave("v_cmp_lt_i32_e64 s28, v8, v16", |w| {
        let mask = mask(w, |a, b| (a as i32) < b as i32);
        w.set_s(28, mask);
    });
    r.wave("v_cmp_eq_u32_e64 s28, s16, v16", |w| {
        let s = w.s(16);
        let mask = mask(w, |_, b| s == b);
        w.set_s(28, mask);
    })
    .setup(|w, random| {
        let s = w.s(16);
        (0..32).filter(|_| random.below(2) == 0).for_each(|lane| w.set_v(B, lane, s));
    });
    r.compare("v_cmp_lt_f32_e64 vcc_lo, -v8, |v16|", |a: f32, b: f32| -a < b.abs());
    r.compare_exec("v_cmpx_class_f32", |a: f32, b: u32| class32(a) & b != 0);
    r.compare_exec("v_cmpx_class_f64", |a: f64, b: u32| class64(a) & b != 0);
    r.compare_exec("v_cmpx_class_f16", |a: Half, b: u16| class16(a) & u32::from(b) != 0);
    r.compare_exec("v_cmpx_lt_f32_e64 -v8, |v16|", |a: f32, b: f32| -a < b.abs());
    constant::<i32>(r, "i32");
    constant::<u32>(r, "u32");
    constant::<i64>(r, "i64");
    constant::<u64>(r, "u64");
    constant::<f32>(r, "f32");
    constant::<f64>(r, "f64");
    constant::<Half>(r, "f16");
}

/// The comparisons that always and that never hold.
fn constant<T: Value + 'static>(r: &mut Rows, name: &str) {
    for (test, holds) in [("t", true), ("f", false)] {
        r.compare(&format!("v_cmp_{test}_{name}"), move |_: T, _: T| holds);
        r.compare_exec(&format!("v_cmpx_{test}_{name}"), move |_: T, _: T| holds);
    }
}

fn mask(w: &super::wave::Wave, f: impl Fn(u32, u32) -> bool) -> u32 {
    let holds = |&lane: &usize| f(w.v(A, lane), w.v(B, lane));
    w.lanes().filter(holds).fold(0, |mask, lane| mask | 1 << lane)
}
