//! VOPD: two operations at once, both reading before either writes.

use super::row::Rows;
use super::vop2::{max32, min32};
use super::wave::{A, B, Check, D, Halves, Wave};
use crate::values::Kind;

/// One half: what it does with its two sources and its old destination.
type Operation = (&'static str, &'static str, fn(u32, u32, u32, bool) -> u32);

fn float(f: fn(f32, f32) -> f32, a: u32, b: u32) -> u32 {
    f(f32::from_bits(a), f32::from_bits(b)).to_bits()
}

/// Text of the sources after `x` stands for the register offset of the half.
const OPERATIONS: [Operation; 16] = [
    ("v_dual_mov_b32", "{a}", |a, _, _, _| a),
    ("v_dual_add_f32", "{a}, {b}", |a, b, _, _| float(|a, b| a + b, a, b)),
    ("v_dual_sub_f32", "{a}, {b}", |a, b, _, _| float(|a, b| a - b, a, b)),
    ("v_dual_subrev_f32", "{a}, {b}", |a, b, _, _| float(|a, b| b - a, a, b)),
    ("v_dual_mul_f32", "{a}, {b}", |a, b, _, _| float(|a, b| a * b, a, b)),
    ("v_dual_mul_dx9_zero_f32", "{a}, {b}", |a, b, _, _| {
        float(|a, b| if a == 0.0 || b == 0.0 { 0.0 } else { a * b }, a, b)
    }),
    ("v_dual_min_f32", "{a}, {b}", |a, b, _, _| float(min32, a, b)),
    ("v_dual_max_f32", "{a}, {b}", |a, b, _, _| float(max32, a, b)),
    ("v_dual_fmac_f32", "{a}, {b}", |a, b, d, _| {
        f32::from_bits(a).mul_add(f32::from_bits(b), f32::from_bits(d)).to_bits()
    }),
    ("v_dual_fmaak_f32", "{a}, {b}, 0x41234567", |a, b, _, _| {
        let k = f32::from_bits(0x4123_4567);
        f32::from_bits(a).mul_add(f32::from_bits(b), k).to_bits()
    }),
    ("v_dual_fmamk_f32", "{a}, 0x41234567, {b}", |a, b, _, _| {
        let k = f32::from_bits(0x4123_4567);
        f32::from_bits(a).mul_add(k, f32::from_bits(b)).to_bits()
    }),
    ("v_dual_cndmask_b32", "{a}, {b}", |a, b, _, condition| if condition { b } else { a }),
    // Only the second half has these.
    ("v_dual_add_nc_u32", "{a}, {b}", |a, b, _, _| a.wrapping_add(b)),
    ("v_dual_lshlrev_b32", "{a}, {b}", |a, b, _, _| b << (a & 31)),
    ("v_dual_and_b32", "{a}, {b}", |a, b, _, _| a & b),
    ("v_dual_dot2acc_f32_f16", "{a}, {b}", |a, b, d, _| {
        let half = |word: u32| {
            <Halves as super::wave::Value>::from_bits(word.into()).0.map(super::wave::Half::value)
        };
        let (a, b) = (half(a), half(b));
        ((a[0] * b[0] + a[1] * b[1]) as f32 + f32::from_bits(d)).to_bits()
    }),
];

pub(super) fn rows(r: &mut Rows) {
    // The first half has the first twelve operations, the second half all of them.
    for (x, first) in OPERATIONS[..12].iter().enumerate() {
        for y in [(x + 1) % 15, (x + 5) % 15, (x + 8) % 15, 12 + x % 3] {
            pair(r, *first, OPERATIONS[y]);
        }
    }
    dots(r);
    exchange(r);
    constants(r);
}

fn text(operation: Operation, destination: usize, a: usize, b: usize) -> String {
    let sources = operation.1.replace("{a}", &format!("v{a}")).replace("{b}", &format!("v{b}"));
    format!("{} v{destination}, {sources}", operation.0)
}

fn pair(r: &mut Rows, x: Operation, y: Operation) {
    let line = format!("{} :: {}", text(x, D, A, B), text(y, D + 1, A + 1, B + 1));
    r.wave(&line, move |w| {
        for lane in w.lanes() {
            let condition = w.vcc() >> lane & 1 == 1;
            let run = |operation: Operation, w: &Wave, at: usize| {
                operation.2(w.v(A + at, lane), w.v(B + at, lane), w.v(D + at, lane), condition)
            };
            let (first, second) = (run(x, w, 0), run(y, w, 1));
            w.set_v(D, lane, first);
            w.set_v(D + 1, lane, second);
        }
    })
    .kinds(&[Kind::F32, Kind::F32, Kind::F32, Kind::F32])
    .check(Check::NanPair)
    .setup(ordinary);
}

/// Every other wave holds small integers, which the integer halves like better.
fn ordinary(w: &mut Wave, random: &mut crate::values::Random) {
    if random.below(2) == 0 {
        for register in [A + 1, B + 1] {
            (0..32).for_each(|lane| w.set_v(register, lane, random.below(40)));
        }
    }
}

fn dots(r: &mut Rows) {
    let dot = OPERATIONS[15];
    for (x, y) in [(dot, OPERATIONS[0]), (OPERATIONS[4], dot)] {
        pair(r, x, y);
        let row = r.0.last_mut().expect("a row was pushed");
        row.setup(|w, random| {
            for lane in 0..32 {
                for register in [A, A + 1, B, B + 1] {
                    let mut half = || super::wave::Half::of(f64::from(random.below(17)) - 8.0).0;
                    let bits = u32::from(half()) | u32::from(half()) << 16;
                    w.set_v(register, lane, bits);
                }
                for register in [D, D + 1] {
                    w.set_v(register, lane, (random.below(200) as f32).to_bits());
                }
            }
        });
    }
}

/// Each half reads what the other writes: the old values count.
fn exchange(r: &mut Rows) {
    r.wave("v_dual_mov_b32 v32, v9 :: v_dual_mov_b32 v9, v32", |w| {
        for lane in w.lanes() {
            let (a, d) = (w.v(A + 1, lane), w.v(D, lane));
            w.set_v(D, lane, a);
            w.set_v(A + 1, lane, d);
        }
    });
    r.wave("v_dual_mov_b32 v32, v33 :: v_dual_add_nc_u32 v33, v10, v32", |w| {
        for lane in w.lanes() {
            let (a, x, y) = (w.v(A + 2, lane), w.v(D, lane), w.v(D + 1, lane));
            w.set_v(D, lane, y);
            w.set_v(D + 1, lane, a.wrapping_add(x));
        }
    });
}

fn constants(r: &mut Rows) {
    r.wave("v_dual_mov_b32 v32, 0 :: v_dual_mov_b32 v33, 1.0", |w| {
        for lane in w.lanes() {
            w.set_v(D, lane, 0);
            w.set_v(D + 1, lane, 1f32.to_bits());
        }
    });
    r.wave("v_dual_mov_b32 v32, 0x12345678 :: v_dual_add_nc_u32 v33, 0x12345678, v9", |w| {
        for lane in w.lanes() {
            let sum = w.v(A + 1, lane).wrapping_add(0x1234_5678);
            w.set_v(D, lane, 0x1234_5678);
            w.set_v(D + 1, lane, sum);
        }
    });
    r.wave("v_dual_mov_b32 v32, s16 :: v_dual_and_b32 v33, s17, v9", |w| {
        for lane in w.lanes() {
            let and = w.s(17) & w.v(A + 1, lane);
            w.set_v(D, lane, w.s(16));
            w.set_v(D + 1, lane, and);
        }
    });
}
