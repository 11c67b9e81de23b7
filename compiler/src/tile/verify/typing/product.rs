//! Matrix products, reductions, and other operations that change a shape.

use super::super::super::print::{REDUCTION, dtype_constant, shape_text, word};
use super::super::super::{Elem, Id, Reduction, Type};
use super::elements::arithmetic;
use super::shapes::{inside, one_slice};
use super::{Rules, Typed, error, fault};
use kiln_targets::DType;

impl Rules<'_> {
    pub(super) fn slices(&self, a: Id) -> Typed {
        let (dtype, shape) = self.number(a)?;
        one_slice("sliced", shape)?;
        let Type::Tile(_, [count, ..]) = self.declared else {
            return fault(format!("slicing makes a tile, not {}", self.declared));
        };
        let [_, rows, cols] = shape;
        let whole = count != 0 && cols % count == 0;
        if !whole || !(count.is_power_of_two() || (cols / count).is_power_of_two()) {
            return Err(error(format!("{cols} columns do not fall into {count} slices"))
                .note("slices are equally wide; their number or their width is a power of two"));
        }
        Ok(Type::Tile(Elem::Num(dtype), [count, rows, cols / count]))
    }

    pub(super) fn window(&self, of: Id, at: [u32; 2]) -> Typed {
        let (dtype, whole) = self.number(of)?;
        let (_, [_, rows, cols]) = self.declared()?;
        inside("tile", at, [rows, cols], whole)?;
        Ok(Type::Tile(Elem::Num(dtype), [whole[0], rows, cols]))
    }

    pub(super) fn mma(&self, a: Id, b: Id, acc: Id) -> Typed {
        let ((a, a_shape), (b, b_shape)) = (self.number(a)?, self.number(b)?);
        let (c, c_shape) = self.number(acc)?;
        let Some(product) = product_of(a, b) else {
            return Err(error(format!("a matrix product does not take {a} x {b}"))
                .note("both sides are 4-bit integers, 8-bit integers, f16, bf16 or f32"));
        };
        if c != product {
            return Err(error(format!("{a} x {b} accumulates in {product}, not {c}"))
                .note(format!("start from k.zeros({}, ..)", dtype_constant(product))));
        }
        let ([s, i, k], [t, l, j]) = (a_shape, b_shape);
        if (s, k) == (t, l) && c_shape == [s, i, j] {
            return Ok(Type::Tile(Elem::Num(c), c_shape));
        }
        let [a, b, c] = [a_shape, b_shape, c_shape].map(shape_text);
        Err(error(format!("shapes do not multiply: {a} x {b} into {c}"))
            .note("columns of the left side equal rows of the right side; the sum has the rows of the left and the columns of the right")
            .note(".transposed() exchanges rows and columns"))
    }

    pub(super) fn reduce(&self, op: Reduction, axis: u32, a: Id) -> Typed {
        let (dtype, mut shape) = self.number(a)?;
        self.axis(axis)?;
        let name = format!("{}_over", word(&REDUCTION, op));
        arithmetic(&name, dtype, false, op != Reduction::Sum)?;
        shape[axis as usize] = 1;
        Ok(Type::Tile(Elem::Num(dtype), shape))
    }
}

/// The accumulator's type in a product of two number types.
fn product_of(a: DType, b: DType) -> Option<DType> {
    use DType::{BF16, F16, F32, I4, I8, I32, U4, U8};
    match (a, b) {
        (U4 | I4, U4 | I4) | (U8 | I8, U8 | I8) => Some(I32),
        (F16, F16) | (BF16, BF16) | (F32, F32) => Some(F32),
        _ => None,
    }
}
