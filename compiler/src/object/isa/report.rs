//! Facts as text for people: one kernel, and kernels side by side.

use std::collections::BTreeMap;
use std::fmt;

use super::classify::Class;
use super::gpu::{Counts, IsaFacts, LoopFacts};
use super::host::HostFacts;

/// Figures of one kernel for a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Whose.
    pub name: String,
    /// Vector registers of a lane.
    pub vgprs: u32,
    /// Vector instructions for each matrix multiply in the steady loop.
    pub valu_per_wmma: Option<f64>,
    /// Barriers for each 32 of K.
    pub barriers_per_32_k: Option<f64>,
    /// Loads in flight across a barrier.
    pub prefetches: Option<u32>,
}

impl Figures {
    /// Published kernels for the same problem: a hand-written int8 matrix multiply for gfx1151,
    /// compiled with LLVM 22 and counted while executed, and the 128x256 tile of vLLM 0.33's
    /// hybrid W4A16 kernel. What is not known of one is `None`.
    pub fn references() -> [Figures; 2] {
        let row = |name: &str, vgprs, valu_per_wmma, barriers_per_32_k| Figures {
            name: name.to_owned(),
            vgprs,
            valu_per_wmma: Some(valu_per_wmma),
            barriers_per_32_k,
            prefetches: None,
        };
        [
            row("reference mmq_q4_gemm v1", 144, 22.4, Some(3.0)),
            row("vLLM 0.33 hybrid 128x256", 245, 8.2, None),
        ]
    }

    /// Figures of a kernel whose steady loop covers `k_per_pass` of K in a pass.
    pub fn of(facts: &IsaFacts, vgprs: u32, k_per_pass: u32) -> Figures {
        let steady = facts.steady.as_ref();
        Figures {
            name: facts.kernel.clone(),
            vgprs,
            valu_per_wmma: steady.and_then(LoopFacts::valu_per_wmma),
            barriers_per_32_k: steady.map(|steady| steady.barriers_per_32_k(k_per_pass)),
            prefetches: steady.map(LoopFacts::prefetches),
        }
    }
}

/// A table of kernels, one a line.
pub fn side_by_side(rows: &[Figures]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0).max(6);
    let mut text = format!(
        "{:width$}  {:>5}  {:>9}  {:>13}  {:>9}\n",
        "kernel", "VGPRs", "VALU/WMMA", "barriers/32 K", "in flight"
    );
    let real = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.1}"));
    for row in rows {
        let (valu, barriers) = (real(row.valu_per_wmma), real(row.barriers_per_32_k));
        let prefetches = row.prefetches.map_or("-".to_owned(), |count| count.to_string());
        text.push_str(&format!(
            "{:width$}  {:>5}  {valu:>9}  {barriers:>13}  {prefetches:>9}\n",
            row.name, row.vgprs
        ));
    }
    text
}

impl fmt::Display for IsaFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.kernel, counts(&self.code))?;
        match &self.steady {
            Some(steady) => write!(f, "{steady}"),
            None => writeln!(f, "  no loop"),
        }
    }
}

impl fmt::Display for LoopFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  steady loop: {}", counts(&self.counts))?;
        if let Some(ratio) = self.valu_per_wmma() {
            writeln!(f, "  VALU per WMMA: {ratio:.2}")?;
        }
        let traffic = [
            ("global loads", &self.global_load_bytes),
            ("global stores", &self.global_store_bytes),
            ("local loads", &self.lds_load_bytes),
            ("local stores", &self.lds_store_bytes),
        ];
        for (name, widths) in traffic.iter().filter(|(_, widths)| !widths.is_empty()) {
            writeln!(f, "  {name}: {}", bytes(widths))?;
        }
        let barriers = self.count(Class::Barrier);
        let across: Vec<String> = self.loads_across_barriers.iter().map(u32::to_string).collect();
        if barriers > 0 {
            let across = across.join(", ");
            writeln!(f, "  barriers: {barriers}, loads in flight across them: {across}")?;
        }
        Ok(())
    }
}

impl fmt::Display for HostFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HostFacts { symbol, instructions, stack_moves, steady } = self;
        writeln!(f, "{symbol}: {instructions} instructions, {stack_moves} vector stack moves")?;
        let Some(steady) = steady else { return writeln!(f, "  no loop") };
        writeln!(
            f,
            "  steady loop: {} instructions, {} dot, {} fma, {} loads, {} stores, {} prefetches, \
             {} vector stack moves",
            steady.instructions,
            steady.dots,
            steady.fmas,
            steady.loads,
            steady.stores,
            steady.prefetches,
            steady.stack_moves
        )
    }
}

fn counts(counts: &Counts) -> String {
    let parts: Vec<String> =
        counts.iter().map(|(class, count)| format!("{count} {}", class.name())).collect();
    parts.join(", ")
}

fn bytes(widths: &BTreeMap<u32, u32>) -> String {
    let parts: Vec<String> =
        widths.iter().map(|(bytes, count)| format!("{count} of {bytes} B")).collect();
    parts.join(", ")
}
