//! Element-wise operations on word files.

use kiln_targets::DType;

use super::error::{Done, Trap};
use super::group::Group;
use super::numbers::{
    binary_float, binary_int, binary_word, cast, fused, seen, unary_float, unary_int,
};
use crate::lane::{Binary, Compare, Elt, Ty, Unary, Value};

/// A file with the type of its value.
#[derive(Clone, Copy)]
pub(super) struct Held<'f> {
    pub(super) words: &'f [u32],
    pub(super) ty: Ty,
}

/// The register of an element and its lowest bit there.
pub(super) fn place(ty: Ty, element: u32) -> (usize, u32) {
    let bit = element * storage(ty);
    ((bit / 32) as usize, bit % 32)
}

/// Bits from one element to the next.
pub(super) fn storage(ty: Ty) -> u32 {
    if ty.elt == Elt::Pred { 32 } else { ty.elt_bits() }
}

/// Applies a function to the bits of every element; all operands have the count of the result.
fn each<const N: usize>(
    out: &mut [u32],
    to: Ty,
    inputs: [Held<'_>; N],
    f: impl Fn([u32; N]) -> u32,
) {
    let width = out.len() / to.registers() as usize;
    out.fill(0);
    for element in 0..to.count {
        let (register, up) = place(to, element);
        let sources = inputs.map(|Held { words, ty }| {
            let (register, down) = place(ty, element);
            let mask = u32::MAX >> (32 - storage(ty));
            (&words[register * width..(register + 1) * width], down, mask)
        });
        let row = &mut out[register * width..(register + 1) * width];
        for (at, word) in row.iter_mut().enumerate() {
            *word |= f(sources.map(|(words, down, mask)| words[at] >> down & mask)) << up;
        }
    }
}

impl Group<'_, '_> {
    /// An operation on one operand.
    pub(super) fn unary(&self, op: Unary, a: Value, out: &mut [u32]) {
        let a = self.held(a);
        match a.ty.elt {
            Elt::Num(dtype) if dtype.is_float() => {
                let f = unary_float(op);
                each(out, a.ty, [a], |[x]| dtype.encode(f(dtype.decode(x))));
            }
            Elt::Num(dtype) => {
                let f = unary_int(op);
                each(out, a.ty, [a], |[x]| dtype.encode_int(f(dtype.decode_int(x))));
            }
            Elt::Pred => each(out, a.ty, [a], |[x]| x ^ 1),
            Elt::I64 => self.unary_wide(op, a, out),
        }
    }

    /// An operation on two operands.
    pub(super) fn binary(&self, op: Binary, a: Value, b: Value, out: &mut [u32]) -> Done {
        let (a, b) = (self.held(a), self.held(b));
        let ty = a.ty;
        match ty.elt {
            Elt::Num(dtype) if dtype.is_float() => {
                let f = binary_float(op);
                match dtype {
                    DType::F32 => each(out, ty, [a, b], |[x, y]| {
                        f(f32::from_bits(x), f32::from_bits(y)).to_bits()
                    }),
                    _ => each(out, ty, [a, b], |[x, y]| {
                        dtype.encode(f(dtype.decode(x), dtype.decode(y)))
                    }),
                }
            }
            Elt::Num(dtype) => {
                if let (DType::I32, Some(f)) = (dtype, binary_word(op)) {
                    each(out, ty, [a, b], |[x, y]| f(x, y));
                    return Ok(());
                }
                self.defined_for(op, dtype, b)?;
                let (f, see) = (binary_int(op), seen(op, dtype, ty.uniform));
                each(out, ty, [a, b], |[x, y]| dtype.encode_int(f(see(dtype, x), see(dtype, y))));
            }
            Elt::Pred => {
                let f = binary_int(op);
                each(out, ty, [a, b], |[x, y]| f(x.into(), y.into()) as u32);
            }
            Elt::I64 => self.binary_wide(op, a, b, out)?,
        }
        Ok(())
    }

    /// That no divisor is 0 and every shift is by less than the width.
    fn defined_for(&self, op: Binary, dtype: DType, b: Held<'_>) -> Done {
        let wrong: fn(i64, i64) -> bool = match op {
            Binary::Div | Binary::Rem => |y, _| y == 0,
            Binary::Shl | Binary::Shr | Binary::Sar => |y, bits| !(0..bits).contains(&y),
            _ => return Ok(()),
        };
        let width = self.width(b.ty);
        for element in 0..b.ty.count {
            let (register, down) = place(b.ty, element);
            let row = &b.words[register * width..(register + 1) * width];
            let values = row.iter().map(|word| dtype.decode_int(word >> down));
            for (at, value) in values.enumerate() {
                if wrong(value, dtype.bits().into()) {
                    let what = format!("{op:?} of {dtype} by {value}").to_lowercase();
                    return Err(self.trap(b.ty, at, what));
                }
            }
        }
        Ok(())
    }

    /// A trap at a position of a value.
    pub(super) fn trap(&self, ty: Ty, at: usize, what: String) -> Trap {
        match ty.uniform {
            true => Trap::wave(at, what),
            false => Trap::lane(at / self.lanes, at % self.lanes, what),
        }
    }

    /// A fused multiply-add.
    pub(super) fn fma(&self, operands: [Value; 3], out: &mut [u32]) {
        let [a, b, c] = operands.map(|value| self.held(value));
        let Elt::Num(dtype) = a.ty.elt else { return };
        each(out, a.ty, [a, b, c], |[x, y, z]| fused(dtype, x, y, z));
    }

    /// A comparison.
    pub(super) fn compare(&self, op: Compare, a: Value, b: Value, out: &mut [u32]) {
        let (a, b) = (self.held(a), self.held(b));
        let to = Ty { elt: Elt::Pred, ..a.ty };
        match a.ty.elt {
            Elt::Num(dtype) if dtype.is_float() => {
                each(out, to, [a, b], |[x, y]| op.holds(dtype.decode(x), dtype.decode(y)).into())
            }
            Elt::Num(DType::I32) => {
                each(out, to, [a, b], |[x, y]| op.holds(x as i32, y as i32).into());
            }
            Elt::Num(dtype) => each(out, to, [a, b], |[x, y]| {
                op.holds(dtype.decode_int(x), dtype.decode_int(y)).into()
            }),
            _ => self.compare_wide(op, a, b, out),
        }
    }

    /// A choice, element by element or, by a uniform condition, wave by wave.
    pub(super) fn select(&self, condition: Value, a: Value, b: Value, out: &mut [u32]) {
        let (condition, a, b) = (self.held(condition), self.held(a), self.held(b));
        if condition.ty.uniform {
            let (waves, lanes) = (self.waves, self.width(a.ty) / self.waves);
            for (at, word) in out.iter_mut().enumerate() {
                let first = condition.words[at / lanes % waves] != 0;
                *word = if first { a.words[at] } else { b.words[at] };
            }
            return;
        }
        each(out, a.ty, [condition, a, b], |[c, x, y]| if c != 0 { x } else { y });
    }

    /// A number conversion.
    pub(super) fn cast(&self, a: Value, to: Ty, out: &mut [u32]) {
        let a = self.held(a);
        match (a.ty.elt, to.elt) {
            (Elt::Num(from), Elt::Num(dtype)) => each(out, to, [a], |[x]| cast(from, dtype, x)),
            _ => self.cast_wide(a, to, out),
        }
    }
}
