//! One operand of a small problem and of a large one that repeats it.

use std::sync::Arc;

use kiln_compiler::interpret::extent;
use kiln_compiler::tile::{Extent, Part};
use kiln_targets::Order;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::pages::Pages;

/// The small and the large shape of one operand.
pub(super) struct Pair<'p> {
    part: &'p Part,
    small: [usize; 2],
    large: [usize; 2],
}

impl<'p> Pair<'p> {
    pub(super) fn new(part: &'p Part, small: &[i64], large: &[i64]) -> Self {
        let shape = |sizes| part.extent.map(|of| extent(of, sizes).max(0) as usize);
        Self { part, small: shape(small), large: shape(large) }
    }

    /// Bytes of the large image.
    pub(super) fn bytes(&self) -> usize {
        self.part.order.bytes(self.large, self.part.dtype)
    }

    fn axes(&self) -> [Axis; 2] {
        [0, 1].map(|axis| Axis::new(self.part.extent[axis], self.small[axis], self.large[axis]))
    }

    /// Where each position along each axis of the large shape comes from.
    fn sources(&self) -> [Vec<usize>; 2] {
        let [rows, columns] = self.axes();
        let along = |axis: Axis, size: usize| (0..size).map(|at| axis.source(at)).collect();
        [along(rows, self.large[0]), along(columns, self.large[1])]
    }

    /// The large image, made of repetitions of the small one. Padding is zero.
    pub(super) fn spread(&self, image: &[u8]) -> Vec<u8> {
        let (order, bits) = (&self.part.order, self.part.dtype.bits() as usize);
        let [from_rows, from_columns] = order.offsets(self.small);
        let [rows, columns] = order.offsets(self.large);
        let [row_of, column_of] = self.sources();
        let mut large = vec![0; self.bytes()];
        for (row, to) in rows.iter().enumerate() {
            let from = from_rows[row_of[row]];
            for (column, step) in columns.iter().enumerate() {
                let source = from + from_columns[column_of[column]];
                copy(image, source, &mut large, to + step, bits);
            }
        }
        large
    }

    /// What [`Pair::spread`] makes, of which a page is made when something of it is looked at.
    pub(super) fn pages(&self, image: &[u8]) -> Pages {
        let bits = self.part.dtype.bits() as usize;
        let places = Places::new(&self.part.order, self.large);
        let [from_rows, from_columns] = self.part.order.offsets(self.small);
        let ([rows, columns], image) = (self.axes(), Arc::<[u8]>::from(image));
        Pages::new(self.bytes(), move |start, bytes| {
            let first = start * 8 / bits;
            for at in 0..bytes.len() * 8 / bits {
                if let Some([row, column]) = places.find(first + at) {
                    let source = from_rows[rows.source(row)] + from_columns[columns.source(column)];
                    copy(&image, source, bytes, at, bits);
                }
            }
        })
    }

    /// Takes each element of the small image from one of its repetitions.
    pub(super) fn gather(&self, image: &[u8], small: &mut [u8], picks: &mut ChaCha8Rng) {
        let bits = self.part.dtype.bits() as usize;
        let pick = |_, of: &[usize]| match picks.random_range(0..4) {
            0 => of[0],
            1 => of[of.len() - 1],
            _ => of[picks.random_range(0..of.len())],
        };
        self.visit(pick, |source, target| copy(image, source, small, target, bits));
    }

    /// Takes the small image from one repetition along rows and columns of a large one, whose bytes at
    /// an offset `read` knows.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) fn take<E>(
        &self,
        numbers: [usize; 2],
        small: &mut [u8],
        mut read: impl FnMut(usize, &mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let bits = self.part.dtype.bits() as usize;
        let mut outcome = Ok(());
        let pick = |axis: usize, of: &[usize]| of[numbers[axis].min(of.len() - 1)];
        self.visit(pick, |source, target| {
            let (mut element, first) = ([0; 8], source * bits / 8);
            let bytes = &mut element[..bits.div_ceil(8)];
            if outcome.is_ok() {
                outcome = read(first, bytes);
            }
            copy(bytes, source - first * 8 / bits, small, target, bits);
        });
        outcome
    }

    /// Visits each element of the small image: its place in the repetition that `pick` chooses, by
    /// axis, of those there are, and its own.
    fn visit(
        &self,
        mut pick: impl FnMut(usize, &[usize]) -> usize,
        mut visit: impl FnMut(usize, usize),
    ) {
        let [to_rows, to_columns] = self.part.order.offsets(self.small);
        let [rows, columns] = self.part.order.offsets(self.large);
        let [row_of, column_of] = self.sources();
        let row_of = repetitions(&row_of, self.small[0]);
        let column_of = repetitions(&column_of, self.small[1]);
        for (row, to) in to_rows.iter().enumerate() {
            for (column, step) in to_columns.iter().enumerate() {
                let source = rows[pick(0, &row_of[row])] + columns[pick(1, &column_of[column])];
                visit(source, to + step);
            }
        }
    }
}

