//! Memory orders: how the elements of a two-dimensional part follow one another in memory.
//!
//! An order permutes the coordinate bits of a power-of-two block. Written lowest address bit
//! first, in units of one element, `k0 k1 k2 n0 n1 n2 n3 k3 k4` means: blocks of 16 rows by 32
//! columns; within a block, eight neighbouring columns are contiguous, then come the same eight
//! columns of the next row, and after sixteen rows the next eight columns. Whole blocks follow
//! one another with the column axis fastest. The empty order is plain row-major.
//!
//! Shapes are padded to whole blocks; padding is zero.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bits::parse_bit;
use crate::{Axis, DType, Error};

/// A permutation of the coordinate bits of a block. See the module's text.
///
/// Columns are the letter `k`. Rows are `n` (weights) or `m` (activations) when read, and `n`
/// when printed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Order {
    bits: Vec<(Axis, u32)>,
}

impl Order {
    /// Most bits in an order: blocks of 65 536 elements.
    pub const MAX_BITS: usize = 16;

    /// The empty order.
    pub fn row_major() -> Self {
        Self::default()
    }

    /// Reads an order from its text.
    ///
    /// # Errors
    /// If a word is not a bit, or the bits of an axis are not `0, 1, ...` each exactly once.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let fail = |problem: String| Error::syntax("a memory order", text, problem);
        let plain = text.replace('m', "n");
        let bits = plain
            .split_whitespace()
            .map(|word| parse_bit(['n', 'k'], word))
            .collect::<Result<Vec<_>, _>>()
            .map_err(fail)?;
        if bits.len() > Self::MAX_BITS {
            return Err(fail(format!("a block has at most {} bits", Self::MAX_BITS)));
        }
        for (axis, letter) in [(Axis::ROWS, 'n'), (Axis::COLS, 'k')] {
            let mut indices: Vec<u32> =
                bits.iter().filter(|(of, _)| *of == axis).map(|(_, bit)| *bit).collect();
            indices.sort_unstable();
            if indices.iter().zip(0..).any(|(bit, expected)| *bit != expected) {
                return Err(fail(format!(
                    "the bits of {letter} must be {letter}0, {letter}1, ... without gap or repetition"
                )));
            }
        }
        Ok(Self { bits })
    }

    /// Axis and index of each coordinate bit, lowest address bit first.
    pub fn bits(&self) -> &[(Axis, u32)] {
        &self.bits
    }

    /// Rows and columns of a block.
    pub fn block(&self) -> [usize; 2] {
        let count = |axis| self.bits.iter().filter(|(of, _)| *of == axis).count();
        [1 << count(Axis::ROWS), 1 << count(Axis::COLS)]
    }

    /// The shape rounded up to whole blocks.
    pub fn padded_shape(&self, shape: [usize; 2]) -> [usize; 2] {
        let block = self.block();
        [0, 1].map(|axis| shape[axis].next_multiple_of(block[axis]))
    }

    /// Elements in memory for a part of this shape, padding included.
    pub fn elements(&self, shape: [usize; 2]) -> usize {
        self.padded_shape(shape).iter().product()
    }

    /// Bytes in memory for a part of this shape, padding included.
    pub fn bytes(&self, shape: [usize; 2], dtype: DType) -> usize {
        dtype.bytes(self.elements(shape))
    }

    /// Index in memory, in elements, of an element of a part with `cols` columns.
    pub fn address(&self, row: usize, col: usize, cols: usize) -> usize {
        self.offset(Axis::ROWS, row, cols) + self.offset(Axis::COLS, col, cols)
    }

    /// What each row and each column of a part adds to an address, so that
    /// `address(row, col, cols) == offsets[0][row] + offsets[1][col]`.
    pub fn offsets(&self, shape: [usize; 2]) -> [Vec<usize>; 2] {
        let along = |axis: Axis| {
            (0..shape[axis.index()]).map(move |at| self.offset(axis, at, shape[1])).collect()
        };
        [along(Axis::ROWS), along(Axis::COLS)]
    }

    /// Row and column, within its block, of each element of a block as they lie in memory.
    pub fn within(&self) -> Vec<[usize; 2]> {
        let place = |at: usize| {
            let mut place = [0, 0];
            for (from, (axis, to)) in self.bits.iter().enumerate() {
                place[axis.index()] |= (at >> from & 1) << to;
            }
            place
        };
        (0..1 << self.bits.len()).map(place).collect()
    }

    /// What one coordinate adds to the address: an address is the sum over both axes.
    fn offset(&self, axis: Axis, at: usize, cols: usize) -> usize {
        let block = self.block();
        let (size, area) = (block[axis.index()], block[0] * block[1]);
        let per_step = if axis == Axis::ROWS { cols.div_ceil(block[1]) } else { 1 };
        let bits = self.bits.iter().enumerate().filter(|(_, (of, _))| *of == axis);
        let within: usize = bits.map(|(to, (_, from))| ((at % size) >> from & 1) << to).sum();
        at / size * per_step * area + within
    }

    /// How many of the lowest address bits agree with another order's.
    pub(crate) fn common_bits(&self, other: &Self) -> usize {
        self.bits.iter().zip(&other.bits).take_while(|(a, b)| a == b).count()
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (axis, bit)) in self.bits.iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            let letter = if *axis == Axis::ROWS { 'n' } else { 'k' };
            write!(f, "{gap}{letter}{bit}")?;
        }
        Ok(())
    }
}

impl FromStr for Order {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Order {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<Order> for String {
    fn from(order: Order) -> Self {
        order.to_string()
    }
}
