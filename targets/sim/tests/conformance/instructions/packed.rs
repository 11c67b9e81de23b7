//! VOP3P: two halves at once, mixed precision, and dot products.

use super::half::{max16, min16};
use super::row::Rows;
use super::wave::{A, B, C, Check, D, Half, Halves, Shorts, Wave};
use crate::numbers::{F16, F32, Round, of_bf16};
use crate::values::Kind;

pub(super) fn rows(r: &mut Rows) {
    floats(r);
    selections(r);
    integers(r);
    mixes(r);
    integer_dots(r);
    float_dots(r);
}

fn each(a: Halves, b: Halves, f: impl Fn(Half, Half) -> Half) -> Halves {
    Halves([f(a.0[0], b.0[0]), f(a.0[1], b.0[1])])
}

fn add(a: Half, b: Half) -> Half {
    Half::of(a.value() + b.value())
}

fn mul(a: Half, b: Half) -> Half {
    Half::of(a.value() * b.value())
}

fn neg(a: Half) -> Half {
    Half(a.0 ^ 0x8000)
}

fn floats(r: &mut Rows) {
    r.two("v_pk_add_f16", |a: Halves, b: Halves| each(a, b, add));
    r.two("v_pk_mul_f16", |a: Halves, b: Halves| each(a, b, mul));
    r.two("v_pk_min_f16", |a: Halves, b: Halves| each(a, b, min16));
    r.two("v_pk_max_f16", |a: Halves, b: Halves| each(a, b, max16));
    r.three("v_pk_fma_f16", |a: Halves, b: Halves, c: Halves| {
        Halves([0, 1].map(|i| a.0[i].fma(b.0[i], c.0[i])))
    });
    r.onto("v_pk_fmac_f16", |a: Halves, b: Halves, d: Halves| {
        Halves([0, 1].map(|i| a.0[i].fma(b.0[i], d.0[i])))
    });
    r.two("v_pk_add_f16 v32, v8, v16 clamp", |a: Halves, b: Halves| {
        each(a, b, |a, b| {
            let sum = a.value() + b.value();
            // With dx10_clamp a NaN becomes zero.
            if sum.is_nan() { Half(0) } else { Half::of(sum.clamp(0.0, 1.0) + 0.0) }
        })
    });
}

fn selections(r: &mut Rows) {
    r.two("v_pk_add_f16 v32, v8, v16 op_sel:[1,0] op_sel_hi:[0,1]", |a: Halves, b: Halves| {
        Halves([add(a.0[1], b.0[0]), add(a.0[0], b.0[1])])
    });
    r.two("v_pk_mul_f16 v32, v8, v16 op_sel_hi:[1,0]", |a: Halves, b: Halves| {
        Halves([mul(a.0[0], b.0[0]), mul(a.0[1], b.0[0])])
    });
    r.two("v_pk_add_f16 v32, v8, v16 neg_lo:[0,1] neg_hi:[0,1]", |a: Halves, b: Halves| {
        each(a, b, |a, b| add(a, neg(b)))
    });
    r.two("v_pk_add_f16 v32, v8, v16 neg_lo:[1,0] neg_hi:[0,1]", |a: Halves, b: Halves| {
        Halves([add(neg(a.0[0]), b.0[0]), add(a.0[1], neg(b.0[1]))])
    });
    r.three(
        "v_pk_fma_f16 v32, v8, v16, v24 op_sel:[0,1,1] op_sel_hi:[1,1,0] neg_lo:[0,0,1] neg_hi:[0,0,1]",
        |a: Halves, b: Halves, c: Halves| {
            Halves([a.0[0].fma(b.0[1], neg(c.0[1])), a.0[1].fma(b.0[1], neg(c.0[0]))])
        },
    );
    // The inline constant of a packed half stands in the low half only, unless op_sel_hi says so.
    r.one("v_pk_mul_f16 v32, v8, 2.0 op_sel_hi:[1,0]", |a: Halves| {
        Halves(a.0.map(|a| mul(a, Half::of(2.0))))
    });
    r.one("v_pk_add_u16 v32, v8, 5 op_sel_hi:[1,0]", |a: Shorts| {
        Shorts(a.0.map(|a| a.wrapping_add(5)))
    });
    r.wave("v_pk_add_f16 v32, v8, s16", |w| {
        let s: [u16; 2] = [w.s(16) as u16, (w.s(16) >> 16) as u16];
        for lane in w.lanes() {
            let a: Halves = w.get(A, lane);
            w.put(D, lane, each(a, Halves(s.map(Half)), add));
        }
    })
    .kinds(&[Kind::F16x2])
    .check(Check::F16x2(0));
}

