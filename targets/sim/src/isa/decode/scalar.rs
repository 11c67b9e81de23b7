//! SOP2, SOPK, SOP1, SOPC, SOPP and SMEM.

use super::{Reason, Words, field, find, index, plain, signed, source};
use crate::isa::info::{Format, Ty, Unit};
use crate::isa::{Inst, MemBits, Op, Operand};

static SOP2: [Option<Op>; 128] = index(Format::Sop2);
static SOPK: [Option<Op>; 32] = index(Format::Sopk);
static SOP1: [Option<Op>; 256] = index(Format::Sop1);
static SOPC: [Option<Op>; 128] = index(Format::Sopc);
static SOPP: [Option<Op>; 128] = index(Format::Sopp);
static SMEM: [Option<Op>; 256] = index(Format::Smem);

impl Words<'_> {
    pub(super) fn sop2(self, word: u32) -> Result<Inst, Reason> {
        let op = find(&SOP2, field(word, 23, 7))?;
        let mut inst = plain(op, Format::Sop2, 4);
        inst.dst = sgpr(field(word, 16, 7));
        let (first, second) = (source(field(word, 0, 8))?, source(field(word, 8, 8))?);
        match op {
            Op::SFmamkF32 => {
                inst.src[..3].copy_from_slice(&[first, Operand::Literal, second]);
                self.literal(inst, true)
            }
            Op::SFmaakF32 => {
                inst.src[..3].copy_from_slice(&[first, second, Operand::Literal]);
                self.literal(inst, true)
            }
            _ => {
                inst.src[..2].copy_from_slice(&[first, second]);
                self.literal(inst, false)
            }
        }
    }

    pub(super) fn sopk(self, word: u32) -> Result<Inst, Reason> {
        let op = find(&SOPK, field(word, 23, 5))?;
        let mut inst = plain(op, Format::Sopk, 4);
        inst.imm = signed(word, 16);
        let register = sgpr(field(word, 16, 7));
        if op.info().dst[0] != Ty::None {
            inst.dst = register;
        } else if op == Op::SSetregImm32B32 {
            inst.src[0] = Operand::Literal;
        } else if op.info().src[0] != Ty::None {
            inst.src[0] = register;
        }
        self.literal(inst, false)
    }

    pub(super) fn sop1(self, word: u32) -> Result<Inst, Reason> {
        let op = find(&SOP1, field(word, 8, 8))?;
        let mut inst = plain(op, Format::Sop1, 4);
        if op.info().dst[0] != Ty::None {
            inst.dst = sgpr(field(word, 16, 7));
        }
        if matches!(op, Op::SSendmsgRtnB32 | Op::SSendmsgRtnB64) {
            inst.imm = field(word, 0, 8) as i32;
        } else if op.info().src[0] != Ty::None {
            inst.src[0] = source(field(word, 0, 8))?;
            let indexed = matches!(op, Op::SMovrelsB32 | Op::SMovrelsB64 | Op::SMovrelsd2B32);
            let register = indexed || op.unit() == Unit::Branch;
            if register && !matches!(inst.src[0], Operand::Sgpr(_)) {
                return Err("a source that must be a scalar register");
            }
        }
        self.literal(inst, false)
    }

    pub(super) fn sopc(self, word: u32) -> Result<Inst, Reason> {
        let mut inst = plain(find(&SOPC, field(word, 16, 7))?, Format::Sopc, 4);
        inst.src[0] = source(field(word, 0, 8))?;
        inst.src[1] = source(field(word, 8, 8))?;
        self.literal(inst, false)
    }

    pub(super) fn sopp(self, word: u32) -> Result<Inst, Reason> {
        let mut inst = plain(find(&SOPP, field(word, 16, 7))?, Format::Sopp, 4);
        inst.imm = signed(word, 16);
        if inst.imm != 0 && has_no_immediate(inst.op) {
            return Err("an immediate of an operation without one");
        }
        Ok(inst)
    }

    pub(super) fn smem(self, word: u32) -> Result<Inst, Reason> {
        let high = self.word(1)?;
        let mut inst = plain(find(&SMEM, field(word, 18, 8))?, Format::Smem, 8);
        let info = inst.info();
        if info.dst[0] != Ty::None {
            inst.dst = sgpr(field(word, 6, 7));
            if let Operand::M0 | Operand::EXEC_LO | Operand::EXEC_HI = inst.dst {
                return Err("a load into M0 or EXEC");
            }
        } else if info.src[0] != Ty::None {
            // A probe has a number in the place of the destination.
            inst.dst = Operand::Int(field(word, 6, 7) as i8);
            if field(word, 13, 2) != 0 {
                return Err("cache bits of an operation without them");
            }
        } else if word & 0x3_ffff != 0 {
            return Err("operands of an operation without them");
        }
        if info.src[0] != Ty::None {
            inst.src[0] = sgpr(field(word, 0, 6) * 2);
            inst.imm = signed(high, 21);
            inst.src[1] = match field(high, 25, 7) {
                124 => Operand::None,
                register => sgpr(register),
            };
        }
        inst.bits.set(MemBits::DLC, field(word, 13, 1));
        inst.bits.set(MemBits::GLC, field(word, 14, 1));
        Ok(inst)
    }

    /// Takes the constant after the instruction if it has one, or must have.
    pub(super) fn literal(self, mut inst: Inst, always: bool) -> Result<Inst, Reason> {
        if always || inst.src.contains(&Operand::Literal) {
            inst.literal = self.word(usize::from(inst.size / 4))?;
            inst.size += 4;
        }
        Ok(inst)
    }
}

/// A scalar register of seven bits.
fn sgpr(code: u32) -> Operand {
    Operand::Sgpr(code as u8)
}

/// Whether SIMM16 must be zero.
pub(in crate::isa) fn has_no_immediate(op: Op) -> bool {
    let inner = [Op::SWaitIdle, Op::SCodeEnd, Op::SEndpgmSaved, Op::SEndpgmOrderedPsDone];
    let outer = [Op::SWakeup, Op::STtracedata, Op::SIcacheInv, Op::SBarrier];
    inner.contains(&op) || outer.contains(&op)
}
