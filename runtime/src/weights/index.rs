//! The files of a checkpoint's directory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use kiln_cache::model::read_bounded;
use serde::Deserialize;

use super::Shard;
use super::header::tensor;
use super::message::{quoted, reason};
use crate::{Error, Result};

/// The list of tensors and shards of a checkpoint in several files.
const INDEX: &str = "model.safetensors.index.json";
/// The one file of a checkpoint that has no index.
const SINGLE: &str = "model.safetensors";

/// Longer lists are damaged.
const SIZE_LIMIT: u64 = 64 << 20;

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// Opens every shard of a directory. Returns the file that lists them, for messages.
pub(super) fn open(directory: &Path) -> Result<(PathBuf, Vec<Shard>)> {
    let index = directory.join(INDEX);
    if index.exists() {
        let listed = read(&index)?;
        let shards = listed.open(&index, directory)?;
        return Ok((index, shards));
    }
    let single = directory.join(SINGLE);
    if !single.exists() {
        let why = format!("it holds neither {INDEX} nor {SINGLE}");
        return Err(Error::model(directory, "the directory", why));
    }
    let shard = Shard::open(&single)?;
    Ok((single, vec![shard]))
}

fn read(path: &Path) -> Result<Index> {
    let bytes = read_bounded(path, SIZE_LIMIT)?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return Err(Error::model(path, "the file", "it is far too long for a list of tensors"));
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::model(path, "weight_map", reason(&error.to_string())))
}

impl Index {
    /// Opens the shards; their tensors have to be those that the list says.
    fn open(&self, index: &Path, directory: &Path) -> Result<Vec<Shard>> {
        for (name, file) in &self.weight_map {
            if !is_file_name(file) {
                let why = format!("{} is not the name of a file beside this one", quoted(file));
                return Err(Error::model(index, tensor(name), why));
            }
            if !directory.join(file).exists() {
                let why = format!("its file {file} is missing; fetch the checkpoint again");
                return Err(Error::model(index, tensor(name), why));
            }
        }
        let files: BTreeSet<&String> = self.weight_map.values().collect();
        let shards: Vec<Shard> = files
            .into_iter()
            .map(|file| Shard::open(&directory.join(file)))
            .collect::<Result<_>>()?;
        self.check(&shards)?;
        Ok(shards)
    }

    fn check(&self, shards: &[Shard]) -> Result<()> {
        let listed_in = |name: &str, shard: &Shard| {
            let file = shard.path().file_name().and_then(|file| file.to_str());
            self.weight_map.get(name).map(String::as_str) == file
        };
        let mut found = 0;
        for shard in shards {
            for held in shard.tensors() {
                if !listed_in(held.name(), shard) {
                    let why = format!("{INDEX} does not say that it is in this file");
                    return Err(Error::model(shard.path(), tensor(held.name()), why));
                }
                found += 1;
            }
        }
        if found == self.weight_map.len() {
            return Ok(());
        }
        let absent =
            |name: &str, shard: &Shard| listed_in(name, shard) && shard.tensor(name).is_none();
        for (shard, name) in shards.iter().flat_map(|s| self.weight_map.keys().map(move |n| (s, n)))
        {
            if absent(name, shard) {
                let why = format!("{INDEX} says that it is in this file, and it is not");
                return Err(Error::model(shard.path(), tensor(name), why));
            }
        }
        Ok(())
    }
}

/// Whether a listed file lies in the directory itself, under a name like any other.
fn is_file_name(file: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !file.is_empty() && file.len() < 256 && !file.starts_with('.') && file.chars().all(plain)
}
