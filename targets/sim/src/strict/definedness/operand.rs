//! Sources of an instruction as one lane, or the scalar unit, sees them.

use crate::isa::{Inline, Inst, Op, Operand, Special, Ty};

use super::bits::Partial;
use super::exchange::Source;
use super::shadow::{Origin, Shadow};
use super::{State, registers};

/// One source of one operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub operand: Operand,
    pub ty: Ty,
    /// The constant of [`Operand::Literal`].
    pub literal: u32,
    /// op_sel asks for the high half of a scalar source.
    pub high: bool,
    /// How `v_fma_mix*` reads the source: the whole word or one half.
    pub mixed: Option<bool>,
}

impl Slot {
    pub(super) fn of(inst: &Inst, index: usize) -> Self {
        let ty = inst.info().src[index.min(3)];
        let bit = |bits: u8| bits >> index & 1 == 1;
        let mixed = (ty == Ty::Mix && bit(inst.mods.op_sel_hi)).then(|| bit(inst.mods.op_sel));
        let high = ty.is_half() && bit(inst.mods.op_sel);
        Self { operand: inst.src[index.min(3)], ty, literal: inst.literal, high, mixed }
    }

    /// The source as `lane` sees it, after lanes were exchanged as `from` says.
    pub(super) fn vector(
        &self,
        shadow: &Shadow,
        state: &impl State,
        lane: usize,
        from: Source,
    ) -> Partial {
        match (self.operand, from) {
            (Operand::Vgpr(_) | Operand::VgprHi(_), Source::Zero | Source::Disabled) => {
                Partial::known(0)
            }
            (Operand::Vgpr(r), Source::Lane(at)) => {
                self.cut(registers::word(shadow, state, r, at, self.wide()))
            }
            (Operand::VgprHi(r), Source::Lane(at)) => {
                registers::word(shadow, state, r, at, false).right(16)
            }
            (Operand::Sgpr(_), _) if self.ty == Ty::Mask => {
                self.scalar(shadow, state).right(lane as u32).low(1)
            }
            _ => self.scalar(shadow, state),
        }
    }

    /// The source as the scalar unit sees it.
    pub(super) fn scalar(&self, shadow: &Shadow, state: &impl State) -> Partial {
        let float = |inline: Inline| match self.ty {
            Ty::F64 | Ty::B64 | Ty::I64 | Ty::U64 => inline.f64_bits(),
            Ty::F16 | Ty::B16 => u64::from(inline.f16_bits()),
            _ => u64::from(inline.f32_bits()),
        };
        match self.operand {
            Operand::Sgpr(r) => self.cut(registers::scalar_word(shadow, state, r, self.wide())),
            Operand::Int(value) => self.cut(Partial::known(value as u64)),
            Operand::Literal => self.cut(Partial::known(u64::from(self.literal))),
            Operand::Float(inline) => Partial::known(float(inline)),
            Operand::Special(Special::Scc) => registers::scc(shadow, state),
            Operand::Special(Special::Vccz) => registers::is_zero(shadow, state, 106),
            Operand::Special(Special::Execz) => registers::is_zero(shadow, state, 126),
            Operand::Vgpr(r) => registers::word(shadow, state, r, 0, false),
            Operand::None | Operand::VgprHi(_) | Operand::Special(_) => Partial::known(0),
        }
    }

    /// Where an unknown bit of this source comes from, in any of `lanes`.
    pub(super) fn origin(&self, shadow: &Shadow, lanes: u32) -> Option<Origin> {
        let count = u32::from(self.ty.dwords().max(1));
        match self.operand {
            Operand::Vgpr(r) | Operand::VgprHi(r) => (u32::from(r)..u32::from(r) + count)
                .find(|&r| shadow.lanes(r, u32::MAX) & lanes != 0)
                .map(|r| shadow.vector_origin(r)),
            Operand::Sgpr(r) => registers::scalar_origin(shadow, u32::from(r), count),
            Operand::Special(Special::Scc) => registers::scalar_origin(shadow, registers::SCC, 1),
            Operand::Special(Special::Vccz) => registers::scalar_origin(shadow, 106, 1),
            _ => None,
        }
    }

    fn wide(&self) -> bool {
        self.ty.dwords() >= 2
    }

    /// The bits of the register that the type takes.
    fn cut(&self, word: Partial) -> Partial {
        match self.mixed {
            Some(true) => return word.right(16).low(16),
            Some(false) => return word.low(16),
            None => {}
        }
        match self.ty.dwords() {
            _ if self.ty.is_half() => word.right(if self.high { 16 } else { 0 }).low(16),
            0 | 1 => word.low(32),
            _ => word,
        }
    }
}

/// The sources of a scalar operation whose second source is not where the encoding has it: the immediate of SOPK, and
/// the destination or EXEC that an operation reads besides.
pub(super) fn implicit(inst: &Inst, sources: [Slot; 3]) -> [Slot; 3] {
    let [mut a, mut b, mut c] = sources;
    let reads = |operand, ty| Slot { operand, ty, literal: inst.literal, high: false, mixed: None };
    let (ty, info) = (inst.info().dst[0], inst.info());
    let scc = reads(Operand::Special(Special::Scc), Ty::B32);
    match inst.op {
        Op::SAddkI32 | Op::SMulkI32 => {
            (a, b) = (reads(inst.dst, ty), immediate(inst));
        }
        Op::SCmovkI32 => (a, b, c) = (immediate(inst), reads(inst.dst, ty), scc),
        Op::SMovkI32 => a = immediate(inst),
        Op::SCmovB32 | Op::SCmovB64 => (b, c) = (reads(inst.dst, ty), scc),
        Op::SCselectB32 | Op::SCselectB64 | Op::SAddcU32 | Op::SSubbU32 => c = scc,
        Op::SFmacF32 | Op::SFmacF16 => c = reads(inst.dst, ty),
        _ if info.name.starts_with("s_cmpk") => b = immediate(inst),
        _ if info.name.contains("saveexec") || info.name.contains("wrexec") => {
            b = reads(Operand::EXEC_LO, info.src[0]);
        }
        _ if info.flags.has(crate::isa::Flags::READS_DST) => c = reads(inst.dst, ty),
        _ => {}
    }
    [a, b, c]
}

/// SIMM16 as a source.
fn immediate(inst: &Inst) -> Slot {
    let literal = inst.imm as u32;
    Slot { operand: Operand::Literal, ty: Ty::B32, literal, high: false, mixed: None }
}
