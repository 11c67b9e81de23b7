//! The static lower bound of a kernel's time.

use std::fmt;

use kiln_targets::Target;
use serde::{Deserialize, Serialize};

use super::{Ceilings, KernelFacts};
use crate::{Error, Result};

/// A candidate whose bound exceeds the best measured time by this factor need not be timed.
pub const HOPELESS: f64 = 1.5;

/// Issue slots of a quarter-rate instruction.
const QUARTER: f64 = 4.0;

/// What a kernel can run out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Bandwidth of the memory.
    Memory,
    /// Bandwidth of the last cache before it.
    Cache,
    /// Matrix atoms.
    Mma,
    /// Slots for vector instructions.
    Issue,
    /// Local memory bandwidth.
    Lds,
}

impl Resource {
    /// The name that bundles use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cache => "cache",
            Self::Mma => "mma",
            Self::Issue => "issue",
            Self::Lds => "lds",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The bound, and what it is made of. Times are in microseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// Time each known resource is busy at least, on the unit that has most to do.
    pub resources: Vec<(Resource, f64)>,
    /// Resources of which a rate is unknown and which the bound leaves out.
    pub unknown: Vec<Resource>,
    /// Time of an empty launch.
    pub launch_us: f64,
    /// Waves resident on each SIMD.
    pub waves_per_simd: u32,
    /// Times the device is filled with workgroups, the last time perhaps partly.
    pub rounds: u32,
    /// Share of the device's slots that have work, over all rounds: 1.0 where rounds are full.
    pub filled: f64,
}

impl Bound {
    /// The bound of a kernel on a device.
    ///
    /// A unit's SIMDs issue matrix atoms and vector instructions in turn, so their times add up.
    /// The unit with most workgroups decides: one workgroup more than there are units doubles the
    /// time of a kernel that is bound by anything but memory and cache.
    ///
    /// # Errors
    /// If the grid is empty or a workgroup does not fit on the target.
    pub fn of(facts: &KernelFacts, target: &Target, ceilings: &Ceilings) -> Result<Self> {
        let residency = Residency::of(facts, target, ceilings)?;
        let counts = &facts.per_group;
        let busiest = residency.groups_of_busiest;
        let share = residency.share_of_busiest_simd;
        let matrix = matrix_seconds(facts, ceilings).map(|seconds| seconds * share);
        let slots = counts.valu + QUARTER * counts.quarter_rate;
        let issue = per(slots * share, ceilings.valu_per_simd);
        let lds = per(counts.lds_bytes * busiest, ceilings.lds_per_unit);
        let memory = per(facts.unique_bytes(), ceilings.memory);
        let cache = per(counts.global_bytes * facts.groups(), ceilings.cache);
        let all = [
            (Resource::Memory, memory),
            (Resource::Cache, cache),
            (Resource::Mma, matrix),
            (Resource::Issue, issue),
            (Resource::Lds, lds),
        ];
        Ok(Self {
            resources: all.iter().filter_map(|&(of, s)| Some((of, s? * 1e6))).collect(),
            unknown: all.iter().filter(|(_, s)| s.is_none()).map(|(of, _)| *of).collect(),
            launch_us: ceilings.launch * 1e6,
            waves_per_simd: residency.waves_per_simd,
            rounds: residency.rounds,
            filled: residency.filled,
        })
    }

    /// The lower bound of the time, in microseconds.
    pub fn time_us(&self) -> f64 {
        self.demands().into_iter().fold(0.0, f64::max) + self.launch_us
    }

    /// An estimate of the time, in microseconds; never below the bound.
    ///
    /// Resources that are nearly as busy as the binding one get in its way: the 2-norm of the
    /// times orders kernels whose bounds are equal.
    pub fn estimate_us(&self) -> f64 {
        self.demands().iter().map(|time| time * time).sum::<f64>().sqrt() + self.launch_us
    }

