//! What the sanitizer wants to know of an instruction, worked out once for each address.

use crate::isa::{File, Flags, Format, Inst, MemBits, Op, Operand, Side, Span, Ty, Unit};

use super::counters::{Lgkm, Raises, Wait};
use super::registers::{Half, Registers};

/// The facts of one instruction.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Where the instruction stands.
    pub pc: u64,
    /// Registers whose content is used.
    pub reads: Registers,
    /// Registers, or halves of them, that get a new content.
    pub writes: Registers,
    /// Counters that rise.
    pub raises: Raises,
    /// Counters that are waited for.
    pub wait: Option<Wait>,
    /// The half of the destination that a memory operation fills.
    pub loads: Half,
    /// The half of the data register that a memory operation stores.
    pub stores: Half,
    /// Whether a load extends its sign.
    pub signed: bool,
    /// Whether a load is one that other workgroups may be writing to: it bypasses the nearest cache.
    pub coherent: bool,
    /// Whether the vector ALU executes it.
    pub vector: bool,
    /// Whether it only moves values, between registers or to and from memory.
    pub moves: bool,
    /// Whether it is a comparison that writes EXEC.
    pub compares: bool,
    /// Whether [`super::hazards`] has a rule that it can complete.
    pub watched: bool,
    /// The vector registers among [`Facts::reads`].
    pub vectors_read: Vec<u32>,
    /// The vector registers among [`Facts::writes`], each with the bits that change.
    pub vectors_written: Vec<(u32, u32)>,
    /// The scalar registers among [`Facts::writes`].
    pub scalars_written: Vec<u32>,
    /// Whether each lane reads and writes only its own part of vector registers, so that known sources make a known
    /// result.
    pub lanewise: bool,
    /// The instruction itself.
    pub inst: Inst,
}

impl Facts {
    pub(super) fn new(pc: u64, inst: &Inst) -> Self {
        let loads = loaded_half(inst.op);
        let (reads, writes) = (reads(inst), writes(inst, loads));
        Self {
            pc,
            vectors_read: reads.vectors().map(|(register, _)| register).collect(),
            vectors_written: writes.vectors().collect(),
            scalars_written: writes.scalars().collect(),
            lanewise: is_lanewise(inst),
            reads,
            writes,
            raises: raises(inst),
            wait: wait(inst),
            loads,
            stores: if inst.op.name().contains("d16_hi") { Half::High } else { Half::Low },
            signed: inst.op.name().contains("_i8") || inst.op.name().ends_with("_i16"),
            coherent: inst.bits.has(MemBits::GLC),
            vector: is_vector(inst.op),
            moves: is_move(inst),
            compares: inst.info().name.starts_with("v_cmpx_"),
            watched: is_watched(inst.op),
            inst: *inst,
        }
    }
}

fn is_vector(op: Op) -> bool {
    matches!(op.unit(), Unit::Valu | Unit::Multiply | Unit::Double | Unit::Trans | Unit::Wmma)
}

fn is_lanewise(inst: &Inst) -> bool {
    let exchanges = matches!(
        inst.op,
        Op::VReadlaneB32
            | Op::VReadfirstlaneB32
            | Op::VWritelaneB32
            | Op::VPermlane16B32
            | Op::VPermlanex16B32
            | Op::VPermlane64B32
            | Op::DsSwizzleB32
            | Op::DsBpermuteB32
            | Op::DsPermuteB32
    );
    let relative = inst.info().name.contains("movrel") || inst.op == Op::VSwaprelB32;
    inst.dpp.is_none() && !exchanges && !relative && inst.op.unit() != Unit::Wmma
}

fn is_move(inst: &Inst) -> bool {
    if let Some(halves) = &inst.dual {
        return halves.iter().all(|half| half.op == Op::VMovB32);
    }
    let moves = ["v_mov", "s_mov", "v_swap", "v_readlane", "v_readfirst", "v_writelane", "v_perml"];
    let name = inst.info().name;
    inst.counters() != Default::default() || moves.iter().any(|prefix| name.starts_with(prefix))
}

fn is_watched(op: Op) -> bool {
    matches!(op, Op::VPermlane16B32 | Op::VPermlanex16B32 | Op::VPermlane64B32 | Op::SSendmsg)
        || op.unit() == Unit::Wmma
}

fn reads(inst: &Inst) -> Registers {
    let mut set = Registers::EMPTY;
    let kept = keeps_the_rest(inst);
    let mut narrow = narrow_address(inst);
    for span in inst.reads().as_slice() {
        let vector = span.file == File::Vgpr;
        let destination = vector && inst.dst == Operand::Vgpr(span.first);
        let source = inst.src.contains(&Operand::Vgpr(span.first));
        if vector && narrow == Some(span.first) {
            narrow = None;
            add(&mut set, Span { count: 1, ..*span });
        } else if !(kept && destination && !source) {
            add(&mut set, *span);
        }
    }
    set
}

/// Whether the instruction names its destination as a source only because it keeps a part of it.
fn keeps_the_rest(inst: &Inst) -> bool {
    let memory = inst.counters() != Default::default();
    memory && inst.info().flags.has(Flags::READS_DST)
        || matches!(inst.op, Op::VFmaMixloF16 | Op::VFmaMixhiF16 | Op::VWritelaneB32)
}

