//! The tile-IR interpreter: what a tile program means, executed without layouts, waves or LDS.
//!
//! Laws:
//! * It works on real memory images, in the declared memory order of every part, so that packing
//!   and ragged edges are exercised as on a device.
//! * Padding is never looked at: neither what lies beyond a part's extent nor what surrounds it.
//! * Integers are exact and wrap to their type; f16 and bf16 are rounded after every operation;
//!   sums of floats are taken in f32, in index order.
//! * What a device leaves undefined is an error here: division by zero, shifts by the whole
//!   width, indices beyond 32 bits, and workgroups whose order of execution would show.

mod arith;
mod buffer;
mod elementwise;
mod error;
mod machine;
mod matrix;
mod product;
mod rearrange;
mod tile;

#[cfg(test)]
mod tests;

pub(crate) use arith::to_int;
pub use buffer::{Buffer, Buffers};
pub use error::RunError;

use crate::tile::{Extent, Program};
use machine::Machine;
use matrix::Matrix;
use std::collections::BTreeMap;

/// Executes every workgroup of the program's grid, one after the other, fastest axis first.
///
/// `dims` gives the value of each dim of the program by name (others are ignored); `buffers`
/// holds one memory image for each part, by name.
///
/// # Errors
/// If a dim or buffer is missing or too small, or an operation has no defined result. What the
/// workgroups before it have stored stays stored.
pub fn run(
    program: &Program,
    dims: &BTreeMap<String, u64>,
    buffers: &mut Buffers,
) -> Result<(), RunError> {
    let dims = bind_dims(program, dims)?;
    let grid = grid(program, &dims)?;
    let parts = bind_parts(program, &dims, buffers)?;
    let mut machine = Machine::new(program, &dims, parts);
    for z in 0..grid[2] {
        for y in 0..grid[1] {
            for x in 0..grid[0] {
                machine.workgroup([x, y, z])?;
            }
        }
    }
    Ok(())
}

/// The value of an extent: `ceil(dim * mul / div)`.
pub fn extent(of: Extent, dims: &[i64]) -> i64 {
    let dim = of.dim.map_or(1, |dim| dims[dim as usize]);
    let (product, by) = (dim * i64::from(of.mul), i64::from(of.div));
    (product + by - 1) / by
}

fn bind_dims(program: &Program, given: &BTreeMap<String, u64>) -> Result<Vec<i64>, RunError> {
    let bind = |(name, multiple): (&String, &u32)| {
        let value =
            given.get(name).ok_or_else(|| RunError::setup(format!("dim `{name}` has no value")))?;
        if value % u64::from((*multiple).max(1)) != 0 {
            let text = format!("dim `{name}` is {value}, but must be a multiple of {multiple}");
            return Err(RunError::setup(text));
        }
        i32::try_from(*value)
            .map(i64::from)
            .map_err(|_| RunError::setup(format!("dim `{name}` is {value}, which exceeds 32 bits")))
    };
    program.dims.iter().zip(&program.multiples).map(bind).collect()
}

fn grid(program: &Program, dims: &[i64]) -> Result<[i64; 3], RunError> {
    if program.grid.len() > 3 {
        return Err(RunError::setup("a grid has at most three axes".to_owned()));
    }
    let mut grid = [1; 3];
    for (axis, of) in grid.iter_mut().zip(&program.grid) {
        *axis = extent(*of, dims);
    }
    Ok(grid)
}

fn bind_parts<'b>(
    program: &Program,
    dims: &[i64],
    buffers: &'b mut Buffers,
) -> Result<Vec<Matrix<'b>>, RunError> {
    let mut images: BTreeMap<&str, &mut Buffer> = buffers.iter_mut().collect();
    let bind = |part: &crate::tile::Part| {
        let image = images.remove(part.name.as_str()).ok_or_else(|| {
            RunError::setup(format!("part `{}` has no buffer of its own", part.name))
        })?;
        Matrix::bind(part, part.extent.map(|of| extent(of, dims) as usize), image.bytes_mut())
    };
    program.parts.iter().map(bind).collect()
}
