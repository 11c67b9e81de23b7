//! What the CPU of this machine can run.

use crate::{Backend, Error, Target};

impl Target {
    /// Whether this machine's CPU can run the target's code.
    ///
    /// # Errors
    /// If the target is not a host target, is for another architecture, or relies on a feature
    /// that the CPU lacks; the text says which.
    pub fn host_supports(&self) -> Result<(), String> {
        let name = &self.name;
        if self.backend != Backend::Host {
            return Err(format!("target {name} is a GPU; this machine's CPU cannot run its code"));
        }
        let missing: Vec<&str> = self
            .features
            .iter()
            .filter_map(|switch| switch.strip_prefix('+'))
            .filter(|feature| !detected(feature))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!("target {name} needs CPU features that are missing: {}", missing.join(", ")))
    }

    /// Name of the best built-in target for this machine's CPU: the widest, then the one with the
    /// most matrix atoms.
    ///
    /// # Errors
    /// If no built-in host target runs here.
    pub fn native_host_name() -> Result<&'static str, Error> {
        let runs = Self::builtin_names().filter_map(|name| {
            let target = Self::builtin(name).ok()?;
            target.host_supports().ok()?;
            Some((target.lanes, target.atoms.len(), name))
        });
        runs.max().map(|(_, _, name)| name).ok_or_else(|| {
            Error::Data(
                "no host target runs on this CPU; x86-64 with AVX2, FMA and F16C is the least"
                    .to_owned(),
            )
        })
    }
}

/// Whether this CPU has a feature, by its LLVM name. Names not listed count as missing.
#[cfg(target_arch = "x86_64")]
fn detected(feature: &str) -> bool {
    macro_rules! table {
        ($($llvm:literal = $rust:tt),* $(,)?) => {
            match feature {
                $($llvm => std::is_x86_feature_detected!($rust),)*
                _ => false,
            }
        };
    }
    table! {
        "avx" = "avx",
        "avx2" = "avx2",
        "avx512bf16" = "avx512bf16",
        "avx512bw" = "avx512bw",
        "avx512cd" = "avx512cd",
        "avx512dq" = "avx512dq",
        "avx512f" = "avx512f",
        "avx512vbmi" = "avx512vbmi",
        "avx512vl" = "avx512vl",
        "avx512vnni" = "avx512vnni",
        "avxvnni" = "avxvnni",
        "bmi" = "bmi1",
        "bmi2" = "bmi2",
        "f16c" = "f16c",
        "fma" = "fma",
        "lzcnt" = "lzcnt",
        "movbe" = "movbe",
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detected(_feature: &str) -> bool {
    false
}
