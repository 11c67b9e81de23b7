//! Three operands: multiply-add, bit fields, medians, division, sums of differences.

use super::row::Rows;
use super::vop2::{max32, min32};
use super::wave::{A, B, Bytes, C, D, Shorts};
use crate::values::Kind;

pub(super) fn rows(r: &mut Rows) {
    floats(r);
    multiplies(r);
    bit_fields(r);
    sums(r);
    minima(r);
    differences(r);
    packs(r);
    cube(r);
    masks(r);
}

fn floats(r: &mut Rows) {
    r.three("v_fma_f32", |a: f32, b: f32, c: f32| a.mul_add(b, c));
    r.three("v_fma_f32 v32, -v8, v16, |v24|", |a: f32, b: f32, c: f32| (-a).mul_add(b, c.abs()));
    r.three("v_fma_f32 v32, v8, |v16|, -v24", |a: f32, b: f32, c: f32| a.mul_add(b.abs(), -c));
    r.three(
        "v_fma_dx9_zero_f32",
        |a: f32, b: f32, c: f32| {
            if a == 0.0 || b == 0.0 { c } else { a.mul_add(b, c) }
        },
    );
    r.three("v_mullit_f32", |a: f32, b: f32, c: f32| {
        let lowest = b == -f32::MAX || b == f32::NEG_INFINITY || b.is_nan();
        match () {
            () if lowest || c <= 0.0 || c.is_nan() => -f32::MAX,
            () => a * b,
        }
    })
    // The sign of a product with a zero is not documented.
    .kinds(&[Kind::Tame32; 3]);
}

fn multiplies(r: &mut Rows) {
    let wide = |a: i32, b: i32| i64::from(a) * i64::from(b);
    let uwide = |a: u32, b: u32| u64::from(a) * u64::from(b);
    r.two("v_mul_lo_u32", u32::wrapping_mul);
    r.two("v_mul_hi_u32", move |a: u32, b: u32| (uwide(a, b) >> 32) as u32);
    r.two("v_mul_hi_i32", move |a: i32, b: i32| (wide(a, b) >> 32) as i32);
    let s24 = |a: u32| (a << 8) as i32 >> 8;
    r.three("v_mad_i32_i24", move |a: u32, b: u32, c: u32| {
        (wide(s24(a), s24(b)) as u32).wrapping_add(c)
    });
    r.three("v_mad_u32_u24", move |a: u32, b: u32, c: u32| {
        (uwide(a & 0xff_ffff, b & 0xff_ffff) as u32).wrapping_add(c)
    });
    r.three("v_mad_u32_u16", |a: u16, b: u16, c: u32| {
        (u32::from(a) * u32::from(b)).wrapping_add(c)
    });
    r.three("v_mad_i32_i16", |a: i16, b: i16, c: i32| {
        (i32::from(a) * i32::from(b)).wrapping_add(c)
    });
    r.wave("v_mad_u64_u32 v[32:33], s28, v8, v16, v[24:25]", move |w| {
        let mut carry = 0;
        for lane in w.lanes() {
            let (a, b, c) = (w.v(A, lane), w.v(B, lane), w.get::<u64>(C, lane));
            let (sum, over) = uwide(a, b).overflowing_add(c);
            w.put(D, lane, sum);
            carry |= u32::from(over) << lane;
        }
        w.set_s(28, carry);
    })
    .kinds(&[Kind::I32, Kind::I32, Kind::I64]);
    r.three("v_mad_u64_u32 v[32:33], null, v8, v16, v[24:25]", move |a: u32, b: u32, c: u64| {
        uwide(a, b).wrapping_add(c)
    });
    r.three("v_mad_i64_i32 v[32:33], null, v8, v16, v[24:25]", move |a: i32, b: i32, c: i64| {
        wide(a, b).wrapping_add(c)
    });
}

