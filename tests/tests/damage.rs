//! Damaged checkpoints give an error of one line, or a model that can be read: nothing panics, hangs
//! or takes memory without bound.
//!
//! This file holds nothing else, so that the memory of the process is that of these tests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a campaign says how much it did")]

use std::fs;
use std::path::Path;

use kiln_cache::vocabulary::Dtype;
use kiln_runtime::plan::Serving;
use kiln_runtime::weights::Checkpoint;
use kiln_tests::damage::{Damage, Files, read};
use kiln_tests::fixture::{Form, TINY, read_everything, write};
use kiln_tests::plain;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// Bytes by which the process may grow: more than any tiny checkpoint has, and far less than a
/// number of a damaged header asks for.
const GROWTH: u64 = 256 << 20;

/// The longest message, in bytes; names of files and tensors are in it.
const LONGEST: usize = 600;

/// A checkpoint as it was written, and where.
struct Room {
    directory: tempfile::TempDir,
    files: Files,
}

impl Room {
    fn new(name: &str, form: Form) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let spec = TINY.iter().find(|spec| spec.name == name).unwrap();
        write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
        Self { files: read(directory.path()), directory }
    }

    fn put(&self, name: &str, bytes: Option<&[u8]>) {
        let path = self.directory.path().join(name);
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
    }
}

/// Damages checkpoints so many times, with one or two kinds of damage at once.
fn campaign(seed: u64, rounds: usize) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // One file with zero points, vision and prediction; several files; a flat configuration.
    let rooms = [("ash", Form::Awq), ("cedar", Form::Awq), ("oak", Form::Bf16)];
    let rooms = rooms.map(|(name, form)| Room::new(name, form));
    let before = most_memory();
    let (mut refused, mut opened) = (0, 0);
    for round in 0..rounds {
        let room = &rooms[round % rooms.len()];
        let kinds: Vec<Damage> =
            (0..1 + round % 2).map(|_| *Damage::ALL.choose(&mut random).unwrap()).collect();
        let mut damaged = std::collections::BTreeMap::new();
        for kind in &kinds {
            damaged.extend(kind.draw(&room.files, &mut random));
        }
        damaged.iter().for_each(|(name, bytes)| room.put(name, bytes.as_deref()));
        match open(room.directory.path()) {
            Ok(()) => opened += 1,
            Err(error) => {
                refused += 1;
                check(&error, room.directory.path(), &format!("round {round}, {kinds:?}"));
            }
        }
        damaged.keys().for_each(|name| room.put(name, Some(&room.files[name])));
    }
    eprintln!("seed {seed}: {refused} refused, {opened} opened");
    assert!(refused > rounds / 2 && opened > rounds / 50, "{refused} {opened}");
    rooms.iter().for_each(|room| open(room.directory.path()).unwrap());
    let grown = most_memory() - before;
    assert!(grown < GROWTH, "{grown} bytes were taken");
}

/// Opens a checkpoint, reads it, and works out what its model computes.
fn open(directory: &Path) -> Result<(), String> {
    let checkpoint = Checkpoint::open(directory).map_err(|error| error.to_string())?;
    read_everything(&checkpoint).map_err(|error| error.to_string())?;
    let serving = Serving { act: Dtype::F32, kv: Dtype::F32, page: 16, exact: true };
    let issued = plain::issued(&checkpoint, &serving);
    assert!(!issued.map_err(|error| error.to_string())?.is_empty());
    Ok(())
}

/// An error is one line of bounded length that names the file.
fn check(error: &str, directory: &Path, place: &str) {
    assert!(error.contains(directory.to_str().unwrap()), "{place}: {error}");
    assert!(error.chars().all(|c| !c.is_control()), "{place}: {error:?}");
    assert!(error.len() < LONGEST, "{place}: {error}");
}

/// The largest size of this process's address space so far, in bytes: memory that was asked for,
/// whether it was touched or not.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[test]
fn damaged_checkpoints_give_errors_of_one_line_and_nothing_else() {
    campaign(8, 300);
}

#[test]
#[ignore = "takes minutes; part of the soak"]
fn thousands_of_damaged_checkpoints_give_errors_of_one_line_and_nothing_else() {
    (1..=5).for_each(|seed| campaign(seed, 2000));
}
