//! One chip: limits, features, matrix atoms and timing, read from `<name>.toml`.

use std::fmt;

use serde::{Deserialize, Deserializer};

use crate::{Atom, DType, Error, Hazard, Reject, Timing};

/// What kind of machine executes the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// An AMD GPU: HSA code objects, one hardware wave per wave.
    AmdGpu,
    /// The CPU of this machine: shared objects, one SIMD register per wave.
    Host,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AmdGpu => "amdgpu",
            Self::Host => "host",
        })
    }
}

/// A chip as the compiler and the tuner see it.
///
/// A *wave* is 32 hardware lanes on a GPU and one SIMD register on the host, whose lanes are its
/// 32-bit elements. A *WGP* is the unit that shares one LDS; on the host it is a thread.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Name, equal to the file's.
    pub name: String,
    /// The products meant, for people.
    pub description: String,
    /// What executes the code.
    pub backend: Backend,
    /// LLVM target triple.
    pub triple: String,
    /// LLVM CPU name.
    pub cpu: String,
    /// LLVM feature switches, each with its `+` or `-`. On the host this lists every feature that
    /// code may rely on, those implied by `cpu` included.
    pub features: Vec<String>,
    /// Lanes in a wave.
    pub lanes: u32,
    /// Most waves in a workgroup.
    pub max_waves_per_group: u32,
    /// Vector registers of one SIMD, shared by its resident waves.
    pub vgprs_per_simd: u32,
    /// Vector registers are given to waves in multiples of this.
    pub vgpr_granule: u32,
    /// Most vector registers one wave can name.
    pub max_vgprs: u32,
    /// Most waves resident on one SIMD.
    pub max_waves_per_simd: u32,
    /// Scalar registers one wave can name.
    pub sgprs: u32,
    /// SIMDs in a WGP.
    pub simds_per_wgp: u32,
    /// Scratch memory of a WGP, in bytes.
    pub lds_bytes_per_wgp: u32,
    /// Most scratch memory of one workgroup, in bytes.
    pub lds_bytes_per_group: u32,
    /// Scratch memory banks.
    pub lds_banks: u32,
    /// Width of a bank in bytes.
    pub lds_bank_bytes: u32,
    /// Widest load or store of one lane, in bytes.
    pub max_load_bytes: u32,
    /// Matrix atoms, preferred first.
    #[serde(deserialize_with = "atoms_by_name")]
    pub atoms: Vec<Atom>,
    /// Pairs of instructions that a program must keep apart. Code generation leaves that to LLVM, which goes by `cpu`.
    #[serde(default)]
    pub hazards: Vec<Hazard>,
    /// Peaks and constants for bounds and models; code never depends on them.
    pub timing: Timing,
}

const BUILTINS: [(&str, &str); 12] = [
    ("gfx1100", include_str!("../gfx1100.toml")),
    ("gfx1101", include_str!("../gfx1101.toml")),
    ("gfx1102", include_str!("../gfx1102.toml")),
    ("gfx1103", include_str!("../gfx1103.toml")),
    ("gfx1150", include_str!("../gfx1150.toml")),
    ("gfx1151", include_str!("../gfx1151.toml")),
    ("gfx1152", include_str!("../gfx1152.toml")),
    ("gfx1153", include_str!("../gfx1153.toml")),
    ("x86-64-v3", include_str!("../x86-64-v3.toml")),
    ("x86-64-v3-vnni", include_str!("../x86-64-v3-vnni.toml")),
    ("x86-64-v4", include_str!("../x86-64-v4.toml")),
    ("x86-64-v4-novnni", include_str!("../x86-64-v4-novnni.toml")),
];

impl Target {
    /// The built-in target of that name.
    ///
    /// # Errors
    /// If there is none; the message lists the names there are.
    pub fn builtin(name: &str) -> Result<Self, Error> {
        let found = BUILTINS.iter().find(|(known, _)| *known == name);
        let (_, text) =
            found.ok_or_else(|| Error::unknown("target", name, Self::builtin_names()))?;
        Self::parse(text)
    }

