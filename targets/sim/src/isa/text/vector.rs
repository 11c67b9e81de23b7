//! VOP1, VOP2, VOPC, VOP3, VOP3P, VOPD, and DPP.

use std::fmt;

use super::operand::show;
use super::{List, literal};
use crate::isa::decode::selects_halves;
use crate::isa::info::{Flags, Format, Ty};
use crate::isa::inst::{Dpp, Half, Omod};
use crate::isa::{Inst, Op, Operand};

/// Everything but dual instructions.
pub(super) fn arithmetic(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(inst.op.name())?;
    f.write_str(suffix(inst))?;
    let mut list = List::new();
    let info = inst.info();
    let implied = inst.op.info().flags.has(Flags::WRITES_EXEC);
    for (operand, ty) in [(inst.dst, info.dst[0]), (inst.sdst, info.dst[1])] {
        if operand != Operand::None && !implied {
            list.next(f)?;
            show(operand, ty, inst.literal, f)?;
        }
    }
    for slot in 0..3 {
        if info.src[slot] != Ty::None {
            list.next(f)?;
            source(inst, slot, f)?;
        }
    }
    if inst.format == Format::Vop3p {
        packed(inst, f)?
    } else {
        long(inst, f)?
    }
    inst.dpp.map_or(Ok(()), |dpp| exchange(dpp, f))
}

/// What LLVM appends to a mnemonic to tell encodings apart.
fn suffix(inst: &Inst) -> &'static str {
    let info = inst.info();
    let short = matches!(inst.format, Format::Vop1 | Format::Vop2 | Format::Vopc);
    let both = matches!(info.format, Format::Vop1 | Format::Vop2 | Format::Vopc)
        && !info.flags.has(Flags::SHORT_ONLY)
        && info.dst[0] != Ty::None;
    match (inst.dpp.is_some(), short, both) {
        (true, true, _) if info.format == Format::Vopc => "",
        (true, true, _) => "_dpp",
        (true, false, _) => "_e64_dpp",
        (false, true, true) => "_e32",
        (false, false, true) => "_e64",
        (false, _, false) => "",
    }
}

/// A source with its sign modifiers.
fn source(inst: &Inst, slot: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (operand, mut ty) = (inst.src[slot], inst.info().src[slot]);
    // LLVM writes these integers as if they were halves.
    if let Op::VCmpClassF16 | Op::VCmpxClassF16 | Op::VLdexpF16 = inst.op {
        ty = Ty::F16;
    }
    // A constant that the encoding always has needs no mark.
    let plain = match inst.op {
        Op::VFmamkF16 | Op::VFmamkF32 => slot == 1,
        Op::VFmaakF16 | Op::VFmaakF32 => slot == 2,
        _ => false,
    };
    let signed = inst.format != Format::Vop3p || is_mix(inst);
    let abs_bits = if is_mix(inst) { inst.mods.neg_hi } else { inst.mods.abs };
    let (neg, abs) =
        (signed && inst.mods.neg >> slot & 1 == 1, signed && abs_bits >> slot & 1 == 1);
    let constant = match operand {
        Operand::Literal => !literal::is_marked(ty, inst.literal),
        _ => matches!(operand, Operand::Int(_) | Operand::Float(_)),
    };
    match (neg, abs, constant) {
        (true, false, true) => f.write_str("neg(")?,
        (true, _, _) => f.write_str("-")?,
        _ => {}
    }
    f.write_str(if abs { "|" } else { "" })?;
    if plain && operand == Operand::Literal {
        write!(f, "{:#x}", inst.literal)?;
    } else {
        show(operand, ty, inst.literal, f)?;
    }
    f.write_str(if abs { "|" } else { "" })?;
    f.write_str(if neg && !abs && constant { ")" } else { "" })
}

fn is_mix(inst: &Inst) -> bool {
    inst.info().src[0] == Ty::Mix
}

/// Modifiers of the long encoding.
fn long(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let bits = inst.mods.op_sel;
    if bits != 0 && inst.op != Op::VCndmaskB16 {
        let shown = inst.info().src.iter().filter(|ty| **ty != Ty::None).count();
        let sources = match inst.op {
            // The accumulator counts as a source,
            Op::VFmacF16 => 3,
            // and two bits say how lanes are fetched.
            Op::VPermlane16B32 | Op::VPermlanex16B32 => 2,
            _ => shown,
        };
        f.write_str(" op_sel:[")?;
        for slot in 0..sources {
            let separator = if slot == 0 { "" } else { "," };
            write!(f, "{separator}{}", bits >> slot & 1)?;
        }
        f.write_str(if has_destination_bit(inst) { "," } else { "]" })?;
        if has_destination_bit(inst) {
            write!(f, "{}]", bits >> 3)?;
        }
    }
    output(inst, f)
}

