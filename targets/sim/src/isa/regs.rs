//! Which registers an instruction reads and writes.

use super::info::{Flags, Ty};
use super::{Dpp, Half, Inst, Op, Operand};

/// A kind of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum File {
    /// Scalar registers, numbered as in the encoding: VCC is 106, M0 125, EXEC 126.
    Sgpr,
    /// Vector registers.
    Vgpr,
    /// The scalar condition code.
    Scc,
}

/// Some consecutive registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Their kind.
    pub file: File,
    /// The first one.
    pub first: u8,
    /// How many; `first + count` may exceed the file of a malformed program.
    pub count: u8,
    /// The half that is meant, if it is not the whole register.
    pub half: Option<Side>,
}

/// A half of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Bits 0 to 15.
    Low,
    /// Bits 16 to 31.
    High,
}

/// A few spans, without an allocation. A register may be in more than one.
#[derive(Clone, Copy, Debug)]
pub struct Spans {
    list: [Span; 12],
    len: usize,
}

impl Spans {
    const EMPTY: Spans =
        Spans { list: [Span { file: File::Scc, first: 0, count: 0, half: None }; 12], len: 0 };

    /// The spans.
    #[must_use]
    pub fn as_slice(&self) -> &[Span] {
        &self.list[..self.len]
    }

    /// Whether register `index` of `file` is among them.
    #[must_use]
    pub fn contains(&self, file: File, index: u8) -> bool {
        self.as_slice().iter().any(|s| {
            s.file == file
                && index >= s.first
                && u16::from(index) < u16::from(s.first) + u16::from(s.count)
        })
    }

    fn push(&mut self, span: Span) {
        if let Some(slot) = self.list.get_mut(self.len) {
            *slot = span;
            self.len += 1;
        }
    }

    fn sgpr(&mut self, operand: Operand, count: u8) {
        self.operand(operand, if count == 2 { Ty::B64 } else { Ty::B32 });
    }

    fn operand(&mut self, operand: Operand, ty: Ty) {
        let count = ty.dwords();
        let half = |side| if ty.is_half() { Some(side) } else { None };
        match operand {
            Operand::NULL => {}
            Operand::Sgpr(first) => self.push(Span { file: File::Sgpr, first, count, half: None }),
            Operand::Vgpr(first) => {
                self.push(Span { file: File::Vgpr, first, count, half: half(Side::Low) });
            }
            Operand::VgprHi(first) => {
                self.push(Span { file: File::Vgpr, first, count, half: half(Side::High) });
            }
            Operand::Special(super::Special::Scc) => self.scc(),
            Operand::Special(super::Special::Vccz) => self.sgpr(Operand::VCC_LO, 1),
            Operand::Special(super::Special::Execz) => self.sgpr(Operand::EXEC_LO, 1),
            Operand::None | Operand::Int(_) | Operand::Float(_) => {}
            Operand::Literal | Operand::Special(_) => {}
        }
    }

    fn scc(&mut self) {
        self.push(Span { file: File::Scc, first: 0, count: 1, half: None });
    }

    fn half_reads(&mut self, half: &Half) {
        let info = half.op.info();
        for (operand, ty) in half.src.iter().zip(info.src) {
            self.operand(*operand, ty);
        }
        if info.flags.has(Flags::READS_DST) {
            self.operand(half.dst, info.dst[0]);
        }
    }
}

impl Inst {
    /// The registers that this instruction reads, in wave32.
    ///
    /// EXEC is among them only where it is data: [`Inst::is_masked`] says whether it masks lanes.
    /// A result that fills one half of a register keeps the other one without counting as a read.
    #[must_use]
    pub fn reads(&self) -> Spans {
        let mut spans = Spans::EMPTY;
        if let Some(halves) = &self.dual {
            halves.iter().for_each(|half| spans.half_reads(half));
            return spans;
        }
        let info = self.info();
        for (slot, operand) in self.src.iter().enumerate() {
            spans.operand(*operand, self.source_type(slot));
        }
        if info.flags.has(Flags::READS_DST) || self.keeps_lanes() {
            spans.operand(self.dst, info.dst[0]);
        }
        if info.flags.has(Flags::READS_VCC) {
            spans.sgpr(Operand::VCC_LO, 1);
        }
        if info.flags.has(Flags::READS_EXEC) {
            spans.sgpr(Operand::EXEC_LO, if info.src[0] == Ty::B64 { 2 } else { 1 });
        }
        if info.flags.has(Flags::READS_M0) {
            spans.sgpr(Operand::M0, 1);
        }
        if info.flags.has(Flags::READS_SCC) {
            spans.scc();
        }
        spans
    }

    /// The registers that this instruction writes, in wave32.
    #[must_use]
    pub fn writes(&self) -> Spans {
        let mut spans = Spans::EMPTY;
        if let Some(halves) = &self.dual {
            halves.iter().for_each(|half| spans.operand(half.dst, half.op.info().dst[0]));
            return spans;
        }
        let info = self.info();
        spans.operand(self.dst, info.dst[0]);
        spans.operand(self.sdst, info.dst[1]);
        if matches!(self.op, Op::VSwapB32 | Op::VSwapB16 | Op::VSwaprelB32) {
            spans.operand(self.src[0], info.src[0]);
        }
        if info.flags.has(Flags::WRITES_EXEC) {
            spans.sgpr(Operand::EXEC_LO, if info.src[0] == Ty::B64 { 2 } else { 1 });
        }
        if info.flags.has(Flags::WRITES_SCC) {
            spans.scc();
        }
        spans
    }

    /// Whether lanes without a source, or masked ones, keep their destination.
    fn keeps_lanes(&self) -> bool {
        match self.dpp {
            Some(Dpp::Row { row_mask, bank_mask, bound_ctrl, .. }) => {
                !bound_ctrl || row_mask != 15 || bank_mask != 15
            }
            _ => false,
        }
    }
}
