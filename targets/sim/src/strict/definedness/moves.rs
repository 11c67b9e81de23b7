//! Unknown bits that move from lane to lane and from register to register.

use crate::isa::{Inst, Op, Operand, Ty, Unit};

use super::State;
use super::exchange::{self, Source};
use super::flow::{Misuse, decided, decided_by};
use super::operand::Slot;
use super::scalar::{masked, set_scalar};
use super::shadow::{LANES, Shadow};

pub(super) fn read_lane(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
    let select = Slot::of(inst, 1).scalar(shadow, state);
    let lane = match inst.op {
        Op::VReadlaneB32 => select.value as usize % LANES,
        _ => state.exec().trailing_zeros() as usize % LANES,
    };
    if inst.op == Op::VReadlaneB32 && select.low(5).unknown != 0 {
        let origin = Slot::of(inst, 1).origin(shadow, 1);
        return decided_by(select, "which lane this reads", origin);
    }
    let slot = Slot::of(inst, 0);
    let value = slot.vector(shadow, state, lane, Source::Lane(lane));
    let origin = slot.origin(shadow, 1 << lane);
    set_scalar(shadow, inst.dst, Ty::B32, value, origin);
    if inst.dst == Operand::EXEC_LO { masked(shadow, value.low(32), origin) } else { None }
}

pub(super) fn write_lane(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
    let [value, select] = [0, 1].map(|i| Slot::of(inst, i).scalar(shadow, state));
    let origin = [0, 1].iter().find_map(|&i| Slot::of(inst, i).origin(shadow, 1));
    if select.low(5).unknown != 0 {
        return decided_by(select, "which lane this writes", origin);
    }
    if let Operand::Vgpr(register) = inst.dst {
        let mask = 1 << (select.value as usize % LANES);
        shadow.set_vector(u32::from(register), mask, u32::MAX, |_| value.unknown as u32, origin);
    }
    None
}

pub(super) fn swap(shadow: &mut Shadow, inst: &Inst, exec: u32) -> Option<Misuse> {
    let place = |operand| match operand {
        Operand::Vgpr(r) => Some((u32::from(r), 0)),
        Operand::VgprHi(r) => Some((u32::from(r), 16)),
        _ => None,
    };
    let (Some(a), Some(b)) = (place(inst.dst), place(inst.src[0])) else { return None };
    let whole = inst.op == Op::VSwapB32;
    let read = |(r, shift): (u32, u32)| {
        let bits: [u32; LANES] = std::array::from_fn(|lane| shadow.vector(r, lane) >> shift);
        (bits, shadow.vector_origin(r))
    };
    let (from_a, from_b) = (read(a), read(b));
    for ((r, shift), (bits, origin)) in [(a, from_b), (b, from_a)] {
        let mask = if whole { u32::MAX } else { 0xffff << shift };
        shadow.set_vector(r, exec, mask, |lane| bits[lane] << shift, Some(origin));
    }
    None
}

/// Moves between registers that M0 helps to name (ISA, V_MOVREL*).
pub(super) fn relative(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
    if let Some(misuse) = decided(shadow, "which register this moves", 125, 1) {
        return Some(misuse);
    }
    let m0 = state.scalar(125);
    let (from, to) = match inst.op {
        Op::VMovrelsB32 => (m0, 0),
        Op::VMovreldB32 => (0, m0),
        Op::VMovrelsdB32 => (m0, m0),
        _ => (m0 & 0x3ff, m0 >> 16 & 0x3ff),
    };
    let Operand::Vgpr(dst) = inst.dst else { return None };
    let source = match inst.src[0] {
        Operand::Vgpr(r) => Some(u32::from(r).wrapping_add(from)),
        _ => None,
    };
    let bits = source.map_or([0; LANES], |r| std::array::from_fn(|lane| shadow.vector(r, lane)));
    let origin = source.map(|r| shadow.vector_origin(r));
    let dst = u32::from(dst).wrapping_add(to);
    shadow.set_vector(dst, state.exec(), u32::MAX, |lane| bits[lane], origin);
    None
}

/// Copies one register as `lanes` says.
pub(super) fn moved(
    shadow: &mut Shadow,
    inst: &Inst,
    lanes: &[Source; LANES],
    exec: u32,
) -> Option<Misuse> {
    let data = if inst.op.unit() == Unit::Lds && inst.op != Op::DsSwizzleB32 { 1 } else { 0 };
    let (Operand::Vgpr(dst), Operand::Vgpr(src)) = (inst.dst, inst.src[data]) else { return None };
    let src = u32::from(src);
    let bits: [u32; LANES] = std::array::from_fn(|lane| match lanes[lane] {
        Source::Lane(from) => shadow.vector(src, from),
        Source::Zero | Source::Disabled => 0,
    });
    let enabled = (0..LANES).filter(|&l| lanes[l] != Source::Disabled).fold(0, |m, l| m | 1 << l);
    let origin = Some(shadow.vector_origin(src));
    shadow.set_vector(u32::from(dst), exec & enabled, u32::MAX, |lane| bits[lane], origin);
    None
}

pub(super) fn is_exchange(op: Op) -> bool {
    matches!(op, Op::DsSwizzleB32 | Op::DsBpermuteB32 | Op::DsPermuteB32)
}

/// LDS instructions that only exchange registers between lanes.
pub(super) fn lds_exchange(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
    let (exec, offset) = (state.exec(), inst.imm as u32);
    if inst.op == Op::DsSwizzleB32 {
        let lanes = exchange::swizzle(inst.imm as u16, exec);
        return moved(shadow, inst, &lanes.unwrap_or([Source::Zero; LANES]), exec);
    }
    let Operand::Vgpr(address) = inst.src[0] else { return None };
    let unknown = shadow.lanes(u32::from(address), u32::MAX) & exec;
    if unknown != 0 {
        let origin = shadow.vector_origin(u32::from(address));
        return Some(Misuse { role: "which lane this reads", origin, lanes: unknown });
    }
    let addresses = state.vector(address);
    let lanes = match inst.op {
        Op::DsBpermuteB32 => exchange::bpermute(addresses, offset, exec),
        _ => exchange::permute(addresses, offset, exec),
    };
    moved(shadow, inst, &lanes, exec)
}
