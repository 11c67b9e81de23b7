//! Two 16-bit values a register: packed arithmetic, and conversions that pack.

use super::convert::{snorm, unorm};
use super::int::median;
use crate::machine::float::{
    Round, f16_to_f32, f32_to_f16_in, fma16_in, max16, min16, mul16, odd_fma16,
};
use crate::machine::step::Exec;

/// The packed operations and their 16-bit companions. Where `clamp` is set, integers saturate.
pub(super) fn find(name: &str, clamp: bool) -> Option<Exec> {
    if clamp && let Some(saturating) = saturating(name) {
        return Some(saturating);
    }
    integers(name).or_else(|| floats(name)).or_else(|| packing(name))
}

fn integers(name: &str) -> Option<Exec> {
    Some(match name {
        "v_add_nc_u16" | "v_add_nc_i16" => op!(|a, b| a.wrapping_add(b)),
        "v_sub_nc_u16" | "v_sub_nc_i16" => op!(|a, b| a.wrapping_sub(b)),
        "v_mul_lo_u16" => op!(|a, b| a.wrapping_mul(b)),
        "v_mad_u16" | "v_mad_i16" => op!(|a, b, c| a.wrapping_mul(b).wrapping_add(c)),
        "v_max_u16" => op!(|a, b| u32::from((a as u16).max(b as u16))),
        "v_min_u16" => op!(|a, b| u32::from((a as u16).min(b as u16))),
        "v_max_i16" => op!(|a, b| (a as i16).max(b as i16) as u32),
        "v_min_i16" => op!(|a, b| (a as i16).min(b as i16) as u32),
        "v_max3_u16" => op!(|a, b, c| u32::from((a as u16).max(b as u16).max(c as u16))),
        "v_min3_u16" => op!(|a, b, c| u32::from((a as u16).min(b as u16).min(c as u16))),
        "v_med3_u16" => op!(|a, b, c| u32::from(median(a as u16, b as u16, c as u16))),
        "v_max3_i16" => op!(|a, b, c| (a as i16).max(b as i16).max(c as i16) as u32),
        "v_min3_i16" => op!(|a, b, c| (a as i16).min(b as i16).min(c as i16) as u32),
        "v_med3_i16" => op!(|a, b, c| median(a as i16, b as i16, c as i16) as u32),
        "v_pk_add_u16" | "v_pk_add_i16" => pair!(|a, b| a.wrapping_add(b)),
        "v_pk_sub_u16" | "v_pk_sub_i16" => pair!(|a, b| a.wrapping_sub(b)),
        "v_pk_mul_lo_u16" => pair!(|a, b| a.wrapping_mul(b)),
        "v_pk_mad_u16" | "v_pk_mad_i16" => pair!(|a, b, c| a.wrapping_mul(b).wrapping_add(c)),
        "v_pk_max_u16" => pair!(|a, b| a.max(b)),
        "v_pk_min_u16" => pair!(|a, b| a.min(b)),
        "v_pk_max_i16" => pair!(|a, b| (a as i16).max(b as i16) as u32),
        "v_pk_min_i16" => pair!(|a, b| (a as i16).min(b as i16) as u32),
        "v_pk_lshlrev_b16" => pair!(|a, b| b << (a & 15)),
        "v_pk_lshrrev_b16" => pair!(|a, b| b >> (a & 15)),
        "v_pk_ashrrev_i16" => pair!(|a, b| (i32::from(b as i16) >> (a & 15)) as u32),
        _ => return None,
    })
}

