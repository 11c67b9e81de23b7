//! A value with the key it is stored under.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::sealed::{seal, unseal};
use crate::hash::{Digest, Key};
use crate::{Error, Result};

/// One of the three layers, each derived from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Source, lowering and toolchain to code.
    Artifact,
    /// Machine code, problem and device to samples.
    Measurement,
    /// Measurements to bundles; made again by every run.
    Decision,
}

impl Layer {
    /// Every layer, in order.
    pub const ALL: [Self; 3] = [Self::Artifact, Self::Measurement, Self::Decision];

    /// The layer's name, which is its directory.
    pub fn name(self) -> &'static str {
        match self {
            Self::Artifact => "artifact",
            Self::Measurement => "measurement",
            Self::Decision => "decision",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where an entry was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// By this cache's own tuners.
    Local,
    /// Elsewhere; gives way to anything local.
    Imported,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Local => "local",
            Self::Imported => "imported",
        })
    }
}

/// The contents of an entry's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry<T> {
    pub(super) origin: Origin,
    pub(super) key: Key,
    pub(super) value: T,
}

impl<T: Serialize + DeserializeOwned + PartialEq> Entry<T> {
    /// The file of this entry.
    ///
    /// # Errors
    /// If the value would not read back as it is, for instance a time that is not a number.
    pub(super) fn encode(&self, layer: Layer) -> Result<Vec<u8>> {
        let fail = |why: &str| Error::invalid(format!("{layer} {}", self.key.digest.short()), why);
        let body = serde_json::to_vec(self).map_err(|error| fail(&error.to_string()))?;
        match serde_json::from_slice::<Self>(&body) {
            Ok(read) if read == *self => Ok(seal(layer.name(), &body)),
            _ => Err(fail("it holds a figure that is not a finite number")),
        }
    }
}

impl<T: DeserializeOwned> Entry<T> {
    /// Reads the file that lies under `digest`; otherwise what is wrong with it.
    pub(super) fn decode(
        layer: Layer,
        digest: &Digest,
        file: &[u8],
    ) -> std::result::Result<Self, String> {
        let (body, _) = unseal(layer.name(), file)?;
        let entry: Self = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if entry.key.digest != *digest || !entry.key.is_consistent() {
            return Err("its key is not the one it is stored under".into());
        }
        Ok(entry)
    }
}
