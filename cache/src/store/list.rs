//! What `kiln cache ls` shows.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

use serde::Serialize;
use serde_json::Value;

use super::disk::{OBJECTS, Quarantined, Store};
use super::entry::{Entry, Layer, Origin};
use crate::Result;
use crate::hash::Digest;
use crate::text::{aligned, size};

/// Everything in a cache.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing {
    /// One row per entry, by layer and key.
    pub entries: Vec<ListingRow>,
    /// Number of objects.
    pub objects: usize,
    /// Size of entries and objects together, in bytes.
    pub bytes: u64,
    /// Files that failed their check just now.
    pub quarantined: Vec<Quarantined>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListingRow {
    /// Its layer.
    pub layer: Layer,
    /// The digest of its key.
    pub key: Digest,
    /// Where it was made.
    pub origin: Origin,
    /// Size of its file in bytes.
    pub bytes: u64,
    /// The fields of its key.
    pub fields: BTreeMap<String, String>,
}

impl Store {
    /// Lists the cache.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn list(&self) -> Result<Listing> {
        let mut entries = Vec::new();
        for layer in Layer::ALL {
            for key in self.digests(layer.name())? {
                if let Some(Entry::<Value> { origin, key: full, .. }) = self.entry(layer, &key)? {
                    let bytes = self.size_of(layer.name(), &key);
                    entries.push(ListingRow { layer, key, origin, bytes, fields: full.fields });
                }
            }
        }
        let objects = self.digests(OBJECTS)?;
        let object_bytes = objects.iter().map(|object| self.size_of(OBJECTS, object));
        let bytes = entries.iter().map(|row| row.bytes).chain(object_bytes).sum();
        let quarantined = self.take_damage();
        Ok(Listing { entries, objects: objects.len(), bytes, quarantined })
    }

    /// Size of a file that may have vanished meanwhile.
    pub(super) fn size_of(&self, directory: &str, digest: &Digest) -> u64 {
        fs::metadata(self.path(directory, digest)).map_or(0, |data| data.len())
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.entries.iter().map(|row| {
            let fields: Vec<String> =
                row.fields.iter().map(|(name, value)| format!("{name}={}", brief(value))).collect();
            vec![
                row.layer.to_string(),
                row.key.short(),
                row.origin.to_string(),
                size(row.bytes),
                fields.join(" "),
            ]
        });
        f.write_str(&aligned(&rows.collect::<Vec<_>>()))?;
        let (entries, bytes) = (self.entries.len(), size(self.bytes));
        writeln!(f, "{entries} entries, {} objects, {bytes}", self.objects)?;
        write_quarantined(f, &self.quarantined)
    }
}

/// One line per file that was set aside.
pub(super) fn write_quarantined(
    f: &mut fmt::Formatter<'_>,
    quarantined: &[Quarantined],
) -> fmt::Result {
    for Quarantined { path, reason } in quarantined {
        writeln!(f, "set aside {}: {reason}; it will be made again", path.display())?;
    }
    Ok(())
}

/// A value cut to a length that fits a line.
fn brief(value: &str) -> String {
    match value.char_indices().nth(24) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
