//! What the cache promises tuners, alone and together.

use std::env;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use kiln_cache::Error;
use kiln_cache::bundle::BundleWriter;
use kiln_cache::hash::{Digest, Key, KeyBuilder};
use kiln_cache::store::{Artifact, Built, Decision, Layer, Measurement, Origin, Outcome, Store};
use kiln_cache::vocabulary::{Predicate, Statics, Table};

use crate::sample::{kernel, manifest, operation, rule};

const SHARED: &str = "KILN_TEST_SHARED_STORE";
const KILLED: &str = "KILN_TEST_KILLED_STORE";

pub(crate) fn key(name: &str) -> Key {
    KeyBuilder::new("test").field("name", name).field("llvm", "22.1.8").finish()
}

pub(crate) fn artifact(object: Digest) -> Artifact {
    let statics = Statics {
        vgprs: 144,
        sgprs: 40,
        lds_bytes: 0,
        spills: 0,
        scratch_bytes: 0,
        code_bytes: 3000,
        isa_hash: object,
    };
    Artifact { built: Some(Built { object, statics }), ..Default::default() }
}

pub(crate) fn measurement(isa_hash: Digest) -> Measurement {
    Measurement {
        isa_hash,
        outcome: Outcome::Measured,
        samples_us: vec![41.2, 0.1 + 0.2, 5e-324, f64::MAX],
        canary_us: vec![],
        notes: [("clock".into(), 2900.into())].into(),
    }
}

fn decision(object: Digest) -> Decision {
    Decision { bundle: object, report: object }
}

/// A store with one artifact, its measurement and a decision for it.
fn filled(root: &std::path::Path, name: &str) -> (Store, Digest) {
    let store = Store::open(root).unwrap();
    let object = store.put_object(name.as_bytes()).unwrap();
    store.put(&key(name), &artifact(object)).unwrap();
    store.put(&key(name), &measurement(object)).unwrap();
    store.put(&key(name), &decision(object)).unwrap();
    (store, object)
}

#[test]
fn what_is_put_is_got_by_anyone_who_opens_the_cache() {
    let dir = tempfile::tempdir().unwrap();
    let (_, object) = filled(dir.path(), "a");
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.object(&object).unwrap().unwrap(), b"a");
    assert_eq!(store.get(&key("a")).unwrap(), Some(artifact(object)));
    assert_eq!(store.get(&key("a")).unwrap(), Some(measurement(object)));
    assert_eq!(store.get::<Artifact>(&key("b")).unwrap(), None);
    assert_eq!(store.entries().unwrap(), [(key("a"), measurement(object))]);
}

#[test]
fn an_artifact_without_its_object_is_absent() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.put(&key("a"), &artifact(Digest::of(b"never stored"))).unwrap();
    assert_eq!(store.get::<Artifact>(&key("a")).unwrap(), None);
    assert_eq!(store.verify().unwrap().incomplete, [key("a").digest]);
}

#[test]
fn a_figure_that_would_not_read_back_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for bad in [f64::NAN, f64::INFINITY] {
        let value = Measurement { samples_us: vec![bad], ..measurement(Digest::of(b"")) };
        let error = store.put(&key("a"), &value).unwrap_err().to_string();
        assert!(error.contains("not a finite number"), "{error}");
    }
}

#[test]
fn a_miss_says_which_field_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (store, object) = filled(dir.path(), "a");
    let newer = KeyBuilder::new("test").field("name", "a").field("llvm", "22.1.9").finish();
    let near = store.nearest(Layer::Artifact, &newer).unwrap().unwrap();
    assert_eq!(near.key, key("a").digest);
    assert_eq!(near.differences.len(), 1);
    assert_eq!(near.differences[0].to_string(), "stale: llvm 22.1.8 -> 22.1.9");
    store.put(&newer, &artifact(object)).unwrap();
    let why = store.why(&newer.digest.to_string()[..16]).unwrap();
    assert_eq!(
        (why.layer, why.origin, why.near.clone()),
        (Layer::Artifact, Origin::Local, Some(near))
    );
    assert!(why.to_string().contains("stale: llvm 22.1.8 -> 22.1.9"), "{why}");
    let error = store.why("ffffffffffff").unwrap_err().to_string();
    assert!(error.contains("no entry has it"), "{error}");
    assert!(store.why("").unwrap_err().to_string().contains("more digits"));
}

#[test]
fn an_import_is_marked_and_loses_to_what_is_here() {
    let dir = tempfile::tempdir().unwrap();
    let (from, object) = filled(&dir.path().join("from"), "a");
    let archive = dir.path().join("export");
    assert_eq!(from.export(&archive).unwrap().files, 4);
    let once = fs::read(&archive).unwrap();
    from.export(&archive).unwrap();
    assert_eq!(fs::read(&archive).unwrap(), once, "exports of equal caches are equal");

    let to = Store::open(dir.path().join("to")).unwrap();
    let own = Measurement { outcome: Outcome::TimedOut, ..measurement(object) };
    to.put(&key("a"), &own).unwrap();
    let imported = to.import(&archive).unwrap();
    assert_eq!((imported.added, imported.kept, imported.refused.len()), (3, 1, 0));
    assert_eq!(to.get(&key("a")).unwrap(), Some(own));
    assert_eq!(to.get(&key("a")).unwrap(), Some(artifact(object)));
    let origins: Vec<Origin> = to.list().unwrap().entries.iter().map(|row| row.origin).collect();
    assert_eq!(origins, [Origin::Imported, Origin::Local, Origin::Imported]);

    to.put(&key("a"), &artifact(object)).unwrap();
    assert_eq!(to.list().unwrap().entries[0].origin, Origin::Local);
}

