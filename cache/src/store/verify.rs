//! Checking every file of a cache.

use std::fmt;

use serde::Serialize;

use super::disk::{OBJECTS, Quarantined, Store};
use super::entry::Layer;
use super::list::write_quarantined;
use super::record::{Artifact, Decision, Measurement, Record};
use crate::Result;
use crate::hash::Digest;

/// What a check of the whole cache found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Intact entries.
    pub entries: usize,
    /// Intact objects.
    pub objects: usize,
    /// Keys of entries whose objects are missing; they count as absent.
    pub incomplete: Vec<Digest>,
    /// Files that failed a check and were set aside.
    pub quarantined: Vec<Quarantined>,
}

impl Checked {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.incomplete.is_empty() && self.quarantined.is_empty()
    }
}

impl Store {
    /// Reads and checks every file; damaged ones are set aside.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn verify(&self) -> Result<Checked> {
        let mut objects = 0;
        for digest in self.digests(OBJECTS)? {
            objects += usize::from(self.object(&digest)?.is_some());
        }
        let mut incomplete = Vec::new();
        let mut entries = 0;
        for layer in Layer::ALL {
            entries += match layer {
                Layer::Artifact => self.check::<Artifact>(&mut incomplete)?,
                Layer::Measurement => self.check::<Measurement>(&mut incomplete)?,
                Layer::Decision => self.check::<Decision>(&mut incomplete)?,
            };
        }
        Ok(Checked { entries, objects, incomplete, quarantined: self.take_damage() })
    }

    /// The number of intact entries of one layer.
    fn check<R: Record>(&self, incomplete: &mut Vec<Digest>) -> Result<usize> {
        let mut intact = 0;
        for digest in self.digests(R::LAYER.name())? {
            let Some(entry) = self.entry::<R>(R::LAYER, &digest)? else { continue };
            let missing = |object: &Digest| !self.path(OBJECTS, object).is_file();
            match entry.value.objects().iter().any(missing) {
                true => incomplete.push(digest),
                false => intact += 1,
            }
        }
        Ok(intact)
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} entries and {} objects are intact", self.entries, self.objects)?;
        for key in &self.incomplete {
            writeln!(
                f,
                "{} has lost an object that it refers to; it will be made again",
                key.short()
            )?;
        }
        write_quarantined(f, &self.quarantined)
    }
}
