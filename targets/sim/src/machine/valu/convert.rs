//! Conversions between formats. Out-of-range values saturate, and NaNs become zero.

use super::shape::to_f32;
use crate::machine::float::{Round, f16_to_f32, f32_to_f16, f32_to_f16_in};
use crate::machine::step::Exec;

/// The conversions of one value to one value.
pub(super) fn find(name: &str) -> Option<Exec> {
    Some(match name {
        "v_cvt_f32_i32" => exec!(|w, s| match w.mode().round32() {
            Round::Nearest => map!(w, s, |a| (a as i32 as f32).to_bits()),
            round => map!(w, s, |a| to_f32(f64::from(a as i32), round).to_bits()),
        }),
        "v_cvt_f32_u32" => exec!(|w, s| match w.mode().round32() {
            Round::Nearest => map!(w, s, |a| (a as f32).to_bits()),
            round => map!(w, s, |a| to_f32(f64::from(a), round).to_bits()),
        }),
        "v_cvt_i32_f32" => op!(|a| f32::from_bits(a) as i32 as u32),
        "v_cvt_u32_f32" => op!(|a| f32::from_bits(a) as u32),
        "v_cvt_nearest_i32_f32" => {
            // In f64, because in f32 adding a half may itself round up.
            op!(|a| (f64::from(f32::from_bits(a)) + 0.5).floor() as i32 as u32)
        }
        "v_cvt_floor_i32_f32" => op!(|a| f32::from_bits(a).floor() as i32 as u32),
        "v_cvt_f16_f32" => {
            round16!(|a| f32_to_f16(f32::from_bits(a)), |r| f32_to_f16_in(f32::from_bits(a), r))
        }
        "v_cvt_f32_f16" => op!(|a| f16_to_f32(a).to_bits()),
        "v_cvt_off_f32_i4" => op!(|a| {
            let signed = (a << 28) as i32 >> 28;
            (signed as f32 / 16.0).to_bits()
        }),
        "v_cvt_f32_ubyte0" => op!(|a| ((a & 0xff) as f32).to_bits()),
        "v_cvt_f32_ubyte1" => op!(|a| ((a >> 8 & 0xff) as f32).to_bits()),
        "v_cvt_f32_ubyte2" => op!(|a| ((a >> 16 & 0xff) as f32).to_bits()),
        "v_cvt_f32_ubyte3" => op!(|a| ((a >> 24) as f32).to_bits()),
        "v_cvt_f32_f64" => exec!(|w, s| {
            let round = w.mode().round32();
            w.wide(s, |a, _, _| u64::from(to_f32(f64::from_bits(a), round).to_bits()));
        }),
        "v_cvt_f64_f32" => wide!(|a| f64::from(f32::from_bits(a as u32)).to_bits()),
        "v_cvt_i32_f64" => wide!(|a| u64::from(f64::from_bits(a) as i32 as u32)),
        "v_cvt_u32_f64" => wide!(|a| u64::from(f64::from_bits(a) as u32)),
        "v_cvt_f64_i32" => wide!(|a| f64::from(a as i32).to_bits()),
        "v_cvt_f64_u32" => wide!(|a| f64::from(a as u32).to_bits()),
        "v_cvt_i32_i16" => op!(|a| i32::from(a as i16) as u32),
        "v_cvt_u32_u16" => op!(|a| a & 0xffff),
        "v_cvt_norm_i16_f16" => op!(|a| snorm(f16_to_f32(a))),
        "v_cvt_norm_u16_f16" => op!(|a| unorm(f16_to_f32(a))),
        "v_sat_pk_u8_i16" => op!(|a| {
            let clamp = |x: u32| i32::from(x as i16).clamp(0, 255) as u32;
            clamp(a) | clamp(a >> 16) << 8
        }),
        _ => return None,
    })
}

/// [-1, 1] as a signed fraction of 32767.
#[inline(always)]
pub(super) fn snorm(x: f32) -> u32 {
    let scaled = (f64::from(x).clamp(-1.0, 1.0) * 32767.0).round_ties_even();
    u32::from(scaled as i16 as u16)
}

/// [0, 1] as a fraction of 65535.
#[inline(always)]
pub(super) fn unorm(x: f32) -> u32 {
    let scaled = (f64::from(x).clamp(0.0, 1.0) * 65535.0).round_ties_even();
    u32::from(scaled as u16)
}
