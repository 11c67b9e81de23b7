//! Operands of instructions, as the encodings name them.

/// A source or a destination.
///
/// Which registers follow the first one is a matter of the operand's type in [`super::OpInfo`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// Not there: an unused slot, or an address part that is `off`.
    None,
    /// A scalar register by its number in the encoding, 0 to 127: `s0` to `s105`, VCC (106, 107),
    /// the trap registers (108 to 123), NULL (124), M0 (125) and EXEC (126, 127).
    Sgpr(u8),
    /// A vector register, or its low half if the type is of 16 bits.
    Vgpr(u8),
    /// The high half of a vector register.
    VgprHi(u8),
    /// An inline integer, -16 to 64.
    Int(i8),
    /// An inline float.
    Float(Inline),
    /// The 32-bit constant after the instruction, [`super::Inst::literal`].
    Literal,
    /// A value that is not a register.
    Special(Special),
}

impl Operand {
    /// Low half of VCC; all of it in wave32.
    pub const VCC_LO: Operand = Operand::Sgpr(106);
    /// High half of VCC.
    pub const VCC_HI: Operand = Operand::Sgpr(107);
    /// Reads as zero, and discards what is written.
    pub const NULL: Operand = Operand::Sgpr(124);
    /// The memory register.
    pub const M0: Operand = Operand::Sgpr(125);
    /// Low half of the mask of active lanes; all of it in wave32.
    pub const EXEC_LO: Operand = Operand::Sgpr(126);
    /// High half of the mask of active lanes.
    pub const EXEC_HI: Operand = Operand::Sgpr(127);

    /// Whether this is a vector register or half of one.
    #[must_use]
    pub const fn is_vgpr(self) -> bool {
        matches!(self, Operand::Vgpr(_) | Operand::VgprHi(_))
    }
}

/// The inline float constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Inline {
    /// 0.5
    Half,
    /// -0.5
    MinusHalf,
    /// 1.0
    One,
    /// -1.0
    MinusOne,
    /// 2.0
    Two,
    /// -2.0
    MinusTwo,
    /// 4.0
    Four,
    /// -4.0
    MinusFour,
    /// 1 / (2 * pi)
    InverseTwoPi,
}

impl Inline {
    /// All of them, in the order of their encodings from 240 on.
    pub const ALL: [Inline; 9] = [
        Inline::Half,
        Inline::MinusHalf,
        Inline::One,
        Inline::MinusOne,
        Inline::Two,
        Inline::MinusTwo,
        Inline::Four,
        Inline::MinusFour,
        Inline::InverseTwoPi,
    ];

    /// The bits as single precision.
    #[must_use]
    pub const fn f32_bits(self) -> u32 {
        [
            0x3f00_0000,
            0xbf00_0000,
            0x3f80_0000,
            0xbf80_0000,
            0x4000_0000,
            0xc000_0000,
            0x4080_0000,
            0xc080_0000,
            0x3e22_f983,
        ][self as usize]
    }

    /// The bits as half precision.
    #[must_use]
    pub const fn f16_bits(self) -> u16 {
        [0x3800, 0xb800, 0x3c00, 0xbc00, 0x4000, 0xc000, 0x4400, 0xc400, 0x3118][self as usize]
    }

    /// The bits as bfloat16: the upper half of single precision.
    #[must_use]
    pub const fn bf16_bits(self) -> u16 {
        (self.f32_bits() >> 16) as u16
    }

    /// The bits as double precision.
    #[must_use]
    pub const fn f64_bits(self) -> u64 {
        [
            0x3fe0_0000_0000_0000,
            0xbfe0_0000_0000_0000,
            0x3ff0_0000_0000_0000,
            0xbff0_0000_0000_0000,
            0x4000_0000_0000_0000,
            0xc000_0000_0000_0000,
            0x4010_0000_0000_0000,
            0xc010_0000_0000_0000,
            0x3fc4_5f30_6dc9_c882,
        ][self as usize]
    }
}

/// Sources that are neither registers nor constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Special {
    /// Upper half of the flat addresses of LDS.
    SharedBase,
    /// Size of the flat window of LDS, less one.
    SharedLimit,
    /// Upper half of the flat addresses of private memory.
    PrivateBase,
    /// Size of the flat window of private memory, less one.
    PrivateLimit,
    /// 1 if VCC is zero.
    Vccz,
    /// 1 if EXEC is zero.
    Execz,
    /// The scalar condition code.
    Scc,
}
