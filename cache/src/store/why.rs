//! Why something is, or is not, in the cache.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::disk::Store;
use super::entry::{Entry, Layer, Origin};
use crate::hash::{Digest, Key};
use crate::{Error, Result};

/// One field in which two keys differ; a field that one of them lacks is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Name of the field.
    pub field: String,
    /// Its value in the stored entry.
    pub was: Option<String>,
    /// Its value in the key that was asked for.
    pub now: Option<String>,
}

/// The stored entry most like a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Near {
    /// The digest of its key.
    pub key: Digest,
    /// The fields that differ, by name.
    pub differences: Vec<Difference>,
}

/// The answer to `kiln cache why KEY`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The layer the key was found in.
    pub layer: Layer,
    /// The full key.
    pub key: Digest,
    /// Where it was made.
    pub origin: Origin,
    /// What the key was made of.
    pub fields: BTreeMap<String, String>,
    /// The other entry of the layer most like it.
    pub near: Option<Near>,
}

impl Store {
    /// Explains the entry whose key begins with `prefix`.
    ///
    /// # Errors
    /// If no entry's key begins so, or more than one's, or the cache cannot be read.
    pub fn why(&self, prefix: &str) -> Result<Why> {
        let what = || format!("key '{}'", prefix.escape_debug());
        let mut found = Vec::new();
        for layer in Layer::ALL {
            let matching = self.digests(layer.name())?.into_iter();
            let matching = matching.filter(|digest| digest.to_string().starts_with(prefix));
            found.extend(matching.map(|digest| (layer, digest)));
        }
        let &[(layer, digest)] = found.as_slice() else {
            return Err(match found.len() {
                0 => Error::invalid(what(), "no entry has it; 'kiln cache ls' lists what there is"),
                count => Error::invalid(what(), format!("{count} entries match; give more digits")),
            });
        };
        let Some(Entry::<Value> { origin, key, .. }) = self.entry(layer, &digest)? else {
            return Err(Error::invalid(what(), "it was damaged and has been set aside"));
        };
        let near = self.nearest(layer, &key)?;
        Ok(Why { layer, key: digest, origin, fields: key.fields, near })
    }

    /// The entry of a layer, other than the key's own, with the fewest differing fields; among
    /// equals the one with the smallest digest.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn nearest(&self, layer: Layer, key: &Key) -> Result<Option<Near>> {
        let mut best: Option<Near> = None;
        for digest in self.digests(layer.name())? {
            if digest == key.digest {
                continue;
            }
            let Some(other) = self.entry::<Value>(layer, &digest)? else { continue };
            let differences = differences(&other.key.fields, &key.fields);
            if best.as_ref().is_none_or(|best| differences.len() < best.differences.len()) {
                best = Some(Near { key: digest, differences });
            }
        }
        Ok(best)
    }
}

fn differences(was: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<Difference> {
    let names: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
    let differing = names.into_iter().filter(|name| was.get(*name) != now.get(*name));
    let difference = |name: &String| Difference {
        field: name.clone(),
        was: was.get(name).cloned(),
        now: now.get(name).cloned(),
    };
    differing.map(difference).collect()
}

impl fmt::Display for Difference {
    /// `stale: llvm 22.1.7 -> 22.1.8`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(absent)".into());
        write!(f, "stale: {} {} -> {}", self.field, value(&self.was), value(&self.now))
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} ({})", self.layer, self.key, self.origin)?;
        for (name, value) in &self.fields {
            writeln!(f, "  {name} = {value}")?;
        }
        let Some(near) = &self.near else {
            return writeln!(f, "nothing else is like it");
        };
        writeln!(f, "most like it is {}, of which this one differs in", near.key.short())?;
        near.differences.iter().try_for_each(|difference| writeln!(f, "  {difference}"))
    }
}
