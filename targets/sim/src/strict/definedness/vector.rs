//! Unknown bits in the vector unit, lane by lane.

use crate::isa::{Flags, Format, Half, Inst, Op, Operand, Ty};

use super::bits::Partial;
use super::exchange::{self, Source};
use super::flow::Misuse;
use super::operand::Slot;
use super::scalar::masked;
use super::shadow::{LANES, Origin, Shadow};
use super::{State, formula, moves};

/// Every lane reads its own register.
const STRAIGHT: [Source; LANES] = {
    let mut sources = [Source::Zero; LANES];
    let mut lane = 0;
    while lane < LANES {
        sources[lane] = Source::Lane(lane);
        lane += 1;
    }
    sources
};

/// An instruction of the vector unit other than a matrix instruction.
pub(super) fn vector(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
    let exec = state.exec();
    match inst.op {
        Op::VReadlaneB32 | Op::VReadfirstlaneB32 => return moves::read_lane(shadow, inst, state),
        Op::VWritelaneB32 => return moves::write_lane(shadow, inst, state),
        Op::VSwapB32 | Op::VSwapB16 => return moves::swap(shadow, inst, exec),
        Op::VMovrelsB32 | Op::VMovreldB32 | Op::VMovrelsdB32 | Op::VMovrelsd2B32 => {
            return moves::relative(shadow, inst, state);
        }
        Op::VPermlane64B32 | Op::VNop => return None,
        _ => {}
    }
    let mut lanes = STRAIGHT;
    if let Some(pattern) = inst.dpp {
        lanes = exchange::dpp(pattern, exec);
    } else if matches!(inst.op, Op::VPermlane16B32 | Op::VPermlanex16B32) {
        let selectors = [1, 2].map(|i| Slot::of(inst, i).scalar(shadow, state).value as u32);
        let across = inst.op == Op::VPermlanex16B32;
        let (fetch, bound) = (inst.mods.op_sel & 1 != 0, inst.mods.op_sel & 2 != 0);
        lanes = exchange::permlane16(selectors, across, exec, fetch, bound);
        return moves::moved(shadow, inst, &lanes, exec);
    }
    let enabled = (0..LANES).filter(|&l| lanes[l] != Source::Disabled).fold(0, |m, l| m | 1 << l);
    let result = Outcome::of(shadow, inst, state, &lanes);
    result.write(shadow, inst, exec, enabled)
}

/// The unknown bits of a result, lane by lane.
struct Outcome {
    bits: [u64; LANES],
    carries: u32,
    origin: Option<Origin>,
}

impl Outcome {
    fn of(shadow: &Shadow, inst: &Inst, state: &impl State, lanes: &[Source; LANES]) -> Self {
        let info = inst.info();
        let mut slots: [Slot; 3] = std::array::from_fn(|i| Slot::of(inst, i));
        if info.flags.has(Flags::READS_DST) && info.src[2] == Ty::None {
            slots[2] = Slot { operand: inst.dst, ty: info.dst[0], ..slots[2] };
        }
        if info.flags.has(Flags::READS_VCC) {
            let condition = Slot { operand: Operand::VCC_LO, ty: Ty::Mask, ..slots[2] };
            return Self::compute(shadow, state, lanes, slots, |s, lane| {
                let vcc = condition.vector(shadow, state, lane, Source::Lane(lane));
                Partial::spread(&[s[0], s[1], s[2], vcc])
            });
        }
        if matches!(info.dst[0], Ty::V2B16 | Ty::V2I16 | Ty::V2U16 | Ty::V2F16 | Ty::V2Bf16) {
            return Self::compute(shadow, state, lanes, slots, |s, _| packed(inst, s));
        }
        if info.dst[0] == Ty::Mask {
            return Self::compute(shadow, state, lanes, slots, |s, _| {
                let known = formula::compares(inst.op, s[0], s[1]);
                Partial { value: 0, unknown: u64::from(!known) }
            });
        }
        Self::compute(shadow, state, lanes, slots, |s, lane| formula::result(inst.op, s, lane))
    }

