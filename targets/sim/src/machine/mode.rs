//! The MODE register: how floats are rounded, which denormals live, what clamping does to NaNs.

use super::float::Round;

/// The MODE register (RDNA3 ISA, "Mode register").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode(u32);

/// Where an inline bit says "keep": the low bit of a denormal field is about inputs, the high about outputs.
const KEEP_INPUT: u32 = 1;
const KEEP_OUTPUT: u32 = 2;

impl Mode {
    pub(super) fn new(bits: u32) -> Self {
        Self(bits)
    }

    pub(super) fn bits(self) -> u32 {
        self.0
    }

    /// Whether floats are anything but rounded to nearest with all denormals kept.
    pub(super) fn is_unusual(self) -> bool {
        self.0 & 0xff != 0xf0
    }

    pub(super) fn round32(self) -> Round {
        Round::from_bits(self.0)
    }

    pub(super) fn round16_64(self) -> Round {
        Round::from_bits(self.0 >> 2)
    }

    pub(super) fn flushes_input32(self) -> bool {
        self.0 >> 4 & KEEP_INPUT == 0
    }

    pub(super) fn flushes_output32(self) -> bool {
        self.0 >> 4 & KEEP_OUTPUT == 0
    }

    pub(super) fn flushes_input16_64(self) -> bool {
        self.0 >> 6 & KEEP_INPUT == 0
    }

    pub(super) fn flushes_output16_64(self) -> bool {
        self.0 >> 6 & KEEP_OUTPUT == 0
    }

    /// Whether signalling NaNs count, and output multipliers do not.
    pub(super) fn ieee(self) -> bool {
        self.0 >> 9 & 1 == 1
    }

    /// Whether clamping turns a NaN into zero.
    pub(super) fn dx10_clamp(self) -> bool {
        self.0 >> 8 & 1 == 1
    }

    /// The same mode with the four rounding bits replaced (`s_round_mode`).
    pub(super) fn with_round(self, bits: u32) -> Self {
        Self(self.0 & !0xf | bits & 0xf)
    }

    /// The same mode with the four denormal bits replaced (`s_denorm_mode`).
    pub(super) fn with_denorm(self, bits: u32) -> Self {
        Self(self.0 & !0xf0 | (bits & 0xf) << 4)
    }
}
