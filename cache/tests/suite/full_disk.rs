//! A disk that fills up, played by a child process whose files may not grow.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use kiln_cache::bundle::Bundle;
use kiln_cache::hash::Digest;
use kiln_cache::journal::Journal;
use kiln_cache::store::Store;

use crate::sample::writer;

const DIRECTORY: &str = "KILN_TEST_FULL_DISK";

/// Runs one test of this program in a process whose files are limited to 16 KiB.
fn limited(test: &str, directory: &Path) -> String {
    let output = Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" --exact --nocapture \"$1\""])
        .arg(env::current_exe().unwrap())
        .arg(test)
        .env(DIRECTORY, directory)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn a_full_disk_leaves_the_old_bundle_whole() {
    if let Some(directory) = env::var_os(DIRECTORY) {
        let path = Path::new(&directory).join("out.kiln");
        let error = writer(22, 8, 90_000).write(&path).unwrap_err().to_string();
        assert!(error.contains("no space left") && error.contains("out.kiln"), "{error}");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.kiln");
    let before = writer(21, 4, 4000).write(&path).unwrap();
    limited("full_disk::a_full_disk_leaves_the_old_bundle_whole", dir.path());
    assert_eq!(Bundle::open(&path).unwrap().verify().unwrap().sha256, before);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no unfinished file remains");
}

#[test]
fn a_full_disk_leaves_the_cache_whole() {
    let small = vec![1; 100];
    if let Some(directory) = env::var_os(DIRECTORY) {
        let store = Store::open(&directory).unwrap();
        let error = store.put_object(&vec![2; 100_000]).unwrap_err().to_string();
        assert!(error.contains("no space left"), "{error}");
        assert_eq!(store.object(&Digest::of(&small)).unwrap(), Some(small));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.put_object(&small).unwrap();
    limited("full_disk::a_full_disk_leaves_the_cache_whole", dir.path());
    let checked = store.verify().unwrap();
    assert!(checked.is_clean());
    assert_eq!(checked.objects, 1);
    assert_eq!(store.gc(None).unwrap().rubbish, 0, "no unfinished file remains");
}

#[test]
fn a_full_disk_costs_the_journal_no_line_that_was_confirmed() {
    if let Some(directory) = env::var_os(DIRECTORY) {
        let (mut journal, _) = Journal::<String>::open(&directory).unwrap();
        let written = (0..).take_while(|_| journal.note("x".repeat(1000)).is_ok()).count();
        let error = journal.note("y".repeat(1000)).unwrap_err().to_string();
        assert!(error.contains("no space left"), "{error}");
        fs::write(Path::new(&directory).join("count"), written.to_string()).unwrap();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    limited("full_disk::a_full_disk_costs_the_journal_no_line_that_was_confirmed", dir.path());
    let written: usize = fs::read_to_string(dir.path().join("count")).unwrap().parse().unwrap();
    let (_, history) = Journal::<String>::open(dir.path()).unwrap();
    assert!(written > 10 && history.events.len() == written, "{written}");
}
