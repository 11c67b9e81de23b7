//! SMEM, DS, FLAT, SCRATCH, GLOBAL, MUBUF and MTBUF.

use std::fmt;

use super::{List, format, operand};
use crate::isa::info::{Format, Ty};
use crate::isa::{Inst, MemBits, Op, Operand};

/// SMEM.
pub(super) fn scalar(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(inst.op.name())?;
    let info = inst.info();
    if info.src[0] == Ty::None {
        return Ok(());
    }
    let mut list = List::new();
    list.next(f)?;
    match inst.dst {
        Operand::Int(number) => super::scalar::number(number as u16, f)?,
        _ => show(inst.dst, info.dst[0], f)?,
    }
    list.next(f)?;
    show(inst.src[0], info.src[0], f)?;
    list.next(f)?;
    let (sign, offset) = (if inst.imm < 0 { "-" } else { "" }, inst.imm.unsigned_abs());
    if inst.src[1] == Operand::None && inst.imm == 0 {
        // LLVM reads an offset of zero as the register NULL.
        f.write_str("null")?;
    } else if inst.src[1] == Operand::None {
        write!(f, "{sign}{offset:#x}")?;
    } else {
        show(inst.src[1], Ty::S32, f)?;
        if inst.imm != 0 {
            write!(f, " offset:{sign}{offset:#x}")?;
        }
    }
    bits(inst, f)
}

/// DS.
pub(super) fn local(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(inst.op.name())?;
    let mut list = List::new();
    let info = inst.info();
    if inst.dst != Operand::None {
        list.next(f)?;
        show(inst.dst, info.dst[0], f)?;
    }
    for (operand, ty) in inst.src.into_iter().zip(info.src) {
        if operand != Operand::None {
            list.next(f)?;
            show(operand, ty, f)?;
        }
    }
    let (first, second) = inst.ds_offsets();
    if inst.op.name().contains("_2addr") {
        if first != 0 {
            write!(f, " offset0:{first}")?;
        }
        if second != 0 {
            write!(f, " offset1:{second}")?;
        }
    } else if inst.op == Op::DsSwizzleB32 {
        swizzle(inst.imm as u16, f)?;
    } else if inst.imm != 0 {
        write!(f, " offset:{}", inst.imm)?;
    }
    if inst.bits.has(MemBits::GDS) { f.write_str(" gds") } else { Ok(()) }
}

/// The pattern of `ds_swizzle_b32`, by name where it has one.
fn swizzle(bits: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if bits == 0 {
        return Ok(());
    }
    f.write_str(" offset:")?;
    if bits & 0xff00 == 0x8000 {
        let lane = |lane: u16| bits >> (2 * lane) & 3;
        return write!(f, "swizzle(QUAD_PERM,{},{},{},{})", lane(0), lane(1), lane(2), lane(3));
    }
    if bits & 0xe000 == 0xe000 {
        return write!(f, "swizzle(FFT,{})", bits & 31);
    }
    if bits & 0xe000 == 0xc000 {
        return write!(f, "swizzle(ROTATE,{},{})", bits >> 10 & 1, bits >> 5 & 31);
    }
    if bits & 0x8000 != 0 {
        return write!(f, "{bits}");
    }
    let (and, or, xor) = (bits & 31, bits >> 5 & 31, bits >> 10 & 31);
    match (and, or, xor) {
        (31, 0, 1 | 2 | 4 | 8 | 16) => write!(f, "swizzle(SWAP,{xor})"),
        (31, 0, 3 | 7 | 15 | 31) => write!(f, "swizzle(REVERSE,{})", xor + 1),
        _ => {
            let group = 32 - and;
            if group.is_power_of_two() && group > 1 && or < group && xor == 0 {
                return write!(f, "swizzle(BROADCAST,{group},{or})");
            }
            f.write_str("swizzle(BITMASK_PERM,\"")?;
            for bit in [16, 8, 4, 2, 1] {
                f.write_str(match (and & bit != 0, or & bit != 0, xor & bit != 0) {
                    (true, false, false) => "p",
                    (true, false, true) => "i",
                    (_, false, false) => "0",
                    (_, true, false) => "1",
                    (false, false, true) => "1",
                    (_, true, true) => "0",
                })?;
            }
            f.write_str("\")")
        }
    }
}

/// FLAT, SCRATCH and GLOBAL.
pub(super) fn flat(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(inst.op.name())?;
    let (info, [address, data, base, _]) = (inst.info(), inst.src);
    let mut list = List::new();
    if inst.dst != Operand::None {
        list.next(f)?;
        show(inst.dst, info.dst[0], f)?;
    }
    if info.src[0] != Ty::None {
        list.next(f)?;
        show(address, inst.source_type(0), f)?;
    }
    if data != Operand::None {
        list.next(f)?;
        show(data, info.src[1], f)?;
    }
    if inst.format != Format::Flat {
        list.next(f)?;
        show(base, if inst.format == Format::Global { Ty::B64 } else { Ty::B32 }, f)?;
    }
    if inst.imm != 0 {
        write!(f, " offset:{}", inst.imm)?;
    }
    bits(inst, f)
}

/// MUBUF and MTBUF.
pub(super) fn buffer(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(inst.op.name())?;
    let (info, [address, resource, offset, data]) = (inst.info(), inst.src);
    if info.src[1] == Ty::None {
        return Ok(());
    }
    let mut list = List::new();
    list.next(f)?;
    match (inst.dst, data) {
        (dst, Operand::None) => show(dst, info.dst[0], f)?,
        (_, data) => show(data, info.src[3], f)?,
    }
    list.next(f)?;
    show(address, inst.source_type(0), f)?;
    list.next(f)?;
    show(resource, Ty::B128, f)?;
    list.next(f)?;
    show(offset, Ty::S32, f)?;
    if inst.format == Format::Mtbuf && inst.buffer_format != format::DEFAULT {
        match format::name(inst.buffer_format) {
            Some(name) => write!(f, " format:[BUF_FMT_{name}]")?,
            None => write!(f, " format:{}", inst.buffer_format)?,
        }
    }
    for (bit, name) in [(MemBits::IDXEN, " idxen"), (MemBits::OFFEN, " offen")] {
        if inst.bits.has(bit) {
            f.write_str(name)?;
        }
    }
    if inst.imm != 0 {
        write!(f, " offset:{}", inst.imm)?;
    }
    bits(inst, f)
}

fn bits(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let names = [(MemBits::GLC, " glc"), (MemBits::SLC, " slc"), (MemBits::DLC, " dlc")];
    for (bit, name) in names {
        if inst.bits.has(bit) {
            f.write_str(name)?;
        }
    }
    Ok(())
}

fn show(operand: Operand, ty: Ty, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    operand::show(operand, ty, 0, f)
}