    /// Names of the built-in targets, sorted.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTINS.iter().map(|(name, _)| *name)
    }

    /// Reads one target file and checks it.
    ///
    /// # Errors
    /// If the text is not a target file, names an unknown key or atom, or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let target: Self =
            toml::from_str(text).map_err(|e| Error::row("target file", e.to_string()))?;
        let place = || format!("{}.toml", target.name);
        target.check().map_err(|why| Error::row(place(), why))?;
        Ok(target)
    }

    /// Canonical text of everything that affects generated code, for cache keys.
    ///
    /// Timing constants and the description are left out: calibrating a device or rewording a
    /// file keeps every compiled artifact.
    pub fn file_hash_text(&self) -> String {
        let numbers = [
            ("lanes", self.lanes),
            ("max_waves_per_group", self.max_waves_per_group),
            ("vgprs_per_simd", self.vgprs_per_simd),
            ("vgpr_granule", self.vgpr_granule),
            ("max_vgprs", self.max_vgprs),
            ("max_waves_per_simd", self.max_waves_per_simd),
            ("sgprs", self.sgprs),
            ("simds_per_wgp", self.simds_per_wgp),
            ("lds_bytes_per_wgp", self.lds_bytes_per_wgp),
            ("lds_bytes_per_group", self.lds_bytes_per_group),
            ("lds_banks", self.lds_banks),
            ("lds_bank_bytes", self.lds_bank_bytes),
            ("max_load_bytes", self.max_load_bytes),
        ];
        let mut text = format!(
            "target {} {} {} {} {}\n",
            self.name,
            self.backend,
            self.triple,
            self.cpu,
            self.feature_string()
        );
        text.extend(numbers.map(|(name, value)| format!("{name} {value}\n")));
        text.extend(self.atoms.iter().map(|atom| format!("atom {atom}\n")));
        text
    }

    /// The feature switches as LLVM takes them: joined by commas.
    pub fn feature_string(&self) -> String {
        self.features.join(",")
    }

    /// Whether code may rely on a feature, named without its sign.
    pub fn has_feature(&self, feature: &str) -> bool {
        self.features.iter().any(|switch| switch.strip_prefix('+') == Some(feature))
    }

    /// The preferred atom that multiplies `a` by `b` into `acc`.
    ///
    /// # Errors
    /// If the target has none; the reason lists what it has.
    pub fn atom_for(&self, a: DType, b: DType, acc: DType) -> Result<&Atom, Reject> {
        self.atoms_for(a, b, acc).next().ok_or_else(|| {
            let known: Vec<&str> = self.atoms.iter().map(|atom| atom.name.as_str()).collect();
            let (name, known) = (&self.name, known.join(", "));
            Reject(format!("{name} has no matrix atom for {a} x {b} -> {acc}; it has {known}"))
        })
    }

    /// Every atom that multiplies `a` by `b` into `acc`, preferred first.
    pub fn atoms_for(&self, a: DType, b: DType, acc: DType) -> impl Iterator<Item = &Atom> {
        self.atoms.iter().filter(move |atom| atom.accepts(a, b, acc))
    }

    /// Waves resident on each SIMD (on the busiest, where groups do not divide evenly) for a
    /// kernel with these vector registers per wave, scratch bytes per group and waves per group.
    ///
    /// 0 means that not even one group fits. The host always runs one wave.
    pub fn occupancy(&self, vgprs: u32, lds_bytes: u32, waves_per_group: u32) -> u32 {
        let groups = self.resident_groups(vgprs, lds_bytes, waves_per_group);
        (groups * waves_per_group).div_ceil(self.simds_per_wgp)
    }

    /// Groups resident on each WGP for a kernel with these vector registers per wave, scratch
    /// bytes per group and waves per group; 0 where not even one fits.
    pub fn resident_groups(&self, vgprs: u32, lds_bytes: u32, waves_per_group: u32) -> u32 {
        let fits = vgprs <= self.max_vgprs
            && lds_bytes <= self.lds_bytes_per_group
            && (1..=self.max_waves_per_group).contains(&waves_per_group);
        if !fits {
            return 0;
        }
        let allotted = vgprs.max(1).next_multiple_of(self.vgpr_granule);
        let by_registers = (self.vgprs_per_simd / allotted).min(self.max_waves_per_simd);
        let groups_by_registers = by_registers * self.simds_per_wgp / waves_per_group;
        let groups_by_lds = self.lds_bytes_per_wgp.checked_div(lds_bytes).unwrap_or(u32::MAX);
        groups_by_registers.min(groups_by_lds)
    }

    fn check(&self) -> Result<(), String> {
        self.check_limits()?;
        for (at, atom) in self.atoms.iter().enumerate() {
            self.check_atom(atom).map_err(|why| format!("atom `{}` {why}", atom.name))?;
            if self.atoms[..at].contains(atom) {
                return Err(format!("atom `{}` is listed twice", atom.name));
            }
        }
        let named = |cycles: &String| self.atoms.iter().any(|atom| atom.name == *cycles);
        match self.timing.atom_cycles.keys().find(|name| !named(name)) {
            Some(name) => Err(format!("atom_cycles names `{name}`, which is not in atoms")),
            None => self.check_timing(),
        }
    }

    fn check_limits(&self) -> Result<(), String> {
        let positive = [
            self.lanes,
            self.max_waves_per_group,
            self.vgpr_granule,
            self.max_vgprs,
            self.max_waves_per_simd,
            self.sgprs,
            self.simds_per_wgp,
            self.lds_bytes_per_group,
            self.lds_banks,
            self.lds_bank_bytes,
            self.max_load_bytes,
            self.timing.simds_per_cu,
        ];
        if positive.contains(&0) {
            return Err("no limit may be 0".to_owned());
        }
        if !self.lanes.is_power_of_two() || !self.max_load_bytes.is_power_of_two() {
            return Err("lanes and max_load_bytes must be powers of two".to_owned());
        }
        if self.vgprs_per_simd < self.max_vgprs.next_multiple_of(self.vgpr_granule) {
            return Err("vgprs_per_simd does not hold one wave of max_vgprs".to_owned());
        }
        if self.lds_bytes_per_wgp < self.lds_bytes_per_group {
            return Err("lds_bytes_per_wgp does not hold one group".to_owned());
        }
        match self.features.iter().find(|switch| !switch.starts_with(['+', '-'])) {
            Some(switch) => Err(format!("feature `{switch}` needs a leading + or -")),
            None => Ok(()),
        }
    }

    fn check_atom(&self, atom: &Atom) -> Result<(), String> {
        if atom.lanes() != self.lanes {
            return Err(format!("has {} lanes, the target has {}", atom.lanes(), self.lanes));
        }
        match atom.requires.iter().find(|feature| !self.has_feature(feature)) {
            Some(feature) => Err(format!("requires the feature +{feature}")),
            None => Ok(()),
        }
    }

    fn check_timing(&self) -> Result<(), String> {
        let timing = &self.timing;
        let figures = [
            timing.clock_ghz,
            timing.dram_gbps,
            timing.mall_gbps,
            timing.l2_gbps,
            timing.lds_bytes_per_clk_per_cu,
            timing.valu_ops_per_clk_per_simd,
            timing.launch_us,
            timing.queued_launch_us,
        ];
        let cycles = timing.atom_cycles.values().copied();
        if timing.pipeline.as_ref().is_some_and(|pipeline| !pipeline.is_usable()) {
            return Err("a figure of timing.pipeline cannot be used".to_owned());
        }
        if timing.fitted.as_ref().is_some_and(|fitted| !fitted.is_usable()) {
            return Err("a figure of timing.fitted cannot be used".to_owned());
        }
        if figures.into_iter().flatten().chain(cycles).all(|value| value > 0.0) {
            return Ok(());
        }
        Err("a timing figure is not positive; leave it out if it is unknown".to_owned())
    }
}

fn atoms_by_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Atom>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let found = names.iter().map(|name| Atom::builtin(name).cloned());
    found.collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}
