//! How unknown bits travel through one instruction, and where they must not arrive.

use crate::isa::{Flags, Format, Half, Inst, Op, Operand, Ty, Unit};

use super::bits::Partial;
use super::exchange::{self, Source};
use super::operand::{Slot, implicit};
use super::shadow::{LANES, Origin, Shadow};
use super::{State, formula, matrix, registers};

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
        dual(shadow, inst, halves, state);
        return None;
    }
    match unit {
        Unit::Wmma => matrix::multiply(shadow, inst),
        Unit::Branch => return branch(shadow, inst, state),
        Unit::Lds if is_exchange(inst.op) => return lds_exchange(shadow, inst, state),
        Unit::Message => set_scalar(shadow, inst.dst, inst.info().dst[0], Partial::known(0), None),
        Unit::Barrier | Unit::Wait | Unit::Cache | Unit::End | Unit::Nop => {}
        _ if inst.counters() != Default::default() => return address(shadow, inst, state),
        _ if !inst.is_masked() => return scalar(shadow, inst, state),
        _ => return vector(shadow, inst, state),
    }
    None
}

/// An unknown value in a scalar source that decides something by itself.
fn decided(shadow: &Shadow, role: &'static str, register: u32, count: u32) -> Option<Misuse> {
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
    set_scalar(shadow, inst.dst, inst.info().dst[0], Partial::known(0), None);
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

fn scalar(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
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
fn masked(shadow: &mut Shadow, exec: Partial, origin: Option<Origin>) -> Option<Misuse> {
    shadow.set_scalar(126, 0, None);
    let mut misuse = decided_by(exec, "which lanes are active from here on", origin)?;
    misuse.lanes = exec.unknown as u32;
    Some(misuse)
}

fn decided_by(value: Partial, role: &'static str, origin: Option<Origin>) -> Option<Misuse> {
    if value.is_known() { None } else { origin.map(|origin| Misuse { role, origin, lanes: 0 }) }
}

fn set_scalar(shadow: &mut Shadow, dst: Operand, ty: Ty, value: Partial, origin: Option<Origin>) {
    let Operand::Sgpr(first) = dst else { return };
    let value = if ty.is_half() { value.low(16) } else { value };
    for word in 0..u32::from(ty.dwords().max(1)) {
        let unknown = if word < 2 { value.right(32 * word).low(32).unknown } else { 0 };
        shadow.set_scalar(u32::from(first) + word, unknown as u32, origin);
    }
}

fn vector(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
    let exec = state.exec();
    match inst.op {
        Op::VReadlaneB32 | Op::VReadfirstlaneB32 => return read_lane(shadow, inst, state),
        Op::VWritelaneB32 => return write_lane(shadow, inst, state),
        Op::VSwapB32 | Op::VSwapB16 => return swap(shadow, inst, exec),
        Op::VMovrelsB32 | Op::VMovreldB32 | Op::VMovrelsdB32 | Op::VMovrelsd2B32 => {
            return relative(shadow, inst, state);
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
        return moved(shadow, inst, &lanes, exec);
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
fn dual(shadow: &mut Shadow, inst: &Inst, halves: &[Half; 2], state: &impl State) {
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

fn read_lane(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
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

fn write_lane(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
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

fn swap(shadow: &mut Shadow, inst: &Inst, exec: u32) -> Option<Misuse> {
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
fn relative(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
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
fn moved(shadow: &mut Shadow, inst: &Inst, lanes: &[Source; LANES], exec: u32) -> Option<Misuse> {
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

fn is_exchange(op: Op) -> bool {
    matches!(op, Op::DsSwizzleB32 | Op::DsBpermuteB32 | Op::DsPermuteB32)
}

/// LDS instructions that only exchange registers between lanes.
fn lds_exchange(shadow: &mut Shadow, inst: &Inst, state: &impl State) -> Option<Misuse> {
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