fn pairwise(r: &mut Rows, text: &str, f: impl Fn(u16, u16) -> u16 + Send + Sync + 'static) {
    r.two(text, move |a: Shorts, b: Shorts| Shorts([f(a.0[0], b.0[0]), f(a.0[1], b.0[1])]));
}

fn integers(r: &mut Rows) {
    let signed = |f: fn(i16, i16) -> i16| move |a: u16, b: u16| f(a as i16, b as i16) as u16;
    pairwise(r, "v_pk_add_u16", u16::wrapping_add);
    pairwise(r, "v_pk_sub_u16", u16::wrapping_sub);
    pairwise(r, "v_pk_add_i16", signed(i16::wrapping_add));
    pairwise(r, "v_pk_sub_i16", signed(i16::wrapping_sub));
    pairwise(r, "v_pk_add_u16 v32, v8, v16 clamp", u16::saturating_add);
    pairwise(r, "v_pk_sub_u16 v32, v8, v16 clamp", u16::saturating_sub);
    pairwise(r, "v_pk_add_i16 v32, v8, v16 clamp", signed(i16::saturating_add));
    pairwise(r, "v_pk_sub_i16 v32, v8, v16 clamp", signed(i16::saturating_sub));
    pairwise(r, "v_pk_mul_lo_u16", u16::wrapping_mul);
    pairwise(r, "v_pk_min_i16", signed(i16::min));
    pairwise(r, "v_pk_max_i16", signed(i16::max));
    pairwise(r, "v_pk_min_u16", u16::min);
    pairwise(r, "v_pk_max_u16", u16::max);
    pairwise(r, "v_pk_lshlrev_b16", |a, b| b << (a & 15));
    pairwise(r, "v_pk_lshrrev_b16", |a, b| b >> (a & 15));
    pairwise(r, "v_pk_ashrrev_i16", |a, b| (b as i16 >> (a & 15)) as u16);
    r.three("v_pk_mad_u16", |a: Shorts, b: Shorts, c: Shorts| {
        Shorts([0, 1].map(|i| a.0[i].wrapping_mul(b.0[i]).wrapping_add(c.0[i])))
    });
    r.three("v_pk_mad_i16", |a: Shorts, b: Shorts, c: Shorts| {
        Shorts([0, 1].map(|i| a.0[i].wrapping_mul(b.0[i]).wrapping_add(c.0[i])))
    });
}

/// What a source of a mixed instruction means: a single, or a half picked by op_sel.
fn source(bits: u32, half: Option<bool>) -> f32 {
    match half {
        None => f32::from_bits(bits),
        Some(high) => Half(if high { bits >> 16 } else { bits } as u16).value() as f32,
    }
}

fn narrow(value: f32) -> u16 {
    F16.convert(F32, value.to_bits().into(), Round::Nearest) as u16
}

