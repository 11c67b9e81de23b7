//! A tile as a value: its shape and all of its elements.

use super::arith::{round_all, wrap_all};
use crate::tile::Shape;
use kiln_targets::DType;
use std::borrow::Cow;

/// Elements of one kind. Every integer type fits i32, every float type f32.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Int(Vec<i32>),
    Float(Vec<f32>),
    Bool(Vec<bool>),
}

/// An immutable tile, slices outermost, columns innermost.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tile {
    pub(super) shape: Shape,
    pub(super) data: Data,
}

impl Tile {
    /// A tile of integers, each wrapped to `dtype`.
    pub(super) fn ints(shape: Shape, dtype: DType, mut data: Vec<i32>) -> Tile {
        wrap_all(&mut data, dtype);
        Tile { shape, data: Data::Int(data) }
    }

    /// A tile of floats, each rounded to `dtype`.
    pub(super) fn floats(shape: Shape, dtype: DType, mut data: Vec<f32>) -> Tile {
        round_all(&mut data, dtype);
        Tile { shape, data: Data::Float(data) }
    }

    /// A tile of truth values.
    pub(super) fn bools(shape: Shape, data: Vec<bool>) -> Tile {
        Tile { shape, data: Data::Bool(data) }
    }

    /// The elements repeated along every axis of size 1, to fill `shape`.
    pub(super) fn expanded(&self, shape: Shape) -> Cow<'_, Tile> {
        if self.shape == shape {
            return Cow::Borrowed(self);
        }
        let data = match &self.data {
            Data::Int(data) => Data::Int(repeat(data, self.shape, shape)),
            Data::Float(data) => Data::Float(repeat(data, self.shape, shape)),
            Data::Bool(data) => Data::Bool(repeat(data, self.shape, shape)),
        };
        Cow::Owned(Tile { shape, data })
    }

    /// What the elements are, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.data {
            Data::Int(_) => "integers",
            Data::Float(_) => "floats",
            Data::Bool(_) => "truth values",
        }
    }
}

/// Elements of a tile of that shape.
pub(super) fn volume(shape: Shape) -> usize {
    shape.iter().map(|size| *size as usize).product()
}

/// The shape that both fill, if they agree or are 1 along every axis.
pub(super) fn broadcast(a: Shape, b: Shape) -> Option<Shape> {
    let mut out = a;
    for (size, other) in out.iter_mut().zip(b) {
        match (*size, other) {
            (x, y) if x == y || y == 1 => {}
            (1, y) => *size = y,
            _ => return None,
        }
    }
    Some(out)
}

fn repeat<T: Copy>(data: &[T], from: Shape, to: Shape) -> Vec<T> {
    let [slices, rows, cols] = to.map(|size| size as usize);
    let step = |axis: usize, area: u32| if from[axis] == 1 { 0 } else { area as usize };
    let (by_slice, by_row) = (step(0, from[1] * from[2]), step(1, from[2]));
    let mut out = Vec::with_capacity(volume(to));
    for (slice, row) in (0..slices).flat_map(|slice| (0..rows).map(move |row| (slice, row))) {
        let start = slice * by_slice + row * by_row;
        match from[2] {
            1 => out.resize(out.len() + cols, data[start]),
            _ => out.extend_from_slice(&data[start..start + cols]),
        }
    }
    out
}
