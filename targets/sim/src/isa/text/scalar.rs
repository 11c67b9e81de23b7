//! SOP2, SOPK, SOP1, SOPC, SOPP: their immediates have names of their own.

use std::fmt;

use super::operand::{float, show};
use super::{List, literal};
use crate::isa::decode::has_no_immediate;
use crate::isa::info::{Format, Ty, Unit};
use crate::isa::{Inst, Op, Operand};

/// Instructions whose operands are all in `dst` and `src`.
pub(super) fn arithmetic(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(inst.op.name())?;
    let mut list = List::new();
    destination(inst, &mut list, f)?;
    if matches!(inst.op, Op::SSendmsgRtnB32 | Op::SSendmsgRtnB64) {
        list.next(f)?;
        return message(inst.imm as u16, f);
    }
    sources(inst, &mut list, f)
}

/// SOPK.
pub(super) fn immediate(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(inst.op.name())?;
    let mut list = List::new();
    let bits = inst.imm as u16;
    match inst.op {
        Op::SSetregB32 | Op::SSetregImm32B32 => {
            list.next(f)?;
            hardware_register(bits, f)?;
            return sources(inst, &mut list, f);
        }
        Op::SVersion => {
            list.next(f)?;
            return version(bits, f);
        }
        _ => {}
    }
    destination(inst, &mut list, f)?;
    sources(inst, &mut list, f)?;
    list.next(f)?;
    match inst.op {
        Op::SGetregB32 => hardware_register(bits, f),
        Op::SCallB64 | Op::SSubvectorLoopBegin | Op::SSubvectorLoopEnd => write!(f, "{bits}"),
        _ => write!(f, "{bits:#x}"),
    }
}

/// SOPP.
pub(super) fn control(inst: &Inst, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(inst.op.name())?;
    let bits = inst.imm as u16;
    match inst.op {
        op if has_no_immediate(op) => Ok(()),
        Op::SEndpgm if bits == 0 => Ok(()),
        Op::SEndpgm => write!(f, " {bits}"),
        Op::SWaitcnt => waits(bits, f),
        Op::SWaitcntDepctr => dependencies(bits, f),
        Op::SDelayAlu => delay(bits, f),
        Op::SSendmsg | Op::SSendmsghalt => {
            f.write_str(" ")?;
            message(bits, f)
        }
        Op::SSetInstPrefetchDistance | Op::SClause | Op::SWaitEvent => write!(f, " {bits:#x}"),
        Op::SRoundMode | Op::STtracedataImm => write!(f, " {bits:#x}"),
        op if op.unit() == Unit::Branch && op != Op::STrap => write!(f, " {bits}"),
        _ => {
            f.write_str(" ")?;
            number(bits, f)
        }
    }
}

/// A number that is decimal if an operand could hold it inline.
pub(super) fn number(bits: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if bits <= 64 { write!(f, "{bits}") } else { write!(f, "{bits:#x}") }
}

fn destination(inst: &Inst, list: &mut List, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if inst.dst == Operand::None {
        return Ok(());
    }
    list.next(f)?;
    show(inst.dst, inst.info().dst[0], 0, f)
}

fn sources(inst: &Inst, list: &mut List, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (slot, (operand, ty)) in inst.src.into_iter().zip(inst.info().src).enumerate() {
        if ty == Ty::None {
            continue;
        }
        list.next(f)?;
        // LLVM reads the constants of half operations with other types than their registers.
        let ty = match (inst.format, ty) {
            (Format::Sop1, Ty::F16) if operand == Operand::Literal => Ty::B32,
            (Format::Sopc, Ty::F16) => Ty::B16,
            _ => ty,
        };
        match inst.op {
            // A constant that the encoding always has needs no mark.
            Op::SFmamkF32 if slot == 1 => write!(f, "{:#x}", inst.literal)?,
            Op::SFmaakF32 if slot == 2 => write!(f, "{:#x}", inst.literal)?,
            Op::SSetregImm32B32 => constant(inst.literal, f)?,
            _ => show(operand, ty, inst.literal, f)?,
        }
    }
    Ok(())
}

/// A constant as if it were encoded within the instruction.
fn constant(bits: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match literal::single(bits) {
        _ if literal::is_inline(bits as i32) => write!(f, "{}", bits as i32),
        Some(inline) => f.write_str(float(inline, Ty::F32)),
        None => write!(f, "{bits:#x}"),
    }
}

fn hardware_register(bits: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (id, offset, size) = (bits & 63, bits >> 6 & 31, (bits >> 11) + 1);
    f.write_str("hwreg(")?;
    match register_name(id) {
        Some(name) => f.write_str(name)?,
        None => write!(f, "{id}")?,
    }
    if (offset, size) != (0, 32) {
        write!(f, ", {offset}, {size}")?;
    }
    f.write_str(")")
}

fn register_name(id: u16) -> Option<&'static str> {
    Some(match id {
        1 => "HW_REG_MODE",
        2 => "HW_REG_STATUS",
        3 => "HW_REG_TRAPSTS",
        5 => "HW_REG_GPR_ALLOC",
        6 => "HW_REG_LDS_ALLOC",
        7 => "HW_REG_IB_STS",
        15 => "HW_REG_SH_MEM_BASES",
        18 => "HW_REG_PERF_SNAPSHOT_PC_LO",
        19 => "HW_REG_PERF_SNAPSHOT_PC_HI",
        20 => "HW_REG_FLAT_SCR_LO",
        21 => "HW_REG_FLAT_SCR_HI",
        23 => "HW_REG_HW_ID1",
        24 => "HW_REG_HW_ID2",
        27 => "HW_REG_PERF_SNAPSHOT_DATA",
        29 => "HW_REG_SHADER_CYCLES",
        _ => return None,
    })
}

