//! From a decoded instruction to a [`Step`].

use super::dpp::Exchange;
use super::step::{Action, Exec, Source, Step};
use super::{control, lds, salu, scalar_memory, valu, vector_memory, wmma};
use crate::isa::{Flags, Format, Half, Inline, Inst, Mods, Omod, Op, Operand, Special, Ty, Unit};

/// Upper halves of the flat addresses that stand for LDS and for private memory (as ROCm's driver sets
/// them up: `SH_MEM_BASES`).
pub(super) const SHARED_APERTURE: u32 = 0x1000_0000;
pub(super) const PRIVATE_APERTURE: u32 = 0x2000_0000;

/// The step of the instruction at `pc`.
pub(super) fn lower(inst: &Inst, pc: u64) -> Step {
    if let Some(halves) = &inst.dual {
        return dual(inst, halves, pc);
    }
    let mut step = blank(inst, pc);
    operands(&mut step, inst.op, inst.dst, &inst.src);
    if matches!(inst.sdst, Operand::Sgpr(_)) {
        step.sdst = scalar_number(inst.sdst);
    }
    match inst.dpp.map(Exchange::new) {
        Some(None) => step.action = Action::Refused("a reserved pattern of exchange between lanes"),
        exchange => step.exchange = exchange.flatten().map(Box::new),
    }
    step.special = is_special(&step);
    if !matches!(step.action, Action::Refused(_)) {
        step.action = if registers_exist(inst) {
            action(inst, &step)
        } else {
            Action::Refused("registers beyond the last one")
        };
    }
    step
}

fn blank(inst: &Inst, pc: u64) -> Step {
    Step {
        action: Action::Nothing,
        dst: 0,
        sdst: super::wave::NULL as u8,
        half: false,
        high: false,
        special: false,
        float: false,
        chooses: false,
        src: [Source::Constant(0); 4],
        src_ty: [Ty::B32; 4],
        dst_ty: Ty::None,
        exchange: None,
        halves: None,
        first_destroys: false,
        inst: *inst,
        pc,
    }
}

/// Both halves as steps of their own.
fn dual(inst: &Inst, halves: &[Half; 2], pc: u64) -> Step {
    let mut step = blank(inst, pc);
    let lowered = halves.map(|half| {
        let mut single = blank(inst, pc);
        single.inst.mods = Mods::default();
        single.inst.dual = None;
        single.inst.op = half.op;
        let [a, b, c] = half.src;
        operands(&mut single, half.op, half.dst, &[a, b, c, Operand::None]);
        single.action = arithmetic(valu::find(half.op.name(), &single.inst));
        single
    });
    let destroyed = Source::Vector(lowered[0].dst);
    step.first_destroys = lowered[1].src.contains(&destroyed);
    step.action = Action::Dual;
    if lowered.iter().any(|half| matches!(half.action, Action::Refused(_))) {
        step.action = Action::Refused("a dual instruction with an unknown operation");
    }
    step.halves = Some(Box::new(lowered));
    step
}

/// Resolves destination and sources.
fn operands(step: &mut Step, op: Op, dst: Operand, src: &[Operand; 4]) {
    let info = op.info();
    step.dst_ty = info.dst[0];
    step.chooses = ["_min", "_max", "_med3"].iter().any(|part| info.name.contains(part));
    match dst {
        Operand::Vgpr(n) => step.dst = n,
        Operand::VgprHi(n) => (step.dst, step.high) = (n, true),
        _ => step.sdst = scalar_number(dst),
    }
    step.half = step.dst_ty.is_half() && matches!(dst, Operand::Vgpr(_) | Operand::VgprHi(_));
    let literal = step.inst.literal;
    for (index, operand) in src.iter().enumerate() {
        let mut ty = info.src[index];
        if ty == Ty::Mix && step.inst.mods.op_sel_hi >> index & 1 == 1 {
            ty = Ty::F16;
        }
        step.src[index] = source(*operand, ty, literal);
        step.src_ty[index] = if takes_bits(info.name) { Ty::B32 } else { info.src[index] };
    }
    let is_vector = info.dst[0] != Ty::None && matches!(dst, Operand::Vgpr(_) | Operand::VgprHi(_));
    let accumulates = info.flags.has(Flags::READS_DST) && info.src[2] == Ty::None;
    if is_vector && accumulates && src[2] == Operand::None {
        step.src[2] = source(dst, info.dst[0], literal);
        step.src_ty[2] = info.dst[0];
    }
    let is_float = |ty: &Ty| matches!(ty, Ty::F16 | Ty::F32 | Ty::F64 | Ty::V2F16 | Ty::Mix);
    step.float =
        step.src_ty.iter().chain([&step.dst_ty]).any(is_float) && !info.name.contains("_class_");
}

/// Operations whose source is bits although the table calls it a float, for the sake of its constants.
fn takes_bits(name: &str) -> bool {
    name.starts_with("v_cvt_f32_ubyte") || name == "v_cvt_off_f32_i4"
}

fn scalar_number(operand: Operand) -> u8 {
    match operand {
        Operand::Sgpr(n) => n,
        _ => super::wave::NULL as u8,
    }
}

