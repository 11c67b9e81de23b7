//! Layouts: which register of which lane of which wave holds which element of a tile.
//!
//! A layout is an F2-linear map from index bits to coordinate bits, repeated. Every register,
//! lane and wave bit stands for one coordinate bit of the tile or for none (a *zero basis*: the
//! holders that differ in it hold copies). Together the bits span a power-of-two *block*; the tile
//! is any whole number of blocks along each axis.
//!
//! Elements of one lane are numbered chunk by chunk. A *chunk* is what one operand of a matrix
//! atom or one vector access handles at a time: the elements spanned by the register bits. Chunks
//! are numbered by the chunk bits, then by the repetitions (columns fastest, then rows, slices).

mod coalesce;
mod infer;
mod matrix;

pub use coalesce::coalesced;
pub use infer::Layouts;
pub use matrix::{MatrixLayouts, matrix};

use crate::tile::Shape;

/// One bit of a tile coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Coord {
    /// Axis: 0 slices, 1 rows, 2 columns.
    pub axis: u8,
    /// Bit of the coordinate along it.
    pub bit: u8,
}

impl Coord {
    /// Bit `bit` of the coordinate along `axis`.
    pub fn new(axis: usize, bit: usize) -> Coord {
        Coord { axis: axis as u8, bit: bit as u8 }
    }
}

/// Places every element of a tile; see the module documentation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Shape of the tile.
    pub shape: Shape,
    /// Coordinate bits of the element index within a chunk.
    pub register: Vec<Coord>,
    /// Coordinate bits of the chunk index, below the repetitions.
    pub chunk: Vec<Coord>,
    /// Coordinate bits of the lane index; `None` replicates.
    pub lane: Vec<Option<Coord>>,
    /// Coordinate bits of the wave index; `None` replicates.
    pub wave: Vec<Option<Coord>>,
}

impl Layout {
    /// Elements of the block along an axis, a power of two.
    pub fn block(&self, axis: usize) -> u32 {
        let one = |coord: &Coord| u32::from(coord.axis as usize == axis);
        let own: u32 = self.register.iter().chain(&self.chunk).map(one).sum();
        let shared: u32 = self.lane.iter().chain(&self.wave).flatten().map(one).sum();
        1 << (own + shared)
    }

    /// Blocks along each axis.
    pub fn repetitions(&self) -> Shape {
        [0, 1, 2].map(|axis| self.shape[axis] / self.block(axis))
    }

    /// Elements of a chunk.
    pub fn chunk_elements(&self) -> u32 {
        1 << self.register.len()
    }

    /// Chunks that one lane holds.
    pub fn chunks(&self) -> u32 {
        self.repetitions().iter().product::<u32>() << self.chunk.len()
    }

    /// Whether every block bit is used once and the tile is a whole number of blocks.
    pub fn is_valid(&self) -> bool {
        let mut seen: Vec<Coord> = self.register.iter().chain(&self.chunk).copied().collect();
        seen.extend(self.lane.iter().chain(&self.wave).flatten());
        seen.sort_unstable();
        let contiguous = (0..3).all(|axis| {
            let bits = seen.iter().filter(|coord| coord.axis as usize == axis);
            bits.enumerate().all(|(i, coord)| coord.bit as usize == i)
        });
        contiguous && (0..3).all(|axis| self.shape[axis].is_multiple_of(self.block(axis)))
    }

    /// Coordinates of an element of a chunk in lane 0 of wave 0.
    pub fn coordinates(&self, chunk: u32, element: u32) -> Shape {
        let mut at = self.repetition_origin(chunk >> self.chunk.len());
        let bits = self.register.iter().enumerate().map(|(i, coord)| (element >> i & 1, coord));
        let more = self.chunk.iter().enumerate().map(|(i, coord)| (chunk >> i & 1, coord));
        for (set, coord) in bits.chain(more) {
            at[coord.axis as usize] += set << coord.bit;
        }
        at
    }

