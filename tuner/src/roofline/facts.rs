//! What is known of a built kernel at one set of dims without running it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Work of one workgroup, all its waves together: trip counts times loop bodies.
///
/// Instructions are counted once a wave: an instruction of a 32-lane wave is 1, not 32.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Counts {
    /// Executions of each matrix atom, by the atom's name in the target.
    pub atoms: BTreeMap<String, f64>,
    /// Other vector instructions.
    pub valu: f64,
    /// Those that take 4 issue slots: transcendental and 32-bit integer multiply; not in `valu`.
    pub quarter_rate: f64,
    /// Bytes that pass through local memory, both ways, bank conflicts counted as repeats.
    pub lds_bytes: f64,
    /// Bytes that pass between the workgroup and the memory system, both ways.
    pub global_bytes: f64,
}

/// A kernel at one set of dims.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelFacts {
    /// Workgroups along x, y and z.
    pub grid: [u32; 3],
    /// Threads of a workgroup.
    pub threads: u32,
    /// Vector registers of a wave.
    pub vgprs: u32,
    /// Local memory of a workgroup, in bytes.
    pub lds_bytes: u32,
    /// Work of one workgroup.
    pub per_group: Counts,
    /// Bytes of each operand that the launch touches, each byte counted once.
    pub operand_bytes: BTreeMap<String, u64>,
}

impl KernelFacts {
    /// Workgroups of the launch.
    pub fn groups(&self) -> f64 {
        self.grid.iter().map(|&extent| f64::from(extent)).product()
    }

    /// Bytes of all operands together.
    pub fn unique_bytes(&self) -> f64 {
        self.operand_bytes.values().map(|&bytes| bytes as f64).sum()
    }
}
