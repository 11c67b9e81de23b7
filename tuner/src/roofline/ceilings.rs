//! What a device can do at most.

use std::collections::BTreeMap;

use kiln_cache::device::Peak;
use kiln_targets::{Atom, DType, Target, Timing};
use serde::{Deserialize, Serialize};

/// A class of multiply-adds; what a matrix atom computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// 4-bit integer factors.
    I4,
    /// 8-bit integer factors.
    I8,
    /// 16-bit float factors.
    F16,
    /// 32-bit float factors.
    F32,
}

impl Arithmetic {
    /// The class of an atom; `None` for factors of a type that no peak is stated for.
    pub fn of(atom: &Atom) -> Option<Self> {
        match atom.a.dtypes.first()? {
            DType::I4 | DType::U4 => Some(Self::I4),
            DType::I8 | DType::U8 => Some(Self::I8),
            DType::F16 | DType::BF16 => Some(Self::F16),
            DType::F32 => Some(Self::F32),
            _ => None,
        }
    }

    /// The class that a device's peak probe measures.
    pub fn of_probe(peak: Peak) -> Self {
        match peak {
            Peak::Dot4I8 | Peak::MatrixI8 => Self::I8,
            Peak::MatrixI4 => Self::I4,
            Peak::MatrixF16 => Self::F16,
            Peak::FmaF32 => Self::F32,
        }
    }
}

/// Peaks measured on a device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probes {
    /// Units that worked at once: threads on the host, 0 where the target's own count holds.
    pub units: u32,
    /// Read bandwidth beyond every cache, in bytes per second.
    pub bandwidth: f64,
    /// Operations per second, a multiply-add counting as two.
    pub peaks: BTreeMap<Arithmetic, f64>,
}

impl Probes {
    /// The higher of each rate.
    #[must_use]
    pub fn best_of(mut self, other: &Self) -> Self {
        self.bandwidth = self.bandwidth.max(other.bandwidth);
        for (&class, &rate) in &other.peaks {
            let peak = self.peaks.entry(class).or_insert(rate);
            *peak = peak.max(rate);
        }
        self
    }
}

/// Rates of a device; unknown ones are absent.
///
/// A *unit* is what one workgroup occupies a part of: a WGP on a GPU, a thread on the host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ceilings {
    /// Units of the device.
    pub units: Option<u32>,
    /// Bytes per second from memory.
    pub memory: Option<f64>,
    /// Bytes per second from the last cache before the memory side.
    pub cache: Option<f64>,
    /// Bytes per second through the local memory of one unit.
    pub lds_per_unit: Option<f64>,
    /// Vector instructions per second of one SIMD.
    pub valu_per_simd: Option<f64>,
    /// Seconds for which one execution occupies a SIMD, by atom.
    pub atom_seconds: BTreeMap<String, f64>,
    /// Operations per second of the whole device, by class; the fastest atom of each.
    pub peaks: BTreeMap<Arithmetic, f64>,
    /// Seconds that an empty kernel adds to a queue of launches; 0 where unknown.
    pub launch: f64,
}

impl Ceilings {
    /// What the target file states.
    pub fn stated(target: &Target) -> Self {
        let timing = &target.timing;
        let units = timing.simds().map(|simds| (simds / target.simds_per_wgp).max(1));
        let hertz = timing.clock_ghz.map(|ghz| ghz * 1e9);
        let cus_per_unit = f64::from(target.simds_per_wgp) / f64::from(timing.simds_per_cu);
        let scaled = |rate: Option<f64>, by: f64| Some(rate? * by * hertz?);
        Self {
            units,
            memory: timing.dram_gbps.map(|gbps| gbps * 1e9),
            cache: timing.l2_gbps.map(|gbps| gbps * 1e9),
            lds_per_unit: scaled(timing.lds_bytes_per_clk_per_cu, cus_per_unit),
            valu_per_simd: scaled(timing.valu_ops_per_clk_per_simd, 1.0),
            atom_seconds: stated_atoms(timing),
            peaks: stated_peaks(target),
            launch: timing.launches_us()[1] * 1e-6,
        }
    }

    /// What the target file states, with what was measured in its place.
    pub fn measured(target: &Target, probes: &Probes) -> Self {
        let mut ceilings = Self::stated(target);
        if probes.units > 0 {
            ceilings.units = Some(probes.units);
        }
        if probes.bandwidth > 0.0 {
            ceilings.memory = Some(probes.bandwidth);
        }
        let simds = ceilings.units.map(|units| f64::from(units * target.simds_per_wgp));
        for (&class, &peak) in probes.peaks.iter().filter(|(_, peak)| **peak > 0.0) {
            ceilings.peaks.insert(class, peak);
            let of_class = target.atoms.iter().filter(|atom| Arithmetic::of(atom) == Some(class));
            for (atom, simds) in of_class.zip(simds.into_iter().cycle()) {
                let seconds = operations(atom) * simds / peak;
                ceilings.atom_seconds.insert(atom.name.clone(), seconds);
            }
        }
        ceilings
    }

