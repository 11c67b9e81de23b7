//! VOP1, VOP2, VOPC, VOP3, VOP3P, VOPD, and DPP.

use super::{Reason, UNKNOWN, Words, field, find, index, plain, source};
use crate::isa::info::{Flags, Format, Ty};
use crate::isa::inst::{Dpp, Half, Mods, Omod};
use crate::isa::{Inst, Op, Operand};

static VOP1: [Option<Op>; 256] = index(Format::Vop1);
static VOP2: [Option<Op>; 64] = index(Format::Vop2);
static VOPC: [Option<Op>; 256] = index(Format::Vopc);
static VOP3: [Option<Op>; 1024] = index(Format::Vop3);
static VOP3SD: [Option<Op>; 1024] = index(Format::Vop3Sd);
static VOP3P: [Option<Op>; 128] = index(Format::Vop3p);

/// The operations of dual instructions; the last three only as the second half.
static VOPD: [Option<Op>; 19] = [
    Some(Op::VFmacF32),
    Some(Op::VFmaakF32),
    Some(Op::VFmamkF32),
    Some(Op::VMulF32),
    Some(Op::VAddF32),
    Some(Op::VSubF32),
    Some(Op::VSubrevF32),
    Some(Op::VMulDx9ZeroF32),
    Some(Op::VMovB32),
    Some(Op::VCndmaskB32),
    Some(Op::VMaxF32),
    Some(Op::VMinF32),
    Some(Op::VDot2accF32F16),
    Some(Op::VDot2accF32Bf16),
    None,
    None,
    Some(Op::VAddNcU32),
    Some(Op::VLshlrevB32),
    Some(Op::VAndB32),
];

/// Source codes that say that a DPP word follows.
const DPP8: u32 = 233;
const DPP8_FI: u32 = 234;
const DPP16: u32 = 250;