/// Whether LLVM shows the bit of op_sel that belongs to the destination.
fn has_destination_bit(inst: &Inst) -> bool {
    let info = inst.info();
    match inst.op {
        Op::VPermlane16B32 | Op::VPermlanex16B32 => false,
        _ if info.dst[0] == Ty::Mask => inst.dpp.is_none() && !info.flags.has(Flags::WRITES_EXEC),
        _ => true,
    }
}

fn output(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if inst.mods.clamp {
        f.write_str(" clamp")?;
    }
    f.write_str(match inst.mods.omod {
        Omod::None => "",
        Omod::Mul2 => " mul:2",
        Omod::Mul4 => " mul:4",
        Omod::Div2 => " div:2",
    })
}

/// Modifiers of packed arithmetic.
fn packed(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (mods, info) = (inst.mods, inst.info());
    let count = info.src.iter().filter(|ty| **ty != Ty::None).count();
    if selects_halves(inst.op) {
        bit_list(" op_sel:[", mods.op_sel, 0, count, f)?;
        let usual = if is_mix(inst) { 0 } else { (1u8 << count) - 1 };
        bit_list(" op_sel_hi:[", mods.op_sel_hi, usual, count, f)?;
    }
    if !is_mix(inst) {
        bit_list(" neg_lo:[", mods.neg, 0, count, f)?;
        bit_list(" neg_hi:[", mods.neg_hi, 0, count, f)?;
    }
    output(inst, f)
}

/// One bit a source, unless all are as usual.
fn bit_list(
    name: &str,
    bits: u8,
    usual: u8,
    count: usize,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    if bits & ((1 << count) - 1) == usual {
        return Ok(());
    }
    f.write_str(name)?;
    for slot in 0..count {
        let separator = if slot == 0 { "" } else { "," };
        write!(f, "{separator}{}", bits >> slot & 1)?;
    }
    f.write_str("]")
}

fn exchange(dpp: Dpp, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let fetch = match dpp {
        Dpp::Row { ctrl, row_mask, bank_mask, bound_ctrl, fetch_inactive } => {
            pattern(ctrl, f)?;
            write!(f, " row_mask:{row_mask:#x} bank_mask:{bank_mask:#x}")?;
            f.write_str(if bound_ctrl { " bound_ctrl:1" } else { "" })?;
            fetch_inactive
        }
        Dpp::Lanes { select, fetch_inactive } => {
            f.write_str(" dpp8:[")?;
            for lane in 0..8 {
                let separator = if lane == 0 { "" } else { "," };
                write!(f, "{separator}{}", select >> (3 * lane) & 7)?;
            }
            f.write_str("]")?;
            fetch_inactive
        }
    };
    f.write_str(if fetch { " fi:1" } else { "" })
}

/// The pattern of DPP16.
fn pattern(ctrl: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let lane = ctrl & 15;
    match ctrl {
        0..=0xff => {
            let lane = |lane: u16| ctrl >> (2 * lane) & 3;
            write!(f, " quad_perm:[{},{},{},{}]", lane(0), lane(1), lane(2), lane(3))
        }
        0x101..=0x10f => write!(f, " row_shl:{lane}"),
        0x111..=0x11f => write!(f, " row_shr:{lane}"),
        0x121..=0x12f => write!(f, " row_ror:{lane}"),
        0x140 => f.write_str(" row_mirror"),
        0x141 => f.write_str(" row_half_mirror"),
        0x150..=0x15f => write!(f, " row_share:{lane}"),
        0x160..=0x16f => write!(f, " row_xmask:{lane}"),
        _ => f.write_str(" /* Invalid dpp_ctrl value */"),
    }
}

/// VOPD.
pub(super) fn dual(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some([first, second]) = &inst.dual else { return f.write_str(inst.op.name()) };
    half(first, inst.literal, f)?;
    f.write_str(" :: ")?;
    half(second, inst.literal, f)
}

fn half(half: &Half, literal: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let info = half.op.info();
    write!(f, "v_dual_{}", info.name.trim_start_matches("v_"))?;
    let mut list = List::new();
    list.next(f)?;
    show(half.dst, info.dst[0], literal, f)?;
    for (slot, (operand, ty)) in half.src.into_iter().zip(info.src).enumerate() {
        if operand == Operand::None || half.op == Op::VCndmaskB32 && ty == Ty::Mask {
            continue;
        }
        list.next(f)?;
        match half.op {
            Op::VFmamkF32 if slot == 1 => write!(f, "{literal:#x}")?,
            Op::VFmaakF32 if slot == 2 => write!(f, "{literal:#x}")?,
            _ => show(operand, ty, literal, f)?,
        }
    }
    Ok(())
}
