//! Matrix products, from their definition: D = A * B + C on 16 by 16 matrices.
//!
//! A's row i and B's column i are what lane i holds, again in lane i + 16. Of C and D, register r
//! of lane l is the element in row 2r + l / 16 and column l % 16.

use super::packed::element;
use super::row::Rows;
use super::wave::{A, B, C, Check, D, Wave};
use crate::numbers::{BF16, F32, Round, f16_of, of_bf16, of_f16};
use crate::values::{Kind, Random};

pub(super) fn rows(r: &mut Rows) {
    for (bits, op) in [(8, "v_wmma_i32_16x16x16_iu8"), (4, "v_wmma_i32_16x16x16_iu4")] {
        for signs in [(false, false), (true, false), (false, true), (true, true)] {
            for clamp in [false, true] {
                integer(r, op, bits, signs, clamp);
            }
        }
        inline_accumulator(r, op, bits);
    }
    for brain in [false, true] {
        single(r, brain);
        negated(r, brain);
        narrow(r, brain, false);
        narrow(r, brain, true);
    }
    in_place(r);
    float_inline_accumulator(r);
}

/// Lane and register of an element of C or D.
fn place(row: usize, column: usize) -> (usize, usize) {
    (row / 2, column + 16 * (row % 2))
}

/// Lanes 16 to 31 of A and B must repeat lanes 0 to 15.
fn repeat(w: &mut Wave) {
    for register in (A..A + 8).chain(B..B + 8) {
        for lane in 0..16 {
            let value = w.v(register, lane);
            w.set_v(register, lane + 16, value);
        }
    }
}

fn registers(first: usize, count: usize) -> String {
    format!("v[{first}:{}]", first + count - 1)
}

fn integer(r: &mut Rows, op: &str, bits: u32, signs: (bool, bool), clamp: bool) {
    let operands = registers(A, bits as usize / 2);
    let others = registers(B, bits as usize / 2);
    let modifiers = format!(
        "neg_lo:[{},{},0]{}",
        u8::from(signs.0),
        u8::from(signs.1),
        if clamp { " clamp" } else { "" }
    );
    let text = format!("{op} v[32:39], {operands}, {others}, v[24:31] {modifiers}");
    r.wave(&text, move |w| {
        multiply(w, bits, signs, |w, row, column, sum| {
            let (register, lane) = place(row, column);
            let sum = i64::from(sum) + i64::from(w.v(C + register, lane) as i32);
            if clamp { sum.clamp(i32::MIN.into(), i32::MAX.into()) as u32 } else { sum as u32 }
        });
    })
    .kinds(&[Kind::I8x4, Kind::I8x4])
    .setup(|w, _| repeat(w))
    .all_lanes();
}

fn multiply(
    w: &mut Wave,
    bits: u32,
    signs: (bool, bool),
    finish: impl Fn(&Wave, usize, usize, i32) -> u32,
) {
    let per_register = (32 / bits) as usize;
    for row in 0..16 {
        for column in 0..16 {
            let product = |k: usize| {
                let (register, index) = (k / per_register, (k % per_register) as u32);
                element(w.v(A + register, row), index, bits, signs.0)
                    * element(w.v(B + register, column), index, bits, signs.1)
            };
            let sum: i32 = (0..16).map(product).sum();
            let (register, lane) = place(row, column);
            let value = finish(w, row, column, sum);
            w.set_v(D + register, lane, value);
        }
    }
}

fn inline_accumulator(r: &mut Rows, op: &str, bits: u32) {
    let (a, b) = (registers(A, bits as usize / 2), registers(B, bits as usize / 2));
    for constant in [0i32, 5, -16] {
        let text = format!("{op} v[32:39], {a}, {b}, {constant} neg_lo:[1,1,0]");
        r.wave(&text, move |w| {
            multiply(w, bits, (true, true), |_, _, _, sum| (sum + constant) as u32);
        })
        .setup(|w, _| repeat(w))
        .all_lanes();
    }
}

/// Element k of the row or column that a lane holds.
fn float_element(w: &Wave, first: usize, lane: usize, k: usize, brain: bool) -> f64 {
    let half = (w.v(first + k / 2, lane) >> (16 * (k % 2))) as u16;
    if brain { f64::from(of_bf16(half)) } else { of_f16(half) }
}

/// Sums in doubles: products are exact and the sum nearly so, whatever the order.
fn float_sum(w: &Wave, row: usize, column: usize, brain: bool) -> f64 {
    let product = |k| float_element(w, A, row, k, brain) * float_element(w, B, column, k, brain);
    (0..16).map(product).sum()
}

fn kinds(brain: bool) -> [Kind; 3] {
    let half = if brain { Kind::TameB16x2 } else { Kind::Tame16x2 };
    [half, half, Kind::Tame32]
}

fn name(brain: bool) -> &'static str {
    if brain { "bf16" } else { "f16" }
}

fn accumulators(w: &mut Wave, random: &mut Random) {
    repeat(w);
    for register in C..C + 8 {
        for lane in 0..32 {
            let value = (random.below(20_001) as f32 - 10_000.0) / 64.0;
            w.set_v(register, lane, value.to_bits());
        }
    }
}

