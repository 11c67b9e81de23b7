//! Modelled times: from a program, its machine code and dims to the roofline's bound.

use std::collections::BTreeMap;

use kiln_cache::vocabulary::Statics;
use kiln_compiler::object::isa::{Class, HostFacts, IsaFacts};
use kiln_compiler::oracle::Launch;
use kiln_compiler::tile::Program;
use kiln_targets::{Atom, Backend, DType, Target};
use serde_json::Value;

use super::work::{Work, operand_bytes};
use crate::Result;
use crate::roofline::{Bound, Ceilings, Counts, KernelFacts};

/// Instructions a host core retires in a microsecond, for ordering candidates before they are
/// timed. Only ratios matter.
const HOST_INSTRUCTIONS_PER_US: f64 = 8000.0;

/// How much longer a host core takes to stream memory that it does not ask for ahead: its own
/// prefetcher stops at the end of every page. For ordering candidates before they are timed.
const UNASKED: f64 = 1.2;

/// How much faster than memory a host reads what it has read before. For ordering candidates before
/// they are timed; only the order matters.
const AGAIN: f64 = 2.0;

/// Facts of a kernel's machine code.
#[derive(Clone, Debug, PartialEq)]
pub enum Isa {
    /// Of a GPU kernel.
    Gpu(IsaFacts),
    /// Of a host kernel.
    Host(HostFacts),
}

impl Isa {
    /// Reads the facts as an artifact keeps them; `None` if they are of another version.
    pub fn read(backend: Backend, value: &Value) -> Option<Self> {
        match backend {
            Backend::AmdGpu => serde_json::from_value(value.clone()).ok().map(Self::Gpu),
            Backend::Host => serde_json::from_value(value.clone()).ok().map(Self::Host),
        }
    }
}

/// A kernel's modelled time at one set of dims.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Microseconds.
    pub time_us: f64,
    /// What binds it, where that is known.
    pub bound: Option<String>,
}

/// The device that estimates are for.
#[derive(Clone, Debug)]
pub struct Model<'t> {
    /// The chip.
    pub target: &'t Target,
    /// Its rates.
    pub ceilings: Ceilings,
    /// Whether candidates are timed on it; if not, modelled times decide.
    pub measured: bool,
    /// Whether the device that times them is a simulator, whose times are a model's too.
    pub simulated: bool,
}