fn bit_fields(r: &mut Rows) {
    r.three("v_bfe_u32", |a: u32, b: u32, c: u32| a >> (b & 31) & ((1 << (c & 31)) - 1));
    r.three("v_bfe_i32", |a: i32, b: u32, c: u32| {
        let width = c & 31;
        let field = a >> (b & 31);
        if width == 0 { 0 } else { field << (32 - width) >> (32 - width) }
    });
    r.three("v_bfi_b32", |a: u32, b: u32, c: u32| a & b | !a & c);
    r.two("v_bfm_b32", |a: u32, b: u32| ((1u32 << (a & 31)) - 1) << (b & 31));
    r.three("v_alignbit_b32 v32, v8, v16, v24.l", |a: u32, b: u32, c: u32| {
        ((u64::from(a) << 32 | u64::from(b)) >> (c & 31)) as u32
    });
    r.three("v_alignbit_b32 v32, v8, v16, 7", |a: u32, b: u32, _: u32| a << 25 | b >> 7);
    r.three("v_alignbyte_b32 v32, v8, v16, v24.l", |a: u32, b: u32, c: u32| {
        ((u64::from(a) << 32 | u64::from(b)) >> (8 * (c & 3))) as u32
    });
    r.three("v_perm_b32", |a: u32, b: u32, c: u32| permute(a, b, c));
    r.three("v_perm_b32", |a: u32, b: u32, c: u32| permute(a, b, c)).setup(|w, random| {
        for lane in 0..32 {
            let selector = [(); 4].map(|()| random.below(16) as u8);
            w.set_v(C, lane, u32::from_le_bytes(selector));
        }
    });
}

/// Bytes of {A, B} by selectors: 8 to 11 repeat a sign, 12 is zero and more is all ones.
fn permute(high: u32, low: u32, selectors: u32) -> u32 {
    let data = u64::from(high) << 32 | u64::from(low);
    let byte = |selector: u8| match selector {
        0..8 => (data >> (8 * selector)) as u8,
        8..12 => (((data >> (16 * (selector - 8) + 15)) & 1) as u8) * 0xff,
        12 => 0,
        _ => 0xff,
    };
    u32::from_le_bytes(selectors.to_le_bytes().map(byte))
}

fn sums(r: &mut Rows) {
    let add = u32::wrapping_add;
    r.three("v_add3_u32", move |a: u32, b: u32, c: u32| add(add(a, b), c));
    r.three("v_lshl_add_u32", move |a: u32, b: u32, c: u32| add(a << (b & 31), c));
    r.three("v_add_lshl_u32", move |a: u32, b: u32, c: u32| add(a, b) << (c & 31));
    r.three("v_xad_u32", move |a: u32, b: u32, c: u32| add(a ^ b, c));
    r.three("v_lshl_or_b32", |a: u32, b: u32, c: u32| a << (b & 31) | c);
    r.three("v_and_or_b32", |a: u32, b: u32, c: u32| a & b | c);
    r.three("v_or3_b32", |a: u32, b: u32, c: u32| a | b | c);
    r.three("v_xor3_b32", |a: u32, b: u32, c: u32| a ^ b ^ c);
    r.two("v_bcnt_u32_b32", move |a: u32, b: u32| add(a.count_ones(), b));
    r.three("v_lerp_u8", |a: Bytes, b: Bytes, c: Bytes| {
        let mean = |i: usize| (u16::from(a.0[i]) + u16::from(b.0[i]) + u16::from(c.0[i] & 1)) / 2;
        Bytes(std::array::from_fn(|i| mean(i) as u8))
    });
}