    /// The ceilings by name and in units per second, as a bundle's manifest keeps them.
    pub fn named(&self) -> BTreeMap<String, f64> {
        let mut named = BTreeMap::new();
        if let Some(memory) = self.memory {
            named.insert("memory_bytes".to_owned(), memory);
        }
        for (class, peak) in &self.peaks {
            let name = match class {
                Arithmetic::I4 => "i4_ops",
                Arithmetic::I8 => "i8_ops",
                Arithmetic::F16 => "f16_ops",
                Arithmetic::F32 => "f32_ops",
            };
            named.insert(name.to_owned(), *peak);
        }
        named
    }
}

/// Operations of one execution of an atom, a multiply-add counting as two.
fn operations(atom: &Atom) -> f64 {
    let shape = atom.shape;
    2.0 * f64::from(shape.m) * f64::from(shape.n) * f64::from(shape.k)
}

fn stated_atoms(timing: &Timing) -> BTreeMap<String, f64> {
    let Some(ghz) = timing.clock_ghz else { return BTreeMap::new() };
    let seconds = |(name, cycles): (&String, &f64)| (name.clone(), cycles / (ghz * 1e9));
    timing.atom_cycles.iter().map(seconds).collect()
}

fn stated_peaks(target: &Target) -> BTreeMap<Arithmetic, f64> {
    let mut peaks = BTreeMap::new();
    for atom in &target.atoms {
        let rate = target.timing.atom_rate_hz(&atom.name).map(|rate| rate * operations(atom));
        if let (Some(class), Some(rate)) = (Arithmetic::of(atom), rate) {
            let peak = peaks.entry(class).or_insert(rate);
            *peak = f64::max(*peak, rate);
        }
    }
    peaks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stated_peaks_of_a_chip_are_its_published_ones() {
        let ceilings = Ceilings::stated(&Target::builtin("gfx1151").unwrap());
        assert_eq!(ceilings.units, Some(20));
        let tera = |class| ceilings.peaks[&class] / 1e12;
        assert!((tera(Arithmetic::F16) - 59.4).abs() < 0.1);
        assert!((tera(Arithmetic::I8) - 59.4).abs() < 0.1);
        assert!((tera(Arithmetic::I4) - 118.8).abs() < 0.1);
        assert!((tera(Arithmetic::F32) - 14.8).abs() < 0.1);
        assert_eq!(ceilings.lds_per_unit, Some(256.0 * 2.9e9));
        assert!((ceilings.launch - 2.06e-6).abs() < 1e-12);
    }

    #[test]
    fn the_best_of_two_probes_has_the_higher_of_each_rate() {
        let probes = |bandwidth, peaks: &[(Arithmetic, f64)]| Probes {
            units: 2,
            bandwidth,
            peaks: peaks.iter().copied().collect(),
        };
        let busy = probes(10e9, &[(Arithmetic::I8, 3e12)]);
        let idle = probes(40e9, &[(Arithmetic::I8, 2e12), (Arithmetic::F32, 1e12)]);
        let best = probes(40e9, &[(Arithmetic::I8, 3e12), (Arithmetic::F32, 1e12)]);
        assert_eq!(busy.clone().best_of(&idle), best);
        assert_eq!(idle.best_of(&busy), best);
    }

    #[test]
    fn a_host_has_no_ceilings_until_they_are_measured() {
        let target = Target::builtin("x86-64-v4").unwrap();
        let stated = Ceilings::stated(&target);
        assert_eq!((stated.units, stated.memory), (None, None));
        assert!(stated.peaks.is_empty() && stated.atom_seconds.is_empty());
        let peaks = [(Arithmetic::I8, 1e12)].into();
        let probes = Probes { units: 2, bandwidth: 20e9, peaks };
        let measured = Ceilings::measured(&target, &probes);
        assert_eq!((measured.units, measured.memory), (Some(2), Some(20e9)));
        // 16 lanes x 4 products x 2 operations, at half of 1e12 for each of 2 threads.
        let seconds = measured.atom_seconds["vpdpbusd_x16"];
        assert!((seconds - 128.0 / 5e11).abs() < 1e-18, "{seconds}");
        assert_eq!(measured.named()["i8_ops"], 1e12);
    }
}
