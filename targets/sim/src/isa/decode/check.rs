//! Fields of vector and scalar instructions that have only some meanings.

use super::Reason;
use crate::isa::info::{Flags, Format, Ty};
use crate::isa::inst::{Dpp, Omod};
use crate::isa::{Inst, Op, Operand};

/// Refuses reserved combinations of fields.
///
/// Hardware does something with each of them, but no document says what.
pub(super) fn check(inst: Inst) -> Result<Inst, Reason> {
    registers(&inst)?;
    if inst.dual.is_none() {
        match inst.format {
            Format::Vop1 | Format::Vop2 | Format::Vopc | Format::Vop3 | Format::Vop3Sd => {
                modifiers(&inst)?;
            }
            Format::Vop3p => packed(&inst)?,
            _ => {}
        }
        exchange(&inst)?;
    }
    Ok(inst)
}

/// Registers that an operand can start at.
fn registers(inst: &Inst) -> Result<(), Reason> {
    if let Some(halves) = &inst.dual {
        let mut operands = halves.iter().flat_map(|half| half.src);
        return operands.try_for_each(|operand| fits(operand, 1));
    }
    let info = inst.info();
    fits(inst.dst, info.dst[0].dwords())?;
    fits(inst.sdst, info.dst[1].dwords())?;
    for (slot, operand) in inst.src.into_iter().enumerate() {
        fits(operand, inst.source_type(slot).dwords())?;
    }
    if is_vector(inst.format) { vector_sources(inst) } else { Ok(()) }
}

/// Whether an encoding is one of vector arithmetic.
fn is_vector(format: Format) -> bool {
    let short = matches!(format, Format::Vop1 | Format::Vop2 | Format::Vopc);
    short || matches!(format, Format::Vop3 | Format::Vop3Sd | Format::Vop3p)
}

/// Kinds of operands that a source of vector arithmetic can be.
fn vector_sources(inst: &Inst) -> Result<(), Reason> {
    for (slot, operand) in inst.src.into_iter().enumerate() {
        let vector = operand.is_vgpr();
        let register = vector || matches!(operand, Operand::Sgpr(_));
        match inst.info().src[slot] {
            Ty::S32 if vector => return Err("a vector register where a scalar must be"),
            Ty::Mask if vector || !register => return Err("a mask that is in no scalar register"),
            Ty::B128 if inst.format == Format::Vop3 && !vector => {
                return Err("128 bits that are not in vector registers");
            }
            Ty::V16F16 | Ty::V16Bf16 | Ty::B128 | Ty::B64
                if inst.format == Format::Vop3p && !vector =>
            {
                return Err("a factor that is not in vector registers");
            }
            Ty::V8F32 | Ty::V8I32 | Ty::V8F16 | Ty::V8Bf16
                if !matches!(operand, Operand::Vgpr(_) | Operand::Int(_) | Operand::Float(_)) =>
            {
                return Err("a sum that is neither in vector registers nor an inline constant");
            }
            _ => {}
        }
    }
    let moves = matches!(
        inst.op,
        Op::VReadfirstlaneB32 | Op::VReadlaneB32 | Op::VSwapB32 | Op::VSwapB16 | Op::VSwaprelB32
    );
    let permutes = matches!(inst.op, Op::VPermlane64B32 | Op::VPermlane16B32 | Op::VPermlanex16B32);
    let indexed = matches!(inst.op, Op::VMovrelsB32 | Op::VMovrelsdB32 | Op::VMovrelsd2B32);
    let vector_only = moves || permutes || indexed;
    if vector_only && !inst.src[0].is_vgpr() {
        return Err("a source that must be a vector register");
    }
    Ok(())
}