fn single(r: &mut Rows, brain: bool) {
    let text = format!("v_wmma_f32_16x16x16_{} v[32:39], v[8:15], v[16:23], v[24:31]", name(brain));
    r.wave(&text, move |w| {
        for (row, column) in cells() {
            let (register, lane) = place(row, column);
            let c = f64::from(f32::from_bits(w.v(C + register, lane)));
            let sum = float_sum(w, row, column, brain) + c;
            w.set_v(D + register, lane, (sum as f32).to_bits());
        }
    })
    .kinds(&kinds(brain))
    .setup(accumulators)
    // Sixteen products of up to 2^8 in singles, summed in an order that is not documented.
    .check(Check::Near32(2000))
    .all_lanes();
}

fn cells() -> impl Iterator<Item = (usize, usize)> {
    (0..256).map(|cell| (cell / 16, cell % 16))
}

/// NEG_LO and NEG_HI negate the even and odd elements of A and B; on C they are negation and |.|.
fn negated(r: &mut Rows, brain: bool) {
    let op = format!("v_wmma_f32_16x16x16_{}", name(brain));
    let text = format!("{op} v[32:39], v[8:15], v[16:23], v[24:31] neg_lo:[1,0,1] neg_hi:[0,1,0]");
    r.wave(&text, move |w| {
        for (row, column) in cells() {
            // Even products are negated through A, odd ones through B.
            let (register, lane) = place(row, column);
            let c = f64::from(f32::from_bits(w.v(C + register, lane)));
            let sum = -float_sum(w, row, column, brain) - c;
            w.set_v(D + register, lane, (sum as f32).to_bits());
        }
    })
    .kinds(&kinds(brain))
    .setup(accumulators)
    .check(Check::Near32(2000))
    .all_lanes();
    let text = format!("{op} v[32:39], v[8:15], v[16:23], v[24:31] neg_hi:[0,0,1]");
    r.wave(&text, move |w| {
        for (row, column) in cells() {
            let (register, lane) = place(row, column);
            let c = f64::from(f32::from_bits(w.v(C + register, lane)).abs());
            let sum = float_sum(w, row, column, brain) + c;
            w.set_v(D + register, lane, (sum as f32).to_bits());
        }
    })
    .kinds(&kinds(brain))
    .setup(accumulators)
    .check(Check::Near32(2000))
    .all_lanes();
}

/// 16-bit C and D in one half of the registers; the other half of D is kept.
fn narrow(r: &mut Rows, brain: bool, high: bool) {
    let (n, select) = (name(brain), if high { " op_sel:[0,0,1]" } else { "" });
    let text = format!("v_wmma_{n}_16x16x16_{n} v[32:39], v[8:15], v[16:23], v[24:31]{select}");
    let shift = if high { 16 } else { 0 };
    r.wave(&text, move |w| {
        for (row, column) in cells() {
            let (register, lane) = place(row, column);
            let c = (w.v(C + register, lane) >> shift) as u16;
            let c = if brain { f64::from(of_bf16(c)) } else { of_f16(c) };
            let sum = float_sum(w, row, column, brain) + c;
            let half = match brain {
                false => f16_of(sum),
                true => {
                    let bits = u64::from((sum as f32).to_bits());
                    BF16.convert(F32, bits, Round::Nearest) as u16
                }
            };
            let kept = w.v(D + register, lane) & !(0xffff << shift);
            w.set_v(D + register, lane, kept | u32::from(half) << shift);
        }
    })
    .setup(move |w, random| integers(w, random, brain))
    .all_lanes();
}

/// Operands whose sums are integers below 2^8, so that every order of summing gives the same bits.
fn integers(w: &mut Wave, random: &mut Random, brain: bool) {
    let mut half = |limit: u32| {
        let value = random.below(2 * limit + 1) as f32 - limit as f32;
        if brain { value.to_bits() >> 16 } else { f16_of(value.into()).into() }
    };
    for register in (A..A + 8).chain(B..B + 8).chain(C..C + 8) {
        let limit = if register < C { 2 } else { 60 };
        for lane in 0..32 {
            let pair = half(limit) | half(limit) << 16;
            w.set_v(register, lane, pair);
        }
    }
    repeat(w);
}

/// The accumulator may be the destination.
fn in_place(r: &mut Rows) {
    r.wave("v_wmma_i32_16x16x16_iu8 v[32:39], v[8:11], v[16:19], v[32:39] neg_lo:[1,1,0]", |w| {
        let old = w.clone();
        multiply(w, 8, (true, true), |_, row, column, sum| {
            let (register, lane) = place(row, column);
            old.v(D + register, lane).wrapping_add(sum as u32)
        });
    })
    .setup(|w, _| repeat(w))
    .all_lanes();
}

fn float_inline_accumulator(r: &mut Rows) {
    for (text, constant) in [("0", 0.0), ("1.0", 1.0), ("-4.0", -4.0)] {
        let text = format!("v_wmma_f32_16x16x16_f16 v[32:39], v[8:15], v[16:23], {text}");
        r.wave(&text, move |w| {
            for (row, column) in cells() {
                let (register, lane) = place(row, column);
                let sum = float_sum(w, row, column, false) + constant;
                w.set_v(D + register, lane, (sum as f32).to_bits());
            }
        })
        .setup(|w, random| integers(w, random, false))
        .all_lanes();
    }
}
