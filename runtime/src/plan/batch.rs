//! The rows of one pass, and what the host hands over for them.

use kiln_cache::operations::{Attention, DECODE_ROWS};

use super::node::{Input, Pass};
use super::sizes::{Arriving, Sizes};
use crate::model::config::Rope;
use crate::{Error, Result};

/// Rows of one sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Tokens of the rows.
    pub tokens: Vec<u32>,
    /// Positions of the rows in time, height and width.
    pub positions: Vec<[u32; 3]>,
    /// Tokens before the rows.
    pub past: u64,
    /// Slot of the sequence's states.
    pub slot: u64,
    /// Pages of the sequence, enough for its rows.
    pub pages: Vec<u32>,
}

/// The segments of one pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// In the order of their rows.
    pub segments: Vec<Segment>,
}

/// By what rows are rotated: in the model, and in the drafter if there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ropes<'c> {
    pub(super) model: &'c Rope,
    pub(super) drafter: Option<&'c Rope>,
}

impl Batch {
    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.segments.iter().map(|segment| segment.tokens.len() as u64).sum()
    }

    /// Refuses what does not fit the sizes or contradicts itself.
    pub(super) fn check(&self, pass: Pass, sizes: &Sizes) -> Result<Arriving> {
        let refuse = |why: String| Err(Error::request(why));
        let (rows, count) = (self.rows(), self.segments.len() as u64);
        if count == 0 || !(pass.least_rows()..=pass.most_rows(sizes.chunk)).contains(&rows) {
            return refuse(format!("{rows} rows of {count} sequences are no {pass:?} pass"));
        }
        if count > if pass == Pass::Prefill { 1 } else { DECODE_ROWS } {
            return refuse(format!("{count} sequences are too many for one pass"));
        }
        let (mut columns, mut longest) = (1, 1);
        for segment in &self.segments {
            let rows = segment.tokens.len() as u64;
            let end = segment.past + rows;
            let pages = segment.pages.len() as u64;
            let known = segment.pages.iter().all(|page| u64::from(*page) < sizes.pages);
            let held = end <= pages * sizes.page && pages <= sizes.pages_each && known;
            if rows == 0 || segment.positions.len() as u64 != rows || segment.slot >= sizes.slots {
                return refuse("a segment without rows, positions or a slot".into());
            }
            if !held {
                return refuse(format!("{pages} pages do not hold {end} tokens"));
            }
            columns = columns.max(pages);
            longest = longest.max(end);
        }
        let s = longest.div_ceil(Attention::PART);
        Ok(Arriving { m: rows, b: count, t: columns, s })
    }

    /// The bytes of an input.
    pub(super) fn input(
        &self,
        input: Input,
        sizes: &Sizes,
        columns: u64,
        ropes: &Ropes<'_>,
    ) -> Vec<u8> {
        match input {
            Input::Ids => {
                words(self.segments.iter().flat_map(|of| of.tokens.iter().map(|id| *id as i32)))
            }
            // Unless it is said otherwise, all of as many rows were accepted.
            Input::Segments | Input::Accepted => self.table(|of| of.tokens.len() as u64),
            Input::Pages => words(self.segments.iter().flat_map(|of| {
                let padding = columns as usize - of.pages.len();
                let pages = of.pages.iter().map(|page| *page as i32);
                pages.chain(std::iter::repeat_n(0, padding))
            })),
            Input::Places => words(self.segments.iter().flat_map(|of| {
                (0..of.tokens.len() as u64).map(|row| {
                    let at = of.past + row;
                    let page = u64::from(of.pages[(at / sizes.page) as usize]);
                    (page * sizes.page + at % sizes.page) as i32
                })
            })),
            Input::Angles => {
                let rows = self.segments.iter().flat_map(|of| &of.positions);
                rows.flat_map(|position| angles(ropes.model, *position))
                    .flat_map(f32::to_le_bytes)
                    .collect()
            }
            Input::DraftAngles => {
                let Some(rope) = ropes.drafter else { return Vec::new() };
                let row = |of: &Segment| of.past as u32..of.past as u32 + of.tokens.len() as u32;
                let rows = self.segments.iter().flat_map(row);
                rows.flat_map(|at| angles(rope, [at; 3])).flat_map(f32::to_le_bytes).collect()
            }
        }
    }

    /// The table of segments: first row, rows as `count` says, slot, past.
    pub(super) fn table(&self, mut count: impl FnMut(&Segment) -> u64) -> Vec<u8> {
        let mut first = 0;
        words(self.segments.iter().flat_map(|of| {
            let row = [first, count(of), of.slot, of.past];
            first += of.tokens.len() as u64;
            row.map(|number| number as i32)
        }))
    }
}