fn mixes(r: &mut Rows) {
    let kinds = [Kind::F32, Kind::F16x2, Kind::F32];
    r.wave("v_fma_mix_f32 v32, v8, v16, v24 op_sel:[0,1,0] op_sel_hi:[0,1,0]", |w| {
        mix(w, |a, b, c, _| a.mul_add(source(b.to_bits(), Some(true)), c).to_bits());
    })
    .kinds(&kinds)
    .check(Check::F32(0));
    r.wave("v_fma_mix_f32 v32, v8, v16, v24 op_sel_hi:[1,1,0]", |w| {
        mix(w, |a, b, c, _| {
            let low = |x: f32| source(x.to_bits(), Some(false));
            low(a).mul_add(low(b), c).to_bits()
        });
    })
    .kinds(&[Kind::F16x2, Kind::F16x2, Kind::F32])
    .check(Check::F32(0));
    r.wave("v_fma_mix_f32 v32, -v8, |v16|, v24 op_sel_hi:[1,0,1]", |w| {
        mix(w, |a, b, c, _| {
            let low = |x: f32| source(x.to_bits(), Some(false));
            (-low(a)).mul_add(b.abs(), low(c)).to_bits()
        });
    })
    .kinds(&[Kind::F16x2, Kind::F32, Kind::F16x2])
    .check(Check::F32(0));
    // Written as a half: the sum is rounded to a single first only where that is exact, so inputs are
    // small integers and both roundings agree.
    r.wave("v_fma_mixlo_f16 v32, v8, v16, v24 op_sel_hi:[0,1,0]", |w| {
        mix(w, |a, b, c, d| {
            let b = source(b.to_bits(), Some(false));
            d & 0xffff_0000 | u32::from(narrow(a.mul_add(b, c)))
        });
    })
    .setup(small)
    .check(Check::F16x2(0));
    r.wave("v_fma_mixhi_f16 v32, v8, v16, v24 op_sel_hi:[0,1,0]", |w| {
        mix(w, |a, b, c, d| {
            let b = source(b.to_bits(), Some(false));
            d & 0xffff | u32::from(narrow(a.mul_add(b, c))) << 16
        });
    })
    .setup(small)
    .check(Check::F16x2(0));
}

fn mix(w: &mut Wave, f: impl Fn(f32, f32, f32, u32) -> u32) {
    for lane in w.lanes() {
        let d = w.v(D, lane);
        let result = f(w.get(A, lane), w.get(B, lane), w.get(C, lane), d);
        w.set_v(D, lane, result);
    }
}

fn small(w: &mut Wave, random: &mut crate::values::Random) {
    for lane in 0..32 {
        let mut eighths = || (random.below(4001) as f32 - 2000.0) / 8.0;
        let (a, b, c) = (eighths(), eighths(), eighths());
        w.set_v(A, lane, a.to_bits());
        w.set_v(B, lane, u32::from(narrow(b)) | 0x1234_0000);
        w.set_v(C, lane, c.to_bits());
        // The kept half is an ordinary number, so that it compares bit for bit.
        w.set_v(D, lane, 0x3c00_4321);
    }
}

fn integer_dots(r: &mut Rows) {
    let signs = [(false, false), (true, false), (false, true), (true, true)];
    for (a, b) in signs {
        let neg = format!("neg_lo:[{},{},0]", u8::from(a), u8::from(b));
        for clamp in [false, true] {
            let end = if clamp { format!("{neg} clamp") } else { neg.clone() };
            let four = format!("v_dot4_i32_iu8 v32, v8, v16, v24 {end}");
            r.three(&four, move |x: u32, y: u32, c: i32| dot(x, y, c, 8, (a, b), clamp)).kinds(&[
                Kind::I8x4,
                Kind::I8x4,
                Kind::I32,
            ]);
            let eight = format!("v_dot8_i32_iu4 v32, v8, v16, v24 {end}");
            r.three(&eight, move |x: u32, y: u32, c: i32| dot(x, y, c, 4, (a, b), clamp));
        }
    }
    for (text, bits) in [("v_dot4_u32_u8", 8), ("v_dot8_u32_u4", 4)] {
        r.three(text, move |a: u32, b: u32, c: u32| unsigned_dot(a, b, bits).wrapping_add(c));
        let clamped = format!("{text} v32, v8, v16, v24 clamp");
        r.three(&clamped, move |a: u32, b: u32, c: u32| unsigned_dot(a, b, bits).saturating_add(c));
    }
}

