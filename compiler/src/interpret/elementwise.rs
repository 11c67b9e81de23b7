//! Element-wise operations: one, two or three operands, broadcast to a common shape.

use super::arith::to_int;
use super::tile::{Data, Tile, broadcast};
use crate::tile::{Binary, Compare, Unary};
use kiln_targets::DType;

/// Result of an operation, or why it has none.
pub(super) type Made = Result<Tile, String>;

/// One operand; `dtype` is the result's, absent for truth values.
pub(super) fn unary(op: Unary, x: &Tile, dtype: Option<DType>) -> Made {
    match (&x.data, dtype) {
        (Data::Bool(data), _) if op == Unary::Not => {
            Ok(Tile::bools(x.shape, data.iter().map(|value| !value).collect()))
        }
        (Data::Int(data), Some(dtype)) => {
            let f: fn(i32) -> i32 = match op {
                Unary::Neg => i32::wrapping_neg,
                Unary::Abs => i32::wrapping_abs,
                Unary::Not => |value| !value,
                _ => return Err(undefined(&op, x)),
            };
            Ok(Tile::ints(x.shape, dtype, data.iter().map(|value| f(*value)).collect()))
        }
        (Data::Float(data), Some(dtype)) => {
            let f: fn(f32) -> f32 = match op {
                Unary::Neg => |value| -value,
                Unary::Abs => f32::abs,
                Unary::Exp2 => f32::exp2,
                Unary::Log2 => f32::log2,
                Unary::Rsqrt => |value| (1.0 / f64::from(value).sqrt()) as f32,
                Unary::Recip => f32::recip,
                Unary::RoundEven => f32::round_ties_even,
                Unary::Not => return Err(undefined(&op, x)),
            };
            Ok(Tile::floats(x.shape, dtype, data.iter().map(|value| f(*value)).collect()))
        }
        _ => Err(undefined(&op, x)),
    }
}

/// Two operands; `dtype` is the result's, absent for truth values.
pub(super) fn binary(op: Binary, a: &Tile, b: &Tile, dtype: Option<DType>) -> Made {
    let shape = common(a, b)?;
    let (x, y) = (a.expanded(shape), b.expanded(shape));
    match (&x.data, &y.data, dtype) {
        (Data::Int(x), Data::Int(y), Some(dtype)) => {
            Ok(Tile::ints(shape, dtype, binary_ints(op, x, y, dtype)?))
        }
        (Data::Float(x), Data::Float(y), Some(dtype)) => {
            let data = binary_floats(op, x, y).ok_or_else(|| undefined(&op, a))?;
            Ok(Tile::floats(shape, dtype, data))
        }
        (Data::Bool(x), Data::Bool(y), _) => {
            let data = match op {
                Binary::And => zip(x, y, |x, y| x & y),
                Binary::Or => zip(x, y, |x, y| x | y),
                Binary::Xor => zip(x, y, |x, y| x ^ y),
                _ => return Err(undefined(&op, a)),
            };
            Ok(Tile::bools(shape, data))
        }
        _ => Err(mixed(a, b)),
    }
}

/// `a * b + c`, rounded once to f32.
pub(super) fn fma(a: &Tile, b: &Tile, c: &Tile) -> Made {
    let product = common(a, b)?;
    let shape = broadcast(product, c.shape).ok_or_else(|| disagree(product, c.shape))?;
    let operands = [a, b, c].map(|tile| tile.expanded(shape));
    let [Data::Float(x), Data::Float(y), Data::Float(z)] = operands.each_ref().map(|of| &of.data)
    else {
        return Err(mixed(a, b));
    };
    let fused = x.iter().zip(y).zip(z).map(|((x, y), z)| x.mul_add(*y, *z));
    Ok(Tile::floats(shape, DType::F32, fused.collect()))
}

/// A comparison: truth values. Only `Ne` holds for a NaN.
pub(super) fn compare(op: Compare, a: &Tile, b: &Tile) -> Made {
    let shape = common(a, b)?;
    let (x, y) = (a.expanded(shape), b.expanded(shape));
    let data = match (&x.data, &y.data) {
        (Data::Int(x), Data::Int(y)) => compare_all(op, x, y),
        (Data::Float(x), Data::Float(y)) => compare_all(op, x, y),
        _ => return Err(mixed(a, b)),
    };
    Ok(Tile::bools(shape, data))
}