#[test]
fn collection_keeps_what_bundles_came_from() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("cache");
    let (store, object) = filled(&root, "a");
    let loose = store.put_object(b"nobody refers to it").unwrap();
    drop(filled(&root, "b").0);
    let mut bundle = BundleWriter::new(manifest());
    let index = bundle.object(b"linked".to_vec());
    let mut winner = kernel("winner", index, b"a");
    winner.statics.isa_hash = object;
    bundle.kernel(winner);
    bundle.table(Table::new(operation(0), vec![rule(Predicate::always(), "winner", 1)]).unwrap());
    let path = dir.path().join("out.kiln");
    bundle.write(&path).unwrap();
    fs::write(store.root().join("objects/zz.tmp"), "not in a shard: not ours").unwrap();

    let packed = store.put_object(&fs::read(&path).unwrap()).unwrap();
    store.put(&key("a"), &decision(packed)).unwrap();

    let collected = store.gc(None).unwrap();
    assert_eq!((collected.entries, collected.objects), (0, 1));
    assert_eq!(store.object(&loose).unwrap(), None);

    let collected = store.gc(Some(&[path])).unwrap();
    assert_eq!((collected.entries, collected.objects), (3, 1));
    assert_eq!(store.get(&key("a")).unwrap(), Some(decision(packed)));
    assert_eq!(store.get(&key("a")).unwrap(), Some(artifact(object)));
    assert_eq!(store.get::<Artifact>(&key("b")).unwrap(), None);
    assert_eq!(store.list().unwrap().entries.len(), 3);
}

#[test]
fn collection_refuses_while_another_tuner_is_at_work() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let tuner = Store::open(dir.path()).unwrap();
    assert!(matches!(store.gc(None), Err(Error::Busy { .. })));
    assert!(matches!(tuner.gc(None), Err(Error::Busy { .. })), "the lock is held again");
    drop(tuner);
    store.gc(None).unwrap();
}

/// Puts, gets and journals the same hundred things as every other worker.
fn work(root: &std::path::Path) {
    let store = Store::open(root).unwrap();
    for number in 0..100 {
        let name = format!("kernel {number}");
        if store.get::<Artifact>(&key(&name)).unwrap().is_none() {
            let object = store.put_object(name.repeat(100).as_bytes()).unwrap();
            store.put(&key(&name), &artifact(object)).unwrap();
        }
        let found: Artifact = store.get(&key(&name)).unwrap().unwrap();
        let object = store.object(&found.built.unwrap().object).unwrap().unwrap();
        assert_eq!(object, name.repeat(100).as_bytes());
    }
    assert_eq!(store.take_damage(), []);
}

#[test]
fn threads_and_processes_share_a_cache_and_all_finish() {
    if let Some(root) = env::var_os(SHARED) {
        return work(root.as_ref());
    }
    let dir = tempfile::tempdir().unwrap();
    let test = "stores::threads_and_processes_share_a_cache_and_all_finish";
    let process = || {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", test]).env(SHARED, dir.path()).output().unwrap()
    };
    thread::scope(|scope| {
        let processes = [scope.spawn(process), scope.spawn(process)];
        scope.spawn(|| work(dir.path()));
        for process in processes {
            assert!(process.join().unwrap().status.success());
        }
    });
    let checked = Store::open(dir.path()).unwrap().verify().unwrap();
    assert!(checked.is_clean());
    assert_eq!((checked.entries, checked.objects), (100, 100));
}

#[test]
fn a_process_killed_at_any_moment_leaves_only_whole_files() {
    if let Some(root) = env::var_os(KILLED) {
        return (0u32..1_000_000).for_each(|number| {
            let store = Store::open(&root).unwrap();
            let object = store.put_object(&number.to_le_bytes().repeat(50_000)).unwrap();
            store.put(&key(&number.to_string()), &artifact(object)).unwrap();
        });
    }
    let dir = tempfile::tempdir().unwrap();
    let test = "stores::a_process_killed_at_any_moment_leaves_only_whole_files";
    for round in 0..20 {
        let mut command = Command::new(env::current_exe().unwrap());
        let command = command.args(["--exact", test]).env(KILLED, dir.path());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(20 + 7 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let checked = store.verify().unwrap();
        assert!(checked.is_clean(), "{checked}");
    }
    let store = Store::open(dir.path()).unwrap();
    assert!(store.verify().unwrap().entries > 0);
    store.gc(None).unwrap();
    assert_eq!(store.gc(None).unwrap().rubbish, 0);
}
