//! How unknown bits travel through one instruction, and where they must not arrive.

use crate::isa::{Flags, Format, Inst, Op, Operand, Ty, Unit};

use super::bits::Partial;
use super::operand::Slot;
use super::shadow::{Origin, Shadow};
use super::{State, matrix, moves, registers, scalar, vector};

/// An unknown value that decides something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::strict) struct Misuse {
    /// What depends on it.
    pub role: &'static str,
    /// Where the value comes from.
    pub origin: Origin,
    /// The lanes concerned; zero where it is the whole wave.
    pub lanes: u32,
}

/// Carries unknown bits through an instruction that is about to execute.
///
/// What memory operations load is not known yet: see [`super::load`].
pub(in crate::strict) fn step(
    shadow: &mut Shadow,
    inst: &Inst,
    state: &impl State,
) -> Option<Misuse> {
    let unit = inst.op.unit();
    if let Some(halves) = &inst.dual {
        vector::dual(shadow, inst, halves, state);
        return None;
    }
    match unit {
        Unit::Wmma => matrix::multiply(shadow, inst),
        Unit::Branch => return branch(shadow, inst, state),
        Unit::Lds if moves::is_exchange(inst.op) => {
            return moves::lds_exchange(shadow, inst, state);
        }
        Unit::Message => {
            scalar::set_scalar(shadow, inst.dst, inst.info().dst[0], Partial::known(0), None)
        }
        Unit::Barrier | Unit::Wait | Unit::Cache | Unit::End | Unit::Nop => {}
        _ if inst.counters() != Default::default() => return address(shadow, inst, state),
        _ if !inst.is_masked() => return scalar::scalar(shadow, inst, state),
        _ => return vector::vector(shadow, inst, state),
    }
    None
}

/// An unknown value in a scalar source that decides something by itself.
pub(super) fn decided(
    shadow: &Shadow,
    role: &'static str,
    register: u32,
    count: u32,
) -> Option<Misuse> {
    registers::scalar_origin(shadow, register, count).map(|origin| Misuse {
        role,
        origin,
        lanes: 0,
    })
}

fn branch(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
    let role = "whether this branch is taken";
    let misuse = match inst.op {
        Op::SCbranchScc0 | Op::SCbranchScc1 => decided(shadow, role, registers::SCC, 1),
        Op::SCbranchVccz | Op::SCbranchVccnz => {
            let known = registers::is_zero(shadow, state, 106).is_known();
            if known { None } else { decided(shadow, role, 106, 1) }
        }
        Op::SSetpcB64 | Op::SSwappcB64 => match inst.src[0] {
            Operand::Sgpr(r) => decided(shadow, "where this jump goes", u32::from(r), 2),
            _ => None,
        },
        _ => None,
    };
    scalar::set_scalar(shadow, inst.dst, inst.info().dst[0], Partial::known(0), None);
    misuse
}

/// Addresses must be known; so must whatever an atomic works with.
fn address(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
    let role = "the address of this access";
    let buffer = matches!(inst.format, Format::Mubuf | Format::Mtbuf);
    let parts: &[usize] = match inst.format {
        Format::Smem | Format::Mubuf | Format::Mtbuf => &[0, 1, 2],
        Format::Ds => &[0],
        _ => &[0, 2],
    };
    let based = !buffer && matches!(inst.src[2], Operand::Sgpr(r) if r != 124);
    for &part in parts {
        let mut ty = inst.info().src[part];
        if part == 0 && based && matches!(inst.format, Format::Global | Format::Scratch) {
            ty = Ty::B32;
        }
        let slot = Slot { ty, ..Slot::of(inst, part) };
        let lanes = if inst.is_masked() { state.exec() } else { 1 };
        if let Some(origin) = slot.origin(shadow, lanes).filter(|_| lanes != 0) {
            return Some(Misuse { role, origin, lanes: slot_lanes(shadow, &slot) & lanes });
        }
    }
    let m0 = inst.info().flags.has(Flags::READS_M0);
    if m0 { decided(shadow, role, 125, 1) } else { None }
}

fn slot_lanes(shadow: &Shadow, slot: &Slot) -> u32 {
    let count = u32::from(slot.ty.dwords());
    match slot.operand {
        Operand::Vgpr(r) => {
            (0..count).fold(0, |lanes, i| lanes | shadow.lanes(u32::from(r) + i, u32::MAX))
        }
        _ => 0,
    }
}

pub(super) fn decided_by(
    value: Partial,
    role: &'static str,
    origin: Option<Origin>,
) -> Option<Misuse> {
    if value.is_known() { None } else { origin.map(|origin| Misuse { role, origin, lanes: 0 }) }
}
