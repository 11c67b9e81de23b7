//! Which keys a row sees: all up to its own, all of its sequence, or those in a window around it.

use super::flash::{Cover, Rows};
use kiln_compiler::prelude::*;

/// Which keys a row sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Whether a row sees no key after its own. Otherwise it sees those of every row of its
    /// sequence, as the masks of a block that is filled in at once do.
    pub causal: bool,
    /// Only keys less than so many tokens away are seen; 0 is all.
    pub window: u32,
}

impl Sight {
    /// Everything up to the row's own key.
    pub const PAST: Sight = Sight { causal: true, window: 0 };

    /// The keys that a row sees, from one position below another; `end` is the end of its sequence.
    pub(super) fn range(&self, position: usize, end: usize) -> (usize, usize) {
        let window = self.window as usize;
        let from = if window == 0 { 0 } else { (position + 1).saturating_sub(window) };
        let to = match (self.causal, window) {
            (true, _) => position + 1,
            (false, 0) => end,
            (false, window) => end.min(position + window),
        };
        (from, to)
    }

    /// For a tile of rows: the first key in the block of the first one that any row sees, the end of
    /// those blocks which every row sees as a whole, and the end of the keys that any row sees.
    pub(super) fn span<'k>(&self, k: &'k Kernel, rows: &Rows<'k>, p: &Cover) -> [Index<'k>; 3] {
        let end = rows.past + (rows.until - rows.row);
        if *self == Self::PAST {
            let seen = (rows.past + p.queries).min(end);
            return [k.index(0), (rows.past + 1) / p.keys * p.keys, seen];
        }
        if self.window == 0 {
            return [k.index(0), end / p.keys * p.keys, end];
        }
        let before = self.window - 1;
        let after = if self.causal { 0 } else { before };
        let from = (rows.past - before).max(0) / p.keys * p.keys;
        // Where a window begins differs from row to row: every block may be seen in part.
        [from, from, (rows.past + (p.queries + after)).min(end)]
    }

    /// Which scores `[keys, columns]` of the block at `at` are of keys that their rows see; `row` has
    /// the place of each score's row among its sequence, and `seen` is the end of the keys that any
    /// row sees.
    pub(super) fn visible<'k>(
        &self,
        k: &'k Kernel,
        row: Tile<'k>,
        at: Index<'k>,
        seen: Index<'k>,
    ) -> Mask<'k> {
        let [_, keys, columns] = row.shape();
        let shape = [keys, columns];
        let key = k.iota_rows(shape) + k.splat(at, shape);
        let ahead = if self.causal { key.le(row) } else { key.lt(k.splat(seen, shape)) };
        if self.window == 0 {
            return ahead;
        }
        let reach = k.splat(self.window, shape);
        let near = ahead & row.lt(key + reach);
        if self.causal { near } else { near & key.lt(row + reach) }
    }
}

#[cfg(test)]
mod tests {
    use super::Sight;

    #[test]
    fn a_row_sees_its_past_its_sequence_or_a_window_of_either() {
        let range = |causal, window| Sight { causal, window }.range(10, 14);
        assert_eq!((range(true, 0), range(false, 0)), ((0, 11), (0, 14)));
        assert_eq!((range(true, 4), range(false, 4), range(false, 3)), ((7, 11), (7, 14), (8, 13)));
        assert_eq!(Sight { causal: true, window: 99 }.range(10, 14), (0, 11));
    }
}