/// Whether an operand of `count` registers can start here.
fn fits(operand: Operand, count: u8) -> Result<(), Reason> {
    let fits = match operand {
        Operand::Vgpr(first) | Operand::VgprHi(first) => u16::from(first) + u16::from(count) <= 256,
        Operand::Sgpr(_) if count <= 1 => true,
        Operand::Sgpr(first) => {
            let alignment = if count == 2 { 2 } else { 4 };
            let within = match first {
                0..=105 => first + count <= 106,
                106 | 126 => count == 2,
                108..=123 => first + count <= 124,
                124 => true,
                _ => false,
            };
            within && first % alignment == 0
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err("registers that do not exist or are misaligned") }
}

/// Modifiers of all but packed arithmetic.
fn modifiers(inst: &Inst) -> Result<(), Reason> {
    let (mods, info) = (inst.mods, inst.info());
    for slot in 0..3 {
        let ty = info.src[slot];
        let selects = matches!(inst.op, Op::VCndmaskB32 | Op::VCndmaskB16) && slot < 2;
        let signs = ty.is_float() || selects;
        if (mods.neg | mods.abs) >> slot & 1 == 1 && !signs {
            return Err("a sign modifier on a source that has no sign");
        }
        let permutes = matches!(inst.op, Op::VPermlane16B32 | Op::VPermlanex16B32) && slot < 2;
        if mods.op_sel >> slot & 1 == 1 && !ty.is_half() && !permutes {
            return Err("op_sel on a source that has no halves");
        }
    }
    if mods.op_sel >> 3 == 1 && !info.dst[0].is_half() {
        return Err("op_sel on a destination that has no halves");
    }
    if mods.omod != Omod::None && !info.flags.has(Flags::OMOD) {
        return Err("an output multiplier on an operation without one");
    }
    clamp(inst)
}

/// Modifiers of packed arithmetic.
fn packed(inst: &Inst) -> Result<(), Reason> {
    let (mods, info) = (inst.mods, inst.info());
    // Of integer products, NEG_LO says which factors are signed.
    let signs = match inst.op {
        Op::VDot4I32Iu8 | Op::VDot8I32Iu4 | Op::VWmmaI32Iu8 | Op::VWmmaI32Iu4 => 0b011,
        _ if info.src[0].is_float() => 0b111,
        _ => 0,
    };
    let signs_hi = if info.src[0].is_float() { 0b111 } else { 0 };
    let count = info.src.iter().filter(|ty| **ty != Ty::None).count();
    let used = (1u8 << count) - 1;
    if mods.neg & !(signs & used) != 0 || mods.neg_hi & !(signs_hi & used) != 0 {
        return Err("a sign modifier on a source that has no sign");
    }
    let halves = match inst.op {
        Op::VWmmaF16F16 | Op::VWmmaBf16Bf16 => 0b100,
        _ if selects_halves(inst.op) => used,
        _ => 0,
    };
    if mods.op_sel & !halves != 0 {
        return Err("op_sel on a source that has no halves");
    }
    clamp(inst)
}

/// Whether the sources of a packed operation are chosen by halves.
pub(in crate::isa) fn selects_halves(op: Op) -> bool {
    let first = op.info().src[0];
    let halves = matches!(first, Ty::V2B16 | Ty::V2I16 | Ty::V2U16 | Ty::V2F16 | Ty::V2Bf16);
    halves || first == Ty::Mix || matches!(op, Op::VWmmaF16F16 | Op::VWmmaBf16Bf16)
}

fn clamp(inst: &Inst) -> Result<(), Reason> {
    if inst.mods.clamp && !inst.info().flags.has(Flags::CLAMP) {
        return Err("a clamp on an operation without one");
    }
    Ok(())
}

fn exchange(inst: &Inst) -> Result<(), Reason> {
    let Some(dpp) = inst.dpp else { return Ok(()) };
    if !inst.info().flags.has(Flags::DPP) {
        return Err("lanes exchanged for an operation that cannot");
    }
    let packed = inst.format == Format::Vop3p && !inst.src[1].is_vgpr();
    if packed || inst.src.contains(&Operand::Literal) {
        return Err("a constant besides an exchange of lanes");
    }
    match dpp {
        Dpp::Row { ctrl, .. } => match ctrl {
            0..=0xff | 0x101..=0x10f | 0x111..=0x11f | 0x121..=0x12f => Ok(()),
            0x140 | 0x141 | 0x150..=0x15f | 0x160..=0x16f => Ok(()),
            _ => Err("reserved exchange of lanes"),
        },
        Dpp::Lanes { .. } => Ok(()),
    }
}
