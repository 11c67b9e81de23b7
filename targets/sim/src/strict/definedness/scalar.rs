//! Unknown bits in the scalar unit.

use crate::isa::{Flags, Inst, Op, Operand, Ty};

use super::bits::Partial;
use super::flow::{Misuse, decided, decided_by};
use super::operand::{Slot, implicit};
use super::shadow::{Origin, Shadow};
use super::{State, formula, registers};

/// An instruction of the scalar unit that is neither a branch nor a load.
pub(super) fn scalar(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
    let slots = implicit(inst, std::array::from_fn(|i| Slot::of(inst, i)));
    let values = slots.map(|slot| slot.scalar(shadow, state));
    let origin = slots.iter().find_map(|slot| slot.origin(shadow, 1));
    let info = inst.info();
    if matches!(inst.op, Op::SSetregB32) {
        return decided_by(values[0], "the mode of this wave", origin);
    }
    if info.name.starts_with("s_movrel") {
        return scalar_relative(shadow, inst, state);
    }
    let width = 32 * u32::from(info.dst[0].dwords().max(1));
    let result = formula::result(inst.op, &values, 0);
    if info.flags.has(Flags::WRITES_SCC) {
        let known = formula::condition(inst.op, &values, result, width);
        shadow.set_scalar(registers::SCC, u32::from(!known), origin);
    }
    let mut exec = Partial::known(0);
    if info.flags.has(Flags::WRITES_EXEC) {
        exec = result.low(32);
        let old = if info.name.contains("wrexec") { result } else { Partial::known(0) };
        set_scalar(shadow, inst.dst, info.dst[0], old, origin);
    } else {
        set_scalar(shadow, inst.dst, info.dst[0], result, origin);
        if inst.dst == Operand::EXEC_LO {
            exec = result.low(32);
        }
    }
    masked(shadow, exec, origin)
}

/// Moves between scalar registers that M0 helps to name (ISA, S_MOVREL*).
fn scalar_relative(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
    if let Some(misuse) = decided(shadow, "which register this moves", 125, 1) {
        return Some(misuse);
    }
    let m0 = state.scalar(125);
    let (from, to) = match inst.op {
        Op::SMovrelsB32 | Op::SMovrelsB64 => (m0, 0),
        Op::SMovreldB32 | Op::SMovreldB64 => (0, m0),
        _ => (m0 & 0x3ff, m0 >> 16 & 0x3ff),
    };
    let Operand::Sgpr(dst) = inst.dst else { return None };
    for word in 0..u32::from(inst.info().dst[0].dwords()) {
        let (unknown, origin) = match inst.src[0] {
            Operand::Sgpr(src) => {
                let src = u32::from(src).wrapping_add(from).wrapping_add(word);
                (shadow.scalar(src), Some(shadow.scalar_origin(src)))
            }
            _ => (0, None),
        };
        shadow.set_scalar(u32::from(dst).wrapping_add(to).wrapping_add(word), unknown, origin);
    }
    None
}

/// The execution mask must be known, and is taken for known afterwards.
pub(super) fn masked(shadow: &mut Shadow, exec: Partial, origin: Option<Origin>) -> Option<Misuse> {
    shadow.set_scalar(126, 0, None);
    let mut misuse = decided_by(exec, "which lanes are active from here on", origin)?;
    misuse.lanes = exec.unknown as u32;
    Some(misuse)
}

pub(super) fn set_scalar(
    shadow: &mut Shadow,
    dst: Operand,
    ty: Ty,
    value: Partial,
    origin: Option<Origin>,
) {
    let Operand::Sgpr(first) = dst else { return };
    let value = if ty.is_half() { value.low(16) } else { value };
    for word in 0..u32::from(ty.dwords().max(1)) {
        let unknown = if word < 2 { value.right(32 * word).low(32).unknown } else { 0 };
        shadow.set_scalar(u32::from(first) + word, unknown as u32, origin);
    }
}
