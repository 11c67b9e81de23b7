//! How much is served at once: what the free dims are at most.

use kiln_cache::operations::{Attention, DECODE_ROWS};
use kiln_cache::vocabulary::Dims;

use super::node::Pass;

/// The largest free dims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Rows of a prefill chunk.
    pub(super) chunk: u64,
    /// Pages of the longest sequence.
    pub(super) pages_each: u64,
    /// Pages of the cache.
    pub(super) pages: u64,
    /// Tokens of a page.
    pub(super) page: u64,
    /// Slots of states, those of snapshots included.
    pub(super) slots: u64,
}

/// A dim that arrives with each pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Free {
    /// Rows.
    M,
    /// Segments.
    B,
    /// Columns of the page table.
    T,
    /// Parts of the longest past.
    S,
}

/// The dims that arrive with each pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arriving {
    pub(super) m: u64,
    pub(super) b: u64,
    pub(super) t: u64,
    pub(super) s: u64,
}

impl Arriving {
    pub(super) fn get(&self, of: Free) -> u64 {
        match of {
            Free::M => self.m,
            Free::B => self.b,
            Free::T => self.t,
            Free::S => self.s,
        }
    }
}

impl Free {
    /// The dim of that name. Only attention of few rows has parts; to others `s` are slots.
    pub(super) fn named(name: &str, parts: bool) -> Option<Self> {
        match name {
            "m" => Some(Self::M),
            "b" => Some(Self::B),
            "t" => Some(Self::T),
            "s" if parts => Some(Self::S),
            _ => None,
        }
    }
}

impl Sizes {
    /// The dims that stay the same while the model is loaded.
    pub(super) fn standing(&self) -> Dims {
        [("c".to_owned(), self.pages * self.page), ("s".to_owned(), self.slots)].into()
    }

    /// The dims that arrive, at their largest.
    pub(super) fn largest(&self, pass: Pass, rows: u64) -> Arriving {
        let b = if pass == Pass::Prefill { 1 } else { DECODE_ROWS };
        let s = (self.pages_each * self.page).div_ceil(Attention::PART);
        Arriving { m: rows, b, t: self.pages_each, s }
    }

    /// All dims of a launch: what the model fixes prevails, because some operations call a width
    /// what others call a number of places.
    pub(super) fn dims(&self, fixed: &Dims, arriving: &Arriving, parts: bool) -> Dims {
        let mut dims = self.standing();
        dims.extend([("m", arriving.m), ("b", arriving.b), ("t", arriving.t)].map(own));
        dims.extend(parts.then(|| own(("s", arriving.s))));
        dims.extend(fixed.clone());
        dims
    }
}

fn own((name, size): (&str, u64)) -> (String, u64) {
    (name.to_owned(), size)
}
