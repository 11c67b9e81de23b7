//! Facts about the machine code of a gfx11 kernel.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::classify::{Class, bytes_per_lane};
use super::listing::{Instruction, Listing};
use super::loops;
use super::wait::Wait;

/// Instructions by class.
pub type Counts = BTreeMap<Class, u32>;

/// What the machine code of a kernel does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IsaFacts {
    /// The kernel.
    pub kernel: String,
    /// All instructions of its function.
    pub code: Counts,
    /// The loop where it spends its time, if it has one.
    pub steady: Option<LoopFacts>,
}

/// One pass through a loop, every instruction in it counted once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopFacts {
    /// Loops around it.
    pub depth: u32,
    /// Instructions.
    pub counts: Counts,
    /// Global loads by bytes per lane.
    pub global_load_bytes: BTreeMap<u32, u32>,
    /// Global stores by bytes per lane.
    pub global_store_bytes: BTreeMap<u32, u32>,
    /// Local loads by bytes per lane.
    pub lds_load_bytes: BTreeMap<u32, u32>,
    /// Local stores by bytes per lane.
    pub lds_store_bytes: BTreeMap<u32, u32>,
    /// For each barrier, loads from global memory that are issued before it and waited for after.
    pub loads_across_barriers: Vec<u32>,
    /// Waits in order.
    pub waits: Vec<Wait>,
}

impl IsaFacts {
    /// Facts of a kernel in assembly text or a disassembly; `None` if the text does not define
    /// it.
    pub fn of(text: &str, kernel: &str) -> Option<IsaFacts> {
        let listing = Listing::parse(text, kernel)?;
        let code = &listing.instructions;
        let product = |at: usize| Class::of(&code[at]).is_product();
        let steady = loops::hottest(&listing, product);
        Some(IsaFacts {
            kernel: kernel.to_owned(),
            code: count(code),
            steady: steady.map(|found| LoopFacts::of(&code[found.body], found.depth)),
        })
    }
}

impl LoopFacts {
    fn of(body: &[Instruction], depth: u32) -> LoopFacts {
        let waits = body.iter().filter(|i| Class::of(i) == Class::Wait).map(Wait::of);
        LoopFacts {
            depth,
            counts: count(body),
            global_load_bytes: widths(body, Class::GlobalLoad),
            global_store_bytes: widths(body, Class::GlobalStore),
            lds_load_bytes: widths(body, Class::LdsLoad),
            lds_store_bytes: widths(body, Class::LdsStore),
            loads_across_barriers: loads_across_barriers(body),
            waits: waits.collect(),
        }
    }

    /// Instructions of a class.
    pub fn count(&self, class: Class) -> u32 {
        self.counts.get(&class).copied().unwrap_or(0)
    }

    /// Vector instructions for each matrix multiply; `None` without matrix multiplies.
    pub fn valu_per_wmma(&self) -> Option<f64> {
        let wmma = self.count(Class::Wmma);
        let valu = self.count(Class::Valu) + self.count(Class::Dot);
        (wmma > 0).then(|| f64::from(valu) / f64::from(wmma))
    }

    /// Barriers for each 32 of K, where one pass covers `k_per_pass` of K.
    pub fn barriers_per_32_k(&self, k_per_pass: u32) -> f64 {
        f64::from(self.count(Class::Barrier)) * 32.0 / f64::from(k_per_pass.max(1))
    }

    /// Most loads in flight across any barrier.
    pub fn prefetches(&self) -> u32 {
        self.loads_across_barriers.iter().copied().max().unwrap_or(0)
    }
}

fn count(code: &[Instruction]) -> Counts {
    let mut counts = Counts::new();
    for instruction in code {
        *counts.entry(Class::of(instruction)).or_insert(0) += 1;
    }
    counts
}

fn widths(code: &[Instruction], class: Class) -> BTreeMap<u32, u32> {
    let mut widths = BTreeMap::new();
    for instruction in code.iter().filter(|i| Class::of(i) == class) {
        *widths.entry(bytes_per_lane(&instruction.mnemonic).unwrap_or(0)).or_insert(0) += 1;
    }
    widths
}

/// Follows the counter of loads through two passes; the second is the steady state. Loads return
/// in order, so a wait for `vmcnt(n)` leaves the `n` youngest.
fn loads_across_barriers(body: &[Instruction]) -> Vec<u32> {
    let mut in_flight = 0;
    let mut pass = || {
        let mut across = Vec::new();
        for instruction in body {
            match Class::of(instruction) {
                Class::GlobalLoad | Class::ScratchLoad => in_flight += 1,
                Class::Wait => {
                    in_flight = Wait::of(instruction).vmcnt.map_or(in_flight, |n| in_flight.min(n));
                }
                Class::Barrier => across.push(in_flight),
                _ => {}
            }
        }
        across
    };
    pass();
    pass()
}
