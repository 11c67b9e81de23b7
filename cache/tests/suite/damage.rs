//! Seeded random damage to every kind of file: an error or a rebuild, never a wrong object.

use std::fs;
use std::path::{Path, PathBuf};

use kiln_cache::bundle::Bundle;
use kiln_cache::hash::Digest;
use kiln_cache::journal::{Event, Journal, parse};
use kiln_cache::store::{Artifact, Measurement, Store};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::sample::writer;
use crate::stores::{artifact, key, measurement};

const MUTATIONS: usize = 2000;

/// Truncates, extends, flips bits, overwrites a part with another part or cuts a part out.
fn mutate(bytes: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bad = bytes.to_vec();
    let at = random.random_range(0..bad.len());
    let length = random.random_range(1..=64.min(bad.len() - at));
    match random.random_range(0..6) {
        0 => bad.truncate(at),
        1 => bad.extend(vec![random.random::<u8>(); length]),
        2 => bad[at] ^= 1 << random.random_range(0..8),
        3 => bad[at..at + length].iter_mut().for_each(|byte| *byte = random.random()),
        4 => {
            let from = random.random_range(0..=bytes.len() - length);
            bad[at..at + length].copy_from_slice(&bytes[from..from + length]);
        }
        _ => drop(bad.drain(at..at + length)),
    }
    bad
}

/// Damage concentrated where the texts are, as well as anywhere.
fn mutate_bundle(bytes: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    if random.random() {
        return mutate(bytes, random);
    }
    let mut bad = bytes.to_vec();
    let at = random.random_range(0..4096);
    bad[at] ^= 1 << random.random_range(0..8);
    bad
}

#[test]
fn a_damaged_bundle_is_an_error_and_never_a_wrong_kernel() {
    let bytes = writer(11, 8, 20_000).encode().unwrap();
    let intact = Bundle::from_bytes(bytes.clone(), "b").unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let (mut refused, mut opened) = (0, 0);
    for round in 0..MUTATIONS {
        let bad = mutate_bundle(&bytes, &mut random);
        let changed = bad != bytes;
        let Ok(bundle) = Bundle::from_bytes(bad, "b") else {
            refused += 1;
            continue;
        };
        opened += 1;
        assert_eq!(bundle.kernels(), intact.kernels(), "round {round}");
        assert_eq!(bundle.tables(), intact.tables(), "round {round}");
        assert_eq!(bundle.verify().is_err(), changed, "round {round}");
        for index in 0..bundle.object_count() as u32 {
            if let Ok(code) = bundle.object(index) {
                assert_eq!(code, intact.object(index).unwrap(), "round {round}");
            }
        }
    }
    assert!(refused > MUTATIONS / 4 && opened > MUTATIONS / 10, "{refused} {opened}");
}

/// A bundle whose checksums are right but whose catalogue was edited.
fn forged(bytes: &[u8], edit: impl FnOnce(String) -> String) -> Vec<u8> {
    let length = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let (start, old) = (160 + length(16), length(24));
    let text = edit(String::from_utf8(bytes[start..start + old].to_vec()).unwrap());
    let objects = &bytes[length(32)..bytes.len() - 32];
    let mut out = [&bytes[..start], text.as_bytes()].concat();
    out.resize(out.len().next_multiple_of(4096), 0);
    let objects_at = out.len() as u64;
    out.extend_from_slice(objects);
    out[24..32].copy_from_slice(&(text.len() as u64).to_le_bytes());
    out[32..40].copy_from_slice(&objects_at.to_le_bytes());
    let total = out.len() as u64 + 32;
    out[40..48].copy_from_slice(&total.to_le_bytes());
    out[96..128].copy_from_slice(&Digest::of(text.as_bytes()).0);
    let head = Digest::of(&out[..128]);
    out[128..160].copy_from_slice(&head.0);
    let trailer = Digest::of(&out);
    out.extend_from_slice(&trailer.0);
    out
}

