//! Removing what nothing needs.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, TryLockError};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::disk::{OBJECTS, QUARANTINE, Quarantined, Store};
use super::entry::Layer;
use super::list::write_quarantined;
use super::record::{Artifact, Decision, Measurement, Record};
use crate::bundle::Bundle;
use crate::file::{TEMPORARY, list};
use crate::hash::Digest;
use crate::text::size;
use crate::{Error, Result};

/// What a collection removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Collected {
    /// Entries removed.
    pub entries: usize,
    /// Objects removed.
    pub objects: usize,
    /// Files set aside earlier or left by interrupted writes, removed.
    pub rubbish: usize,
    /// Bytes freed.
    pub bytes: u64,
    /// Files that failed their check just now; they are among the rubbish.
    pub quarantined: Vec<Quarantined>,
}

impl Store {
    /// Removes objects that no entry refers to, what was set aside, and what interrupted writes
    /// left. With bundles to keep, also every entry that none of their kernels came from.
    ///
    /// # Errors
    /// If another process has the cache open, a bundle or the cache cannot be read, or a file
    /// cannot be removed.
    pub fn gc(&self, keep_bundles: Option<&[PathBuf]>) -> Result<Collected> {
        let live = keep_bundles.map(live_code).transpose()?;
        let path = self.root().join("in-use");
        let fail = |error| Error::io("lock", &path, error);
        match self.in_use.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                // Asking for more may have cost the lock held so far.
                self.in_use.lock_shared().map_err(fail)?;
                return Err(Error::Busy { path: self.root().to_path_buf() });
            }
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        let collected = self.collect(live.as_ref());
        self.in_use.lock_shared().map_err(fail)?;
        collected
    }

    fn collect(&self, live: Option<&BTreeSet<Digest>>) -> Result<Collected> {
        let mut collected = Collected::default();
        let mut objects = BTreeSet::new();
        self.sweep(&mut collected, |_, artifact: &Artifact| {
            let isa = artifact.built.as_ref().map(|built| built.statics.isa_hash);
            let keep = live.is_none_or(|live| isa.is_some_and(|isa| live.contains(&isa)));
            if keep {
                objects.extend(artifact.objects());
            }
            keep
        })?;
        self.sweep(&mut collected, |_, measurement: &Measurement| {
            live.is_none_or(|live| live.contains(&measurement.isa_hash))
        })?;
        self.sweep(&mut collected, |_, decision: &Decision| {
            let keep = live.is_none_or(|live| self.is_of(decision, live));
            if keep {
                objects.extend(decision.objects());
            }
            keep
        })?;
        for object in self.digests(OBJECTS)? {
            if !objects.contains(&object) {
                collected.objects += 1;
                self.remove(OBJECTS, &object, &mut collected)?;
            }
        }
        self.remove_rubbish(&mut collected)?;
        collected.quarantined = self.take_damage();
        Ok(collected)
    }

    /// Whether every kernel of a decision's bundle is among the live.
    fn is_of(&self, decision: &Decision, live: &BTreeSet<Digest>) -> bool {
        let bytes = self.object(&decision.bundle).ok().flatten();
        let bundle = bytes.and_then(|bytes| Bundle::from_bytes(bytes, self.root()).ok());
        bundle.is_some_and(|of| of.kernels().iter().all(|of| live.contains(&of.statics.isa_hash)))
    }

    /// Removes the entries of one layer that are not to be kept.
    fn sweep<R: Record>(
        &self,
        collected: &mut Collected,
        mut keep: impl FnMut(&Digest, &R) -> bool,
    ) -> Result<()> {
        for key in self.digests(R::LAYER.name())? {
            let Some(entry) = self.entry::<R>(R::LAYER, &key)? else { continue };
            if !keep(&key, &entry.value) {
                collected.entries += 1;
                self.remove(R::LAYER.name(), &key, collected)?;
            }
        }
        Ok(())
    }

    /// Removes what was set aside, and unfinished files.
    fn remove_rubbish(&self, collected: &mut Collected) -> Result<()> {
        let mut rubbish = list(&self.root().join(QUARANTINE))?;
        let directories = Layer::ALL.map(Layer::name).into_iter().chain([OBJECTS]);
        for directory in directories {
            for shard in list(&self.root().join(directory))? {
                let files = if shard.is_dir() { list(&shard)? } else { Vec::new() };
                let unfinished = |path: &PathBuf| path.extension().is_some_and(|e| e == TEMPORARY);
                rubbish.extend(files.into_iter().filter(unfinished));
            }
        }
        collected.rubbish += rubbish.len();
        rubbish.iter().try_for_each(|path| remove_file(path, collected))
    }

    fn remove(&self, directory: &str, digest: &Digest, collected: &mut Collected) -> Result<()> {
        remove_file(&self.path(directory, digest), collected)
    }
}

fn remove_file(path: &Path, collected: &mut Collected) -> Result<()> {
    let bytes = fs::metadata(path).map_or(0, |data| data.len());
    fs::remove_file(path).map_err(|error| Error::io("remove", path, error))?;
    collected.bytes += bytes;
    Ok(())
}

/// The machine code of every kernel in some bundles.
fn live_code(bundles: &[PathBuf]) -> Result<BTreeSet<Digest>> {
    let mut live = BTreeSet::new();
    for path in bundles {
        let bundle = Bundle::open(path)?;
        live.extend(bundle.kernels().iter().map(|kernel| kernel.statics.isa_hash));
    }
    Ok(live)
}

impl fmt::Display for Collected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, objects, rubbish, bytes, .. } = self;
        let freed = size(*bytes);
        writeln!(f, "removed {entries} entries, {objects} objects, {rubbish} leftovers: {freed}")?;
        write_quarantined(f, &self.quarantined)
    }
}