impl Words<'_> {
    pub(super) fn vop1(self, word: u32) -> Result<Inst, Reason> {
        let mut inst = plain(find(&VOP1, field(word, 9, 8))?, Format::Vop1, 4);
        let ty = inst.info().dst[0];
        inst.dst = match ty {
            Ty::None => Operand::None,
            Ty::S32 => scalar_destination(field(word, 17, 8))?,
            _ => short_vgpr(field(word, 17, 8), ty),
        };
        if inst.info().src[0] == Ty::None {
            let fields = word & !(0xff << 9 | 0x7f << 25);
            return if fields == 0 {
                Ok(inst)
            } else {
                Err("operands of an operation without them")
            };
        }
        self.short(inst, field(word, 0, 9))
    }

    pub(super) fn vop2(self, word: u32) -> Result<Inst, Reason> {
        let op = find(&VOP2, field(word, 25, 6))?;
        let mut inst = plain(op, Format::Vop2, 4);
        let info = op.info();
        inst.dst = short_vgpr(field(word, 17, 8), info.dst[0]);
        if info.dst[1] == Ty::Mask {
            inst.sdst = Operand::VCC_LO;
        }
        let second = short_vgpr(field(word, 9, 8), info.src[1]);
        let constant = match op {
            Op::VFmamkF32 | Op::VFmamkF16 => {
                inst.src[1] = Operand::Literal;
                inst.src[2] = second;
                true
            }
            Op::VFmaakF32 | Op::VFmaakF16 => {
                inst.src[1] = second;
                inst.src[2] = Operand::Literal;
                true
            }
            _ => {
                inst.src[1] = second;
                false
            }
        };
        if info.src[2] == Ty::Mask {
            inst.src[2] = Operand::VCC_LO;
        }
        if constant {
            inst.src[0] = short_source(field(word, 0, 9), info.src[0])?;
            return self.literal(inst, true);
        }
        self.short(inst, field(word, 0, 9))
    }

    pub(super) fn vopc(self, word: u32) -> Result<Inst, Reason> {
        let op = find(&VOPC, field(word, 17, 8))?;
        let mut inst = plain(op, Format::Vopc, 4);
        inst.dst = compare_destination(op, 106)?;
        inst.src[1] = short_vgpr(field(word, 9, 8), op.info().src[1]);
        self.short(inst, field(word, 0, 9))
    }

    /// The first source of a short encoding, with the word that may follow.
    fn short(self, mut inst: Inst, code: u32) -> Result<Inst, Reason> {
        if let DPP8 | DPP8_FI | DPP16 = code {
            let word = self.word(1)?;
            inst.size = 8;
            inst.src[0] = short_vgpr(field(word, 0, 8), inst.info().src[0]);
            if code == DPP16 {
                inst.mods.neg = (field(word, 20, 1) | field(word, 22, 1) << 1) as u8;
                inst.mods.abs = (field(word, 21, 1) | field(word, 23, 1) << 1) as u8;
            }
            inst.dpp = Some(dpp(code, word));
            return Ok(inst);
        }
        inst.src[0] = short_source(code, inst.info().src[0])?;
        self.literal(inst, false)
    }

    pub(super) fn vop3(self, word: u32) -> Result<Inst, Reason> {
        let high = self.word(1)?;
        let code = field(word, 16, 10);
        let op = long_op(code)?;
        let info = op.info();
        let has_sdst = info.dst[1] != Ty::None;
        let mut inst = plain(op, if has_sdst { Format::Vop3Sd } else { Format::Vop3 }, 8);
        inst.mods = Mods {
            neg: field(high, 29, 3) as u8,
            clamp: field(word, 15, 1) == 1,
            omod: [Omod::None, Omod::Mul2, Omod::Mul4, Omod::Div2][field(high, 27, 2) as usize],
            ..Mods::default()
        };
        if has_sdst {
            inst.sdst = Operand::Sgpr(field(word, 8, 7) as u8);
        } else {
            inst.mods.abs = field(word, 8, 3) as u8;
            inst.mods.op_sel = field(word, 11, 4) as u8;
        }
        let (dst, op_sel) = (field(word, 0, 8), inst.mods.op_sel);
        inst.dst = match info.dst[0] {
            Ty::None => Operand::None,
            Ty::Mask => compare_destination(op, dst)?,
            Ty::S32 => scalar_destination(dst)?,
            ty => long_half(Operand::Vgpr(dst as u8), ty, op_sel & 8 != 0),
        };
        if info.src[0] == Ty::None && (word & 0xffff, high) != (0, 0) {
            return Err("operands of an operation without them");
        }
        self.long_sources(inst, high)
    }

    /// The sources of a long encoding, with the word that may follow.
    fn long_sources(self, mut inst: Inst, high: u32) -> Result<Inst, Reason> {
        let info = inst.info();
        for slot in 0..3 {
            let (code, ty) = (field(high, 9 * slot as u32, 9), info.src[slot]);
            if ty == Ty::None {
                continue;
            }
            let code = match code {
                DPP8 | DPP8_FI | DPP16 if slot == 0 => {
                    let word = self.word(2)?;
                    inst.size = 12;
                    inst.dpp = Some(dpp(code, word));
                    256 + field(word, 0, 8)
                }
                _ => code,
            };
            let high_half = inst.format != Format::Vop3p && inst.mods.op_sel >> slot & 1 == 1;
            inst.src[slot] = long_half(source(code)?, ty, high_half);
        }
        if inst.dpp.is_some() {
            return Ok(inst);
        }
        self.literal(inst, false)
    }

    pub(super) fn vop3p(self, word: u32) -> Result<Inst, Reason> {
        let high = self.word(1)?;
        if field(word, 23, 1) != 0 {
            return Err(UNKNOWN);
        }
        let mut inst = plain(find(&VOP3P, field(word, 16, 7))?, Format::Vop3p, 8);
        inst.dst = Operand::Vgpr(field(word, 0, 8) as u8);
        inst.mods = Mods {
            neg: field(high, 29, 3) as u8,
            neg_hi: field(word, 8, 3) as u8,
            op_sel: field(word, 11, 3) as u8,
            op_sel_hi: (field(high, 27, 2) | field(word, 14, 1) << 2) as u8,
            clamp: field(word, 15, 1) == 1,
            ..Mods::default()
        };
        self.long_sources(inst, high)
    }

    pub(super) fn vopd(self, word: u32) -> Result<Inst, Reason> {
        let high = self.word(1)?;
        let mut inst = plain(Op::VDual, Format::Vopd, 8);
        let x = field(word, 22, 4);
        let (op_x, op_y) = (find(&VOPD, x)?, find(&VOPD, field(word, 17, 5))?);
        let dst_x = field(high, 24, 8);
        // The destinations have different parity, so the lowest bit of the second is implied.
        let dst_y = field(high, 17, 7) << 1 | (dst_x & 1 ^ 1);
        let first = half(op_x, dst_x, field(word, 0, 9), field(word, 9, 8))?;
        let second = half(op_y, dst_y, field(high, 0, 9), field(high, 9, 8))?;
        let literal = [first, second].iter().any(|half| half.src.contains(&Operand::Literal));
        inst.dual = Some([first, second]);
        self.literal(inst, literal)
    }
}

