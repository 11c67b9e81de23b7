//! Double precision and 64-bit products.

use super::trans::inverse_root;
use crate::machine::Wave;
use crate::machine::float::{add64, fma64, ldexp64, max64, min64, mul64};
use crate::machine::lanes::Lanes;
use crate::machine::step::{Exec, Step};

/// The f64 operations, and the products of 32-bit integers to 64 bits.
///
/// Reciprocals and roots are exact to the last bit, which is well within the documented 2^29 ulp.
pub(super) fn find(name: &str) -> Option<Exec> {
    Some(match name {
        "v_add_f64" => round64!(|a, b, _c, r| add64(a, b, r)),
        "v_mul_f64" => round64!(|a, b, _c, r| mul64(a, b, r)),
        "v_fma_f64" => round64!(|a, b, c, r| fma64(a, b, c, r)),
        "v_min_f64" => op64!(|a, b| min64(a, b)),
        "v_max_f64" => op64!(|a, b| max64(a, b)),
        "v_trunc_f64" => op64!(|a| a.trunc()),
        "v_ceil_f64" => op64!(|a| a.ceil()),
        "v_floor_f64" => op64!(|a| a.floor()),
        "v_rndne_f64" => op64!(|a| a.round_ties_even()),
        "v_fract_f64" => op64!(|a| {
            let part = a - a.floor();
            if part >= 1.0 { f64::from_bits(0x3fef_ffff_ffff_ffff) } else { part }
        }),
        "v_rcp_f64" => op64!(|a| 1.0 / a),
        "v_rsq_f64" => op64!(|a| inverse_root(a)),
        "v_sqrt_f64" => op64!(|a| a.sqrt()),
        "v_ldexp_f64" => wide!(|a, b| ldexp64(f64::from_bits(a), b as i32).to_bits()),
        "v_frexp_mant_f64" => op64!(|a| mantissa(a)),
        "v_frexp_exp_i32_f64" => wide!(|a| u64::from(exponent(f64::from_bits(a)) as u32)),
        "v_trig_preop_f64" => wide!(|a, b| two_over_pi(f64::from_bits(a), b as u32).to_bits()),
        "v_mad_u64_u32" => exec!(|w, s| w.multiply_add(s, |a, b, c| {
            let exact = u128::from(a) * u128::from(b) + u128::from(c);
            (exact as u64, exact >> 64 != 0)
        })),
        "v_mad_i64_i32" => exec!(|w, s| w.multiply_add(s, |a, b, c| {
            let product = i128::from(a as i32) * i128::from(b as i32);
            let exact = product + i128::from(c as i64);
            (exact as u64, exact >> 64 & 1 == 1)
        })),
        _ => return None,
    })
}

impl Wave {
    /// A 64-bit result with a bit per lane beside it.
    fn multiply_add(&mut self, s: &Step, f: impl Fn(u32, u32, u64) -> (u64, bool)) {
        let special = self.special(s);
        let (a, b) = (self.value(s, 0, special), self.value(s, 1, special));
        let c = self.value64(s, 2, special);
        let mask = Lanes::mask_of(|i| f(a.0[i], b.0[i], c[i]).1);
        let out = std::array::from_fn(|i| f(a.0[i], b.0[i], c[i]).0);
        self.put64(s, out, special);
        self.set_mask(s, mask, special);
    }
}

fn mantissa(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let normal = if x.is_subnormal() { x * TWO_64 } else { x };
    f64::from_bits(normal.to_bits() & !(0x7ff << 52) | 0x3fe << 52)
}

fn exponent(x: f64) -> i32 {
    if x == 0.0 || !x.is_finite() {
        return 0;
    }
    let (normal, lift) = if x.is_subnormal() { (x * TWO_64, 64) } else { (x, 0) };
    (normal.to_bits() >> 52 & 0x7ff) as i32 - 1022 - lift
}

const TWO_64: f64 = 18_446_744_073_709_551_616.0;

/// The first 1216 binary digits of 2/pi after the point, the first one highest.
const TWO_OVER_PI: [u64; 19] = [
    0xa2f9_836e_4e44_1529,
    0xfc27_57d1_f534_ddc0,
    0xdb62_9599_3c43_9041,
    0xfe51_63ab_debb_c561,
    0xb724_6e3a_424d_d2e0,
    0x0649_2eea_09d1_921c,
    0xfe1d_eb1c_b129_a73e,
    0xe882_35f5_2ebb_4484,
    0xe99c_7026_b45f_7e41,
    0x3991_d639_8353_39f4,
    0x9c84_5f8b_bdf9_283b,
    0x1ff8_97ff_de05_980f,
    0xef2f_118b_5a0a_6d1f,
    0x6d36_7ecf_27cb_09b7,
    0x4f46_3f66_9e5f_ea2d,
    0x7527_bac7_ebe5_f17b,
    0x3d07_39f7_8a52_92ea,
    0x6bfb_5fb1_1f8d_5d08,
    0x5603_3046_fc7b_6bab,
];

/// The 53 digits of 2/pi from `53 * segment` on, or later for arguments beyond 2^54, scaled to their place.
fn two_over_pi(x: f64, segment: u32) -> f64 {
    let field = (x.to_bits() >> 52 & 0x7ff) as i32;
    let shift = (segment & 31) as i32 * 53 + (field - 1077).max(0);
    let digit = |at: i32| {
        let word = TWO_OVER_PI.get(at as usize / 64).copied().unwrap_or(0);
        word >> (63 - at % 64) & 1
    };
    let digits = (0..53).fold(0, |bits: u64, i| bits << 1 | digit(shift + i));
    let scale = -53 - shift + if field >= 1968 { 128 } else { 0 };
    ldexp64(digits as f64, scale)
}
