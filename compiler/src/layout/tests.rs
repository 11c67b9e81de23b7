//! Layouts by enumeration: every slot of every lane and wave, against what it should hold.

mod inferred;
mod products;
mod random;

use super::{Coord, Layout};
use crate::tile::Shape;

/// Coordinates of an element of a chunk in any lane and wave.
fn held(layout: &Layout, [wave, lane, chunk, element]: [u32; 4]) -> Shape {
    let mut at = layout.coordinates(chunk, element);
    for (index, bits) in [(lane, &layout.lane), (wave, &layout.wave)] {
        for (i, coord) in bits.iter().enumerate() {
            if let Some(coord) = coord.filter(|_| index >> i & 1 == 1) {
                at[coord.axis as usize] += 1 << coord.bit;
            }
        }
    }
    at
}

/// Every slot: wave, lane, chunk, element.
fn slots(layout: &Layout) -> impl Iterator<Item = [u32; 4]> {
    let (chunks, elements) = (layout.chunks(), layout.chunk_elements());
    let (lanes, waves) = (1 << layout.lane.len(), 1 << layout.wave.len());
    (0..waves).flat_map(move |wave| {
        (0..lanes).flat_map(move |lane| {
            (0..chunks).flat_map(move |chunk| (0..elements).map(move |e| [wave, lane, chunk, e]))
        })
    })
}

/// How many slots hold each element if all hold equally many.
fn copies(layout: &Layout) -> Option<usize> {
    let [slices, rows, cols] = layout.shape;
    let mut counts = vec![0; (slices * rows * cols) as usize];
    for slot in slots(layout) {
        let [s, r, c] = held(layout, slot);
        if s >= slices || r >= rows || c >= cols {
            return None;
        }
        counts[((s * rows + r) * cols + c) as usize] += 1;
    }
    counts.iter().all(|count| *count == counts[0]).then_some(counts[0])
}

/// Copies that the zero bases of a layout announce.
fn announced(layout: &Layout) -> usize {
    1 << layout.lane.iter().chain(&layout.wave).filter(|bit| bit.is_none()).count()
}

fn small() -> Layout {
    Layout {
        shape: [1, 4, 24],
        register: vec![Coord::new(2, 0)],
        chunk: vec![Coord::new(1, 1)],
        lane: vec![Some(Coord::new(2, 2)), None],
        wave: vec![Some(Coord::new(2, 1)), Some(Coord::new(1, 0))],
    }
}

#[test]
fn blocks_repeat_with_columns_fastest_and_registers_below_chunks() {
    let layout = small();
    assert!(layout.is_valid());
    assert_eq!([0, 1, 2].map(|axis| layout.block(axis)), [1, 4, 8]);
    assert_eq!(layout.repetitions(), [1, 1, 3]);
    assert_eq!((layout.chunks(), layout.chunk_elements()), (6, 2));
    assert_eq!(layout.coordinates(0, 1), [0, 0, 1]);
    assert_eq!(layout.coordinates(1, 0), [0, 2, 0]);
    assert_eq!(layout.coordinates(5, 1), [0, 2, 17]);
    assert_eq!(held(&layout, [3, 1, 5, 1]), [0, 3, 23]);
    assert_eq!(copies(&layout), Some(2));
}

#[test]
fn layouts_that_skip_or_repeat_a_bit_or_leave_a_remainder_are_invalid() {
    let valid = small();
    let broken = |change: &dyn Fn(&mut Layout)| {
        let mut layout = valid.clone();
        change(&mut layout);
        layout
    };
    assert!(!broken(&|l| l.chunk.push(Coord::new(2, 0))).is_valid());
    assert!(!broken(&|l| l.chunk.push(Coord::new(2, 4))).is_valid());
    assert!(!broken(&|l| l.lane[1] = Some(Coord::new(1, 1))).is_valid());
    assert!(!broken(&|l| l.shape = [1, 4, 20]).is_valid());
    assert!(!broken(&|l| l.shape = [1, 6, 24]).is_valid());
    assert!(broken(&|l| l.shape = [5, 12, 8]).is_valid());
}

#[test]
fn projections_hide_the_bits_of_axes_of_size_one() {
    let column = small().project([1, 4, 1]);
    assert!(column.is_valid());
    assert_eq!((column.chunks(), column.chunk_elements()), (2, 1));
    assert_eq!(column.lane, [None, None]);
    assert_eq!(copies(&column), Some(announced(&column)));
}

#[test]
fn only_powers_of_two_of_repetitions_become_chunk_bits() {
    let three = small().without_repetitions();
    assert_eq!(three.chunk, small().chunk);
    let four = Layout { shape: [2, 4, 32], ..small() }.without_repetitions();
    let coords = [(1, 1), (2, 3), (2, 4), (0, 0)].map(|(axis, bit)| Coord::new(axis, bit));
    assert_eq!(four.chunk, coords);
    assert_eq!(four.repetitions(), [1, 1, 1]);
}
