//! Streaming weights into the arrays that kernels read.

use std::ops::Range;

use kiln_targets::{DType, Order};

use super::Layout;
use super::permute::Permutation;
use super::weight::{Source, Weight};
use crate::{Error, Result};

/// About how many bytes are handed over at once.
const PIECE: usize = 8 << 20;

/// How many pieces are being read from the file while one is repacked.
const AHEAD: usize = 4;

/// How far loading has come, in bytes of the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// Bytes that will be read.
    pub total: u64,
}

/// Takes the next bytes of an array: their offset in it, and themselves.
pub type Sink<'s> = dyn FnMut(u64, &[u8]) -> Result<()> + 's;

/// Streams weights out of a checkpoint and reports how far it has come.
pub struct Repack<'r> {
    progress: Progress,
    report: &'r mut dyn FnMut(Progress),
    piece: Vec<u8>,
}

impl<'r> Repack<'r> {
    /// `total` is what `report` is told as the whole, in bytes of the checkpoint.
    pub fn new(total: u64, report: &'r mut dyn FnMut(Progress)) -> Self {
        Self { progress: Progress { bytes: 0, total }, report, piece: Vec::new() }
    }

    /// Streams one part of weights of equal width, the rows of each below those of the one before,
    /// into an array of the given layout. `sink` gets the array's bytes in ascending order, each
    /// once, padding (zero) included. Returns the array's size.
    ///
    /// # Errors
    /// One line that names tensor and file: weights of another format than the layout's, of
    /// different widths, or with a value that the layout's type cannot hold exactly. What `sink`
    /// refuses.
    pub fn array(
        &mut self,
        weights: &[Weight<'_>],
        layout: &Layout,
        sink: &mut Sink<'_>,
    ) -> Result<u64> {
        let stack = Stack::new(weights, layout)?;
        let target = Target { order: &layout.order, dtype: layout.dtype, cols: stack.cols };
        let [padded, _] = layout.order.padded_shape([stack.rows, stack.cols]);
        let step = target.rows_at_once();
        let mut offset = 0;
        for start in (0..padded).step_by(step) {
            let rows = start..padded.min(start + step);
            let mut piece = std::mem::take(&mut self.piece);
            let read = stack.fill(rows.clone(), &target, &mut piece);
            let handed = read.and_then(|read| sink(offset, &piece).map(|()| read));
            offset += piece.len() as u64;
            self.piece = piece;
            self.progress.bytes += handed?;
            stack.release(rows);
            (self.report)(self.progress);
        }
        Ok(offset)
    }
}

/// The array that is written.
struct Target<'t> {
    order: &'t Order,
    dtype: DType,
    cols: usize,
}

impl Target<'_> {
    /// Whole blocks, whole bytes, and about [`PIECE`].
    fn rows_at_once(&self) -> usize {
        let [block, _] = self.order.block();
        let unit = 8 * block;
        let bytes = self.order.bytes([unit, self.cols], self.dtype).max(1);
        unit * (PIECE / bytes).max(1)
    }
}

/// Sources below one another.
struct Stack<'w> {
    sources: Vec<Stacked<'w>>,
    rows: usize,
    cols: usize,
}

/// A source, its first row in the stack, and the address of each of its rows.
struct Stacked<'w> {
    weight: Weight<'w>,
    source: Source<'w>,
    first: usize,
    rows: Vec<usize>,
}