fn half(op: Op, dst: u32, first: u32, second: u32) -> Result<Half, Reason> {
    let (first, second) = (source(first)?, Operand::Vgpr(second as u8));
    let src = match op {
        Op::VMovB32 if second != Operand::Vgpr(0) => return Err("a second source of a move"),
        Op::VMovB32 => [first, Operand::None, Operand::None],
        Op::VFmamkF32 => [first, Operand::Literal, second],
        Op::VFmaakF32 => [first, second, Operand::Literal],
        Op::VCndmaskB32 => [first, second, Operand::VCC_LO],
        _ => [first, second, Operand::None],
    };
    Ok(Half { op, dst: Operand::Vgpr(dst as u8), src })
}

/// The operation with a number of VOP3, where the short encodings have their ranges.
fn long_op(code: u32) -> Result<Op, Reason> {
    let op = match code {
        0..=0xff => find(&VOPC, code)?,
        0x100..=0x13f => find(&VOP2, code - 0x100)?,
        0x180..=0x1ff => find(&VOP1, code - 0x180)?,
        _ => find(&VOP3, code).or_else(|_| find(&VOP3SD, code))?,
    };
    if op.info().flags.has(Flags::SHORT_ONLY) { Err(UNKNOWN) } else { Ok(op) }
}

fn compare_destination(op: Op, register: u32) -> Result<Operand, Reason> {
    let writes_exec = op.info().flags.has(Flags::WRITES_EXEC);
    if writes_exec { Ok(Operand::EXEC_LO) } else { scalar_destination(register) }
}

/// A scalar register in the eight bits of a vector one.
fn scalar_destination(code: u32) -> Result<Operand, Reason> {
    match code {
        125 | 128.. => Err("reserved scalar destination"),
        _ => Ok(Operand::Sgpr(code as u8)),
    }
}

/// A vector register of eight bits in a short encoding: of a half, bit 7 says which.
fn short_vgpr(code: u32, ty: Ty) -> Operand {
    if ty.is_half() && code >= 128 {
        Operand::VgprHi((code - 128) as u8)
    } else {
        Operand::Vgpr(code as u8)
    }
}

fn short_source(code: u32, ty: Ty) -> Result<Operand, Reason> {
    if code >= 256 { Ok(short_vgpr(code - 256, ty)) } else { source(code) }
}

/// The half of a register that op_sel chooses.
fn long_half(operand: Operand, ty: Ty, high: bool) -> Operand {
    match operand {
        Operand::Vgpr(register) if ty.is_half() && high => Operand::VgprHi(register),
        _ => operand,
    }
}

fn dpp(code: u32, word: u32) -> Dpp {
    if code == DPP16 {
        Dpp::Row {
            ctrl: field(word, 8, 9) as u16,
            row_mask: field(word, 28, 4) as u8,
            bank_mask: field(word, 24, 4) as u8,
            bound_ctrl: field(word, 19, 1) == 1,
            fetch_inactive: field(word, 18, 1) == 1,
        }
    } else {
        Dpp::Lanes { select: word >> 8, fetch_inactive: code == DPP8_FI }
    }
}