fn saturating(name: &str) -> Option<Exec> {
    Some(match name {
        "v_add_nc_u16" | "v_pk_add_u16" => {
            pair!(|a, b| u32::from((a as u16).saturating_add(b as u16)))
        }
        "v_sub_nc_u16" | "v_pk_sub_u16" => {
            pair!(|a, b| u32::from((a as u16).saturating_sub(b as u16)))
        }
        "v_add_nc_i16" | "v_pk_add_i16" => pair!(|a, b| (a as i16).saturating_add(b as i16) as u32),
        "v_sub_nc_i16" | "v_pk_sub_i16" => pair!(|a, b| (a as i16).saturating_sub(b as i16) as u32),
        "v_mul_lo_u16" | "v_pk_mul_lo_u16" => {
            pair!(|a, b| u32::from((a as u16).saturating_mul(b as u16)))
        }
        "v_mad_u16" | "v_pk_mad_u16" => pair!(|a, b, c| {
            let exact = u64::from(a as u16) * u64::from(b as u16) + u64::from(c as u16);
            exact.min(0xffff) as u32
        }),
        "v_mad_i16" | "v_pk_mad_i16" => pair!(|a, b, c| {
            let exact = i64::from(a as i16) * i64::from(b as i16) + i64::from(c as i16);
            exact.clamp(-0x8000, 0x7fff) as u32
        }),
        _ => return None,
    })
}

fn floats(name: &str) -> Option<Exec> {
    const ONE: u32 = 0x3c00;
    Some(match name {
        "v_pk_add_f16" => halves!(|a, b| a + b, |r| fma16_in(a, ONE, b, r)),
        "v_pk_mul_f16" => halves!(|a, b| a * b, |r| mul16(a, b, r)),
        "v_pk_fma_f16" | "v_pk_fmac_f16" => {
            halves!(|a, b, c| odd_fma16(a, b, c), |r| fma16_in(a, b, c, r))
        }
        "v_pk_min_f16" => pair!(|a, b| min16(a, b)),
        "v_pk_max_f16" => pair!(|a, b| max16(a, b)),
        _ => return None,
    })
}

fn packing(name: &str) -> Option<Exec> {
    Some(match name {
        "v_pack_b32_f16" => op!(|a, b| a & 0xffff | b << 16),
        "v_cvt_pk_rtz_f16_f32" => op!(|a, b| toward_zero(a) | toward_zero(b) << 16),
        "v_cvt_pk_i16_i32" => op!(|a, b| {
            let clamp = |x: u32| (x as i32).clamp(-0x8000, 0x7fff) as u32 & 0xffff;
            clamp(a) | clamp(b) << 16
        }),
        "v_cvt_pk_u16_u32" => op!(|a, b| a.min(0xffff) | b.min(0xffff) << 16),
        "v_cvt_pk_i16_f32" => op!(|a, b| {
            let convert = |x: u32| u32::from(f32::from_bits(x) as i16 as u16);
            convert(a) | convert(b) << 16
        }),
        "v_cvt_pk_u16_f32" => op!(|a, b| {
            let convert = |x: u32| u32::from(f32::from_bits(x) as u16);
            convert(a) | convert(b) << 16
        }),
        "v_cvt_pk_norm_i16_f32" => {
            op!(|a, b| snorm(f32::from_bits(a)) | snorm(f32::from_bits(b)) << 16)
        }
        "v_cvt_pk_norm_u16_f32" => {
            op!(|a, b| unorm(f32::from_bits(a)) | unorm(f32::from_bits(b)) << 16)
        }
        "v_cvt_pk_norm_i16_f16" => op!(|a, b| snorm(f16_to_f32(a)) | snorm(f16_to_f32(b)) << 16),
        "v_cvt_pk_norm_u16_f16" => op!(|a, b| unorm(f16_to_f32(a)) | unorm(f16_to_f32(b)) << 16),
        "v_cvt_pk_u8_f32" => op!(|a, b, c| {
            let shift = 8 * (b & 3);
            c & !(0xff << shift) | u32::from(f32::from_bits(a) as u8) << shift
        }),
        _ => return None,
    })
}

/// An f32 as f16, rounded toward zero: what is too large becomes the greatest finite value.
#[inline(always)]
fn toward_zero(bits: u32) -> u32 {
    f32_to_f16_in(f32::from_bits(bits), Round::Zero)
}
