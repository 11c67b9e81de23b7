//! Moving elements from one memory order into another, in the largest pieces that stay whole.

use std::ops::Range;

use kiln_targets::{Axis, DType, Order, read_element, write_element};

/// Most bits of a piece: 65 536 elements.
const MOST_BITS: usize = 16;

/// Words that hold eight nibbles, which a permutation may shuffle among themselves.
const WORD: usize = 4;

/// A patch of the matrix that both orders keep in one piece of memory.
#[derive(Debug, PartialEq)]
enum Piece {
    /// Copied as it is.
    Bytes,
    /// A word of eight nibbles; byte `b` of the source contributes `table[b][value]`.
    Nibbles(Box<[[u32; 256]; WORD]>),
    /// One element, whose type may change.
    Element,
}

/// The way of a matrix from one order and type into another.
#[derive(Debug)]
pub(super) struct Permutation {
    from: DType,
    to: DType,
    piece: Piece,
    /// Rows of a piece.
    rows: usize,
    /// Offset of each piece's first column in the source and in the target: in bytes, or in
    /// elements where pieces are elements.
    columns: Vec<(usize, usize)>,
    bytes: usize,
}

impl Permutation {
    /// `cols` is the width of the matrix. Rows are moved in ranges whose beginnings, in source and
    /// target, and lengths are multiples of `aligned`, a power of two.
    pub(super) fn new(
        [from, to]: [DType; 2],
        [source, target]: [&Order; 2],
        cols: usize,
        aligned: usize,
    ) -> Self {
        let (piece, [rows, width]) = if from == to {
            largest(from, [&bits(source, cols), &bits(target, cols)], [aligned, cols])
        } else {
            (Piece::Element, [1, 1])
        };
        let unit = |dtype: DType, at: usize| {
            if piece == Piece::Element { at } else { dtype.bytes(at) }
        };
        let [_, source] = source.offsets([1, cols]);
        let [_, target] = target.offsets([1, cols]);
        let starts = (0..cols).step_by(width);
        let columns = starts.map(|at| (unit(from, source[at]), unit(to, target[at]))).collect();
        Self { from, to, piece, rows, columns, bytes: from.bytes(rows * width) }
    }

    /// Moves rows. `rows` are the source's, `source` and `target` the address of each row's first
    /// element, `out` the target's memory.
    ///
    /// # Errors
    /// The first value that the target's type cannot hold exactly.
    pub(super) fn run(
        &self,
        data: &[u8],
        rows: Range<usize>,
        source: &[usize],
        target: &[usize],
        out: &mut [u8],
    ) -> Result<(), f32> {
        for (row, place) in rows.zip(target).step_by(self.rows) {
            let (source, place) = (source[row], *place);
            match &self.piece {
                Piece::Element => self.elements(data, source, out, place)?,
                Piece::Nibbles(table) => {
                    let (source, place) = (self.from.bytes(source), self.to.bytes(place));
                    self.nibbles(table, &data[source..], &mut out[place..]);
                }
                Piece::Bytes => {
                    let (source, place) = (self.from.bytes(source), self.to.bytes(place));
                    let (data, out) = (&data[source..], &mut out[place..]);
                    match self.bytes {
                        2 => self.pieces::<2>(data, out),
                        4 => self.pieces::<4>(data, out),
                        8 => self.pieces::<8>(data, out),
                        _ => self.slices(data, out),
                    }
                }
            }
        }
        Ok(())
    }

    fn pieces<const BYTES: usize>(&self, data: &[u8], out: &mut [u8]) {
        for (from, to) in &self.columns {
            out[*to..*to + BYTES].copy_from_slice(&data[*from..*from + BYTES]);
        }
    }

    fn slices(&self, data: &[u8], out: &mut [u8]) {
        for (from, to) in &self.columns {
            out[*to..*to + self.bytes].copy_from_slice(&data[*from..*from + self.bytes]);
        }
    }

