//! Halves and 16-bit integers, in either half of a register.

use super::row::Rows;
use super::wave::{A, B, D, Half, Shorts, Value, Wave};
use crate::numbers::{F16, Parts, Round};
use crate::values::Kind;

pub(super) fn rows(r: &mut Rows) {
    floats(r);
    minima(r);
    integers(r);
    halves(r);
    packs(r);
}

fn floats(r: &mut Rows) {
    r.two("v_add_f16", |a: Half, b: Half| Half::of(a.value() + b.value()));
    r.two("v_sub_f16", |a: Half, b: Half| Half::of(a.value() - b.value()));
    r.two("v_subrev_f16", |a: Half, b: Half| Half::of(b.value() - a.value()));
    r.two("v_mul_f16", |a: Half, b: Half| Half::of(a.value() * b.value()));
    r.two("v_add_f16_e64 v32.l, -v8.l, |v16.l|", |a: Half, b: Half| {
        Half::of(b.value().abs() - a.value())
    });
    r.onto("v_fmac_f16", |a: Half, b: Half, d: Half| a.fma(b, d));
    r.three("v_fma_f16", Half::fma);
    r.three("v_fma_f16 v32.l, -v8.l, v16.l, |v24.l|", |a: Half, b: Half, c: Half| {
        Half(a.0 ^ 0x8000).fma(b, Half(c.0 & 0x7fff))
    });
    r.two("v_fmaak_f16 v32.l, v8.l, v16.l, 0x3e00", |a: Half, b: Half| a.fma(b, Half(0x3e00)));
    r.two("v_fmamk_f16 v32.l, v8.l, 0x3e00, v16.l", |a: Half, b: Half| a.fma(Half(0x3e00), b));
    r.two("v_ldexp_f16", |a: Half, b: i16| match F16.parts(a.0.into()) {
        Parts::Finite { negative, value, power } => {
            let power = power + i32::from(b).clamp(-100, 100);
            Half(F16.round(value, power, negative, Round::Nearest) as u16)
        }
        _ => a,
    });
    r.three("v_div_fixup_f16", |q: Half, b: Half, a: Half| fixup(q, b, a));
    // An inline constant of a half is a half.
    r.one("v_add_f16 v32.l, 1.0, v8.l", |a: Half| Half::of(1.0 + a.value()));
    r.one("v_mul_f16 v32.l, 0x4248, v8.l", |a: Half| Half(0x4248).fma(a, negative_zero(a, 0x4248)));
}

/// The zero that a product plus zero keeps the sign with.
fn negative_zero(a: Half, b: u16) -> Half {
    Half((a.0 ^ b) & 0x8000)
}

/// V_DIV_FIXUP_F16: quotient, denominator, numerator.
fn fixup(quotient: Half, denominator: Half, numerator: Half) -> Half {
    let (q, b, a) = (quotient.value(), denominator.value(), numerator.value());
    let sign = (denominator.0 ^ numerator.0) & 0x8000;
    match () {
        () if a.is_nan() || b.is_nan() => Half(0x7e00),
        () if a == 0.0 && b == 0.0 || a.is_infinite() && b.is_infinite() => Half(0xfe00),
        () if b == 0.0 || a.is_infinite() => Half(sign | 0x7c00),
        () if b.is_infinite() || a == 0.0 => Half(sign),
        () if q.is_nan() => Half(0x7e00),
        () => Half(sign | quotient.0 & 0x7fff),
    }
}

pub(super) fn min16(a: Half, b: Half) -> Half {
    extreme(a, b, |a, b| a < b || a == 0.0 && b == 0.0 && a.is_sign_negative())
}

pub(super) fn max16(a: Half, b: Half) -> Half {
    extreme(a, b, |a, b| a > b || a == 0.0 && b == 0.0 && a.is_sign_positive())
}

fn extreme(a: Half, b: Half, first: impl Fn(f64, f64) -> bool) -> Half {
    let signalling = |x: Half| x.value().is_nan() && x.0 & 0x200 == 0;
    match () {
        () if signalling(a) || signalling(b) => Half(0x7e00),
        () if b.value().is_nan() => a,
        () if a.value().is_nan() => b,
        () if first(a.value(), b.value()) => a,
        () => b,
    }
}

fn minima(r: &mut Rows) {
    r.two("v_min_f16", min16);
    r.two("v_max_f16", max16);
    r.three("v_min3_f16", |a: Half, b: Half, c: Half| min16(min16(a, b), c));
    r.three("v_max3_f16", |a: Half, b: Half, c: Half| max16(max16(a, b), c));
    r.three("v_minmax_f16", |a: Half, b: Half, c: Half| max16(min16(a, b), c));
    r.three("v_maxmin_f16", |a: Half, b: Half, c: Half| min16(max16(a, b), c));
    r.three("v_med3_f16", |a: Half, b: Half, c: Half| {
        let top = max16(max16(a, b), c).value();
        match () {
            () if [a, b, c].iter().any(|x| x.value().is_nan()) => min16(min16(a, b), c),
            () if top == a.value() => max16(b, c),
            () if top == b.value() => max16(a, c),
            () => max16(a, b),
        }
    });
    r.two("v_min_i16", |a: i16, b: i16| a.min(b));
    r.two("v_max_i16", |a: i16, b: i16| a.max(b));
    r.two("v_min_u16", |a: u16, b: u16| a.min(b));
    r.two("v_max_u16", |a: u16, b: u16| a.max(b));
    r.three("v_min3_i16", |a: i16, b: i16, c: i16| a.min(b).min(c));
    r.three("v_max3_i16", |a: i16, b: i16, c: i16| a.max(b).max(c));
    r.three("v_med3_i16", |a: i16, b: i16, c: i16| a.min(b).max(a.max(b).min(c)));
    r.three("v_min3_u16", |a: u16, b: u16, c: u16| a.min(b).min(c));
    r.three("v_max3_u16", |a: u16, b: u16, c: u16| a.max(b).max(c));
    r.three("v_med3_u16", |a: u16, b: u16, c: u16| a.min(b).max(a.max(b).min(c)));
}