#[test]
fn a_catalogue_that_lies_under_right_checksums_is_refused() {
    let bytes = writer(13, 4, 9000).encode().unwrap();
    let same = Bundle::from_bytes(forged(&bytes, |text| text), "b").unwrap();
    same.verify().unwrap();
    let edits = [
        ("\"kernel\":\"mmq_0_1\"", "\"kernel\":\"mmq_9_1\"", "does not exist"),
        ("\"object\":0", "\"object\":4", "code object does not exist"),
        ("\"offset\":4096,\"bytes\"", "\"offset\":4095,\"bytes\"", "not where the objects"),
        ("\"when\":\"true\"", "\"when\":\"m == 2048\"", "must be 'true'"),
        ("\"dim\":\"m\"", "\"dim\":\"q\"", "needs dim q"),
        ("\"by\":16", "\"by\":0", "has a zero"),
        ("\"size\":64}", "\"size\":63}", "outside the argument block"),
        ("\"offset\":8,", "\"offset\":6,", "misaligned"),
        ("\"threads\":256", "\"threads\":0", "no threads"),
        ("\"rule\":0", "\"rule\":1", "another rule"),
        ("\"recipe\"", "\"surprise\"", "unknown field"),
        ("\"vgprs\":144", "\"vgprs\":-1", "invalid"),
        ("\"time_us\":41", "\"time_us\":-41", "negative"),
    ];
    for (from, to, expect) in edits {
        let edit = |text: String| {
            assert!(text.contains(from), "{from} not in {text}");
            text.replacen(from, to, 1)
        };
        let error = Bundle::from_bytes(forged(&bytes, edit), "b").unwrap_err().to_string();
        assert!(error.contains(expect), "expected '{expect}' in '{error}'");
    }
}

#[test]
fn random_edits_of_the_catalogue_under_right_checksums_never_panic() {
    let bytes = writer(14, 4, 9000).encode().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(15);
    for _ in 0..MUTATIONS {
        let edit = |text: String| {
            let bad = mutate(text.as_bytes(), &mut random);
            String::from_utf8_lossy(&bad).into_owned()
        };
        if let Ok(bundle) = Bundle::from_bytes(forged(&bytes, edit), "b") {
            bundle.inspect().to_table();
            for index in 0..bundle.object_count() as u32 {
                let _ = bundle.object(index);
            }
        }
    }
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(files_below(&path)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}

#[test]
fn a_damaged_cache_file_is_absent_and_made_again_and_never_a_wrong_value() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let code: Vec<u8> = (0..=255).cycle().take(3000).collect();
    let object = store.put_object(&code).unwrap();
    store.put(&key("a"), &artifact(object)).unwrap();
    store.put(&key("m"), &measurement(object)).unwrap();
    let files: Vec<(PathBuf, Vec<u8>)> = files_below(dir.path())
        .into_iter()
        .filter(|path| !path.ends_with("in-use"))
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect();
    assert_eq!(files.len(), 3);
    let mut random = ChaCha8Rng::seed_from_u64(16);
    for round in 0..MUTATIONS {
        let (path, bytes) = &files[round % files.len()];
        let bad = mutate(bytes, &mut random);
        let changed = bad != *bytes;
        fs::write(path, bad).unwrap();
        match store.object(&object).unwrap() {
            Some(found) => assert_eq!(found, code, "round {round}"),
            None => assert_eq!(store.put_object(&code).unwrap(), object),
        }
        match store.get::<Artifact>(&key("a")).unwrap() {
            Some(found) => assert_eq!(found, artifact(object), "round {round}"),
            None => store.put(&key("a"), &artifact(object)).unwrap(),
        }
        match store.get::<Measurement>(&key("m")).unwrap() {
            Some(found) => assert_eq!(found, measurement(object), "round {round}"),
            None => store.put(&key("m"), &measurement(object)).unwrap(),
        }
        assert_eq!(store.take_damage().len(), usize::from(changed), "round {round}");
        assert_eq!(fs::read(path).unwrap(), *bytes, "made again as it was");
    }
}

#[test]
fn a_damaged_export_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let from = Store::open(dir.path().join("from")).unwrap();
    let object = from.put_object(&[3; 900]).unwrap();
    from.put(&key("a"), &artifact(object)).unwrap();
    let path = dir.path().join("export");
    from.export(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let to = Store::open(dir.path().join("to")).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(17);
    for round in 0..MUTATIONS {
        let bad = mutate(&bytes, &mut random);
        if bad != bytes {
            fs::write(&path, bad).unwrap();
            assert!(to.import(&path).is_err(), "round {round}");
        }
    }
    assert_eq!(to.list().unwrap().objects, 0);
}

#[test]
fn a_damaged_journal_yields_only_events_that_were_written() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::<String>::open(dir.path()).unwrap();
    for number in 0..20 {
        journal.started(Digest::of(&[number]), "launch").unwrap();
        journal.finished(Digest::of(&[number]), format!("outcome {number}")).unwrap();
    }
    drop(journal);
    let path = dir.path().join("000001.jsonl");
    let bytes = fs::read(&path).unwrap();
    let (written, _) = parse::<String>(&bytes);
    let mut random = ChaCha8Rng::seed_from_u64(18);
    for round in 0..MUTATIONS {
        let (events, _) = parse::<String>(&mutate(&bytes, &mut random));
        assert!(events.iter().all(|event| written.contains(event)), "round {round}");
    }
    assert!(matches!(written[39], Event::Finished { .. }));
}
