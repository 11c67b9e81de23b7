//! Instructions that stand too close together, and operands that an encoding reserves.
//!
//! gfx11 interlocks nearly everything: LLVM's `GCNHazardRecognizer`, run alone for these chips in wave32, changes
//! nothing but the pairs below. Two more of its gfx11 hazards (partial forwarding, mask writes) exist in wave64 only,
//! and `lds_direct` loads do not exist in compute kernels. `s_delay_alu` is a hint and never needed.

use kiln_targets::Hazard;

use crate::isa::{Inst, Op, Operand, Ty, Unit};

use super::facts::Facts;
use super::registers::Registers;

/// A pair that must be kept apart.
#[derive(Debug)]
pub(super) struct Pair {
    hazard: Hazard,
    /// What the second instruction does wrong.
    pub what: &'static str,
    /// What repairs it.
    pub fix: &'static str,
    /// Where the rule stands.
    pub source: &'static str,
    /// The earlier instruction, if `inst` completes the pair.
    find: fn(&History, &Inst, &Facts) -> Option<u64>,
}

/// The pairs that some chip of gfx11 leaves to software.
pub(super) static PAIRS: [Pair; 4] = [
    Pair {
        hazard: Hazard::MatrixOperands,
        what: "A or B overlaps what the matrix instruction just before writes",
        fix: "put a v_nop or any other vector instruction between the two (s_nop does not count)",
        source: "RDNA3.5 ISA 7.9.1; LLVM GCNHazardRecognizer::fixWMMAHazards",
        find: |history, inst, _| {
            let last = history.last_vector.as_ref().filter(|last| last.matrix)?;
            (inst.op.unit() == Unit::Wmma && matrix_inputs(inst).meets(&last.writes))
                .then_some(last.pc)
        },
    },
    Pair {
        hazard: Hazard::ComparePermute,
        what: "a lane permutation follows a v_cmpx with no vector instruction between them",
        fix: "put a v_mov_b32 between the two (v_nop does not count)",
        source: "LLVM GCNHazardRecognizer::fixVcmpxPermlaneHazards",
        find: |history, inst, _| {
            let permutes =
                matches!(inst.op, Op::VPermlane16B32 | Op::VPermlanex16B32 | Op::VPermlane64B32);
            history.compare.filter(|_| permutes)
        },
    },
    Pair {
        hazard: Hazard::TranscendentalUse,
        what: "a transcendental result is read within five vector instructions",
        fix: "put `s_waitcnt_depctr 0xfff` (va_vdst 0) before the use",
        source: "LLVM GCNHazardRecognizer::fixVALUTransUseHazard",
        find: |history, _, facts| {
            let recent = |t: &&Recent| t.vectors <= 5 && t.transcendentals <= 1;
            let used = |t: &&Recent| t.writes.meets(&facts.reads);
            history.transcendental.iter().filter(recent).find(used).map(|t| t.pc)
        },
    },
    Pair {
        hazard: Hazard::ReleaseRegisters,
        what: "the message that releases the vector registers has no s_nop before it",
        fix: "put `s_nop 0` before the message",
        source: "LLVM GCNSubtarget::requiresNopBeforeDeallocVGPRs",
        find: |history, inst, _| {
            let releases = inst.op == Op::SSendmsg && inst.imm & 0xff == 3;
            (releases && history.last_op != Some(Op::SNop)).then_some(history.last_pc)
        },
    },
];

/// A vector instruction, as far as pairs care.
#[derive(Debug, Clone)]
struct Recent {
    pc: u64,
    matrix: bool,
    writes: Registers,
    vectors: u32,
    transcendentals: u32,
}

/// What a wave executed lately.
#[derive(Debug, Default)]
pub(super) struct History {
    last_op: Option<Op>,
    last_pc: u64,
    last_vector: Option<Recent>,
    compare: Option<u64>,
    transcendental: Vec<Recent>,
}

