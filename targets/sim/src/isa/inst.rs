//! One decoded instruction.

use std::ops::BitOr;

use super::info::{Format, OpInfo, Ty, Unit};
use super::{Op, Operand};

/// One decoded instruction.
///
/// What an encoding leaves implicit is explicit here: the carry of `v_add_co_ci_u32_e32` is VCC in
/// `sdst` and `src[2]`, `v_cmp_*_e32` writes VCC in `dst`, `v_cmpx_*` writes EXEC in `dst`, and the
/// condition of `v_cndmask_b32_e32` is VCC in `src[2]`. Only what [`OpInfo::flags`] names stays
/// implicit.
///
/// Sources of memory operations, by encoding:
///
/// | encoding | `src[0]` | `src[1]` | `src[2]` | `src[3]` | `imm` |
/// |---|---|---|---|---|---|
/// | DS | address | data 0 | data 1 | | offset, 16 bits |
/// | FLAT, SCRATCH, GLOBAL | address VGPR | data | scalar base | | offset, signed |
/// | MUBUF, MTBUF | address VGPR | descriptor | scalar offset | data | offset |
/// | SMEM | base | scalar offset | | | offset, signed |
///
/// `dst` of an atomic is there only if it returns the old value. `v_fmamk_*` and `v_fmaak_*` have
/// their constant as an [`Operand::Literal`] in its place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inst {
    /// What it does. [`Op::VDual`] has its operations in `dual` and nothing in `dst` and `src`.
    pub op: Op,
    /// How it is encoded.
    pub format: Format,
    /// Length in bytes: 4, 8 or 12.
    pub size: u8,
    /// Vector destination, or the scalar one of scalar operations.
    pub dst: Operand,
    /// Scalar destination beside `dst`.
    pub sdst: Operand,
    /// Sources, in the order of LLVM's syntax for arithmetic; see above for memory.
    pub src: [Operand; 4],
    /// The constant that [`Operand::Literal`] stands for.
    pub literal: u32,
    /// SIMM16 of SOPK and SOPP, sign-extended; offset of memory operations.
    pub imm: i32,
    /// Modifiers of vector arithmetic.
    pub mods: Mods,
    /// Bits of memory operations.
    pub bits: MemBits,
    /// Format number of typed buffers.
    pub buffer_format: u8,
    /// How lanes of `src[0]` are exchanged first.
    pub dpp: Option<Dpp>,
    /// The two operations of [`Op::VDual`]. Both read before either writes.
    pub dual: Option<[Half; 2]>,
}

/// One operation of a dual instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Half {
    /// What it does.
    pub op: Op,
    /// Vector destination.
    pub dst: Operand,
    /// Sources; the condition of `v_cndmask_b32` is VCC in the third.
    pub src: [Operand; 3],
}

/// Modifiers of vector arithmetic; bit `i` belongs to source `i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Mods {
    /// Negate; of packed operations, negate the low half.
    pub neg: u8,
    /// Negate the high half of packed operations; |x| of `v_fma_mix*` and of WMMA's C.
    pub neg_hi: u8,
    /// Absolute value, before `neg`.
    pub abs: u8,
    /// Use the high half of the source (of packed operations, for the low result). Bit 3 of VOP3:
    /// write the high half of the destination. Where a 16-bit operand is a vector register the
    /// operand says so already, as [`Operand::VgprHi`].
    pub op_sel: u8,
    /// Use the high half of the source for the high result.
    pub op_sel_hi: u8,
    /// Clamp to [0, 1], or saturate integers.
    pub clamp: bool,
    /// Output multiplier.
    pub omod: Omod,
}

/// Output multiplier of float operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Omod {
    /// 1
    #[default]
    None,
    /// 2
    Mul2,
    /// 4
    Mul4,
    /// 1/2
    Div2,
}

/// Bits of memory operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MemBits(pub(super) u8);

impl MemBits {
    /// Globally coherent; of atomics, return the old value.
    pub const GLC: MemBits = MemBits(1);
    /// System-level coherent (streaming).
    pub const SLC: MemBits = MemBits(2);
    /// Device-level coherent.
    pub const DLC: MemBits = MemBits(4);
    /// The buffer's address register holds an offset.
    pub const OFFEN: MemBits = MemBits(16);
    /// The buffer's address register holds an index (first, if there is an offset too).
    pub const IDXEN: MemBits = MemBits(32);
    /// Global data share instead of the local one.
    pub const GDS: MemBits = MemBits(64);

    pub(super) fn set(&mut self, bit: MemBits, value: u32) {
        self.0 |= if value == 1 { bit.0 } else { 0 };
    }