    fn compute(
        shadow: &Shadow,
        state: &impl State,
        lanes: &[Source; LANES],
        slots: [Slot; 3],
        result: impl Fn(&[Partial; 3], usize) -> Partial,
    ) -> Self {
        let (mut bits, mut carries) = ([0; LANES], 0);
        let exec = state.exec();
        for lane in (0..LANES).filter(|lane| exec >> lane & 1 == 1) {
            let first = slots[0].vector(shadow, state, lane, lanes[lane]);
            let [second, third] =
                [1, 2].map(|i| slots[i].vector(shadow, state, lane, Source::Lane(lane)));
            let sources = [first, second, third];
            if sources.iter().all(|s| s.is_known()) {
                continue;
            }
            bits[lane] = result(&sources, lane).unknown;
            carries |= u32::from(sources.iter().any(|s| !s.is_known())) << lane;
        }
        let reads = if lanes == &STRAIGHT { exec } else { u32::MAX };
        let origin = slots.iter().find_map(|slot| slot.origin(shadow, reads));
        Self { bits, carries, origin }
    }

    fn write(&self, shadow: &mut Shadow, inst: &Inst, exec: u32, enabled: u32) -> Option<Misuse> {
        let info = inst.info();
        let mask = exec & enabled;
        let unknown = (0..LANES).filter(|&l| self.bits[l] & 1 == 1).fold(0, |m, l| m | 1 << l);
        if let Operand::Sgpr(register) = inst.sdst {
            shadow.set_scalar(u32::from(register), self.carries & mask, self.origin);
        }
        match inst.dst {
            Operand::Sgpr(126) => {
                let exec = Partial { value: 0, unknown: u64::from(unknown & mask) };
                return masked(shadow, exec, self.origin);
            }
            Operand::Sgpr(register) => {
                shadow.set_scalar(u32::from(register), unknown & mask, self.origin);
            }
            dst => self.write_vector(shadow, dst, info.dst[0], inst, mask),
        }
        None
    }

    fn write_vector(&self, shadow: &mut Shadow, dst: Operand, ty: Ty, inst: &Inst, mask: u32) {
        let (first, up) = match dst {
            Operand::Vgpr(first) => (u32::from(first), inst.op == Op::VFmaMixhiF16),
            Operand::VgprHi(first) => (u32::from(first), true),
            _ => return,
        };
        let half = ty.is_half() || matches!(inst.op, Op::VFmaMixloF16 | Op::VFmaMixhiF16);
        let (bits, shift) = match (half, up) {
            (false, _) => (u32::MAX, 0),
            (true, false) => (0xffff, 0),
            (true, true) => (0xffff_0000, 16),
        };
        for word in 0..u32::from(ty.dwords()) {
            let from = 32 * word.min(1);
            let unknown = |lane: usize| ((self.bits[lane] >> from) as u32) << shift;
            shadow.set_vector(first + word, mask, bits, unknown, self.origin);
        }
    }
}

/// Two results of 16 bits, each unknown if the halves it reads are.
fn packed(inst: &Inst, sources: &[Partial; 3]) -> Partial {
    let half = |select: u8| {
        let read = |i: usize| sources[i].right(if select >> i & 1 == 1 { 16 } else { 0 }).low(16);
        Partial::spread(&[read(0), read(1), read(2)]).low(16)
    };
    half(inst.mods.op_sel).or(half(inst.mods.op_sel_hi).left(16))
}

/// Both operations of a dual instruction read before either writes.
pub(super) fn dual(shadow: &mut Shadow, inst: &Inst, halves: &[Half; 2], state: &impl State) {
    let single = halves.map(|half| {
        let [a, b, c] = half.src;
        let op = half.op;
        let none = Operand::None;
        Inst {
            op,
            dst: half.dst,
            src: [a, b, c, none],
            sdst: none,
            dual: None,
            format: Format::Vop2,
            ..*inst
        }
    });
    let [x, y] = [0, 1].map(|i| Outcome::of(shadow, &single[i], state, &STRAIGHT));
    x.write(shadow, &single[0], state.exec(), u32::MAX);
    y.write(shadow, &single[1], state.exec(), u32::MAX);
}
