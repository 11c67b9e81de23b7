//! What MODE and the modifiers change: rounding, denormals, clamps and output scales.

use super::row::Rows;
use super::vop2::{max32, min32};
use super::wave::{B, C, D, Half, Halves, Wave};
use crate::numbers::{F16, F32, Round};
use crate::values::{Kind, Random};

pub(super) fn rows(r: &mut Rows) {
    roundings(r);
    half_roundings(r);
    denormals(r);
    clamps(r);
    scales(r);
}

const MODES: [(Round, u32); 4] =
    [(Round::Nearest, 0), (Round::Up, 1), (Round::Down, 2), (Round::Zero, 3)];

/// An instruction between a change of MODE's low byte and its restoration.
fn within(mode: u32, text: &str) -> String {
    format!(
        "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 8), {mode:#x}\n{text}\n\
         s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 8), 0xf0"
    )
}

fn fused(a: f32, b: f32, c: f32, mode: Round) -> f32 {
    let bits = |x: f32| u64::from(x.to_bits());
    f32::from_bits(F32.fma(bits(a), bits(b), bits(c), mode) as u32)
}

fn roundings(r: &mut Rows) {
    let tame = [Kind::Tame32; 3];
    for (mode, number) in MODES {
        let text = |op: &str| within(0xf0 | number, op);
        r.two(&text("v_add_f32 v32, v8, v16"), move |a: f32, b: f32| fused(a, 1.0, b, mode))
            .kinds(&tame);
        r.two(&text("v_mul_f32 v32, v8, v16"), move |a: f32, b: f32| fused(a, b, 0.0, mode))
            .kinds(&tame);
        r.three(&text("v_fma_f32 v32, v8, v16, v24"), move |a: f32, b: f32, c: f32| {
            fused(a, b, c, mode)
        })
        .kinds(&tame);
        r.one(&text("v_cvt_f32_i32 v32, v8"), move |a: i32| {
            f32::from_bits(F32.round(a.into(), 0, false, mode) as u32)
        });
        // The nearest even integer is not a matter of the mode.
        r.one(&text("v_rndne_f32 v32, v8"), f32::round_ties_even);
    }
}

fn half_roundings(r: &mut Rows) {
    for (mode, number) in MODES {
        let text = |op: &str| within(0xf0 | number << 2, op);
        let fma = move |a: Half, b: Half, c: Half| {
            Half(F16.fma(a.0.into(), b.0.into(), c.0.into(), mode) as u16)
        };
        r.two(&text("v_pk_mul_f16 v32, v8, v16"), move |a: Halves, b: Halves| {
            Halves([0, 1].map(|i| fma(a.0[i], b.0[i], Half(0))))
        })
        .kinds(&[Kind::Tame16x2; 2]);
        r.three(&text("v_fma_f16 v32.l, v8.l, v16.l, v24.l"), fma).kinds(&[Kind::Tame16x2; 3]);
        r.one(&text("v_cvt_f16_f32 v32.l, v8"), move |a: f32| {
            Half(F16.convert(F32, a.to_bits().into(), mode) as u16)
        });
    }
}

/// A denormal as the zero of its sign.
fn flush(a: f32) -> f32 {
    if a.is_subnormal() { 0f32.copysign(a) } else { a }
}

fn small(w: &mut Wave, random: &mut Random) {
    for register in [super::wave::A, B] {
        for lane in 0..32 {
            w.set_v(register, lane, random.bits() & 0x82ff_ffff);
        }
    }
}

fn denormals(r: &mut Rows) {
    // Bit 4 allows denormal singles as inputs, bit 5 as outputs.
    for bits in [0xc0u32, 0xd0, 0xe0] {
        let input = move |a: f32| if bits & 0x10 != 0 { a } else { flush(a) };
        let output = move |a: f32| if bits & 0x20 != 0 { a } else { flush(a) };
        r.two(&within(bits, "v_add_f32 v32, v8, v16"), move |a: f32, b: f32| {
            output(input(a) + input(b))
        })
        .setup(small);
        r.two(&within(bits, "v_mul_f32 v32, v8, v16"), move |a: f32, b: f32| {
            output(input(a) * input(b))
        })
        .setup(move |w, random| {
            small(w, random);
            (0..32).for_each(|lane| w.set_v(B, lane, 0x3e80_0000 + random.below(0x0180_0000)));
        });
    }
    more_denormals(r);
    // Those of halves and doubles have bits of their own.
    r.two(&within(0x30, "v_pk_add_f16 v32, v8, v16"), |a: Halves, b: Halves| {
        let flush = |a: Half| if a.0 & 0x7c00 == 0 { Half(a.0 & 0x8000) } else { a };
        Halves([0, 1].map(|i| {
            let sum = flush(a.0[i]).value() + flush(b.0[i]).value();
            flush(Half::of(sum))
        }))
    });
}

