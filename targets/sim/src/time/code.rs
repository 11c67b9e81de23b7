//! The code of an object as demands: decoded instructions with what each costs.

use kiln_targets::{Pipeline, Target};

use super::demand::{ANY, Counter, Demand, Registers, SCALARS, SCC, Unit};
use crate::isa::{File, Inst, Op, Operand, Program, Spans, Ty, Unit as Executes};

/// Clocks of a matrix instruction that the target does not list: the slowest that it does.
const SLOWEST_MATRIX: f64 = 32.0;

/// What every instruction of a program demands, in the order of [`Program::entries`]. Words that are
/// no instruction demand nothing; no wave gets there.
pub(super) fn demands(program: &Program, target: &Target, pipeline: &Pipeline) -> Vec<Demand> {
    let entries = program.entries().iter();
    entries
        .map(|entry| match &entry.inst {
            Ok(inst) => demand(inst, target, pipeline),
            Err(_) => plain(Unit::Wait),
        })
        .collect()
}

fn plain(unit: Unit) -> Demand {
    Demand {
        unit,
        cycles: 1,
        latency: 1,
        counter: None,
        waits: [ANY; Counter::COUNT],
        reads: Vec::new(),
        writes: Vec::new(),
        bytes: 4,
    }
}

fn demand(inst: &Inst, target: &Target, pipeline: &Pipeline) -> Demand {
    let executes = inst.op.unit();
    let mut demand = plain(unit(executes));
    (demand.cycles, demand.latency) = cost(inst, executes, target, pipeline);
    demand.counter = counter(inst);
    demand.waits = waits(inst);
    demand.bytes = u32::from(inst.size);
    demand.reads = registers(&inst.reads());
    if demand.counter.is_none() {
        demand.writes = registers(&inst.writes());
    }
    demand
}

fn unit(executes: Executes) -> Unit {
    match executes {
        Executes::Valu | Executes::Multiply | Executes::Double => Unit::Valu,
        Executes::Trans => Unit::Trans,
        Executes::Wmma => Unit::Wmma,
        Executes::Salu | Executes::SaluFloat => Unit::Salu,
        Executes::Branch | Executes::Message | Executes::End => Unit::Branch,
        Executes::Smem => Unit::Smem,
        Executes::Lds | Executes::Gws => Unit::Lds,
        Executes::FlatLoad
        | Executes::ScratchLoad
        | Executes::GlobalLoad
        | Executes::BufferLoad => Unit::Load,
        Executes::FlatStore
        | Executes::ScratchStore
        | Executes::GlobalStore
        | Executes::BufferStore => Unit::Store,
        Executes::FlatAtomic | Executes::GlobalAtomic | Executes::BufferAtomic => Unit::Atomic,
        Executes::Barrier => Unit::Barrier,
        Executes::Wait | Executes::Cache | Executes::Nop => Unit::Wait,
    }
}

/// Clocks on the unit, and clocks until the result can be used.
fn cost(inst: &Inst, executes: Executes, target: &Target, pipeline: &Pipeline) -> (u32, u32) {
    let vector =
        if to_scalar(inst) { pipeline.vector_to_scalar_latency } else { pipeline.vector_latency };
    let slow = |clocks: u32| (clocks, vector + clocks - 1);
    match executes {
        Executes::Valu if is_wide(inst) => slow(pipeline.wide_integer_clocks),
        Executes::Valu => slow(1),
        Executes::Multiply => slow(pipeline.wide_integer_clocks),
        Executes::Double => slow(pipeline.double_clocks),
        Executes::Trans => (pipeline.transcendental_clocks, pipeline.transcendental_latency),
        Executes::Wmma => {
            let clocks = matrix_clocks(inst.op, target);
            (clocks, clocks + pipeline.matrix_latency)
        }
        Executes::Salu => (1, pipeline.scalar_latency),
        Executes::SaluFloat => (1, pipeline.scalar_float_latency),
        _ => (1, 1),
    }
}

fn to_scalar(inst: &Inst) -> bool {
    matches!(inst.dst, Operand::Sgpr(_))
}

/// Whether a 64-bit integer comes out of the vector ALU.
fn is_wide(inst: &Inst) -> bool {
    let wide = matches!(inst.info().dst[0], Ty::B64 | Ty::I64 | Ty::U64);
    wide && inst.dst.is_vgpr()
}

/// Clocks of a matrix instruction: those of the atom with its name, else of the atom that takes the
/// same operands.
fn matrix_clocks(op: Op, target: &Target) -> u32 {
    let cycles = &target.timing.atom_cycles;
    let name = op.name().trim_start_matches("v_");
    let operands = name.rsplit('_').next().unwrap_or(name);
    let same = |(atom, _): &(&String, &f64)| {
        atom.starts_with("wmma") && atom.rsplit('_').next() == Some(operands)
    };
    let clocks = cycles.get(name).or_else(|| cycles.iter().find(same).map(|(_, clocks)| clocks));
    clocks.copied().unwrap_or(SLOWEST_MATRIX).ceil() as u32
}

fn counter(inst: &Inst) -> Option<Counter> {
    let counters = inst.counters();
    match (counters.vmcnt, counters.vscnt, counters.lgkmcnt) {
        (true, ..) => Some(Counter::Vm),
        (_, true, _) => Some(Counter::Vs),
        (.., true) => Some(Counter::Lgkm),
        _ => None,
    }
}

/// How many of each counter may be outstanding after a wait (ISA ch. 4.4: SIMM16 of `s_waitcnt` has
/// LGKM in bits 9:4 and VM in bits 15:10).
fn waits(inst: &Inst) -> [u8; Counter::COUNT] {
    let mut waits = [ANY; Counter::COUNT];
    let bits = inst.imm as u32;
    let six = |bits: u32| (bits & 63) as u8;
    match inst.op {
        Op::SWaitcnt => {
            waits[Counter::Vm as usize] = six(bits >> 10);
            waits[Counter::Lgkm as usize] = six(bits >> 4);
        }
        Op::SWaitcntVmcnt => waits[Counter::Vm as usize] = six(bits),
        Op::SWaitcntVscnt => waits[Counter::Vs as usize] = six(bits),
        Op::SWaitcntLgkmcnt => waits[Counter::Lgkm as usize] = six(bits),
        _ => {}
    }
    waits
}

fn registers(spans: &Spans) -> Vec<Registers> {
    let spans = spans.as_slice().iter();
    spans
        .map(|span| {
            let (from, end) = match span.file {
                File::Vgpr => (0, SCALARS),
                File::Sgpr => (SCALARS, SCC),
                File::Scc => (SCC, SCC + 1),
            };
            let first = from + u16::from(span.first);
            Registers { first, count: u16::from(span.count).min(end.saturating_sub(first)) }
        })
        .collect()
}