    /// The resource that decides the bound; `None` where no rate is known. Where the SIMDs
    /// decide, whichever of matrix atoms and vector instructions takes them longer.
    pub fn binding(&self) -> Option<Resource> {
        let simd = self.time(Resource::Mma) + self.time(Resource::Issue);
        let key = |&(resource, time): &(Resource, f64)| match resource {
            Resource::Mma | Resource::Issue => (simd, time),
            _ => (time, time),
        };
        let later = |a: &(f64, f64), b: &(f64, f64)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1));
        self.resources.iter().max_by(|a, b| later(&key(a), &key(b))).map(|(resource, _)| *resource)
    }

    /// Whether the bound proves that the kernel cannot win against a measured time.
    pub fn is_hopeless(&self, best_us: f64) -> bool {
        self.time_us() > HOPELESS * best_us
    }

    /// Times of what works side by side: memory, cache, SIMDs and local memory.
    fn demands(&self) -> [f64; 4] {
        let simd = self.time(Resource::Mma) + self.time(Resource::Issue);
        [self.time(Resource::Memory), self.time(Resource::Cache), simd, self.time(Resource::Lds)]
    }

    fn time(&self, resource: Resource) -> f64 {
        self.resources.iter().find(|(of, _)| *of == resource).map_or(0.0, |(_, time)| *time)
    }
}

/// How the workgroups of a launch spread over the device.
struct Residency {
    waves_per_simd: u32,
    rounds: u32,
    filled: f64,
    /// Workgroups of the unit that has most; all of them where the number of units is unknown.
    groups_of_busiest: f64,
    /// Workgroups' worth of instructions that the busiest SIMD issues.
    share_of_busiest_simd: f64,
}

impl Residency {
    fn of(facts: &KernelFacts, target: &Target, ceilings: &Ceilings) -> Result<Self> {
        let groups = facts.groups();
        let waves = facts.threads.div_ceil(target.lanes).max(1);
        let waves_per_simd = target.occupancy(facts.vgprs, facts.lds_bytes, waves);
        if groups < 1.0 || waves_per_simd == 0 {
            let why = format!(
                "a grid of {:?} with {waves} waves of {} registers and {} bytes of local memory \
                 does not run on {}",
                facts.grid, facts.vgprs, facts.lds_bytes, target.name
            );
            return Err(Error::invalid("kernel", why));
        }
        let units = f64::from(ceilings.units.unwrap_or(1));
        let resident = f64::from(resident_groups(facts, target, waves_per_simd, waves));
        let rounds = (groups / (units * resident)).ceil();
        let groups_of_busiest = (groups / units).ceil();
        let waves_of_simd =
            (groups_of_busiest * f64::from(waves) / f64::from(target.simds_per_wgp)).ceil();
        Ok(Self {
            waves_per_simd,
            rounds: rounds.min(f64::from(u32::MAX)) as u32,
            filled: groups / (rounds * units * resident),
            groups_of_busiest,
            share_of_busiest_simd: waves_of_simd / f64::from(waves),
        })
    }
}

/// Workgroups resident on one unit, at least 1.
fn resident_groups(facts: &KernelFacts, target: &Target, waves_per_simd: u32, waves: u32) -> u32 {
    let by_waves = waves_per_simd * target.simds_per_wgp / waves;
    let by_lds = target.lds_bytes_per_wgp.checked_div(facts.lds_bytes).unwrap_or(u32::MAX);
    by_waves.min(by_lds).max(1)
}

/// Seconds for which one workgroup's matrix atoms would occupy one SIMD.
fn matrix_seconds(facts: &KernelFacts, ceilings: &Ceilings) -> Option<f64> {
    let atoms = facts.per_group.atoms.iter();
    atoms.map(|(name, count)| Some(count * ceilings.atom_seconds.get(name)?)).sum()
}

/// Seconds for an amount at a rate; nothing takes no time at any rate, even an unknown one.
fn per(amount: f64, rate: Option<f64>) -> Option<f64> {
    if amount == 0.0 { Some(0.0) } else { rate.map(|rate| amount / rate) }
}

#[cfg(test)]
mod tests;