impl History {
    /// The pair that `inst` completes, with the place of its first half, if the chip has that hazard.
    pub(super) fn find(
        &self,
        chip: &[Hazard],
        inst: &Inst,
        facts: &Facts,
    ) -> Option<(&'static Pair, u64)> {
        let pairs = PAIRS.iter().filter(|pair| chip.contains(&pair.hazard));
        pairs.filter_map(|pair| (pair.find)(self, inst, facts).map(|pc| (pair, pc))).next()
    }

    /// Whether an instruction can complete a pair or be its first half. All others need no [`History::find`].
    pub(super) fn cares(&self, facts: &Facts) -> bool {
        facts.watched || !self.transcendental.is_empty()
    }

    /// Records an instruction that issues.
    pub(super) fn record(&mut self, facts: &Facts) {
        let (pc, inst) = (facts.pc, &facts.inst);
        (self.last_op, self.last_pc) = (Some(inst.op), pc);
        let waits = inst.op == Op::SWaitcntDepctr && inst.imm >> 12 & 15 == 0;
        let memory = inst.is_masked() && !facts.vector;
        if waits || memory {
            self.transcendental.clear();
        }
        if !facts.vector {
            return;
        }
        let unit = inst.op.unit();
        let recent = || Recent {
            pc,
            matrix: unit == Unit::Wmma,
            writes: facts.writes,
            vectors: 0,
            transcendentals: 0,
        };
        self.last_vector = Some(recent());
        if facts.compares {
            self.compare = Some(pc);
        } else if inst.op != Op::VNop {
            self.compare = None;
        }
        for earlier in &mut self.transcendental {
            earlier.vectors += 1;
            earlier.transcendentals += u32::from(unit == Unit::Trans);
        }
        self.transcendental.retain(|t| t.vectors <= 5 && t.transcendentals <= 1);
        if unit == Unit::Trans {
            self.transcendental.push(recent());
        }
    }
}

fn matrix_inputs(inst: &Inst) -> Registers {
    let mut set = Registers::EMPTY;
    for (operand, ty) in inst.src.iter().zip(inst.info().src).take(2) {
        if let Operand::Vgpr(first) = operand {
            set.add_vectors(u32::from(*first), u32::from(ty.dwords()));
        }
    }
    set
}

/// What is reserved about an instruction's own operands, and what would repair it.
pub(super) fn reserved(inst: &Inst, facts: &Facts) -> Option<(&'static str, &'static str)> {
    if inst.op.unit() == Unit::Wmma && matrix_inputs(inst).meets(&facts.writes) {
        return Some((
            "the result of a matrix instruction overlaps its own A or B (RDNA3.5 ISA 7.9)",
            "give D registers of its own, or those of C",
        ));
    }
    if let Some([x, y]) = &inst.dual {
        let bank = |operand: Operand| match operand {
            Operand::Vgpr(register) => Some(register % 4),
            _ => None,
        };
        let shared = |i: usize| bank(x.src[i]).is_some() && bank(x.src[i]) == bank(y.src[i]);
        if shared(0) || shared(1) {
            return Some((
                "both operations of a dual instruction read the same register bank (RDNA3.5 ISA 7.6)",
                "use registers whose numbers differ modulo 4, or two instructions",
            ));
        }
    }
    let odd = |(operand, ty): (Operand, Ty)| match operand {
        Operand::Sgpr(register @ 0..106) => {
            let alignment = u8::min(ty.dwords().next_power_of_two(), 4);
            ty != Ty::Mask && alignment > 1 && register % alignment != 0
        }
        _ => false,
    };
    let info = inst.info();
    let operands = inst.src.into_iter().zip(info.src).chain([(inst.dst, info.dst[0])]);
    if inst.dual.is_none() && operands.into_iter().any(odd) {
        return Some((
            "a group of scalar registers does not begin at a multiple of its size (RDNA3.5 ISA 3.5)",
            "begin pairs at even registers and larger groups at multiples of four",
        ));
    }
    None
}