fn integers(r: &mut Rows) {
    r.two("v_add_nc_u16", u16::wrapping_add);
    r.two("v_sub_nc_u16", u16::wrapping_sub);
    r.two("v_add_nc_u16 v32.l, v8.l, v16.l clamp", u16::saturating_add);
    r.two("v_sub_nc_u16 v32.l, v8.l, v16.l clamp", u16::saturating_sub);
    r.two("v_add_nc_i16", i16::wrapping_add);
    r.two("v_sub_nc_i16", i16::wrapping_sub);
    r.two("v_add_nc_i16 v32.l, v8.l, v16.l clamp", i16::saturating_add);
    r.two("v_sub_nc_i16 v32.l, v8.l, v16.l clamp", i16::saturating_sub);
    r.two("v_mul_lo_u16", u16::wrapping_mul);
    r.three("v_mad_u16", |a: u16, b: u16, c: u16| a.wrapping_mul(b).wrapping_add(c));
    r.three("v_mad_i16", |a: i16, b: i16, c: i16| a.wrapping_mul(b).wrapping_add(c));
    r.three("v_mad_u16 v32.l, v8.l, v16.l, v24.l clamp", |a: u16, b: u16, c: u16| {
        (u32::from(a) * u32::from(b) + u32::from(c)).min(0xffff) as u16
    });
    r.three("v_mad_i16 v32.l, v8.l, v16.l, v24.l clamp", |a: i16, b: i16, c: i16| {
        (i32::from(a) * i32::from(b) + i32::from(c)).clamp(-0x8000, 0x7fff) as i16
    });
    r.two("v_lshlrev_b16", |a: u16, b: u16| b << (a & 15));
    r.two("v_lshrrev_b16", |a: u16, b: u16| b >> (a & 15));
    r.two("v_ashrrev_i16", |a: u16, b: i16| b >> (a & 15));
    r.two("v_and_b16", |a: u16, b: u16| a & b);
    r.two("v_or_b16", |a: u16, b: u16| a | b);
    r.two("v_xor_b16", |a: u16, b: u16| a ^ b);
}

/// D's named half = f(named halves of A and B); the other half is kept.
fn mixed<T: Value>(r: &mut Rows, op: &str, f: impl Fn(T, T) -> T + Copy + Send + Sync + 'static) {
    for (d, a, b) in [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)] {
        let name = |half: usize| ["l", "h"][half];
        let text = format!("{op} v32.{}, v8.{}, v16.{}", name(d), name(a), name(b));
        r.wave(&text, move |w: &mut Wave| {
            for lane in w.lanes() {
                let source = |first: usize, half: usize| {
                    T::from_bits(u64::from(w.v(first, lane) >> (16 * half) & 0xffff))
                };
                let result = f(source(A, a), source(B, b)).to_bits() as u32;
                let kept = w.v(D, lane) & !(0xffff << (16 * d));
                w.set_v(D, lane, kept | result << (16 * d));
            }
        })
        .kinds(&[T::KIND, T::KIND]);
    }
}

fn halves(r: &mut Rows) {
    mixed(r, "v_add_f16", |a: Half, b: Half| Half::of(a.value() + b.value()));
    mixed(r, "v_mul_f16", |a: Half, b: Half| Half::of(a.value() * b.value()));
    mixed(r, "v_max_f16", max16);
    mixed(r, "v_add_nc_u16", u16::wrapping_add);
    mixed(r, "v_mul_lo_u16", u16::wrapping_mul);
    mixed(r, "v_lshrrev_b16", |a: u16, b: u16| b >> (a & 15));
    mixed(r, "v_and_b16", |a: u16, b: u16| a & b);
    for row in &mut r.0 {
        let float = row.text.contains("_f16 ") && row.check == super::wave::Check::Bits;
        if float {
            row.kinds[..2].fill(Kind::Tame16x2);
        }
    }
}

fn packs(r: &mut Rows) {
    let half = |a: u32, high: bool| if high { a >> 16 } else { a & 0xffff };
    for (a, b) in [(false, false), (true, false), (false, true), (true, true)] {
        let name = |high| if high { "h" } else { "l" };
        let text = format!("v_pack_b32_f16 v32, v8.{}, v16.{}", name(a), name(b));
        r.two(&text, move |x: u32, y: u32| half(x, a) | half(y, b) << 16);
    }
    let signed = |x: Half| (x.value().clamp(-1.0, 1.0) * 32767.0).round_ties_even() as i16 as u16;
    r.two("v_cvt_pk_norm_i16_f16 v32, v8.l, v16.l", move |a: Half, b: Half| {
        Shorts([signed(a), signed(b)])
    })
    .setup(fractions);
    let unsigned = |x: Half| (x.value().clamp(0.0, 1.0) * 65535.0).round_ties_even() as u16;
    r.two("v_cvt_pk_norm_u16_f16 v32, v8.l, v16.l", move |a: Half, b: Half| {
        Shorts([unsigned(a), unsigned(b)])
    })
    .setup(fractions);
}

fn fractions(w: &mut Wave, random: &mut crate::values::Random) {
    const VALUES: [f64; 7] = [0.0, 1.0, -1.0, 3.0, -3.0, 0.25, -0.25];
    for lane in 0..32 {
        for first in [A, B] {
            let value = Half::of(VALUES[random.below(7) as usize]);
            w.set_v(first, lane, value.0.into());
        }
    }
}