    fn repetition_origin(&self, repetition: u32) -> Shape {
        let [_, rows, cols] = self.repetitions();
        let index = [repetition / (rows * cols), repetition / cols % rows, repetition % cols];
        [0, 1, 2].map(|axis| index[axis] * self.block(axis))
    }

    /// The chunk and element of lane 0, wave 0 that hold the given coordinates, which must be
    /// coordinates of some element there.
    pub fn find(&self, at: Shape) -> (u32, u32) {
        let [_, rows, cols] = self.repetitions();
        let rep = [0, 1, 2].map(|axis| at[axis] / self.block(axis));
        let repetition = (rep[0] * rows + rep[1]) * cols + rep[2];
        let gather = |bits: &[Coord]| {
            let bit = |coord: &Coord| at[coord.axis as usize] >> coord.bit & 1;
            bits.iter().enumerate().map(|(i, coord)| bit(coord) << i).sum::<u32>()
        };
        (repetition << self.chunk.len() | gather(&self.chunk), gather(&self.register))
    }

    /// The layout of an operand that broadcasts along every axis where `shape` has size 1.
    pub fn project(&self, shape: Shape) -> Layout {
        let kept = |coord: &Coord| shape[coord.axis as usize] != 1;
        let keep = |bits: &[Coord]| bits.iter().copied().filter(kept).collect();
        let hide = |bits: &[Option<Coord>]| bits.iter().map(|bit| bit.filter(&kept)).collect();
        Layout {
            shape,
            register: keep(&self.register),
            chunk: keep(&self.chunk),
            lane: hide(&self.lane),
            wave: hide(&self.wave),
        }
    }

    /// The layout with every coordinate bit renamed and another shape.
    pub fn map(&self, shape: Shape, rename: impl Fn(Coord) -> Coord) -> Layout {
        let all = |bits: &[Coord]| bits.iter().map(|coord| rename(*coord)).collect();
        let some = |bits: &[Option<Coord>]| bits.iter().map(|bit| bit.map(&rename)).collect();
        Layout {
            shape,
            register: all(&self.register),
            chunk: all(&self.chunk),
            lane: some(&self.lane),
            wave: some(&self.wave),
        }
    }

    /// The layout of the tile with rows and columns exchanged.
    pub fn transposed(&self) -> Layout {
        let [slices, rows, cols] = self.shape;
        let explicit = self.without_repetitions();
        explicit.map([slices, cols, rows], |coord| match coord.axis {
            1 => Coord { axis: 2, ..coord },
            2 => Coord { axis: 1, ..coord },
            _ => coord,
        })
    }

    /// The same placement with power-of-two repetitions turned into chunk bits; others stay.
    /// Chunks may be numbered differently: find them by coordinates.
    pub fn without_repetitions(&self) -> Layout {
        let mut layout = self.clone();
        for axis in [2, 1, 0] {
            let count = layout.repetitions()[axis];
            if !count.is_power_of_two() {
                continue;
            }
            let low = layout.block(axis).trailing_zeros() as usize;
            let bits = count.trailing_zeros() as usize;
            layout.chunk.extend((low..low + bits).map(|bit| Coord::new(axis, bit)));
        }
        layout
    }

    /// This layout of `[1, r, c]` with the tile seen as `[s, r, c / s]`.
    pub fn split(&self, slices: u32) -> Layout {
        let [_, rows, cols] = self.shape;
        let low = (cols / slices).trailing_zeros() as u8;
        let shape = [slices, rows, cols / slices];
        self.without_repetitions().map(shape, |coord| match coord.axis {
            2 if coord.bit >= low => Coord { axis: 0, bit: coord.bit - low },
            _ => coord,
        })
    }

    /// This layout of `[s, r, c]` with the tile seen as `[1, r, s * c]`.
    pub fn joined(&self) -> Layout {
        let [slices, rows, cols] = self.shape;
        let low = cols.trailing_zeros() as u8;
        self.without_repetitions().map([1, rows, slices * cols], |coord| match coord.axis {
            0 => Coord { axis: 2, bit: coord.bit + low },
            _ => coord,
        })
    }
}

#[cfg(test)]
mod tests;
