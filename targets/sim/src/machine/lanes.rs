//! One vector register: a 32-bit value for each of the 32 lanes.

/// Lanes of a wave.
pub(super) const LANES: usize = 32;

/// All lanes active.
pub(super) const FULL: u32 = u32::MAX;

/// The bit of each lane in a mask.
const BITS: [u32; LANES] = {
    let mut bits = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        bits[lane] = 1 << lane;
        lane += 1;
    }
    bits
};

/// A 32-bit value per lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub(super) struct Lanes(pub [u32; LANES]);

impl Lanes {
    /// Zero in every lane.
    pub(super) const ZERO: Self = Self([0; LANES]);

    /// The same value in every lane.
    #[inline(always)]
    pub(super) fn splat(value: u32) -> Self {
        Self([value; LANES])
    }

    /// `f` of each lane's number.
    #[inline(always)]
    pub(super) fn from_fn(f: impl Fn(usize) -> u32) -> Self {
        let mut out = Self::ZERO;
        for lane in 0..LANES {
            out.0[lane] = f(lane);
        }
        out
    }

    /// Takes over the lanes of `from` that `mask` names.
    #[inline(always)]
    pub(super) fn blend(&mut self, from: &Self, mask: u32) {
        if mask == FULL {
            *self = *from;
            return;
        }
        for lane in 0..LANES {
            let take = mask & BITS[lane] != 0;
            self.0[lane] = if take { from.0[lane] } else { self.0[lane] };
        }
    }

    /// The lanes for which `f` holds, as a mask.
    #[inline(always)]
    pub(super) fn mask_of(f: impl Fn(usize) -> bool) -> u32 {
        let mut picked = [0; LANES];
        for lane in 0..LANES {
            picked[lane] = if f(lane) { BITS[lane] } else { 0 };
        }
        picked.iter().fold(0, |mask, bit| mask | bit)
    }
}

/// The numbers of the lanes in `mask`, lowest first.
pub(super) fn active(mask: u32) -> impl Iterator<Item = usize> {
    let mut rest = mask;
    std::iter::from_fn(move || {
        let lane = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
        rest &= rest - 1;
        Some(lane)
    })
}

/// `set` where `mask` names the lane, `clear` elsewhere.
#[inline(always)]
pub(super) fn pick(mask: u32, lane: usize, set: u32, clear: u32) -> u32 {
    if mask & BITS[lane] != 0 { set } else { clear }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blend_takes_only_named_lanes() {
        let mut to = Lanes::splat(1);
        to.blend(&Lanes::from_fn(|lane| lane as u32 + 100), 0x8000_0005);
        let expected: Vec<u32> =
            (0..32).map(|lane| if [0, 2, 31].contains(&lane) { lane + 100 } else { 1 }).collect();
        assert_eq!(to.0.to_vec(), expected);
    }

    #[test]
    fn masks_and_lane_numbers_agree() {
        assert_eq!(Lanes::mask_of(|lane| lane % 3 == 0), 0x4924_9249);
        assert_eq!(active(0x8000_0012).collect::<Vec<_>>(), [1, 4, 31]);
        assert_eq!(active(0).count(), 0);
        assert_eq!((pick(4, 2, 7, 8), pick(4, 3, 7, 8)), (7, 8));
    }
}
