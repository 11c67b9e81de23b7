//! Arithmetic on single elements, each in its bit pattern.
//!
//! Floats narrower than 32 bits are computed in f32 and rounded; for one operation that is the
//! correctly rounded result.

use half::{bf16, f16};
use kiln_targets::DType;

use crate::interpret::to_int;
use crate::lane::{Binary, Const, Elt, Unary};

/// An operation on one float.
pub(super) fn unary_float(op: Unary) -> fn(f32) -> f32 {
    match op {
        Unary::Neg => |x| -x,
        Unary::Abs => f32::abs,
        Unary::Exp2 => |x| f64::from(x).exp2() as f32,
        Unary::Log2 => |x| f64::from(x).log2() as f32,
        Unary::Rsqrt => |x| (1.0 / f64::from(x).sqrt()) as f32,
        Unary::Recip => |x| 1.0 / x,
        Unary::RoundEven => f32::round_ties_even,
        Unary::Not => unreachable!("floats should have no complement"),
    }
}

/// An operation on one integer.
pub(super) fn unary_int(op: Unary) -> fn(i64) -> i64 {
    match op {
        Unary::Neg => i64::wrapping_neg,
        Unary::Abs => i64::wrapping_abs,
        Unary::Not => |x| !x,
        _ => unreachable!("{op:?} should be of floats"),
    }
}

/// An operation on two floats.
pub(super) fn binary_float(op: Binary) -> fn(f32, f32) -> f32 {
    match op {
        Binary::Add => |x, y| x + y,
        Binary::Sub => |x, y| x - y,
        Binary::Mul => |x, y| x * y,
        Binary::Div => |x, y| x / y,
        Binary::Min => f32::min,
        Binary::Max => f32::max,
        _ => unreachable!("{op:?} should be of integers"),
    }
}

/// An operation on two integers, seen as [`seen`] says; divisors are not 0, shifts in range.
pub(super) fn binary_int(op: Binary) -> fn(i64, i64) -> i64 {
    match op {
        Binary::Add => i64::wrapping_add,
        Binary::Sub => i64::wrapping_sub,
        Binary::Mul => i64::wrapping_mul,
        Binary::Div => i64::wrapping_div,
        Binary::Rem => i64::wrapping_rem,
        Binary::Min => i64::min,
        Binary::Max => i64::max,
        Binary::And => |x, y| x & y,
        Binary::Or => |x, y| x | y,
        Binary::Xor => |x, y| x ^ y,
        Binary::Shl => |x, y| x << y,
        Binary::Shr | Binary::Sar => |x, y| x >> y,
    }
}

/// An operation on two 32-bit integers, where one way of reading them is enough.
pub(super) fn binary_word(op: Binary) -> Option<fn(u32, u32) -> u32> {
    Some(match op {
        Binary::Add => u32::wrapping_add,
        Binary::Sub => u32::wrapping_sub,
        Binary::Mul => u32::wrapping_mul,
        Binary::Min => |x, y| (x as i32).min(y as i32) as u32,
        Binary::Max => |x, y| (x as i32).max(y as i32) as u32,
        Binary::And => |x, y| x & y,
        Binary::Or => |x, y| x | y,
        Binary::Xor => |x, y| x ^ y,
        _ => return None,
    })
}

/// How an operation reads its integers: by their type, or as unsigned or signed ones.
pub(super) fn seen(op: Binary, dtype: DType, uniform: bool) -> fn(DType, u32) -> i64 {
    match op {
        Binary::Shr => unsigned,
        Binary::Div | Binary::Rem if uniform => unsigned,
        Binary::Sar if !dtype.is_signed() => |dtype, bits| {
            let spare = 32 - dtype.bits();
            i64::from(((bits << spare) as i32) >> spare)
        },
        _ => DType::decode_int,
    }
}

fn unsigned(dtype: DType, bits: u32) -> i64 {
    i64::from(bits & dtype.mask())
}

/// `a * b + c`, rounded once.
pub(super) fn fused(dtype: DType, a: u32, b: u32, c: u32) -> u32 {
    let [x, y, z] = [a, b, c].map(|bits| dtype.decode(bits));
    if dtype == DType::F32 {
        return x.mul_add(y, z).to_bits();
    }
    round(sum_to_odd(f64::from(x) * f64::from(y), z.into()), dtype)
}

/// A sum whose last bit is set where it is inexact, so that rounding it again is as rounding once.
fn sum_to_odd(x: f64, y: f64) -> f64 {
    let sum = x + y;
    let kept = sum - x;
    let lost = (x - (sum - kept)) + (y - kept);
    if !sum.is_finite() || lost == 0.0 || sum.to_bits() & 1 == 1 {
        return sum;
    }
    let up = (lost > 0.0) == (sum > 0.0);
    f64::from_bits(if up { sum.to_bits() + 1 } else { sum.to_bits() - 1 })
}

/// The bits of the float of some type nearest to a number. The conversions to 16 bits look at the
/// upper half of the f64 only, whose last bit therefore has to tell of the lower half.
fn round(value: f64, dtype: DType) -> u32 {
    let bits = value.to_bits();
    let upper = f64::from_bits(bits | u64::from(bits as u32 != 0) << 32);
    match dtype {
        DType::F16 => f16::from_f64(upper).to_bits().into(),
        DType::BF16 => bf16::from_f64(upper).to_bits().into(),
        _ => (value as f32).to_bits(),
    }
}

/// A number conversion.
pub(super) fn cast(from: DType, to: DType, bits: u32) -> u32 {
    match (from.is_float(), to.is_float()) {
        (true, true) => to.encode(from.decode(bits)),
        (true, false) => to.encode_int(to_int(from.decode(bits), to).into()),
        (false, true) => round(from.decode_int(bits) as f64, to),
        (false, false) => to.encode_int(from.decode_int(bits)),
    }
}

/// A 64-bit integer as a number.
pub(super) fn narrow(value: i64, to: DType) -> u32 {
    match to {
        DType::F32 => (value as f32).to_bits(),
        DType::F16 | DType::BF16 => round(value as f64, to),
        _ => to.encode_int(value),
    }
}

/// A number as a 64-bit integer.
pub(super) fn widen(from: DType, bits: u32) -> i64 {
    if from.is_float() { from.decode(bits) as i64 } else { from.decode_int(bits) }
}

/// The bits of a constant's element.
pub(super) fn constant(value: Const, elt: Elt) -> u64 {
    match (value, elt) {
        (Const::Int(value), Elt::Num(dtype)) => dtype.encode_int(value).into(),
        (Const::Int(value), _) => value as u64,
        (Const::Float(value), Elt::Num(dtype)) => round(value, dtype).into(),
        (Const::Float(value), _) => value.to_bits(),
        (Const::Pred(value), _) => value.into(),
    }
}
