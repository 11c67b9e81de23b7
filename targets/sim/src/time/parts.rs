//! The parts of a kernel's time, and how they are combined.

use kiln_targets::{Fitted, Target};

use super::traffic::Traffic;

/// What a kernel needs of each resource of the device, in microseconds, by textbook figures.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Parts {
    /// The waves on their SIMDs: issue, dependencies, LDS, latencies, barriers, rounds and tail.
    pub waves: f64,
    /// Requests to the last cache before the memory side.
    pub l2: f64,
    /// Requests to the memory side that its cache serves.
    pub mall: f64,
    /// Bytes that go to and come from memory once.
    pub memory: f64,
    /// Atomic operations.
    pub atomics: f64,
    /// From launch to completion of an empty kernel.
    pub launch: f64,
}

/// A resource of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// The SIMDs and what belongs to their compute units.
    Waves,
    /// The last cache before the memory side.
    L2,
    /// Memory and the cache in front of it.
    Memory,
    /// Atomic operations.
    Atomics,
    /// The launch itself.
    Launch,
}

impl Resource {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waves => "waves",
            Self::L2 => "l2",
            Self::Memory => "memory",
            Self::Atomics => "atomics",
            Self::Launch => "launch",
        }
    }
}

impl Parts {
    /// The parts of a launch whose waves take `waves` microseconds. Bandwidths that the target does
    /// not state cost nothing.
    pub(super) fn new(waves: f64, traffic: &Traffic, target: &Target) -> Self {
        let timing = &target.timing;
        let gbps = |bytes: f64, rate: Option<f64>| rate.map_or(0.0, |rate| bytes / rate / 1e3);
        let pipeline = timing.pipeline.as_ref();
        let written = written_gbps(timing.dram_gbps, pipeline.map(|p| p.copy_gbps));
        let lanes = pipeline.map_or(0.0, |p| traffic.atomic_lanes / p.atomic_lanes_per_ns / 1e3);
        Self {
            waves,
            l2: gbps(traffic.l2_bytes, timing.l2_gbps),
            mall: gbps(traffic.mall_bytes, timing.mall_gbps),
            memory: gbps(traffic.read_bytes, timing.dram_gbps)
                + gbps(traffic.written_bytes, written),
            atomics: lanes,
            launch: timing.launches_us()[0],
        }
    }

    /// The parts with their fitted factors, the two of the memory side together.
    pub fn corrected(&self, fitted: &Fitted) -> [(Resource, f64); 5] {
        [
            (Resource::Waves, fitted.waves * self.waves),
            (Resource::L2, fitted.l2 * self.l2),
            (Resource::Memory, self.memory + fitted.mall * self.mall),
            (Resource::Atomics, fitted.atomics * self.atomics),
            (Resource::Launch, self.launch),
        ]
    }

    /// Microseconds of the launch: the resources work side by side, none perfectly, and so their
    /// times are combined as a p-norm; the launch itself comes on top.
    pub fn microseconds(&self, fitted: &Fitted) -> f64 {
        let corrected = self.corrected(fitted);
        let side_by_side = corrected.iter().filter(|(resource, _)| *resource != Resource::Launch);
        let longest = side_by_side.clone().map(|(_, time)| *time).fold(0.0, f64::max);
        if longest <= 0.0 {
            return self.launch;
        }
        // Relative to the longest, so that no power overflows.
        let sum: f64 = side_by_side.map(|(_, time)| (time / longest).powf(fitted.norm)).sum();
        self.launch + longest * sum.powf(1.0 / fitted.norm)
    }

    /// The resource that takes longest.
    pub fn binding(&self, fitted: &Fitted) -> Resource {
        let longest = self.corrected(fitted).into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        longest.map_or(Resource::Launch, |(resource, _)| resource)
    }
}

/// Bandwidth of writing, from those of reading and of copying: a copy does both in turns.
fn written_gbps(read: Option<f64>, copy: Option<f64>) -> Option<f64> {
    match (read, copy) {
        (Some(read), Some(copy)) if 2.0 / copy > 1.0 / read => {
            Some(1.0 / (2.0 / copy - 1.0 / read))
        }
        (Some(read), _) => Some(read),
        (None, copy) => copy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_runs_at_the_bandwidth_of_copies() {
        let written = written_gbps(Some(241.0), Some(215.0)).expect("both are known");
        let seconds = 1.0 / 241.0 + 1.0 / written;
        assert!((2.0 / seconds - 215.0).abs() < 1e-9);
    }

    #[test]
    fn the_norm_lies_between_the_longest_part_and_their_sum() {
        let parts = Parts { waves: 30.0, l2: 10.0, memory: 40.0, launch: 5.0, ..Parts::default() };
        let with = |norm| parts.microseconds(&Fitted { norm, ..Fitted::neutral() });
        assert!((with(1.0) - 85.0).abs() < 1e-9);
        assert!(with(2.0) > 45.0 && with(2.0) < 85.0);
        assert!((with(16.0) - 45.0).abs() < 1.0);
        assert_eq!(parts.binding(&Fitted::neutral()), Resource::Memory);
    }

    #[test]
    fn an_empty_kernel_takes_the_time_of_a_launch() {
        let parts = Parts { launch: 8.0, ..Parts::default() };
        assert_eq!(parts.microseconds(&Fitted::neutral()), 8.0);
    }
}
