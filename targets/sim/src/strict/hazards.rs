//! Instructions that stand too close together, and operands that an encoding reserves.
//!
//! gfx11 interlocks nearly everything: LLVM's `GCNHazardRecognizer`, run alone for these chips in wave32, changes
//! nothing but the pairs below. Two more of its gfx11 hazards (partial forwarding, mask writes) exist in wave64 only,
//! and `lds_direct` loads do not exist in compute kernels. `s_delay_alu` is a hint and never needed.

use kiln_targets::Hazard;

use crate::isa::{Inst, Op, Operand, Unit};

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
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::decode;

    const ALL: [Hazard; 4] = [
        Hazard::MatrixOperands,
        Hazard::ComparePermute,
        Hazard::TranscendentalUse,
        Hazard::ReleaseRegisters,
    ];

    const COMPARE: &[u32] = &[0x7d92_008f]; // v_cmpx_lt_u32_e32 15, v0
    const PERMUTE: &[u32] = &[0xd65c_0003, 0x000c_0702]; // v_permlanex16_b32 v3, v2, s3, s3
    const EXP: &[u32] = &[0x7e02_4b00]; // v_exp_f32_e32 v1, v0
    const ADD: &[u32] = &[0x0604_0301]; // v_add_f32_e32 v2, v1, v1
    const NOP: &[u32] = &[0x7e00_0000]; // v_nop
    const OTHER: &[u32] = &[0x7e08_0305]; // v_mov_b32_e32 v4, v5
    const MATRIX: &[u32] = &[0xcc44_4008, 0x1c22_2910]; // v_wmma_i32_16x16x16_iu8 v[8:15], v[16:19], v[20:23], ..
    const CHAINED: &[u32] = &[0xcc44_4018, 0x1c22_2908]; // the same to v[24:31] from v[8:11]

    fn facts(words: &[u32]) -> Facts {
        Facts::new(0, &decode(words, 0).unwrap())
    }

    /// The hazard that the last of some instructions completes.
    fn found(instructions: &[&[u32]]) -> Option<Hazard> {
        let mut history = History::default();
        let (last, before) = instructions.split_last().unwrap();
        before.iter().for_each(|words| history.record(&facts(words)));
        let last = facts(last);
        let cares = history.cares(&last);
        let pair = history.find(&ALL, &last.inst, &last).map(|(pair, _)| pair.hazard);
        pair.filter(|_| cares)
    }

    #[test]
    fn pairs_are_found_and_what_keeps_them_apart_is_known() {
        let cases: &[(&[&[u32]], Option<Hazard>)] = &[
            (&[COMPARE, PERMUTE], Some(Hazard::ComparePermute)),
            (&[COMPARE, NOP, PERMUTE], Some(Hazard::ComparePermute)),
            (&[COMPARE, OTHER, PERMUTE], None),
            (&[EXP, ADD], Some(Hazard::TranscendentalUse)),
            (&[EXP, OTHER, OTHER, OTHER, OTHER, OTHER, ADD], Some(Hazard::TranscendentalUse)),
            (&[EXP, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, ADD], None),
            (&[MATRIX, CHAINED], Some(Hazard::MatrixOperands)),
            (&[MATRIX, NOP, CHAINED], None),
            (&[MATRIX, MATRIX], None),
        ];
        for (instructions, hazard) in cases {
            assert_eq!(found(instructions), *hazard, "{instructions:x?}");
        }
    }

    #[test]
    fn every_pair_says_where_its_rule_stands() {
        assert!(
            PAIRS.iter().all(|pair| pair.source.contains("LLVM") || pair.source.contains("ISA"))
        );
        assert!(ALL.iter().all(|hazard| PAIRS.iter().any(|pair| pair.hazard == *hazard)));
    }

    #[test]
    fn reserved_operands_are_found() {
        let cases: &[(&[u32], Option<&str>)] = &[
            (&[0xca10_0108, 0x0208_0109], None), // v_dual_mov_b32 v2, v8 :: v_dual_mov_b32 v9, v9
            (&[0xca10_0108, 0x0208_010c], Some("bank")), // the same from v8 and v12
            (MATRIX, None),
            (&[0xcc44_4010, 0x1c22_2910], Some("overlaps")), // MATRIX to v[16:23]
        ];
        for (words, what) in cases {
            let facts = facts(words);
            let said = reserved(&facts.inst, &facts).map(|(what, _)| what);
            let right = match (said, what) {
                (Some(said), Some(what)) => said.contains(what),
                (said, what) => said.is_none() && what.is_none(),
            };
            assert!(right, "{words:x?}: {said:?}");
        }
    }
}
