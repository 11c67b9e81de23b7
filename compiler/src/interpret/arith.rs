//! Numbers of the narrow types, held in i32 and f32.

use half::{bf16, f16};
use kiln_targets::DType;

/// Keeps the low bits of an integer, as its type's sign says.
pub(super) fn wrap(value: i32, dtype: DType) -> i32 {
    let spare = 32 - dtype.bits();
    match dtype.is_signed() {
        true => value << spare >> spare,
        false => (value as u32 & dtype.mask()) as i32,
    }
}

/// Wraps every integer.
pub(super) fn wrap_all(data: &mut [i32], dtype: DType) {
    if dtype != DType::I32 {
        data.iter_mut().for_each(|value| *value = wrap(*value, dtype));
    }
}

/// Rounds every float to the nearest of its type, ties to even.
pub(super) fn round_all(data: &mut [f32], dtype: DType) {
    match dtype {
        DType::F16 => {
            data.iter_mut().for_each(|value| *value = f16::from_f32(*value).to_f32());
        }
        DType::BF16 => {
            data.iter_mut().for_each(|value| *value = bf16::from_f32(*value).to_f32());
        }
        _ => {}
    }
}

/// A constant as a float of some type: rounded once.
pub(super) fn float_constant(value: f64, dtype: DType) -> f32 {
    match dtype {
        DType::F16 => f16::from_f64(value).to_f32(),
        DType::BF16 => bf16::from_f64(value).to_f32(),
        _ => value as f32,
    }
}

/// A constant as an integer of some type: its fraction dropped, its low bits kept.
pub(super) fn int_constant(value: f64, dtype: DType) -> i32 {
    wrap(value as i64 as i32, dtype)
}

/// Float to integer: toward zero, saturating, NaN to 0.
pub(crate) fn to_int(value: f32, dtype: DType) -> i32 {
    let (low, high) = dtype.range().unwrap_or((i64::from(i32::MIN), i64::from(i32::MAX)));
    (value as i64).clamp(low, high) as i32
}
