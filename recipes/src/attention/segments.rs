//! Structured inputs: which rows belong to which sequence, and where its tokens are kept.

use kiln_compiler::prelude::*;

/// Numbers drawn with a seed (SplitMix64).
pub(super) struct Draw(u64);

impl Draw {
    /// Draws of an input that has this number among the structured ones.
    pub(super) fn new(seed: u64, input: u64) -> Draw {
        Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ input)
    }

    /// A number below `end`, or 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }
}

/// `segments [b, 4]` for `m` rows and pages for `room` tokens a sequence. Typically all have equally many
/// rows and a full past; drawn ones have any number of rows, none even, and any past.
pub(super) fn segments(m: u64, b: u64, room: u64, pick: Pick) -> Vec<i32> {
    let mut draw = match pick {
        Pick::Typical => None,
        Pick::Seeded(seed) => Some(Draw::new(seed, 1)),
    };
    let mut ends: Vec<u64> =
        (1..b).map(|at| draw.as_mut().map_or(at * m / b, |draw| draw.below(m + 1))).collect();
    ends.sort_unstable();
    ends.push(m);
    let mut first = 0;
    let mut all = Vec::new();
    for (slot, end) in ends.into_iter().enumerate() {
        let rows = end - first;
        let most = room.saturating_sub(rows);
        let past = draw.as_mut().map_or(most, |draw| match draw.below(4) {
            0 => 0,
            1 => most,
            _ => draw.below(most + 1),
        });
        all.extend([first, rows, slot as u64, past].map(|number| number as i32));
        first = end;
    }
    all
}

/// `pages [b, t]` into a cache of `count` pages: one sequence after the other, or drawn.
pub(super) fn pages(b: u64, t: u64, count: u64, pick: Pick) -> Vec<i32> {
    let page = |at: u64, draw: Option<&mut Draw>| match draw {
        None => at % count.max(1),
        Some(draw) => draw.below(count),
    };
    match pick {
        Pick::Typical => (0..b * t).map(|at| page(at, None) as i32).collect(),
        Pick::Seeded(seed) => {
            let mut draw = Draw::new(seed, 2);
            (0..b * t).map(|at| page(at, Some(&mut draw)) as i32).collect()
        }
    }
}

/// `places [m, 1]`: different tokens of a cache of `c`.
pub(super) fn places(m: u64, c: u64, pick: Pick) -> Vec<i32> {
    let mut all: Vec<i32> = (0..c as i32).collect();
    if let Pick::Seeded(seed) = pick {
        let mut draw = Draw::new(seed, 3);
        for at in (1..all.len()).rev() {
            all.swap(at, draw.below(at as u64 + 1) as usize);
        }
    }
    all.truncate(m as usize);
    all
}

/// Value of a dim that a signature has.
pub(super) fn size(dims: &Sizes, name: &str) -> u64 {
    dims.get(name).copied().unwrap_or(1)
}
