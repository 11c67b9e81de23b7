//! What was tuned, for what, and with what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hash::Digest;
use crate::{Error, Result};

/// The human-readable head of a bundle, written as TOML.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Name of the target: `gfx1151`, `x86-64-v4`.
    pub target: String,
    /// Session noise floor as a share (0.01 is 1 %); absent where nothing was timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise_floor: Option<f64>,
    /// The model the bundle was tuned for.
    pub model: Model,
    /// Fingerprint of the device that was timed; empty where nothing was timed.
    #[serde(default)]
    pub device: BTreeMap<String, String>,
    /// Versions of everything that shaped the code: `kiln`, `llvm`.
    #[serde(default)]
    pub toolchain: BTreeMap<String, String>,
    /// The peaks that shares of the roofline refer to, in units per second by resource.
    #[serde(default)]
    pub peaks: BTreeMap<String, f64>,
}

/// A model's identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Name for people.
    pub name: String,
    /// Digest of the model's configuration.
    pub config_hash: Digest,
}

impl Manifest {
    /// Names must be present and figures finite.
    pub(super) fn validate(&self) -> Result<()> {
        if self.target.is_empty() || self.model.name.is_empty() {
            return Err(Error::invalid("manifest", "the target's or model's name is empty"));
        }
        let mut figures = self.noise_floor.iter().chain(self.peaks.values());
        if figures.any(|figure| !figure.is_finite() || *figure < 0.0) {
            let why = "the noise floor or a peak is negative or not a finite number";
            return Err(Error::invalid("manifest", why));
        }
        Ok(())
    }
}