fn message(bits: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let id = bits & 0xff;
    let name = match id {
        1 => "MSG_INTERRUPT",
        2 => "MSG_HS_TESSFACTOR",
        3 => "MSG_DEALLOC_VGPRS",
        5 => "MSG_STALL_WAVE_GEN",
        6 => "MSG_HALT_WAVES",
        9 => "MSG_GS_ALLOC_REQ",
        128 => "MSG_RTN_GET_DOORBELL",
        129 => "MSG_RTN_GET_DDID",
        130 => "MSG_RTN_GET_TMA",
        131 => "MSG_RTN_GET_REALTIME",
        132 => "MSG_RTN_SAVE_WAVE",
        133 => "MSG_RTN_GET_TBA",
        134 => "MSG_RTN_GET_TBA_TO_PC",
        _ if id == bits => return write!(f, "sendmsg({id}, 0, 0)"),
        _ => return write!(f, "{bits}"),
    };
    write!(f, "sendmsg({name})")
}

/// `s_version`: a generation, and for which sizes of waves.
fn version(bits: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const FLAGS: [(u16, &str); 3] = [
        (0x2000, "UC_VERSION_W64_BIT"),
        (0x4000, "UC_VERSION_W32_BIT"),
        (0x8000, "UC_VERSION_MDP_BIT"),
    ];
    let known = FLAGS.iter().fold(0xff, |known, (bit, _)| known | bit);
    if bits & !known != 0 {
        return write!(f, "{bits:#x}");
    }
    let mut text = match bits & 0xff {
        0 => "UC_VERSION_GFX7".to_owned(),
        4 => "UC_VERSION_GFX10".to_owned(),
        6 => "UC_VERSION_GFX11".to_owned(),
        9 => "UC_VERSION_GFX12".to_owned(),
        number => number.to_string(),
    };
    let mut set = FLAGS.iter().filter(|(bit, _)| bits & bit != 0);
    if let Some((_, name)) = set.next() {
        text = format!("{text}|{name}");
    }
    for (_, name) in set {
        text = format!("({text})|{name}");
    }
    f.write_str(&text)
}

/// `s_waitcnt`: the counters that are waited for, or all of them if none is.
fn waits(bits: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let counters =
        [("vmcnt", bits >> 10, 63), ("expcnt", bits & 7, 7), ("lgkmcnt", bits >> 4 & 63, 63)];
    let none = counters.iter().all(|(_, value, most)| value == most);
    for (name, value, most) in counters {
        if none || value != most {
            write!(f, " {name}({value})")?;
        }
    }
    Ok(())
}

/// `s_waitcnt_depctr`: fields within the ALUs, by name where no unknown bit is set.
fn dependencies(bits: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const UNKNOWN: u16 = 0x60;
    let fields = [
        ("hold_cnt", bits >> 7 & 1, 1),
        ("sa_sdst", bits & 1, 1),
        ("va_vdst", bits >> 12, 15),
        ("va_sdst", bits >> 9 & 7, 7),
        ("va_ssrc", bits >> 8 & 1, 1),
        ("va_vcc", bits >> 1 & 1, 1),
        ("vm_vsrc", bits >> 2 & 7, 7),
    ];
    if bits & UNKNOWN != 0 {
        return write!(f, " {bits:#x}");
    }
    let none = fields.iter().all(|(_, value, most)| value == most);
    for (name, value, most) in fields {
        if none || value != most {
            write!(f, " depctr_{name}({value})")?;
        }
    }
    Ok(())
}

/// `s_delay_alu`: what one or two of the following instructions depend on.
fn delay(bits: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const DEPENDENCIES: [&str; 12] = [
        "NO_DEP",
        "VALU_DEP_1",
        "VALU_DEP_2",
        "VALU_DEP_3",
        "VALU_DEP_4",
        "TRANS32_DEP_1",
        "TRANS32_DEP_2",
        "TRANS32_DEP_3",
        "FMA_ACCUM_CYCLE_1",
        "SALU_CYCLE_1",
        "SALU_CYCLE_2",
        "SALU_CYCLE_3",
    ];
    const SKIPS: [&str; 6] = ["SAME", "NEXT", "SKIP_1", "SKIP_2", "SKIP_3", "SKIP_4"];
    let parts = [
        ("instid0", bits & 15, &DEPENDENCIES[..], "/* invalid instid value */"),
        ("instskip", bits >> 4 & 7, &SKIPS[..], "/* invalid instskip value */"),
        ("instid1", bits >> 7 & 15, &DEPENDENCIES[..], "/* invalid instid value */"),
    ];
    let mut separator = " ";
    for (name, value, names, invalid) in parts {
        if value != 0 {
            let value = names.get(usize::from(value)).unwrap_or(&invalid);
            write!(f, "{separator}{name}({value})")?;
            separator = " | ";
        }
    }
    if separator == " " { f.write_str(" 0") } else { Ok(()) }
}
