//! What one lane loads or stores.

use super::lanes::Lanes;

/// Which part of a register a 16-bit or 8-bit value goes to or comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Loads extend to the whole register; stores take the low bits.
    Whole,
    /// Loads keep the high half.
    Low,
    /// Loads keep the low half; stores take the high bits.
    High,
}

/// The shape of a value in memory and in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    /// Bytes in memory: 1, 2, or a multiple of 4 up to 16.
    pub bytes: u32,
    pub signed: bool,
    pub part: Part,
}

impl Element {
    /// The element that the end of a mnemonic names, such as `u16`, `b96`, `d16_hi_i8` or `u8_d16_hi`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, part) = if let Some(rest) = text.strip_prefix("d16_hi_") {
            (rest, Part::High)
        } else if let Some(rest) = text.strip_prefix("d16_") {
            (rest, Part::Low)
        } else if let Some(rest) = text.strip_suffix("_d16_hi") {
            (rest, Part::High)
        } else if let Some(rest) = text.strip_suffix("_d16") {
            (rest, Part::Low)
        } else {
            (text, Part::Whole)
        };
        let (kind, bits) = text.split_at_checked(1)?;
        let bytes = match bits {
            "8" => 1,
            "16" => 2,
            "32" => 4,
            "64" => 8,
            "96" => 12,
            "128" => 16,
            _ => return None,
        };
        matches!(kind, "b" | "u" | "i").then_some(Self { bytes, signed: kind == "i", part })
    }

    /// Registers that a lane's value takes.
    pub(super) fn registers(self) -> usize {
        self.bytes.div_ceil(4) as usize
    }

    /// What a loaded byte or short makes of the register's old value.
    #[inline(always)]
    pub(super) fn extend(self, loaded: u32, old: u32) -> u32 {
        let value = match (self.bytes, self.signed) {
            (1, false) => loaded & 0xff,
            (1, true) => loaded as i8 as u32,
            (2, false) => loaded & 0xffff,
            (2, true) => loaded as i16 as u32,
            _ => loaded,
        };
        match self.part {
            Part::Whole => value,
            Part::Low => old & 0xffff_0000 | value & 0xffff,
            Part::High => old & 0xffff | value << 16,
        }
    }

    /// The bits of a register that are stored, lowest first.
    #[inline(always)]
    pub(super) fn stored(self, register: u32) -> u32 {
        if self.part == Part::High { register >> 16 } else { register }
    }
}

/// What the lanes of a wave load or store: up to four registers.
pub(super) type Data = [Lanes; 4];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_their_shapes() {
        let shape = |text| Element::parse(text).map(|e| (e.bytes, e.signed, e.part));
        assert_eq!(shape("u8"), Some((1, false, Part::Whole)));
        assert_eq!(shape("i16"), Some((2, true, Part::Whole)));
        assert_eq!(shape("b96"), Some((12, false, Part::Whole)));
        assert_eq!(shape("d16_i8"), Some((1, true, Part::Low)));
        assert_eq!(shape("d16_hi_b16"), Some((2, false, Part::High)));
        assert_eq!(shape("u16_d16_hi"), Some((2, false, Part::High)));
        assert_eq!(shape("i8_d16"), Some((1, true, Part::Low)));
        assert_eq!(shape("format_x"), None);
        assert_eq!(shape(""), None);
    }

    #[test]
    fn d16_loads_keep_the_other_half() {
        let extend = |text, loaded| Element::parse(text).unwrap().extend(loaded, 0xaaaa_bbbb);
        assert_eq!(extend("d16_b16", 0x1_1234), 0xaaaa_1234);
        assert_eq!(extend("d16_hi_b16", 0x1234), 0x1234_bbbb);
        assert_eq!(extend("d16_i8", 0x80), 0xaaaa_ff80);
        assert_eq!(extend("d16_hi_u8", 0x80), 0x0080_bbbb);
        assert_eq!(extend("i8", 0x80), 0xffff_ff80);
        assert_eq!(extend("u16", 0x9_8000), 0x8000);
    }
}