/// The address register of a memory operation whose address is one word because a scalar base comes with it.
fn narrow_address(inst: &Inst) -> Option<u8> {
    let based = matches!(inst.format, Format::Global | Format::Scratch)
        && matches!(inst.src[2], Operand::Sgpr(r) if Operand::Sgpr(r) != Operand::NULL);
    match inst.src[0] {
        Operand::Vgpr(register) if based && inst.info().src[0] == Ty::B64 => Some(register),
        _ => None,
    }
}

fn writes(inst: &Inst, loads: Half) -> Registers {
    let mut set = Registers::EMPTY;
    for span in inst.writes().as_slice() {
        match (inst.dst, loads) {
            (Operand::Vgpr(r), Half::Low | Half::High) if span.file == File::Vgpr => {
                set.add_vector(u32::from(r), loads);
            }
            _ => add(&mut set, *span),
        }
    }
    set
}

/// Which half of its destination an operation fills, by what its name says.
fn loaded_half(op: Op) -> Half {
    let name = op.name();
    match op {
        Op::VFmaMixloF16 => return Half::Low,
        Op::VFmaMixhiF16 => return Half::High,
        _ => {}
    }
    let load = name.contains("_load_") && !name.contains("format_xy");
    match (load && name.contains("d16_hi"), load && name.contains("d16")) {
        (true, _) => Half::High,
        (_, true) => Half::Low,
        _ => Half::Both,
    }
}

fn add(set: &mut Registers, span: Span) {
    let half = match span.half {
        Some(Side::Low) => Half::Low,
        Some(Side::High) => Half::High,
        None => Half::Both,
    };
    for register in u32::from(span.first)..u32::from(span.first) + u32::from(span.count) {
        match span.file {
            File::Vgpr => set.add_vector(register, half),
            File::Sgpr => set.add_scalar(register),
            File::Scc => set.add_scalar(super::registers::SCC),
        }
    }
}

fn raises(inst: &Inst) -> Raises {
    let counters = inst.counters();
    let lgkm = match (counters.lgkmcnt, inst.op.unit()) {
        (false, _) => Lgkm::No,
        (true, Unit::Smem | Unit::Message | Unit::Gws) => Lgkm::Unordered,
        (true, _) => Lgkm::Ordered,
    };
    Raises { vm: counters.vmcnt, vs: counters.vscnt, lgkm }
}

/// What a wait asks for: SIMM16 of `s_waitcnt` has vmcnt in bits 15 to 10 and lgkmcnt in bits 9 to 4 (ISA, SOPP).
fn wait(inst: &Inst) -> Option<Wait> {
    let imm = inst.imm as u16;
    let count = Some(u32::from(imm) & 63);
    Some(match inst.op {
        Op::SWaitcnt => {
            let (vm, lgkm) = (u32::from(imm >> 10), u32::from(imm >> 4) & 63);
            Wait { vm: Some(vm), vs: None, lgkm: Some(lgkm) }
        }
        Op::SWaitcntVscnt => Wait { vs: count, ..Wait::default() },
        Op::SWaitcntVmcnt => Wait { vm: count, ..Wait::default() },
        Op::SWaitcntLgkmcnt => Wait { lgkm: count, ..Wait::default() },
        Op::SWaitIdle => Wait { vm: Some(0), vs: Some(0), lgkm: Some(0) },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::decode;

    fn facts(words: &[u32]) -> Facts {
        Facts::new(0, &decode(words, 0).unwrap())
    }

    #[test]
    fn a_scalar_base_makes_the_address_one_register() {
        // global_load_b32 v1, v2, s[4:5]
        let based = facts(&[0xdc52_0000, 0x0104_0002]);
        assert_eq!(based.reads.to_string(), "v2, s[4:5]");
        // global_load_b32 v1, v[2:3], off
        let flat = facts(&[0xdc52_0000, 0x017c_0002]);
        assert_eq!(
            (flat.reads.to_string(), flat.writes.to_string()),
            ("v[2:3]".into(), "v1".into())
        );
    }

    #[test]
    fn loads_of_halves_fill_halves_and_read_nothing_else() {
        // global_load_d16_hi_b16 v1, v[2:3], off
        let high = facts(&[0xdc8e_0000, 0x017c_0002]);
        assert_eq!(
            (high.reads.to_string(), high.writes.to_string()),
            ("v[2:3]".into(), "v1.h".into())
        );
    }

    #[test]
    fn waits_are_read_off_their_immediate() {
        // s_waitcnt vmcnt(3) lgkmcnt(1)
        let both = facts(&[0xbf89_0c17]).wait.unwrap();
        assert_eq!((both.vm, both.vs, both.lgkm), (Some(3), None, Some(1)));
        // s_waitcnt_vscnt null, 0x2
        let stores = facts(&[0xbc7c_0002]).wait.unwrap();
        assert_eq!((stores.vm, stores.vs, stores.lgkm), (None, Some(2), None));
    }
}