/// A source; constants take the form that the operand's type gives them (RDNA3 ISA, "Inline constants").
fn source(operand: Operand, ty: Ty, literal: u32) -> Source {
    match operand {
        Operand::None => Source::Constant(0),
        Operand::Sgpr(n) => Source::Scalar(n),
        Operand::Vgpr(n) => Source::Vector(n),
        Operand::VgprHi(n) => Source::VectorHigh(n),
        Operand::Int(value) if ty.is_half() => Source::Constant(u64::from(value as u16)),
        Operand::Int(value) if ty.dwords() == 2 => Source::Constant(value as i64 as u64),
        Operand::Int(value) => Source::Constant(u64::from(value as i32 as u32)),
        Operand::Float(value) => Source::Constant(inline(value, ty)),
        Operand::Literal => Source::Constant(match ty {
            Ty::F64 => u64::from(literal) << 32,
            Ty::I64 => literal as i32 as i64 as u64,
            _ => u64::from(literal),
        }),
        Operand::Special(special) => match special {
            // A 32-bit operand is the lower half, which is zero (LLVM, `getSegmentAperture`).
            Special::SharedBase => Source::Constant(u64::from(SHARED_APERTURE) << 32),
            Special::PrivateBase => Source::Constant(u64::from(PRIVATE_APERTURE) << 32),
            Special::SharedLimit | Special::PrivateLimit => Source::Constant(0xffff_ffff),
            Special::Vccz => Source::Vccz,
            Special::Execz => Source::Execz,
            Special::Scc => Source::Scc,
        },
    }
}

fn inline(value: Inline, ty: Ty) -> u64 {
    match ty {
        Ty::Bf16 | Ty::V2Bf16 | Ty::V8Bf16 => u64::from(value.bf16_bits()),
        Ty::V2F16 | Ty::V8F16 => u64::from(value.f16_bits()),
        half if half.is_half() => u64::from(value.f16_bits()),
        wide if wide.dwords() == 2 => value.f64_bits(),
        _ => u64::from(value.f32_bits()),
    }
}

/// Whether the step needs more than plain registers in and out.
fn is_special(step: &Step) -> bool {
    let (inst, mods) = (&step.inst, &step.inst.mods);
    let halves = step.src.iter().any(|s| matches!(s, Source::VectorHigh(_))) || step.high;
    if step.exchange.is_some() || halves {
        return true;
    }
    let clamps = mods.clamp && matches!(step.dst_ty, Ty::F16 | Ty::F32 | Ty::F64 | Ty::V2F16);
    if inst.format == Format::Vop3p {
        return clamps || (0..3).any(|i| packed_is_special(step, i));
    }
    let scalar_high = (0..3).any(|i| {
        let is_scalar = !matches!(step.src[i], Source::Vector(_));
        step.src_ty[i].is_half() && is_scalar && mods.op_sel >> i & 1 == 1
    });
    clamps || mods.neg != 0 || mods.abs != 0 || mods.omod != Omod::None || scalar_high
}

fn packed_is_special(step: &Step, index: usize) -> bool {
    let (mods, ty) = (&step.inst.mods, step.src_ty[index]);
    let bit = |bits: u8| bits >> index & 1 == 1;
    match ty {
        Ty::V2F16 | Ty::V2Bf16 => {
            bit(mods.neg) || bit(mods.neg_hi) || bit(mods.op_sel) || !bit(mods.op_sel_hi)
        }
        Ty::V2B16 | Ty::V2I16 | Ty::V2U16 => bit(mods.op_sel) || !bit(mods.op_sel_hi),
        Ty::F32 => bit(mods.neg),
        _ => false,
    }
}

/// Whether every operand's registers are there.
fn registers_exist(inst: &Inst) -> bool {
    let info = inst.info();
    let fits = |operand: &Operand, ty: &Ty| match *operand {
        Operand::Vgpr(n) | Operand::VgprHi(n) => usize::from(n) + usize::from(ty.dwords()) <= 256,
        Operand::Sgpr(n) if usize::from(n) < super::wave::NULL => {
            usize::from(n) + usize::from(ty.dwords()) <= super::wave::NULL
        }
        _ => true,
    };
    inst.src.iter().zip(&info.src).all(|(o, t)| fits(o, t)) && fits(&inst.dst, &info.dst[0])
}

fn action(inst: &Inst, step: &Step) -> Action {
    let (name, unit) = (inst.op.name(), inst.op.unit());
    match unit {
        Unit::Valu | Unit::Multiply | Unit::Double | Unit::Trans => match name {
            "v_nop" | "v_pipeflush" => Action::Nothing,
            _ => arithmetic(valu::find(name, inst)),
        },
        Unit::Wmma => arithmetic(wmma::find(name, inst.mods.clamp)),
        Unit::Salu | Unit::SaluFloat => arithmetic(salu::find(name)),
        Unit::Branch => control::find(name).map_or(UNKNOWN, Action::Jump),
        Unit::Smem => scalar_memory::find(name).map_or(UNKNOWN, Action::Scalar),
        Unit::Lds => lds::find(name, inst).map_or(UNKNOWN, Action::Lds),
        Unit::Gws => {
            Action::Refused("global wave synchronisation, which compute kernels do not have")
        }
        Unit::FlatLoad | Unit::FlatStore | Unit::FlatAtomic => vector(name, inst),
        Unit::ScratchLoad | Unit::ScratchStore => vector(name, inst),
        Unit::GlobalLoad | Unit::GlobalStore | Unit::GlobalAtomic => vector(name, inst),
        Unit::BufferLoad | Unit::BufferStore | Unit::BufferAtomic => vector(name, inst),
        Unit::Barrier => Action::Barrier,
        Unit::End if name == "s_code_end" => Action::Refused("the padding after the code"),
        Unit::End => Action::End,
        Unit::Message => salu::message(name, step).map_or(UNKNOWN, |f| f),
        Unit::Wait | Unit::Cache | Unit::Nop => {
            salu::find(name).map_or(Action::Nothing, Action::Registers)
        }
    }
}

const UNKNOWN: Action = Action::Refused("an operation that compute kernels do not have");

fn vector(name: &str, inst: &Inst) -> Action {
    vector_memory::find(name, inst).map_or(UNKNOWN, Action::Vector)
}

fn arithmetic(found: Option<Exec>) -> Action {
    found.map_or(UNKNOWN, Action::Registers)
}