fn minima(r: &mut Rows) {
    r.three("v_min3_f32", |a: f32, b: f32, c: f32| min32(min32(a, b), c));
    r.three("v_max3_f32", |a: f32, b: f32, c: f32| max32(max32(a, b), c));
    r.three("v_minmax_f32", |a: f32, b: f32, c: f32| max32(min32(a, b), c));
    r.three("v_maxmin_f32", |a: f32, b: f32, c: f32| min32(max32(a, b), c));
    r.three("v_med3_f32", |a: f32, b: f32, c: f32| {
        let top = max32(max32(a, b), c);
        match () {
            () if a.is_nan() || b.is_nan() || c.is_nan() => min32(min32(a, b), c),
            () if top == a => max32(b, c),
            () if top == b => max32(a, c),
            () => max32(a, b),
        }
    });
    r.three("v_min3_i32", |a: i32, b: i32, c: i32| a.min(b).min(c));
    r.three("v_max3_i32", |a: i32, b: i32, c: i32| a.max(b).max(c));
    r.three("v_med3_i32", |a: i32, b: i32, c: i32| a.min(b).max(a.max(b).min(c)));
    r.three("v_minmax_i32", |a: i32, b: i32, c: i32| a.min(b).max(c));
    r.three("v_maxmin_i32", |a: i32, b: i32, c: i32| a.max(b).min(c));
    r.three("v_min3_u32", |a: u32, b: u32, c: u32| a.min(b).min(c));
    r.three("v_max3_u32", |a: u32, b: u32, c: u32| a.max(b).max(c));
    r.three("v_med3_u32", |a: u32, b: u32, c: u32| a.min(b).max(a.max(b).min(c)));
    r.three("v_minmax_u32", |a: u32, b: u32, c: u32| a.min(b).max(c));
    r.three("v_maxmin_u32", |a: u32, b: u32, c: u32| a.max(b).min(c));
}

fn sad(a: u32, b: u32, masked: bool) -> u32 {
    let pairs = a.to_le_bytes().into_iter().zip(b.to_le_bytes());
    pairs.map(|(a, b)| if masked && b == 0 { 0 } else { u32::from(a.abs_diff(b)) }).sum()
}

fn differences(r: &mut Rows) {
    r.three("v_sad_u8", |a: u32, b: u32, c: u32| sad(a, b, false).wrapping_add(c));
    r.three("v_sad_hi_u8", |a: u32, b: u32, c: u32| (sad(a, b, false) << 16).wrapping_add(c));
    r.three("v_msad_u8", |a: u32, b: u32, c: u32| sad(a, b, true).wrapping_add(c));
    r.three("v_sad_u32", |a: u32, b: u32, c: u32| a.abs_diff(b).wrapping_add(c));
    r.three("v_sad_u16", |a: Shorts, b: Shorts, c: u32| {
        let difference = |i: usize| u32::from(a.0[i].abs_diff(b.0[i]));
        difference(0).wrapping_add(difference(1)).wrapping_add(c)
    });
    let four = |a: u64, b: u32, c: u64, masked: bool| {
        let slice = |i: u32| {
            let sum = sad((a >> (8 * i)) as u32, b, masked);
            u64::from((sum as u16).wrapping_add((c >> (16 * i)) as u16)) << (16 * i)
        };
        (0..4).map(slice).fold(0, |all, part| all | part)
    };
    r.three("v_qsad_pk_u16_u8", move |a: u64, b: u32, c: u64| four(a, b, c, false));
    r.three("v_mqsad_pk_u16_u8", move |a: u64, b: u32, c: u64| four(a, b, c, true));
    r.wave("v_mqsad_u32_u8 v[32:35], v[8:9], v16, v[24:27]", |w| {
        for lane in w.lanes() {
            let (a, b): (u64, u32) = (w.get(A, lane), w.get(B, lane));
            for i in 0..4 {
                let sum = sad((a >> (8 * i)) as u32, b, true);
                w.set_v(D + i, lane, sum.wrapping_add(w.v(C + i, lane)));
            }
        }
    });
}