    fn nibbles(&self, table: &[[u32; 256]; WORD], data: &[u8], out: &mut [u8]) {
        for (from, to) in &self.columns {
            let bytes = data[*from..*from + WORD].iter().zip(table);
            let word = bytes.fold(0, |word, (byte, of)| word | of[usize::from(*byte)]);
            out[*to..*to + WORD].copy_from_slice(&word.to_le_bytes());
        }
    }

    fn elements(&self, data: &[u8], row: usize, out: &mut [u8], place: usize) -> Result<(), f32> {
        for (from, to) in &self.columns {
            let mut bits = read_element(data, self.from, row + from);
            if self.from != self.to {
                bits = convert(bits, self.from, self.to)?;
            }
            write_element(out, self.to, place + to, bits);
        }
        Ok(())
    }
}

/// The same value in another type, or the value if that type does not have it.
fn convert(bits: u32, from: DType, to: DType) -> Result<u32, f32> {
    let value = from.decode(bits);
    let converted = to.encode(value);
    let same = to.decode(converted).to_bits() == value.to_bits() || value.is_nan();
    if same { Ok(converted) } else { Err(value) }
}

/// An order's bits, lowest first. Where a block is one row, the columns go on after it.
fn bits(order: &Order, cols: usize) -> Vec<(Axis, u32)> {
    let mut bits = order.bits().to_vec();
    let [rows, width] = order.block();
    if rows == 1 {
        let next = width.trailing_zeros()..;
        let whole = next.take_while(|bit| cols.is_multiple_of(2 << bit));
        bits.extend(whole.take(MOST_BITS).map(|bit| (Axis::COLS, bit)));
    }
    bits
}

/// The largest piece that both orders keep together and that tiles `within`, and its rows and
/// columns.
fn largest(
    dtype: DType,
    [source, target]: [&[(Axis, u32)]; 2],
    within: [usize; 2],
) -> (Piece, [usize; 2]) {
    let whole = |[rows, cols]: [usize; 2]| (rows * cols * dtype.bits() as usize).is_multiple_of(8);
    let mut best = if whole([1, 1]) { (Piece::Bytes, [1, 1]) } else { (Piece::Element, [1, 1]) };
    for count in 1..=source.len().min(target.len()) {
        let (from, to) = (&source[..count], &target[..count]);
        let Some(shape) = patch(from).filter(|shape| patch(to) == Some(*shape)) else { continue };
        if !within.iter().zip(shape).all(|(size, extent)| size.is_multiple_of(extent)) {
            continue;
        }
        if from == to && whole(shape) {
            best = (Piece::Bytes, shape);
        } else if dtype.bits() == 4 && count == 3 {
            best = (Piece::Nibbles(shuffle(from, to)), shape);
        }
    }
    best
}

/// Rows and columns of the patch that the lowest address bits cover; `None` if it has holes.
fn patch(bits: &[(Axis, u32)]) -> Option<[usize; 2]> {
    let along = |axis: Axis| {
        let of = bits.iter().filter(|(other, _)| *other == axis);
        let (count, top) = of.fold((0, 0), |(count, top), (_, bit)| (count + 1, top.max(bit + 1)));
        (count == top).then_some(1usize << count)
    };
    Some([along(Axis::ROWS)?, along(Axis::COLS)?])
}

/// Where each byte of a word of eight nibbles puts its two.
fn shuffle(from: &[(Axis, u32)], to: &[(Axis, u32)]) -> Box<[[u32; 256]; WORD]> {
    let place = |nibble: usize| -> usize {
        let bits = from.iter().enumerate().filter(|(at, _)| nibble >> at & 1 == 1);
        bits.filter_map(|(_, bit)| to.iter().position(|other| other == bit)).map(|at| 1 << at).sum()
    };
    let mut table = Box::new([[0; 256]; WORD]);
    for (byte, of) in table.iter_mut().enumerate() {
        for (value, word) in of.iter_mut().enumerate() {
            let (low, high) = (value as u32 & 15, value as u32 >> 4);
            *word = low << (4 * place(2 * byte)) | high << (4 * place(2 * byte + 1));
        }
    }
    table
}
