//! Rows of several sequences in one launch, for layers with a state for each sequence.
//!
//! `segments` `[b, 4]` has a row for each sequence: its first row among the `m` of the launch, how
//! many they are, the slot of its state, and how many tokens came before. Segments do not overlap,
//! and no two have the same slot. A segment without rows changes nothing; one with no tokens before
//! it starts from zeros, whatever its slot holds.

use kiln_compiler::dsl::Matrix;
use kiln_compiler::prelude::*;

/// The segment of one workgroup, in uniform registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'k> {
    /// Its first row.
    pub(crate) first: Index<'k>,
    /// Its rows.
    pub(crate) count: Index<'k>,
    /// Its slot.
    pub(crate) slot: Index<'k>,
    /// Where it has a past: a `[1, 1]` mask.
    pub(crate) continues: Mask<'k>,
}

impl<'k> Segment<'k> {
    /// Segment number `sequence`, cut where the rows of the launch end.
    pub(crate) fn load(k: &'k Kernel, sequence: Index<'k>) -> Segment<'k> {
        let number = numbers(k, "segments", sequence);
        let rows = k.dim("m");
        let first = number(0).element().min(rows);
        Segment {
            first,
            count: number(1).element().min(rows - first),
            slot: number(2).element(),
            continues: number(3).gt(0),
        }
    }

    /// The same segment of `old_segments`, cut at so many rows. One without rows goes on from what
    /// its slot holds, because it changes nothing.
    pub(crate) fn load_old(k: &'k Kernel, sequence: Index<'k>, rows: u32) -> Segment<'k> {
        let number = numbers(k, "old_segments", sequence);
        let rows = k.index(rows.into());
        let first = number(0).element().min(rows);
        let count = number(1).element().min(rows - first);
        let past = number(3).element().max(k.index(1) - count);
        let continues = k.splat(past, [1, 1]).gt(0);
        Segment { first, count, slot: number(2).element(), continues }
    }
}

/// The numbers of a row of a table of segments, `[1, 1]` each.
fn numbers<'k>(k: &'k Kernel, table: &str, row: Index<'k>) -> impl Fn(u32) -> Tile<'k> {
    let table = k.arg(table);
    move |column| k.load(table.at([row, k.index(column.into())], [1, 1]))
}

/// The grid extent of a number that is known when the kernel is built.
pub(crate) fn times(count: u32) -> Extent {
    Extent { dim: None, mul: count, div: 1 }
}

/// A segment as a reference reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its first row.
    pub(crate) first: usize,
    /// Its rows.
    pub(crate) count: usize,
    /// Its slot.
    pub(crate) slot: usize,
    /// Whether tokens came before.
    pub(crate) continues: bool,
}

/// The segments that have rows.
pub(crate) fn spans(host: &Host) -> Vec<Span> {
    table(&host.number("segments")).into_iter().filter(|span| span.count > 0).collect()
}

/// All segments of a table.
pub(crate) fn table(segments: &Matrix) -> Vec<Span> {
    let number = |row: usize, column: usize| segments[[row, column]] as usize;
    let span = |row: usize| Span {
        first: number(row, 0),
        count: number(row, 1),
        slot: number(row, 2),
        continues: number(row, 3) > 0,
    };
    (0..segments.rows).map(span).collect()
}

/// A slot for every segment.
pub(crate) fn fit(dims: &mut Sizes) {
    let segments = dims.get("b").copied().unwrap_or(1);
    let slots = dims.entry("s".to_owned()).or_insert(segments);
    *slots = (*slots).max(segments);
}

/// Segments that cover all rows, or with `partly` the first rows of what would.
pub(crate) fn segments(dims: &Sizes, pick: Pick, partly: bool) -> Vec<i32> {
    let size = |name: &str| dims.get(name).copied().unwrap_or(1);
    let (rows, count) = (size("m"), size("b"));
    let mut random = match pick {
        Pick::Typical => None,
        Pick::Seeded(seed) => Some(Numbers(seed)),
    };
    let mut draw = |below: u64, typical: u64| match &mut random {
        Some(random) => random.below(below),
        None => typical,
    };
    let mut cuts: Vec<u64> = (1..count).map(|at| draw(rows + 1, at * rows / count)).collect();
    cuts.extend([0, rows]);
    cuts.sort_unstable();
    let shift = draw(size("s"), 0);
    let segment = |(at, cut): (usize, &[u64])| {
        let all = cut[1] - cut[0];
        let kept = if partly { draw(all + 1, all) } else { all };
        // A third of them start anew.
        let past = if draw(3, 1) == 0 { 0 } else { 1 + draw(5000, 4095) };
        [cut[0], kept, (at as u64 + shift) % size("s"), past].map(|number| number as i32)
    };
    cuts.windows(2).enumerate().flat_map(segment).collect()
}

/// A linear congruential generator.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(m: u64, b: u64, s: u64) -> Sizes {
        let mut sizes = Sizes::from([("m", m), ("b", b), ("s", s)].map(|(n, v)| (n.into(), v)));
        fit(&mut sizes);
        sizes
    }

    #[test]
    fn segments_cover_all_rows_once_and_have_slots_of_their_own() {
        for seed in 0..50 {
            let (rows, count) = (seed % 34 + 1, seed * 7 % 33 + 1);
            let sizes = sizes(rows, count, seed % 5);
            let all = segments(&sizes, Pick::Seeded(seed), false);
            let mut slots: Vec<i32> = all.chunks(4).map(|segment| segment[2]).collect();
            slots.sort_unstable();
            slots.dedup();
            assert_eq!(slots.len() as u64, count);
            assert!(slots.iter().all(|slot| (*slot as u64) < sizes["s"]));
            let mut next = 0;
            for segment in all.chunks(4) {
                assert_eq!(segment[0], next);
                next += segment[1];
            }
            assert_eq!(next as u64, rows);
        }
    }

    #[test]
    fn some_segments_start_anew_and_some_continue() {
        let all: Vec<i32> =
            (0..9).flat_map(|seed| segments(&sizes(20, 4, 4), Pick::Seeded(seed), true)).collect();
        assert!(all.chunks(4).any(|segment| segment[3] == 0 && segment[1] > 0));
        assert!(all.chunks(4).any(|segment| segment[3] > 0 && segment[1] > 0));
        assert!(all.chunks(4).any(|segment| segment[1] == 0));
    }

    #[test]
    fn a_typical_launch_continues_one_sequence_with_all_rows() {
        assert_eq!(segments(&sizes(8, 1, 4), Pick::Typical, false), [0, 8, 0, 4096]);
    }
}
