//! The command line, the cache and the forwarded verbs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use common::{Answer, kiln, program};
use kiln_cache::hash::KeyBuilder;
use kiln_cache::store::{Artifact, Store};

#[test]
fn mistakes_on_the_command_line_are_one_line_with_a_pointer_to_help() {
    let cases: [&[&str]; 8] = [
        &[],
        &["frobnicate"],
        &["inspect"],
        &["inspect", "a", "b"],
        &["inspect", "a", "--wrong"],
        &["bench", "a", "--threads", "many"],
        &["bench", "a", "--samples", "0"],
        &["cache"],
    ];
    for arguments in cases {
        let answer = kiln(arguments);
        assert!(answer.mistake().contains("--help"), "{arguments:?}: {}", answer.err);
    }
}

#[test]
fn help_and_version_are_results_and_help_has_examples() {
    assert!(kiln(&["--version"]).success().starts_with("kiln 0."));
    for arguments in [
        &["--help"][..],
        &["inspect", "--help"],
        &["bench", "-h"],
        &["generate", "-h"],
        &["eval", "-h"],
        &["run", "-h"],
        &["cache", "-h"],
    ] {
        assert!(kiln(arguments).success().contains("Examples:\n  kiln "), "{arguments:?}");
    }
    let verbs = kiln(&["--help"]);
    for verb in [
        "tune", "check", "report", "generate", "eval", "inspect", "verify", "bench", "run", "cache",
    ] {
        assert!(verbs.out.contains(&format!("\n  {verb} ")), "{verb}");
    }
}

#[test]
fn forwarded_verbs_say_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let alone = dir.path().join("kiln");
    place(Path::new(env!("CARGO_BIN_EXE_kiln")), &alone);
    for verb in ["tune", "check", "report"] {
        let answer: Answer = program(&alone).arg(verb).output().unwrap().into();
        assert!(answer.mistake().contains("kiln-tune"), "{}", answer.err);
        assert!(answer.err.contains("./x build"), "{}", answer.err);
    }
}

#[test]
fn forwarded_verbs_pass_every_argument_and_the_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let (beside, path) = (dir.path().join("kiln"), dir.path().join("elsewhere"));
    place(Path::new(env!("CARGO_BIN_EXE_kiln")), &beside);
    fs::create_dir(&path).unwrap();
    let run = |arguments: &[&str]| -> Answer {
        let mut command = program(&beside);
        command.env("PATH", &path).args(arguments).output().unwrap().into()
    };
    sibling(&path.join("kiln-tune"), "path");
    let answer = run(&["check", "mmq_q4", "--target", "gfx1151", "--json"]);
    assert_eq!(
        (answer.code, answer.out.as_str()),
        (7, "path: check mmq_q4 --target gfx1151 --json\n")
    );
    sibling(&dir.path().join("kiln-tune"), "beside");
    let answer = run(&["tune", "--help"]);
    assert_eq!((answer.code, answer.out.as_str()), (7, "beside: tune --help\n"));
    let answer = run(&["tune", "--only", "recipe=a", "--", "-x"]);
    assert!(answer.out.starts_with("beside: tune --only recipe=a"), "{}", answer.out);
}

fn sibling(path: &Path, name: &str) {
    let script = path.with_extension("sh");
    fs::write(&script, format!("#!/bin/sh\necho \"{name}: $*\"\nexit 7\n")).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    place(&script, path);
}

/// Copies a program in another process: one that this process had open for writing could be held
/// open by what another test starts just then, and would be busy.
fn place(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-p").args([from, to]).status().unwrap();
    assert!(copied.success(), "{}", to.display());
}

#[test]
fn the_cache_is_found_by_flag_and_by_environment() {
    let dir = tempfile::tempdir().unwrap();
    for place in ["named", "shared/kiln", "home/.cache/kiln"] {
        Store::open(dir.path().join(place)).unwrap();
    }
    let at = |name: &str| dir.path().join(name);
    let run = |variable: &str, value: &str| -> Answer {
        let mut command = program(Path::new(env!("CARGO_BIN_EXE_kiln")));
        command.env(variable, at(value)).args(["cache", "ls"]).output().unwrap().into()
    };
    for (variable, value) in
        [("KILN_CACHE", "named"), ("XDG_CACHE_HOME", "shared"), ("HOME", "home")]
    {
        assert!(run(variable, value).success().contains("0 entries"), "{variable}");
    }
    assert!(run("KILN_CACHE", "absent").mistake().contains("no cache at"));
    assert!(!at("absent").exists(), "looking should make nothing");
    assert!(kiln(&["cache", "ls"]).mistake().contains("--cache"));
    let named = at("named");
    assert!(
        kiln(&["cache", "ls", "--cache", named.to_str().unwrap()]).success().contains("0 entries")
    );
}

#[test]
fn entries_are_listed_explained_moved_collected_and_damage_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("cache");
    let key = {
        let store = Store::open(&root).unwrap();
        let key = KeyBuilder::new("artifact").field("llvm", "22.1").finish();
        let artifact = Artifact { built: None, diagnostics: vec![], notes: Default::default() };
        store.put(&key, &artifact).unwrap();
        store.put_object(b"nobody's").unwrap();
        key
    };
    let cache = |arguments: &[&str]| {
        kiln(&[&["cache", "--cache", root.to_str().unwrap()], arguments].concat())
    };
    assert!(cache(&["ls"]).success().contains("1 entries, 1 objects"));
    let json: serde_json::Value = serde_json::from_str(cache(&["ls", "--json"]).success()).unwrap();
    assert_eq!(json["entries"][0]["fields"]["llvm"], "22.1");
    assert!(cache(&["why", &key.digest.short()]).success().contains("llvm = 22.1"));
    assert!(cache(&["why", "zz"]).mistake().contains("kiln cache ls"));
    let archive = dir.path().join("archive");
    cache(&["export", archive.to_str().unwrap()]).success();
    let other = dir.path().join("other");
    let other = other.to_str().unwrap();
    kiln(&["cache", "import", archive.to_str().unwrap(), "--cache", other]).success();
    assert!(kiln(&["cache", "ls", "--cache", other]).success().contains("1 entries"));
    cache(&["gc"]).success();
    assert!(cache(&["ls"]).success().contains("1 entries, 0 objects"));
    assert_eq!(cache(&["verify"]).code, 0);
    let hex = key.digest.to_string();
    let file = root.join("artifact").join(&hex[..2]).join(&hex[2..]);
    fs::write(&file, b"rubbish").unwrap();
    assert_eq!(cache(&["verify"]).code, 1);
    assert_eq!(cache(&["verify"]).code, 0, "what was damaged should have been set aside");
    assert!(cache(&["gc", "--keep-bundles", "/no/such/bundle"]).mistake().contains("/no/such"));
}