/// An element of a packed operand.
pub(super) fn element(word: u32, index: u32, bits: u32, signed: bool) -> i32 {
    let up = word << (32 - bits - bits * index);
    if signed { up as i32 >> (32 - bits) } else { (up >> (32 - bits)) as i32 }
}

fn dot(a: u32, b: u32, c: i32, bits: u32, signed: (bool, bool), clamp: bool) -> i32 {
    let product = |i: u32| element(a, i, bits, signed.0) * element(b, i, bits, signed.1);
    let sum = i64::from((0..32 / bits).map(product).sum::<i32>()) + i64::from(c);
    if clamp { sum.clamp(i32::MIN.into(), i32::MAX.into()) as i32 } else { sum as i32 }
}

fn unsigned_dot(a: u32, b: u32, bits: u32) -> u32 {
    let product = |i: u32| element(a, i, bits, false) * element(b, i, bits, false);
    (0..32 / bits).map(product).sum::<i32>() as u32
}

/// The order of the sum is not documented, so operands are small integers: every order is exact.
fn float_dots(r: &mut Rows) {
    let halves = |w: &mut Wave, random: &mut crate::values::Random| {
        for register in [A, B] {
            for lane in 0..32 {
                let mut value = || u32::from(narrow(random.below(33) as f32 - 16.0));
                let pair = value() | value() << 16;
                w.set_v(register, lane, pair);
            }
        }
        for lane in 0..32 {
            let number = random.below(2001) as f32 - 1000.0;
            w.set_v(C, lane, number.to_bits());
            w.set_v(D, lane, number.to_bits());
        }
    };
    let brains = |w: &mut Wave, random: &mut crate::values::Random| {
        for register in [A, B] {
            for lane in 0..32 {
                let mut value = || (random.below(33) as f32 - 16.0).to_bits() >> 16;
                let pair = value() | value() << 16;
                w.set_v(register, lane, pair);
            }
        }
        for lane in 0..32 {
            w.set_v(C, lane, (random.below(2001) as f32 - 1000.0).to_bits());
        }
    };
    let dot16 = |a: Halves, b: Halves| {
        (a.0[0].value() * b.0[0].value() + a.0[1].value() * b.0[1].value()) as f32
    };
    r.three("v_dot2_f32_f16", move |a: Halves, b: Halves, c: f32| dot16(a, b) + c).setup(halves);
    r.onto("v_dot2acc_f32_f16", move |a: Halves, b: Halves, d: f32| dot16(a, b) + d).setup(halves);
    r.three("v_dot2_f32_bf16", |a: Shorts, b: Shorts, c: f32| {
        let product = |i: usize| of_bf16(a.0[i]) * of_bf16(b.0[i]);
        product(0) + product(1) + c
    })
    .setup(brains);
    r.three("v_dot2_f16_f16", move |a: Halves, b: Halves, c: Half| {
        Half::of(f64::from(dot16(a, b)) + c.value())
    })
    .setup(move |w, random| {
        halves(w, random);
        (0..32).for_each(|lane| w.set_v(C, lane, narrow(random.below(65) as f32).into()));
    });
    r.three("v_dot2_bf16_bf16", |a: Shorts, b: Shorts, c: u16| {
        let product = |i: usize| of_bf16(a.0[i]) * of_bf16(b.0[i]);
        ((product(0) + product(1) + of_bf16(c)).to_bits() >> 16) as u16
    })
    .setup(|w, random| {
        // One product of small powers of two and a zero: exact in eight bits.
        for lane in 0..32 {
            let mut power = || (2f32.powi(random.below(7) as i32 - 3)).to_bits() >> 16;
            let (a, b) = (power(), power());
            w.set_v(A, lane, a);
            w.set_v(B, lane, b | 0x3f80_0000);
            w.set_v(C, lane, 0);
        }
    });
}