impl Model<'_> {
    /// The time of compiled code.
    ///
    /// # Errors
    /// If the kernel cannot be launched at these dims.
    pub fn compiled(
        &self,
        program: &Program,
        dims: &BTreeMap<String, u64>,
        statics: &Statics,
        isa: &Isa,
    ) -> Result<Estimate> {
        let mut facts = self.facts(program, dims, statics.vgprs, statics.lds_bytes);
        let work = Work::of(program, &sizes(program, dims), line(self.target));
        match isa {
            Isa::Gpu(isa) => self.count_gpu(&mut facts, program, &work, isa),
            Isa::Host(isa) => self.count_host(&mut facts, &work, isa),
        }
        self.estimate(&facts, program, work.passes)
    }

    /// A first guess before there is code, from the tile program alone; for ordering.
    ///
    /// # Errors
    /// If the kernel cannot be launched at these dims, as far as is known.
    pub fn planned(&self, program: &Program, dims: &BTreeMap<String, u64>) -> Result<Estimate> {
        let work = Work::of(program, &sizes(program, dims), line(self.target));
        let registers = work.registers(program, self.target.lanes);
        let registers = if self.target.backend == Backend::Host { 1 } else { registers };
        let mut facts = self.facts(program, dims, registers, work.shared_bytes as u32);
        for (types, products) in &work.products {
            if let Some(atom) = self.atom(types, true).or_else(|| self.atom(types, false)) {
                facts.per_group.atoms.insert(atom.name.clone(), products / macs(atom));
            }
        }
        facts.per_group.global_bytes = work.global_bytes;
        self.estimate(&facts, program, work.passes)
    }

    fn facts(
        &self,
        program: &Program,
        dims: &BTreeMap<String, u64>,
        vgprs: u32,
        lds_bytes: u32,
    ) -> KernelFacts {
        let grid = Launch { program, dims }.grid();
        KernelFacts {
            grid: grid.map(|extent| u32::try_from(extent).unwrap_or(u32::MAX)),
            threads: threads(program, self.target),
            vgprs,
            lds_bytes,
            per_group: Counts::default(),
            operand_bytes: operand_bytes(program, &sizes(program, dims)),
        }
    }

    fn count_gpu(&self, facts: &mut KernelFacts, program: &Program, work: &Work, isa: &IsaFacts) {
        let count = |class: Class| f64::from(isa.code.get(&class).copied().unwrap_or(0));
        let waves = f64::from(program.waves.count());
        let steady = isa.steady.as_ref();
        let of_loop = |class: Class| steady.map_or(0.0, |steady| f64::from(steady.count(class)));
        let (whole, narrow) = (of_loop(Class::Wmma), of_loop(Class::Dot));
        let mut products_per_pass = 0.0;
        for (types, products) in &work.products {
            let Some(atom) = self.atom(types, whole > 0.0) else { continue };
            facts.per_group.atoms.insert(atom.name.clone(), products / macs(atom));
            let per_pass = if whole > 0.0 { whole } else { narrow };
            products_per_pass = per_pass * macs(atom);
        }
        let passes = match products_per_pass > 0.0 {
            true => work.total_products() / waves / products_per_pass,
            false => work.passes,
        };
        let valu = of_loop(Class::Valu);
        facts.per_group.valu = waves * (valu * passes + (count(Class::Valu) - valu).max(0.0));
        facts.per_group.global_bytes = work.global_bytes;
        if let Some(steady) = steady {
            let bytes = [&steady.lds_load_bytes, &steady.lds_store_bytes].into_iter().flatten();
            let per_lane: f64 = bytes.map(|(width, count)| f64::from(width * count)).sum();
            let lanes = f64::from(self.target.lanes);
            facts.per_group.lds_bytes = waves * lanes * per_lane * passes;
        }
    }

    fn count_host(&self, facts: &mut KernelFacts, work: &Work, isa: &HostFacts) {
        let steady = isa.steady.clone().unwrap_or_default();
        let lanes = f64::from(self.target.lanes);
        let per_pass = f64::from(steady.dots) * 4.0 * lanes + f64::from(steady.fmas) * lanes;
        let products = work.total_products();
        let passes =
            if products > 0.0 && per_pass > 0.0 { products / per_pass } else { work.passes };
        let outside = f64::from(isa.instructions.saturating_sub(steady.instructions));
        facts.per_group.valu = f64::from(steady.instructions) * passes + outside;
        facts.per_group.global_bytes = work.global_bytes;
    }

    fn estimate(&self, facts: &KernelFacts, program: &Program, passes: f64) -> Result<Estimate> {
        let bound = Bound::of(facts, self.target, &self.ceilings)?;
        let time_us = match self.target.backend {
            Backend::Host => self.host_us(facts, program, bound.estimate_us()),
            Backend::AmdGpu => bound.estimate_us().hypot(self.waiting_us(&bound, passes)),
        };
        Ok(Estimate { time_us, bound: bound.binding().map(|of| of.name().to_owned()) })
    }

    /// How long waves wait at least, one round after the other, if each pass needs what it loads.
    fn waiting_us(&self, bound: &Bound, passes: f64) -> f64 {
        let timing = &self.target.timing;
        let known = timing.pipeline.as_ref().zip(timing.clock_ghz);
        known.map_or(0.0, |(pipeline, ghz)| {
            f64::from(bound.rounds) * passes * f64::from(pipeline.far_latency) / (1e3 * ghz)
        })
    }

    /// What a host adds to a bound: instructions, and the streams of memory.
    fn host_us(&self, facts: &KernelFacts, program: &Program, bound_us: f64) -> f64 {
        let units = f64::from(self.ceilings.units.unwrap_or(1));
        let rounds = (facts.groups() / units).ceil();
        let instructions = rounds * facts.per_group.valu / HOST_INSTRUCTIONS_PER_US;
        let rate = self.ceilings.memory.map_or(f64::INFINITY, |rate| rate / 1e6);
        let once = facts.unique_bytes() / rate * if program.ahead == 0 { UNASKED } else { 1.0 };
        let again = facts.per_group.global_bytes * facts.groups() / (AGAIN * rate);
        bound_us.max(instructions).max(once).hypot(again)
    }

    /// The atom of a product: the matrix one of a whole wave, or the one of each lane.
    fn atom(&self, types: &[&'static str; 3], whole: bool) -> Option<&Atom> {
        let [a, b, sum] = types.map(|name| name.parse::<DType>().ok());
        let fits = |atom: &&Atom| (atom.shape.m > 1) == whole;
        self.target.atoms_for(a?, b?, sum?).find(fits)
    }
}

/// Bytes of a line of memory where reaching into one costs as much as all of it; 1 on a host, which
/// keeps what it did not use.
fn line(target: &Target) -> u32 {
    target.timing.pipeline.as_ref().map_or(1, |pipeline| pipeline.line_bytes)
}

/// Threads of a workgroup as a launch counts them; 1 on a host.
pub fn threads(program: &Program, target: &Target) -> u32 {
    match target.backend {
        Backend::AmdGpu => target.lanes * program.waves.count(),
        Backend::Host => 1,
    }
}

fn macs(atom: &Atom) -> f64 {
    let shape = atom.shape;
    f64::from(shape.m) * f64::from(shape.n) * f64::from(shape.k)
}

fn sizes(program: &Program, dims: &BTreeMap<String, u64>) -> Vec<i64> {
    Launch { program, dims }.sizes()
}
