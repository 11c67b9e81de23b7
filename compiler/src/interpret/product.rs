//! Operations that combine elements of one tile: matrix products and reductions.

use super::elementwise::Made;
use super::tile::{Data, Tile};
use crate::tile::{Reduction, Shape};
use kiln_targets::DType;

/// `acc[s, i, j] + sum over k of a[s, i, k] * b[s, k, j]`, in the order of k.
pub(super) fn mma(a: &Tile, b: &Tile, acc: &Tile) -> Made {
    let ([s, i, k], j) = (a.shape, b.shape[2]);
    if b.shape != [s, k, j] || acc.shape != [s, i, j] {
        let (a, b, acc) = (a.shape, b.shape, acc.shape);
        return Err(format!("{a:?} x {b:?} is not a matrix product into {acc:?}"));
    }
    let shape = [s, i, j];
    match (&a.data, &b.data, &acc.data) {
        (Data::Int(a), Data::Int(b), Data::Int(acc)) => {
            let sum = accumulate(a, b, acc.clone(), [s, i, k, j], |sum, a, b| {
                sum.wrapping_add(a.wrapping_mul(b))
            });
            Ok(Tile::ints(shape, DType::I32, sum))
        }
        (Data::Float(a), Data::Float(b), Data::Float(acc)) => {
            let sum = accumulate(a, b, acc.clone(), [s, i, k, j], |sum, a, b| sum + a * b);
            Ok(Tile::floats(shape, DType::F32, sum))
        }
        _ => Err(format!("{} x {} does not add to {}", a.kind(), b.kind(), acc.kind())),
    }
}

/// Reduction along an axis, which becomes size 1; floats are rounded to `dtype` at the end.
pub(super) fn reduce(op: Reduction, axis: u32, x: &Tile, dtype: DType) -> Made {
    let mut shape = x.shape;
    match shape.get_mut(axis as usize) {
        Some(size) if *size > 0 => *size = 1,
        _ => return Err(format!("nothing to reduce along axis {axis} of {:?}", x.shape)),
    }
    match &x.data {
        Data::Int(data) => {
            let f = match op {
                Reduction::Sum => i32::wrapping_add,
                Reduction::Max => i32::max,
                Reduction::Min => i32::min,
            };
            Ok(Tile::ints(shape, dtype, along(data, x.shape, axis, f)))
        }
        Data::Float(data) => {
            let f = match op {
                Reduction::Sum => |x, y| x + y,
                Reduction::Max => f32::max,
                Reduction::Min => f32::min,
            };
            Ok(Tile::floats(shape, dtype, along(data, x.shape, axis, f)))
        }
        Data::Bool(_) => Err("truth values cannot be reduced".to_owned()),
    }
}

fn accumulate<T: Copy>(
    a: &[T],
    b: &[T],
    mut acc: Vec<T>,
    [s, i, k, j]: [u32; 4],
    step: impl Fn(T, T, T) -> T,
) -> Vec<T> {
    let (rows, depth, cols) = (i as usize, k as usize, j as usize);
    for at in 0..s as usize * rows {
        let slice = at / rows;
        let sums = &mut acc[at * cols..][..cols];
        for (p, x) in a[at * depth..][..depth].iter().enumerate() {
            let row = &b[(slice * depth + p) * cols..][..cols];
            for (sum, y) in sums.iter_mut().zip(row) {
                *sum = step(*sum, *x, *y);
            }
        }
    }
    acc
}

/// Combines the elements that differ only along `axis`, in index order.
fn along<T: Copy>(data: &[T], shape: Shape, axis: u32, f: fn(T, T) -> T) -> Vec<T> {
    let axis = axis as usize;
    let size = shape[axis] as usize;
    let inner: usize = shape[axis + 1..].iter().map(|size| *size as usize).product();
    let mut out = Vec::with_capacity(data.len() / size);
    for block in data.chunks_exact(size * inner) {
        let (first, rest) = block.split_at(inner);
        let start = out.len();
        out.extend_from_slice(first);
        for line in rest.chunks_exact(inner) {
            for (sum, value) in out[start..].iter_mut().zip(line) {
                *sum = f(*sum, *value);
            }
        }
    }
    out
}
