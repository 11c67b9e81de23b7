//! Moving a part from one memory order to another.

use crate::{DType, Error, Order, read_element, write_element};

impl Order {
    /// Rewrites a part from this order into `target`'s. `data` is the whole part with its
    /// padding; the padding of the result is zero, whatever `data` holds in its own.
    ///
    /// # Errors
    /// If `data` does not have [`bytes`](Self::bytes) bytes.
    pub fn reorder(
        &self,
        target: &Self,
        data: &[u8],
        shape: [usize; 2],
        dtype: DType,
    ) -> Result<Vec<u8>, Error> {
        let expected = self.bytes(shape, dtype);
        if data.len() != expected {
            let [rows, cols] = shape;
            return Err(Error::Data(format!(
                "a {rows} x {cols} part of {dtype} in order `{self}` takes {expected} bytes, not {}",
                data.len()
            )));
        }
        let mut out = vec![0; target.bytes(shape, dtype)];
        let unit = common_unit(self, target, shape, dtype);
        let bytes = dtype.bytes(unit[0] * unit[1]);
        let ([from_rows, from_cols], [to_rows, to_cols]) =
            (self.offsets(shape), target.offsets(shape));
        for row in (0..shape[0]).step_by(unit[0]) {
            for col in (0..shape[1]).step_by(unit[1]) {
                let source = from_rows[row] + from_cols[col];
                let place = to_rows[row] + to_cols[col];
                if unit == [1, 1] {
                    write_element(&mut out, dtype, place, read_element(data, dtype, source));
                } else {
                    let (source, place) = (dtype.bytes(source), dtype.bytes(place));
                    out[place..place + bytes].copy_from_slice(&data[source..source + bytes]);
                }
            }
        }
        Ok(out)
    }
}

/// Rows and columns of the largest patch that both orders keep contiguous, that is whole bytes
/// and that tiles the shape, so that it can be copied as it is; one element if there is none.
fn common_unit(a: &Order, b: &Order, shape: [usize; 2], dtype: DType) -> [usize; 2] {
    let mut best = [1, 1];
    let mut unit = [1, 1];
    for (axis, bit) in &a.bits()[..a.common_bits(b)] {
        let size = &mut unit[axis.index()];
        if *size != 1 << bit {
            break;
        }
        *size *= 2;
        let bits = unit[0] * unit[1] * dtype.bits() as usize;
        let tiles = shape.iter().zip(unit).all(|(size, unit)| size.is_multiple_of(unit));
        if tiles && bits.is_multiple_of(8) {
            best = unit;
        }
    }
    best
}