/// How positions along an axis of the large shape come from the small one.
#[derive(Clone, Copy)]
struct Axis {
    /// Positions of one section of either.
    small: usize,
    large: usize,
}

impl Axis {
    fn new(of: Extent, small: usize, large: usize) -> Self {
        let sections = sections(of, small, large);
        Self { small: (small / sections).max(1), large: (large / sections).max(1) }
    }

    fn source(self, at: usize) -> usize {
        at / self.large * self.small + at % self.large % self.small
    }
}

/// Parts of an extent that lie one after the other and are repeated each by itself: two for gate
/// and value.
fn sections(of: Extent, small: usize, large: usize) -> usize {
    let sections = (of.mul / of.div.max(1)).max(1) as usize;
    let divides = small.is_multiple_of(sections) && large.is_multiple_of(sections);
    if of.dim.is_some() && divides { sections } else { 1 }
}

/// Which element of a shape lies where in memory.
struct Places {
    shape: [usize; 2],
    block: [usize; 2],
    /// Blocks beside each other.
    across: usize,
    within: Vec<[usize; 2]>,
}

impl Places {
    fn new(order: &Order, shape: [usize; 2]) -> Self {
        let block = order.block();
        let across = shape[1].div_ceil(block[1]).max(1);
        Self { shape, block, across, within: order.within() }
    }

    /// Row and column of the element at an index in memory; `None` for padding.
    fn find(&self, at: usize) -> Option<[usize; 2]> {
        let (number, within) = (at / self.within.len(), self.within[at % self.within.len()]);
        let row = number / self.across * self.block[0] + within[0];
        let column = number % self.across * self.block[1] + within[1];
        (row < self.shape[0] && column < self.shape[1]).then_some([row, column])
    }
}

/// Every position that comes from each source.
fn repetitions(sources: &[usize], count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new(); count];
    for (at, source) in sources.iter().enumerate() {
        all[*source].push(at);
    }
    all
}

/// Copies one element; those of fewer than 8 bits share bytes, the first lowest.
fn copy(from: &[u8], source: usize, to: &mut [u8], target: usize, bits: usize) {
    if bits < 8 {
        let mask = (1u8 << bits) - 1;
        let (first, second) = (source * bits, target * bits);
        let value = from[first / 8] >> (first % 8) & mask;
        let byte = &mut to[second / 8];
        *byte = *byte & !(mask << (second % 8)) | value << (second % 8);
        return;
    }
    let bytes = bits / 8;
    let (first, second) = (source * bytes, target * bytes);
    to[second..second + bytes].copy_from_slice(&from[first..first + bytes]);
}

#[cfg(test)]
mod tests {
    use kiln_compiler::tile::Role;
    use kiln_sim::memory::Backing;
    use kiln_targets::DType;

    use super::*;

    /// All bytes behind a backing.
    fn bytes(pages: &Pages, count: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while all.len() < count {
            let words = pages.readable(all.len() / 4);
            all.extend(
                words
                    .iter()
                    .flat_map(|word| word.load(std::sync::atomic::Ordering::Relaxed).to_le_bytes()),
            );
        }
        all.truncate(count);
        all
    }

    #[test]
    fn an_image_made_page_by_page_is_the_one_made_at_once() {
        for (order, dtype) in [
            ("", DType::F32),
            ("", DType::U4),
            ("k0 n0 k1 n1 n2", DType::BF16),
            ("n0 n1 k0 k1 k2", DType::U4),
        ] {
            let extent = |dim, mul| Extent { dim: Some(dim), mul, div: 1 };
            let part = Part {
                name: "w".into(),
                role: Role::Input,
                dtype,
                extent: [extent(0, 2), extent(1, 1)],
                order: Order::parse(order).unwrap(),
            };
            // Rows in two sections; neither rows nor columns fill blocks.
            let pair = Pair::new(&part, &[3, 10], &[67, 301]);
            let small: Vec<u8> =
                (0..part.order.bytes(pair.small, dtype)).map(|at| (at * 37 % 251) as u8).collect();
            let whole = pair.spread(&small);
            assert!(whole.len() > kiln_sim::memory::PAGE / 8, "{order}: {}", whole.len());
            assert!(bytes(&pair.pages(&small), whole.len()) == whole, "{order} of {dtype:?}");
        }
    }
}