fn packs(r: &mut Rows) {
    r.two("v_cvt_pk_i16_i32", |a: i32, b: i32| {
        Shorts([a, b].map(|x| x.clamp(-32768, 32767) as u16))
    });
    r.two("v_cvt_pk_u16_u32", |a: u32, b: u32| Shorts([a, b].map(|x| x.min(65535) as u16)));
    r.two("v_cvt_pk_i16_f32", |a: f32, b: f32| Shorts([a, b].map(|x| x as i16 as u16)));
    r.two("v_cvt_pk_u16_f32", |a: f32, b: f32| Shorts([a, b].map(|x| x as u16)));
    r.two("v_cvt_pk_norm_i16_f32", |a: f32, b: f32| {
        Shorts(
            [a, b]
                .map(|x| (f64::from(x).clamp(-1.0, 1.0) * 32767.0).round_ties_even() as i16 as u16),
        )
    })
    .setup(fractions);
    r.two("v_cvt_pk_norm_u16_f32", |a: f32, b: f32| {
        Shorts([a, b].map(|x| (f64::from(x).clamp(0.0, 1.0) * 65535.0).round_ties_even() as u16))
    })
    .setup(fractions);
    r.three("v_cvt_pk_u8_f32", |a: f32, b: u32, c: u32| {
        let shift = 8 * (b & 3);
        c & !(0xff << shift) | u32::from(a as u8) << shift
    })
    .setup(|w, random| {
        for lane in 0..32 {
            w.set_v(A, lane, (random.below(600) as f32 - 200.0).to_bits());
        }
    });
}

/// Numbers around [-1, 1] whose products with 2^k - 1 are well away from a tie.
fn fractions(w: &mut super::wave::Wave, random: &mut crate::values::Random) {
    const VALUES: [f32; 9] =
        [0.0, 1.0, -1.0, 3.0, -3.0, f32::INFINITY, f32::NEG_INFINITY, 0.25, -0.25];
    for lane in 0..32 {
        w.set_v(A, lane, VALUES[random.below(9) as usize].to_bits());
        w.set_v(B, lane, VALUES[random.below(9) as usize].to_bits());
    }
}

fn cube(r: &mut Rows) {
    // 2 for z, 1 for y, 0 for x: the axis of the largest magnitude.
    let axis = |x: f32, y: f32, z: f32| match () {
        () if z.abs() >= x.abs() && z.abs() >= y.abs() => 2,
        () if y.abs() >= x.abs() => 1,
        () => 0,
    };
    let tame = [Kind::Tame32; 3];
    r.three("v_cubeid_f32", move |x: f32, y: f32, z: f32| {
        let axis = axis(x, y, z);
        (2 * axis) as f32 + if [x, y, z][axis] < 0.0 { 1.0 } else { 0.0 }
    })
    .kinds(&tame);
    r.three("v_cubesc_f32", move |x: f32, y: f32, z: f32| match axis(x, y, z) {
        2 => {
            if z < 0.0 {
                -x
            } else {
                x
            }
        }
        1 => x,
        _ => {
            if x < 0.0 {
                z
            } else {
                -z
            }
        }
    })
    .kinds(&tame);
    r.three("v_cubetc_f32", move |x: f32, y: f32, z: f32| match axis(x, y, z) {
        1 => {
            if y < 0.0 {
                -z
            } else {
                z
            }
        }
        _ => -y,
    })
    .kinds(&tame);
    r.three("v_cubema_f32", move |x: f32, y: f32, z: f32| 2.0 * [x, y, z][axis(x, y, z)])
        .kinds(&tame);
}

fn masks(r: &mut Rows) {
    r.wave("v_mbcnt_lo_u32_b32 v32, s16, v8", |w| {
        for lane in w.lanes() {
            let below = w.s(16) & ((1u32 << lane) - 1);
            w.set_v(D, lane, below.count_ones().wrapping_add(w.v(A, lane)));
        }
    });
    // Of 64 lanes the upper ones do not exist in wave32: nothing is counted.
    r.wave("v_mbcnt_hi_u32_b32 v32, s16, v8", |w| {
        for lane in w.lanes() {
            w.set_v(D, lane, w.v(A, lane));
        }
    });
    r.wave("v_mbcnt_lo_u32_b32 v32, -1, 0", |w| {
        for lane in w.lanes() {
            w.set_v(D, lane, lane as u32);
        }
    });
}