/// Fused sums flush as plain ones do. Minima and maxima flush what they read, and never their result.
fn more_denormals(r: &mut Rows) {
    for bits in [0xc0u32, 0xd0, 0xe0] {
        let input = move |a: f32| if bits & 0x10 != 0 { a } else { flush(a) };
        let output = move |a: f32| if bits & 0x20 != 0 { a } else { flush(a) };
        let factors = |w: &mut Wave, random: &mut Random| {
            small(w, random);
            for lane in 0..32 {
                let factor = 0x3e80_0000 + random.below(0x0180_0000);
                w.set_v(C, lane, w.v(B, lane));
                w.set_v(B, lane, factor);
            }
        };
        r.three(&within(bits, "v_fma_f32 v32, v8, v16, v24"), move |a: f32, b: f32, c: f32| {
            output(input(a).mul_add(input(b), input(c)))
        })
        .setup(factors);
        r.three(&within(bits, "v_dual_fmac_f32 v32, v8, v16 :: v_dual_mov_b32 v33, v33"), {
            move |a: f32, b: f32, _: u32| output(input(a).mul_add(input(b), 0.0))
        })
        .setup(move |w, random| {
            factors(w, random);
            (0..32).for_each(|lane| w.set_v(D, lane, 0));
        });
        r.two(&within(bits, "v_max_f32 v32, v8, v16"), move |a: f32, b: f32| {
            max32(input(a), input(b))
        })
        .setup(small);
        r.two(&within(bits, "v_min_f32 v32, v8, v16"), move |a: f32, b: f32| {
            min32(input(a), input(b))
        })
        .setup(small);
        r.compare(&within(bits, "v_cmp_eq_f32 vcc_lo, v8, v16"), move |a: f32, b: f32| {
            input(a) == input(b)
        })
        .setup(small);
    }
}

fn clamp(a: f32) -> f32 {
    // With dx10_clamp a NaN becomes zero, and so does -0.
    if a.is_nan() || a <= 0.0 { 0.0 } else { a.min(1.0) }
}

fn clamps(r: &mut Rows) {
    r.two("v_add_f32_e64 v32, v8, v16 clamp", |a: f32, b: f32| clamp(a + b));
    r.two("v_mul_f32_e64 v32, v8, v16 clamp", |a: f32, b: f32| clamp(a * b));
    r.three("v_fma_f32 v32, v8, v16, v24 clamp", |a: f32, b: f32, c: f32| clamp(a.mul_add(b, c)));
    r.two("v_max_f32_e64 v32, v8, v8 clamp", |a: f32, _: u32| clamp(a));
    r.two("v_add_f16_e64 v32.l, v8.l, v16.l clamp", |a: Half, b: Half| {
        let sum = a.value() + b.value();
        if sum.is_nan() || sum <= 0.0 { Half(0) } else { Half::of(sum.min(1.0)) }
    });
    r.two("v_add_f64 v[32:33], v[8:9], v[16:17] clamp", |a: f64, b: f64| {
        let sum = a + b;
        if sum.is_nan() || sum <= 0.0 { 0.0 } else { sum.min(1.0) }
    });
}

/// Output scales work where denormals of singles and the IEEE mode are off; elsewhere nothing happens
/// (LLVM, SIFoldOperands.cpp: "omod is ignored by hardware if IEEE bit is enabled").
fn scales(r: &mut Rows) {
    let bare = "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 9, 1), 0x0";
    let ieee = "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 9, 1), 0x1";
    let tame = [Kind::Tame32, Kind::Tame32];
    for (end, scale) in [("mul:2", 2.0f32), ("mul:4", 4.0), ("div:2", 0.5)] {
        let add = format!("v_add_f32_e64 v32, v8, v16 {end}");
        let text = within(0xc0, &format!("{bare}\n{add}\n{ieee}"));
        r.two(&text, move |a: f32, b: f32| (a + b) * scale).kinds(&tame);
        let clamped = format!("v_mul_f32_e64 v32, v8, v16 clamp {end}");
        let text = within(0xc0, &format!("{bare}\n{clamped}\n{ieee}"));
        r.two(&text, move |a: f32, b: f32| clamp(a * b * scale)).kinds(&tame);
        r.two(&within(0xc0, &add), |a: f32, b: f32| a + b).kinds(&tame);
        r.two(&within(0xf0, &format!("{bare}\n{add}\n{ieee}")), |a: f32, b: f32| a + b)
            .kinds(&tame);
    }
}

#[test]
fn an_exact_fused_sum_agrees_with_the_language() {
    let mut random = Random::new(7);
    for _ in 0..20_000 {
        let mut draw = || f32::from_bits(Kind::Tame32.draw(&mut random) as u32);
        let (a, b, c) = (draw(), draw(), draw());
        assert_eq!(fused(a, b, c, Round::Nearest).to_bits(), a.mul_add(b, c).to_bits());
    }
}
