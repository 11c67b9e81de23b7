//! Operations that move elements: transposition, slices, joins and windows.

use super::tile::{Data, Tile, volume};
use crate::tile::Shape;

/// Rows and columns exchanged.
pub(super) fn transpose(x: &Tile) -> Tile {
    let [slices, rows, cols] = x.shape;
    gather(x, [slices, cols, rows], |[s, c, r]| [s, r, c])
}

/// `[1, r, c]` as `[s, r, c / s]`.
pub(super) fn slices(x: &Tile, count: u32) -> Result<Tile, String> {
    let [slices, rows, cols] = x.shape;
    if slices != 1 || count == 0 || cols % count != 0 {
        return Err(format!("{:?} does not divide into {count} slices of columns", x.shape));
    }
    let width = cols / count;
    Ok(gather(x, [count, rows, width], |[s, r, c]| [0, r, s * width as usize + c]))
}

/// `[s, r, c]` as `[1, r, s * c]`.
pub(super) fn join(x: &Tile) -> Tile {
    let [slices, rows, cols] = x.shape;
    let width = cols as usize;
    gather(x, [1, rows, slices * cols], |[_, r, c]| [c / width, r, c % width])
}

/// Rows and columns `at ..` of every slice.
pub(super) fn window(x: &Tile, at: [u32; 2], size: [u32; 2]) -> Result<Tile, String> {
    let [slices, rows, cols] = x.shape;
    let fits = |axis: usize, extent: u32| at[axis].checked_add(size[axis]) <= Some(extent);
    if !fits(0, rows) || !fits(1, cols) {
        return Err(format!("a window of {size:?} at {at:?} leaves a tile of {:?}", x.shape));
    }
    let [row, col] = at.map(|at| at as usize);
    Ok(gather(x, [slices, size[0], size[1]], |[s, r, c]| [s, r + row, c + col]))
}

/// The tile whose element `at` is the element `from(at)` of `x`.
fn gather(x: &Tile, shape: Shape, from: impl Fn([usize; 3]) -> [usize; 3]) -> Tile {
    let data = match &x.data {
        Data::Int(data) => Data::Int(pick(data, x.shape, shape, from)),
        Data::Float(data) => Data::Float(pick(data, x.shape, shape, from)),
        Data::Bool(data) => Data::Bool(pick(data, x.shape, shape, from)),
    };
    Tile { shape, data }
}

fn pick<T: Copy>(
    data: &[T],
    source: Shape,
    shape: Shape,
    from: impl Fn([usize; 3]) -> [usize; 3],
) -> Vec<T> {
    let ([_, height, width], [slices, rows, cols]) =
        (source.map(|size| size as usize), shape.map(|size| size as usize));
    let mut out = Vec::with_capacity(volume(shape));
    for s in 0..slices {
        for r in 0..rows {
            out.extend((0..cols).map(|c| {
                let [s, r, c] = from([s, r, c]);
                data[(s * height + r) * width + c]
            }));
        }
    }
    out
}
