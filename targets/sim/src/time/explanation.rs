//! Where a modelled time goes, for people and for machines.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde::Serialize;

use super::{Estimate, Limit, Traffic};

/// A modelled time and what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Symbol of the kernel.
    pub kernel: String,
    /// Always `modelled`.
    pub provenance: &'static str,
    /// From launch to completion, in microseconds, where nothing runs before.
    pub microseconds: f64,
    /// What the launch adds to a queue of launches, in microseconds: the time that bundles state.
    pub queued_microseconds: f64,
    /// The resource that takes longest.
    pub bound_by: &'static str,
    /// Time that each resource needs, in microseconds.
    pub resource_us: BTreeMap<&'static str, f64>,
    /// Clocks of a wave by what it waits for.
    pub wave_clocks_by_cause: BTreeMap<&'static str, f64>,
    /// Share of the time in which each unit is busy, 1.0 being all of it.
    pub busy_shares: BTreeMap<&'static str, f64>,
    /// How many waves run at the same time, and why not more.
    pub occupancy: Residents,
    /// What is moved.
    pub bytes: Moved,
    /// Lanes of atomic instructions.
    pub atomic_lanes: f64,
    /// Instructions of a wave.
    pub instructions: f64,
    /// Workgroups that were executed for the estimate.
    pub groups_executed: usize,
}

/// How many waves run at the same time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Residents {
    /// Workgroups that share the local memory of one pair of compute units.
    pub groups: u32,
    /// Waves of one SIMD.
    pub waves_per_simd: u32,
    /// What does not allow more: `waves`, `registers`, `lds` and so on.
    pub limit: String,
    /// Vector registers that a wave is given.
    pub vgprs: u32,
    /// Bytes of local memory that a workgroup is given.
    pub lds_bytes: u32,
    /// Times that the chip is filled.
    pub rounds: f64,
}

/// Bytes moved by the whole launch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// Through the second cache.
    pub l2: f64,
    /// Served again by the memory side's cache.
    pub mall: f64,
    /// Read from memory.
    pub read: f64,
    /// Written to memory.
    pub written: f64,
}

impl Explanation {
    /// Explains the estimate of a kernel's launch.
    pub fn new(kernel: &str, estimate: &Estimate) -> Self {
        let sampled = &estimate.sampled;
        let occupancy = &sampled.occupancy;
        Self {
            kernel: kernel.to_owned(),
            provenance: "modelled",
            microseconds: estimate.microseconds,
            queued_microseconds: estimate.queued_microseconds,
            bound_by: estimate.binding.name(),
            resource_us: estimate.resources.iter().map(|(of, time)| (of.name(), *time)).collect(),
            wave_clocks_by_cause: sampled.causes.iter().map(|(of, n)| (of.name(), *n)).collect(),
            busy_shares: sampled.busy.iter().copied().collect(),
            occupancy: Residents {
                groups: occupancy.groups,
                waves_per_simd: occupancy.waves_per_simd,
                limit: name(occupancy.limit),
                vgprs: occupancy.vgprs,
                lds_bytes: occupancy.lds,
                rounds: occupancy.rounds,
            },
            bytes: Moved::from(&sampled.traffic),
            atomic_lanes: sampled.traffic.atomic_lanes,
            instructions: sampled.instructions,
            groups_executed: sampled.executed,
        }
    }

    /// Clocks by cause, most first; those without any are left out.
    fn causes(&self) -> Vec<Vec<String>> {
        let all: f64 = self.wave_clocks_by_cause.values().sum();
        let mut causes: Vec<(&str, f64)> =
            self.wave_clocks_by_cause.iter().map(|(name, clocks)| (*name, *clocks)).collect();
        causes.retain(|(_, clocks)| *clocks > 0.0);
        causes.sort_by(|a, b| b.1.total_cmp(&a.1));
        let row = |(name, clocks): (&str, f64)| {
            let share = 100.0 * clocks / all.max(1.0);
            vec![name.to_owned(), format!("{clocks:.0}"), format!("{share:.1}")]
        };
        causes.into_iter().map(row).collect()
    }
}

impl From<&Traffic> for Moved {
    fn from(traffic: &Traffic) -> Self {
        Self {
            l2: traffic.l2_bytes,
            mall: traffic.mall_bytes,
            read: traffic.read_bytes,
            written: traffic.written_bytes,
        }
    }
}

/// Several lines: what binds, times by resource, clocks by cause, bytes moved.
impl Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kernel, alone, queued) = (&self.kernel, self.microseconds, self.queued_microseconds);
        let (bound, occupancy) = (self.bound_by, &self.occupancy);
        writeln!(f, "{kernel}: {queued:.1} µs modelled, {alone:.1} alone, bound by {bound}")?;
        writeln!(
            f,
            "{} waves on a SIMD in {} groups (limit: {}; {} vector registers, {} bytes of LDS), \
             {:.2} rounds\n",
            occupancy.waves_per_simd,
            occupancy.groups,
            occupancy.limit,
            occupancy.vgprs,
            occupancy.lds_bytes,
            occupancy.rounds
        )?;
        let mut resources: Vec<(&&str, &f64)> = self.resource_us.iter().collect();
        resources.sort_by(|a, b| b.1.total_cmp(a.1));
        let resources = resources
            .into_iter()
            .map(|(name, time)| vec![(*name).to_owned(), format!("{time:.1}")]);
        f.write_str(&table(&["resource", "µs"], resources.collect()))?;
        writeln!(f)?;
        f.write_str(&table(&["waits for", "clocks of a wave", "%"], self.causes()))?;
        writeln!(f)?;
        let moved = [
            ("through L2", self.bytes.l2),
            ("again from the memory side", self.bytes.mall),
            ("read from memory", self.bytes.read),
            ("written to memory", self.bytes.written),
        ];
        let moved = moved.map(|(name, bytes)| vec![name.to_owned(), format!("{:.2}", bytes / 1e6)]);
        f.write_str(&table(&["moved", "MB"], moved.to_vec()))
    }
}

fn name(limit: Limit) -> String {
    format!("{limit:?}").to_lowercase()
}

/// Rows under a heading: the first column set to the left, numbers to the right.
fn table(heading: &[&str], rows: Vec<Vec<String>>) -> String {
    let heading = heading.iter().map(|cell| (*cell).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(heading).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..rows[0].len()).map(|at| width(at).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let set = |(at, cell): (usize, &String)| match (at, widths[at]) {
            (0, width) => format!("{cell:<width$}"),
            (_, width) => format!("  {cell:>width$}"),
        };
        row.iter().enumerate().map(set).collect::<String>() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_sets_names_to_the_left_and_numbers_to_the_right() {
        let rows = vec![vec!["µ".to_owned(), "1.5".to_owned()]];
        assert_eq!(table(&["what", "number"], rows), "what  number\nµ        1.5\n");
    }
}
