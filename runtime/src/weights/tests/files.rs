//! Directories of shards.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::weights::index;

const INDEX: &str = "model.safetensors.index.json";

/// A file of one tensor of two bytes.
fn shard(name: &str) -> Vec<u8> {
    let header = format!(r#"{{"{name}":{{"dtype":"I16","shape":[1],"data_offsets":[0,2]}}}}"#);
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[1, 2]].concat()
}

/// A directory of two shards, listed.
fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    write(&directory, "a.safetensors", &shard("one"));
    write(&directory, "b.safetensors", &shard("two"));
    list(&directory, r#"{"one":"a.safetensors","two":"b.safetensors"}"#);
    directory
}

fn write(directory: &TempDir, name: &str, bytes: &[u8]) {
    fs::write(directory.path().join(name), bytes).unwrap();
}

fn list(directory: &TempDir, map: &str) {
    write(directory, INDEX, format!(r#"{{"metadata":{{}},"weight_map":{map}}}"#).as_bytes());
}

fn refusal(directory: &Path) -> String {
    let error = index::open(directory).expect_err("the directory should be refused").to_string();
    assert!(error.chars().all(|c| !c.is_control()), "one line: {error:?}");
    error.replace(directory.to_str().unwrap(), "m")
}

#[test]
fn listed_shards_are_opened_and_one_file_needs_no_list() {
    let many = directory();
    let (listing, shards) = index::open(many.path()).unwrap();
    assert_eq!((listing.file_name().unwrap().to_str(), shards.len()), (Some(INDEX), 2));
    assert_eq!(shards[1].tensor("two").unwrap().bytes(), [1, 2]);
    list(&many, r#"{"one":"a.safetensors"}"#);
    assert_eq!(index::open(many.path()).unwrap().1.len(), 1, "what is not listed is not opened");
    let single = tempfile::tempdir().unwrap();
    write(&single, "model.safetensors", &shard("one"));
    assert_eq!(index::open(single.path()).unwrap().1.len(), 1);
}

#[test]
fn lists_that_do_not_fit_the_files_are_refused() {
    let cases = [
        (r#"{"one":"c.safetensors"}"#, "tensor 'one': its file c.safetensors is missing"),
        (r#"{"one":"../a.safetensors"}"#, "is not the name of a file beside this one"),
        (r#"{"one":"/etc/passwd"}"#, "is not the name of a file beside this one"),
        (r#"{"one":""}"#, "is not the name of a file beside this one"),
        (r#"{"one":"a.safetensors","two":"a.safetensors"}"#, "m/a.safetensors: tensor 'two': "),
        (r#"{"one":"b.safetensors","two":"b.safetensors"}"#, "m/b.safetensors: tensor 'one': "),
        (r#"{"x":"a.safetensors"}"#, "m/a.safetensors: tensor 'one': "),
        (r#"{"one":3}"#, "weight_map: invalid type"),
        ("[]", "weight_map: invalid type"),
        ("}", "weight_map: "),
    ];
    for (map, expect) in cases {
        let directory = directory();
        list(&directory, map);
        let error = refusal(directory.path());
        assert!(error.contains(expect), "{map}: {error}");
    }
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    assert!(refusal(empty.path()).contains("neither model.safetensors.index.json nor model"));
    fs::create_dir(empty.path().join("model.safetensors")).unwrap();
    assert!(refusal(empty.path()).contains("not a regular file"));
    let directory = directory();
    write(&directory, "b.safetensors", b"");
    assert!(refusal(directory.path()).contains("the file of 0 bytes"));
    fs::remove_file(directory.path().join("b.safetensors")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", directory.path().join("b.safetensors")).unwrap();
    assert!(refusal(directory.path()).contains("m/b.safetensors: the file: it is not a regular"));
}