    /// Whether all of `other` is set.
    #[must_use]
    pub const fn has(self, other: MemBits) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for MemBits {
    type Output = MemBits;

    fn bitor(self, other: MemBits) -> MemBits {
        MemBits(self.0 | other.0)
    }
}

/// How lanes are exchanged before a vector operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dpp {
    /// DPP16: a pattern within rows of 16 lanes.
    Row {
        /// Pattern: quad_perm 0x000, row_shl 0x100, row_shr 0x110, row_ror 0x120, row_mirror 0x140,
        /// row_half_mirror 0x141, row_share 0x150, row_xmask 0x160.
        ctrl: u16,
        /// Rows that take part.
        row_mask: u8,
        /// Banks of four lanes that take part.
        bank_mask: u8,
        /// A source that is out of range or disabled reads as zero; else the lane keeps its
        /// destination.
        bound_ctrl: bool,
        /// Read inactive lanes instead of treating them as disabled.
        fetch_inactive: bool,
    },
    /// DPP8: any lane of each group of eight.
    Lanes {
        /// Three bits a lane: bits `3*i..3*i+3` are the source of lane `i`.
        select: u32,
        /// Read inactive lanes instead of treating them as disabled.
        fetch_inactive: bool,
    },
}

/// How much an instruction adds to each counter when it issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counters {
    /// Vector loads, and atomics that return.
    pub vmcnt: bool,
    /// Vector stores, and atomics that do not return.
    pub vscnt: bool,
    /// LDS, GDS, scalar memory and messages. Flat operations count here too.
    pub lgkmcnt: bool,
    /// Exports and GDS.
    pub expcnt: bool,
}

impl Inst {
    /// The static facts of the operation.
    #[must_use]
    pub fn info(&self) -> &'static OpInfo {
        self.op.info()
    }

    /// Type of a source in this instruction. It differs from [`OpInfo::src`] for addresses: that of a
    /// global operation with a scalar base is an offset of 32 bits, and that of a buffer operation
    /// may be an index and an offset.
    #[must_use]
    pub fn source_type(&self, slot: usize) -> Ty {
        let both = MemBits::OFFEN | MemBits::IDXEN;
        match (self.format, slot) {
            (Format::Global, 0) if self.src[2] != Operand::None => Ty::B32,
            (Format::Mubuf | Format::Mtbuf, 0) if self.bits.has(both) => Ty::B64,
            _ => self.info().src[slot],
        }
    }

    /// The counters that this instruction increments.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let vmcnt = Counters { vmcnt: true, ..Counters::default() };
        let vscnt = Counters { vscnt: true, ..Counters::default() };
        let lgkmcnt = Counters { lgkmcnt: true, ..Counters::default() };
        let returns = self.dst != Operand::None;
        match self.op.unit() {
            Unit::GlobalLoad | Unit::BufferLoad | Unit::ScratchLoad => vmcnt,
            Unit::GlobalStore | Unit::BufferStore | Unit::ScratchStore => vscnt,
            Unit::GlobalAtomic | Unit::BufferAtomic if returns => vmcnt,
            Unit::GlobalAtomic | Unit::BufferAtomic => vscnt,
            Unit::FlatLoad => Counters { lgkmcnt: true, ..vmcnt },
            Unit::FlatAtomic if returns => Counters { lgkmcnt: true, ..vmcnt },
            Unit::FlatStore | Unit::FlatAtomic => Counters { lgkmcnt: true, ..vscnt },
            Unit::Smem | Unit::Lds | Unit::Message => lgkmcnt,
            Unit::Gws => Counters { expcnt: true, ..lgkmcnt },
            _ => Counters::default(),
        }
    }

    /// The two 8-bit offsets of `ds_*_2addr_*`, in elements (times 64 if `stride64`).
    #[must_use]
    pub const fn ds_offsets(&self) -> (u8, u8) {
        (self.imm as u8, (self.imm >> 8) as u8)
    }

    /// Address that a branch at `pc` jumps to: SIMM16 counts words from the next instruction.
    #[must_use]
    pub const fn branch_target(&self, pc: u64) -> u64 {
        pc.wrapping_add(4).wrapping_add_signed(self.imm as i64 * 4)
    }

    /// Whether vector lanes are masked by EXEC.
    #[must_use]
    pub fn is_masked(&self) -> bool {
        !matches!(
            self.format,
            Format::Sop1 | Format::Sop2 | Format::Sopk | Format::Sopc | Format::Sopp | Format::Smem
        )
    }
}

const _: () = assert!(size_of::<Inst>() <= 64, "an instruction must fit a cache line");
