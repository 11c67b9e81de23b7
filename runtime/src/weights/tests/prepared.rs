//! Files of prepared weights: what is written is found again, what does not fit is not, and what was
//! damaged is never taken for anything else.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use crate::Error;
use crate::weights::Sink;
use crate::weights::prepared::{Array, Fill, is_prepared, open, verify, write};

/// Sizes around a page and a huge page.
const SIZES: [u64; 6] = [1, 4095, 4096, 5000, (2 << 20) + 3, 0];

fn arrays() -> Vec<Array> {
    let named = |(at, bytes): (usize, &u64)| Array { name: format!("array {at}"), bytes: *bytes };
    SIZES.iter().enumerate().map(named).collect()
}

/// What an array holds.
fn content(number: usize, bytes: u64) -> Vec<u8> {
    (0..bytes).map(|at| (at * 7 + number as u64 * 31) as u8).collect()
}

fn written(path: &Path) {
    let arrays = arrays();
    write(path, &arrays, &mut |number, sink| {
        // In two pieces, as loading hands them over.
        let bytes = content(number, arrays[number].bytes);
        let (head, tail) = bytes.split_at(bytes.len() / 3);
        sink(0, head)?;
        sink(head.len() as u64, tail)
    })
    .unwrap();
}

fn room() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("w");
    written(&path);
    (directory, path)
}

fn files(directory: &TempDir) -> usize {
    fs::read_dir(directory.path()).unwrap().count()
}

#[test]
fn arrays_are_found_as_they_were_written_and_lie_on_pages() {
    let (directory, path) = room();
    let shard = open(&path, &arrays()).unwrap().unwrap();
    for (number, Array { name, bytes }) in arrays().iter().enumerate() {
        let found = shard.tensor(name).unwrap();
        assert_eq!(found.bytes(), content(number, *bytes), "{name}");
        let alignment = if *bytes >= 2 << 20 { 2 << 20 } else { 4096 };
        assert!(found.range().start.is_multiple_of(alignment), "{name}");
    }
    let total = SIZES.iter().sum();
    let mut last = 0;
    assert_eq!(verify(&path, &mut |at| last = at.bytes).unwrap(), (SIZES.len(), total));
    assert_eq!(last, total);
    assert!(is_prepared(&path));
    assert_eq!(files(&directory), 1, "nothing is left beside the file");
    // Another reader of the format agrees.
    let bytes = fs::read(&path).unwrap();
    let other = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(other.tensor("array 3").unwrap().data(), content(3, SIZES[3]));
}

#[test]
fn a_file_fits_where_it_has_all_that_is_wanted() {
    let (_directory, path) = room();
    assert!(open(&path, &arrays()[2..4]).unwrap().is_some(), "it may have more");
    let other = Array { name: "array 9".to_owned(), bytes: 1 };
    assert!(open(&path, &[arrays(), vec![other]].concat()).unwrap().is_none());
    let longer = Array { bytes: 2, ..arrays()[0].clone() };
    assert!(open(&path, &[longer]).unwrap().is_none());
    assert!(open(&path.with_extension("absent"), &arrays()).unwrap().is_none());
}

#[test]
fn files_of_others_are_left_as_they_are() {
    let (directory, path) = room();
    let header = r#"{"one":{"dtype":"I16","shape":[1],"data_offsets":[0,2]}}"#;
    let tensors = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[1, 2]].concat();
    for bytes in [&tensors[..], b"text", b""] {
        fs::write(&path, bytes).unwrap();
        let refused = open(&path, &arrays()).unwrap_err().to_string();
        assert!(refused.contains("left as it is") && refused.lines().count() == 1, "{refused}");
        assert!(verify(&path, &mut |_| {}).is_err() && !is_prepared(&path));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    assert!(open(directory.path(), &arrays()).is_err());
}

#[test]
fn what_cannot_be_completed_leaves_the_old_file_and_nothing_else() {
    let (directory, path) = room();
    let before = fs::read(&path).unwrap();
    let arrays = [Array { name: "a".to_owned(), bytes: 100 }];
    let refused = |fill: &mut Fill<'_>| {
        let error = write(&path, &arrays, fill).unwrap_err().to_string();
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(files(&directory), 1);
        error
    };
    assert_eq!(refused(&mut |_, _| Err(Error::request("no"))), "no");
    assert!(refused(&mut |_, sink| sink(0, &[0; 99])).contains("99 bytes were loaded of 100"));
    assert!(refused(&mut |_, sink| sink(0, &[0; 101])).contains("too long"));
    assert!(refused(&mut |_, sink| sink(1, &[0; 99])).contains("out of order"));
}

#[test]
fn two_processes_do_not_write_one_file() {
    let (_directory, path) = room();
    let partial = path.with_extension("part");
    let held = File::create(&partial).unwrap();
    held.lock().unwrap();
    let busy = write(&path, &arrays(), &mut |_, _| Ok(())).unwrap_err().to_string();
    assert!(busy.contains("another process"), "{busy}");
    assert!(partial.exists(), "it is the other's");
    drop(held);
    written(&path);
    assert!(!partial.exists());
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("absent").join("w");
    let error = write(&path, &arrays(), &mut |_, _| Ok(())).unwrap_err().to_string();
    assert!(error.contains("absent") && error.contains("No such file"), "{error}");
}

#[test]
fn damage_is_found_or_changes_nothing() {
    let (_directory, path) = room();
    // Without the large array, of which thousands of copies take long.
    let small = |array: &Array| array.bytes < 2 << 20;
    let wanted: Vec<Array> = arrays().into_iter().filter(small).collect();
    let fill =
        &mut |number: usize, sink: &mut Sink<'_>| sink(0, &content(number, wanted[number].bytes));
    write(&path, &wanted, fill).unwrap();
    let sound = fs::read(&path).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(17);
    let start = 8 + u64::from_le_bytes(sound[..8].try_into().unwrap()) as usize;
    let text = sound[..start].iter().rposition(|byte| *byte == b'}').unwrap();
    for _ in 0..2000 {
        let mut bytes = sound.clone();
        match random.random_range(0..4) {
            0 => bytes.truncate(random.random_range(0..sound.len())),
            1 => bytes[random.random_range(0..=text)] ^= 1 << random.random_range(0..8),
            2 => bytes[random.random_range(start..sound.len())] ^= 1 << random.random_range(0..8),
            _ => {
                let (from, to) = (random.random_range(0..text), random.random_range(0..text));
                let length = random.random_range(1..40).min(text - from.max(to));
                bytes.copy_within(from..from + length, to);
            }
        }
        fs::write(&path, &bytes).unwrap();
        let found = open(&path, &wanted);
        let checked = verify(&path, &mut |_| {});
        // What opens and passes its check is what was written; gaps between arrays hold nothing.
        if let (Ok(Some(shard)), Ok(_)) = (found, checked) {
            for (number, Array { name, bytes }) in wanted.iter().enumerate() {
                assert!(shard.tensor(name).unwrap().bytes() == content(number, *bytes), "{name}");
            }
        }
    }
}