impl<'w> Stack<'w> {
    fn new(weights: &[Weight<'w>], layout: &Layout) -> Result<Self> {
        let mut stack = Self { sources: Vec::new(), rows: 0, cols: 0 };
        for weight in weights {
            if !same_format(weight, layout) {
                let why = format!(
                    "it is stored as {}, the kernel reads {}; weights of one operation have to be \
                     of one format",
                    weight.format(),
                    layout.format
                );
                return Err(weight.fail(why));
            }
            let source = weight.part(&layout.part.name)?;
            let [rows, cols] = source.shape;
            if !stack.sources.is_empty() && cols != stack.cols {
                let why = format!("{cols} columns cannot be stacked on {}", stack.cols);
                return Err(weight.fail(why));
            }
            let [addresses, _] = source.order.offsets([rows, cols]);
            let first = stack.rows;
            stack.sources.push(Stacked { weight: *weight, source, first, rows: addresses });
            (stack.rows, stack.cols) = (first + rows, cols);
        }
        if stack.sources.is_empty() {
            return Err(Error::request("there are no weights to stack"));
        }
        Ok(stack)
    }

    /// Writes rows of the stack to `out`; returns the bytes that were read for them.
    fn fill(&self, rows: Range<usize>, target: &Target<'_>, out: &mut Vec<u8>) -> Result<u64> {
        out.clear();
        out.resize(target.order.bytes([rows.len(), target.cols], target.dtype), 0);
        let [places, _] = target.order.offsets([rows.len(), target.cols]);
        let mut read = 0;
        for stacked in &self.sources {
            let Some((own, place)) = stacked.overlap(&rows) else { continue };
            read += (stacked.end_of(own.end) - stacked.end_of(own.start)) as u64;
            stacked.prefetch(&own, rows.len());
            stacked.copy(own, &places[place..], place, target, out)?;
        }
        Ok(read)
    }

    /// Takes the file's pages of some rows out of memory.
    fn release(&self, rows: Range<usize>) {
        for stacked in &self.sources {
            if let Some((own, _)) = stacked.overlap(&rows) {
                stacked.source.tensor.release(stacked.bytes(&own));
            }
        }
    }
}

impl Stacked<'_> {
    /// The source's rows among some of the stack's, and how many of those come before.
    fn overlap(&self, rows: &Range<usize>) -> Option<(Range<usize>, usize)> {
        let own = self.first..self.first + self.source.shape[0];
        let (start, end) = (own.start.max(rows.start), own.end.min(rows.end));
        (start < end).then(|| (start - self.first..end - self.first, start - rows.start))
    }

    /// The tensor's bytes of some rows, which begin with a block's.
    fn bytes(&self, rows: &Range<usize>) -> Range<usize> {
        let [block, _] = self.source.order.block();
        let first = rows.start.min(self.source.shape[0]) / block * block;
        self.end_of(first)..self.end_of(rows.end)
    }

    /// The tensor's bytes up to a row, whole blocks.
    fn end_of(&self, row: usize) -> usize {
        let Source { order, dtype, shape, .. } = &self.source;
        order.bytes([row.min(shape[0]), shape[1]], *dtype)
    }

    /// Begins to read the rows of the [`AHEAD`]th piece after some rows, and before the first
    /// piece those of all before it.
    fn prefetch(&self, own: &Range<usize>, rows: usize) {
        let end = own.end + AHEAD * rows;
        let start = if own.start == 0 { 0 } else { end - rows };
        self.source.tensor.prefetch(self.bytes(&(start..end)));
    }

    fn copy(
        &self,
        own: Range<usize>,
        places: &[usize],
        place: usize,
        target: &Target<'_>,
        out: &mut [u8],
    ) -> Result<()> {
        let Source { tensor, dtype, order, shape } = &self.source;
        let aligned = 1 << (own.start | place | own.len()).trailing_zeros().min(16);
        let orders = [order, target.order];
        let way = Permutation::new([*dtype, target.dtype], orders, shape[1], aligned);
        way.run(tensor.bytes(), own, &self.rows, places, out).map_err(|value| {
            let why = format!("its value {value} does not exist in {}", target.dtype);
            self.weight.fail(why)
        })
    }
}

/// Whether a weight can be read as the layout's format: the same one, or any plain one for plain.
fn same_format(weight: &Weight<'_>, layout: &Layout) -> bool {
    match weight {
        Weight::Plain(_) => layout.format.scheme == kiln_targets::Scheme::Plain,
        Weight::Packed(packed) => packed.format == layout.format,
        Weight::Rows(rows) => rows.format == layout.format,
    }
}
