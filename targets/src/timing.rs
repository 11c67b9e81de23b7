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
    /// Smallest time from launch to completion of an empty kernel that nothing runs before.
    pub launch_us: Option<f64>,
    /// What an empty kernel adds to a queue of launches that the host does not wait between.
    pub queued_launch_us: Option<f64>,
    /// What the timing model needs beyond the above; a chip without it is not modelled.
    pub pipeline: Option<Pipeline>,
    /// Corrections of the timing model, fitted to measured kernels.
    pub fitted: Option<Fitted>,
}

/// Latencies and shapes inside a compute unit, as the timing model uses them. Clocks are those of
/// the execution units.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// From a vector instruction until another may use its result.
    pub vector_latency: u32,
    /// The same where the result is scalar.
    pub vector_to_scalar_latency: u32,
    /// From a scalar instruction until another may use its result.
    pub scalar_latency: u32,
    /// The same of scalar floating-point arithmetic.
    pub scalar_float_latency: u32,
    /// Clocks that a transcendental instruction keeps its unit.
    pub transcendental_clocks: u32,
    /// From a transcendental instruction until another may use its result.
    pub transcendental_latency: u32,
    /// Clocks that a 32-bit integer multiplication or a 64-bit integer instruction keeps the unit.
    pub wide_integer_clocks: u32,
    /// Clocks that a double-precision instruction keeps the unit.
    pub double_clocks: u32,
    /// From the end of a matrix instruction until another may use its result.
    pub matrix_latency: u32,
    /// From the access of local memory until its data may be used.
    pub lds_latency: u32,
    /// Local memory of how many SIMDs serves one access at a time, for groups that spread over a
    /// WGP.
    pub lds_sharing_wgp: u32,
    /// The same for groups that stay in one compute unit.
    pub lds_sharing_cu: u32,
    /// From a scalar load until its data may be used.
    pub scalar_load_latency: u32,
    /// From a vector load that the first cache serves until its data may be used.
    pub near_latency: u32,
    /// From a vector load that goes further, or an atomic, until its data may be used.
    pub far_latency: u32,
    /// From the last arrival at a barrier until the waves go on.
    pub barrier_latency: u32,
    /// From a taken jump until the next instruction.
    pub jump_clocks: u32,
    /// Accesses that may wait before a memory unit until waves have to, in clocks of that unit.
    pub queue_clocks: u32,
    /// Between the starts of workgroups on one WGP.
    pub group_start_clocks: u32,
    /// Bytes of a cache line.
    pub line_bytes: u32,
    /// Bytes of the first vector cache of a compute unit.
    pub l0_bytes: u32,
    /// Its associativity.
    pub l0_ways: u32,
    /// Associativity of the last cache before the memory side.
    pub l2_ways: u32,
    /// Bytes that one store request takes of that cache's bandwidth.
    pub store_bytes: u32,
    /// Bytes of the instruction cache of a WGP.
    pub code_bytes: u32,
    /// Clocks that a line of code costs which that cache does not hold.
    pub code_line_clocks: u32,
    /// Lanes of atomic operations that the device completes each nanosecond.
    pub atomic_lanes_per_ns: f64,
    /// Bandwidth of a kernel that copies, reads and writes together.
    pub copy_gbps: f64,
}

/// Corrections of the timing model: factors, and the exponent with which its parts are combined.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fitted {
    /// On which measurements they were fitted.
    pub on: String,
    /// Factor of the time that waves need on their SIMDs.
    pub waves: f64,
    /// Factor of the time that requests need in the last cache before the memory side.
    pub l2: f64,
    /// Factor of the time that requests need in the cache on the memory side.
    pub mall: f64,
    /// Factor of the time that atomic operations need.
    pub atomics: f64,
    /// Exponent of the norm that combines the parts: 1 adds them, infinity takes the longest.
    pub norm: f64,
}

impl Fitted {
    /// No correction: textbook figures, combined as a vector's length.
    pub fn neutral() -> Self {
        Self { on: "nothing".to_owned(), waves: 1.0, l2: 1.0, mall: 1.0, atomics: 1.0, norm: 2.0 }
    }
}

impl Pipeline {
    /// Whether every figure can be used: none is zero but those that may be.
    pub(crate) fn is_usable(&self) -> bool {
        let positive = [
            self.transcendental_clocks,
            self.wide_integer_clocks,
            self.double_clocks,
            self.lds_sharing_wgp,
            self.lds_sharing_cu,
            self.line_bytes,
            self.l0_bytes,
            self.l0_ways,
            self.l2_ways,
            self.code_bytes,
        ];
        let rates = [self.atomic_lanes_per_ns, self.copy_gbps];
        !positive.contains(&0)
            && self.line_bytes.is_power_of_two()
            && self.l0_bytes >= self.line_bytes * self.l0_ways
            && rates.iter().all(|rate| rate.is_finite() && *rate > 0.0)
    }
}

impl Fitted {
    /// Whether every figure can be used.
    pub(crate) fn is_usable(&self) -> bool {
        let factors = [self.waves, self.l2, self.mall, self.atomics];
        factors.iter().all(|factor| factor.is_finite() && *factor > 0.0)
            && (1.0..=16.0).contains(&self.norm)
    }
}

impl Timing {
    /// What the launch itself adds to a kernel's time, in microseconds: the first of a queue, and
    /// those behind it. They are equal where the second is not stated, and 0 where neither is.
    pub fn launches_us(&self) -> [f64; 2] {
        let first = self.launch_us.unwrap_or(0.0);
        [first, self.queued_launch_us.unwrap_or(first)]
    }

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