/// `condition ? a : b`.
pub(super) fn select(condition: &Tile, a: &Tile, b: &Tile) -> Made {
    let arms = common(a, b)?;
    let shape = broadcast(condition.shape, arms).ok_or_else(|| disagree(condition.shape, arms))?;
    let (c, x, y) = (condition.expanded(shape), a.expanded(shape), b.expanded(shape));
    let Data::Bool(c) = &c.data else {
        return Err(format!("a selection needs truth values, not {}", condition.kind()));
    };
    let data = match (&x.data, &y.data) {
        (Data::Int(x), Data::Int(y)) => Data::Int(choose(c, x, y)),
        (Data::Float(x), Data::Float(y)) => Data::Float(choose(c, x, y)),
        (Data::Bool(x), Data::Bool(y)) => Data::Bool(choose(c, x, y)),
        _ => return Err(mixed(a, b)),
    };
    Ok(Tile { shape, data })
}

/// Number conversion to `dtype`.
pub(super) fn cast(x: &Tile, dtype: DType) -> Made {
    match (&x.data, dtype.is_float()) {
        (Data::Int(data), false) => Ok(Tile::ints(x.shape, dtype, data.clone())),
        (Data::Float(data), true) => Ok(Tile::floats(x.shape, dtype, data.clone())),
        (Data::Int(data), true) => {
            Ok(Tile::floats(x.shape, dtype, data.iter().map(|value| *value as f32).collect()))
        }
        (Data::Float(data), false) => {
            let data = data.iter().map(|value| to_int(*value, dtype)).collect();
            Ok(Tile { shape: x.shape, data: Data::Int(data) })
        }
        (Data::Bool(_), _) => Err("truth values have no number conversion".to_owned()),
    }
}

fn binary_ints(op: Binary, x: &[i32], y: &[i32], dtype: DType) -> Result<Vec<i32>, String> {
    match op {
        Binary::Div | Binary::Rem if y.contains(&0) => return Err("division by zero".to_owned()),
        Binary::Shl | Binary::Shr | Binary::Sar => check_shifts(y, dtype)?,
        _ => {}
    }
    let mask = dtype.mask();
    Ok(match op {
        Binary::Add => zip(x, y, i32::wrapping_add),
        Binary::Sub => zip(x, y, i32::wrapping_sub),
        Binary::Mul => zip(x, y, i32::wrapping_mul),
        Binary::Div => zip(x, y, i32::wrapping_div),
        Binary::Rem => zip(x, y, i32::wrapping_rem),
        Binary::Min => zip(x, y, i32::min),
        Binary::Max => zip(x, y, i32::max),
        Binary::And => zip(x, y, |x, y| x & y),
        Binary::Or => zip(x, y, |x, y| x | y),
        Binary::Xor => zip(x, y, |x, y| x ^ y),
        Binary::Shl => zip(x, y, |x, y| x << y),
        Binary::Shr => zip(x, y, |x, y| ((x as u32 & mask) >> y) as i32),
        Binary::Sar => zip(x, y, |x, y| x >> y),
    })
}

fn check_shifts(amounts: &[i32], dtype: DType) -> Result<(), String> {
    let bits = dtype.bits();
    match amounts.iter().find(|amount| !(0..bits as i32).contains(amount)) {
        Some(amount) => Err(format!("shift of a {bits}-bit integer by {amount}")),
        None => Ok(()),
    }
}

fn binary_floats(op: Binary, x: &[f32], y: &[f32]) -> Option<Vec<f32>> {
    Some(match op {
        Binary::Add => zip(x, y, |x, y| x + y),
        Binary::Sub => zip(x, y, |x, y| x - y),
        Binary::Mul => zip(x, y, |x, y| x * y),
        Binary::Div => zip(x, y, |x, y| x / y),
        Binary::Min => zip(x, y, f32::min),
        Binary::Max => zip(x, y, f32::max),
        _ => return None,
    })
}

fn compare_all<T: PartialOrd + Copy>(op: Compare, x: &[T], y: &[T]) -> Vec<bool> {
    zip(x, y, |x, y| op.holds(x, y))
}

fn choose<T: Copy>(condition: &[bool], x: &[T], y: &[T]) -> Vec<T> {
    let pairs = x.iter().zip(y);
    condition.iter().zip(pairs).map(|(first, (x, y))| if *first { *x } else { *y }).collect()
}

fn zip<T: Copy, R>(x: &[T], y: &[T], f: impl Fn(T, T) -> R) -> Vec<R> {
    x.iter().zip(y).map(|(x, y)| f(*x, *y)).collect()
}

fn common(a: &Tile, b: &Tile) -> Result<crate::tile::Shape, String> {
    broadcast(a.shape, b.shape).ok_or_else(|| disagree(a.shape, b.shape))
}

fn disagree(a: crate::tile::Shape, b: crate::tile::Shape) -> String {
    format!("shapes {a:?} and {b:?} do not broadcast")
}

fn mixed(a: &Tile, b: &Tile) -> String {
    format!("{} and {} do not combine", a.kind(), b.kind())
}

fn undefined(op: &dyn std::fmt::Debug, x: &Tile) -> String {
    format!("{} is not defined for {}", format!("{op:?}").to_lowercase(), x.kind())
}