/// Cosines, then sines, by which a position turns each pair of a head; see [`Rope`].
pub(super) fn angles(rope: &Rope, position: [u32; 3]) -> Vec<f32> {
    let angle = |pair: usize| {
        let frequency = rope.theta.powf(-2.0 * pair as f64 / rope.rotary as f64);
        f64::from(position[rope.axis(pair)]) * frequency
    };
    let pairs = 0..rope.rotary / 2;
    let cosines = pairs.clone().map(|pair| angle(pair).cos() as f32);
    cosines.chain(pairs.map(|pair| angle(pair).sin() as f32)).collect()
}

fn words(numbers: impl Iterator<Item = i32>) -> Vec<u8> {
    numbers.flat_map(i32::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes { chunk: 64, pages_each: 4, pages: 9, page: 4, slots: 3 };

    fn segment(rows: usize, past: u64, slot: u64, pages: &[u32]) -> Segment {
        let at = |row: usize| past as u32 + row as u32;
        Segment {
            tokens: (0..rows as u32).collect(),
            positions: (0..rows).map(|row| [at(row); 3]).collect(),
            past,
            slot,
            pages: pages.to_vec(),
        }
    }

    fn numbers(bytes: &[u8]) -> Vec<i32> {
        bytes.chunks(4).map(|word| i32::from_le_bytes(word.try_into().unwrap())).collect()
    }

    const ROPE: Rope = Rope { theta: 1e4, rotary: 4, sections: Some([1, 1, 0]) };

    #[test]
    fn rows_find_their_sequence_page_and_place() {
        let batch = Batch { segments: vec![segment(3, 6, 2, &[7, 1, 8]), segment(1, 0, 0, &[5])] };
        let arriving = batch.check(Pass::Decode, &SIZES).unwrap();
        assert_eq!((arriving.m, arriving.b, arriving.t, arriving.s), (4, 2, 3, 1));
        let ropes = Ropes { model: &ROPE, drafter: None };
        let input = |of| numbers(&batch.input(of, &SIZES, arriving.t, &ropes));
        assert_eq!(input(Input::Ids), [0, 1, 2, 0]);
        assert_eq!(input(Input::Segments), [0, 3, 2, 6, 3, 1, 0, 0]);
        assert_eq!(input(Input::Pages), [7, 1, 8, 5, 0, 0]);
        // Tokens 6 and 7 lie in the second page, token 8 in the third.
        assert_eq!(input(Input::Places), [6, 7, 32, 20]);
    }

    #[test]
    fn each_pair_turns_by_the_position_of_its_axis() {
        let found = angles(&ROPE, [3, 5, 7]);
        let expect = [3f64.cos(), 0.05f64.cos(), 3f64.sin(), 0.05f64.sin()];
        assert_eq!(found, expect.map(|of| of as f32));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let check = |pass, segments| Batch { segments }.check(pass, &SIZES).is_ok();
        assert!(check(Pass::Decode, vec![segment(3, 0, 0, &[0])]));
        for (pass, segments) in [
            (Pass::Decode, vec![]),
            (Pass::Decode, vec![segment(33, 0, 0, &[0, 1, 2, 3])]),
            (Pass::Prefill, vec![segment(32, 0, 0, &[0, 1, 2, 3])]),
            (Pass::Decode, vec![segment(5, 0, 0, &[0])]),
            (Pass::Decode, vec![segment(1, 0, 3, &[0])]),
            (Pass::Decode, vec![segment(1, 0, 0, &[9])]),
            (Pass::Decode, vec![segment(1, 0, 0, &[0, 1, 2, 3, 4])]),
            (Pass::Decode, vec![segment(0, 0, 0, &[0])]),
        ] {
            assert!(!check(pass, segments.clone()), "{pass:?} {segments:?}");
        }
    }
}
