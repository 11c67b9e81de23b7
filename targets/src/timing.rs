//! Peaks and constants from which times are bounded and modelled.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Timing figures of a target, with the unit in each name.
///
/// They order candidates and give each winner its share of the roofline. The compiler never reads
/// them, so that calibrating a device does not change any code. A figure that is `None` is left
/// to calibration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Sustained clock of the execution units.
    pub clock_ghz: Option<f64>,
    /// Compute units (GPU) or cores (host).
    pub compute_units: Option<u32>,
    /// SIMD units in each compute unit.
    pub simds_per_cu: u32,
    /// Read bandwidth of the memory: the best published measurement, else the theoretical figure;
    /// the target file says which.
    pub dram_gbps: Option<f64>,
    /// Size of the cache on the memory side (MALL); 0 where there is none.
    pub mall_bytes: Option<u64>,
    /// Bandwidth of the memory-side cache.
    pub mall_gbps: Option<f64>,
    /// Size of the last cache before the memory side.
    pub l2_bytes: Option<u64>,
    /// Bandwidth of that cache.
    pub l2_gbps: Option<f64>,
    /// Scratch memory bandwidth of a compute unit.
    pub lds_bytes_per_clk_per_cu: Option<f64>,
    /// Vector instructions (one wave wide) that a SIMD starts each clock.
    pub valu_ops_per_clk_per_simd: Option<f64>,
    /// Clocks that each matrix atom occupies its SIMD.
    #[serde(default)]
    pub atom_cycles: BTreeMap<String, f64>,
    /// Smallest time from launch to completion of an empty kernel.
    pub launch_us: Option<f64>,
}

impl Timing {
    /// SIMD units of the whole device.
    pub fn simds(&self) -> Option<u32> {
        Some(self.compute_units? * self.simds_per_cu)
    }

    /// Executions of an atom per second over the whole device, at the stated clock.
    pub fn atom_rate_hz(&self, atom: &str) -> Option<f64> {
        let cycles = self.atom_cycles.get(atom)?;
        Some(self.clock_ghz? * 1e9 * f64::from(self.simds()?) / cycles)
    }
}
