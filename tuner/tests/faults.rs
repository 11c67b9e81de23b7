//! Compilers that abort or hang, processes that are killed, disks that are full.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use std::process::Stdio;
use std::time::Duration;

use common::{LAYER, Room, TUNE, compiled, summary, text};

/// A small space.
fn small() -> String {
    format!("{LAYER},m=2,recipe=mmvq_q4")
}

#[test]
fn a_compiler_that_aborts_is_data_and_the_run_finishes() {
    let room = Room::new();
    let mut command = room.command("gfx1151", "a", "cache", &small());
    let output = command.env("KILN_TUNE_INJECT", "abort:columns: 64").output().unwrap();
    let rejected = summary(&output)["families"][0]["rejected"].to_string();
    assert!(rejected.contains("aborted the compiler"), "{rejected}");
    assert!(rejected.contains("signal 6"), "{rejected}");
}

#[test]
fn a_compiler_that_hangs_is_ended_and_the_run_finishes() {
    let room = Room::new();
    let mut command = room.command("gfx1151", "a", "cache", &small());
    command.args(["--job-limit", "3s"]);
    let output = command.env("KILN_TUNE_INJECT", "hang:columns: 64").output().unwrap();
    let rejected = summary(&output)["families"][0]["rejected"].to_string();
    assert!(rejected.contains("timed out"), "{rejected}");
}

#[test]
fn a_killed_run_resumes_to_the_same_bundle() {
    let room = Room::new();
    let only = format!("{LAYER},m=2+32,recipe=mmvq_q4");
    room.tune("gfx1151", "undisturbed", "other", &only);
    for delay in [50, 700, 1500, 3000] {
        room.killed("gfx1151", "a", "cache", &only, Duration::from_millis(delay));
        room.tune("gfx1151", "a", "cache", &only);
        assert!(room.bundle("a") == room.bundle("undisturbed"), "killed after {delay} ms");
    }
}

#[test]
fn two_tuners_on_one_cache_both_finish_with_equal_bundles() {
    let room = Room::new();
    let start = |bundle: &str| {
        let mut command = room.command("gfx1151", bundle, "cache", &small());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start("a"), start("b")];
    for child in both {
        summary(&child.wait_with_output().unwrap());
    }
    assert!(room.bundle("a") == room.bundle("b"), "the bundles differ");
}

#[test]
fn a_full_disk_is_one_clear_line_and_the_next_run_is_unharmed() {
    let room = Room::new();
    // A limit on the size of files stands for a full disk.
    let command = format!(
        "ulimit -f 1; exec {TUNE} tune --target gfx1151 --jobs 1 --only {} --model {} --out {} \
         --cache {}",
        small(),
        room.path("tiny").display(),
        room.path("a").display(),
        room.path("cache").display()
    );
    let shell = format!("trap '' XFSZ; {command}");
    let output = std::process::Command::new("bash").args(["-c", &shell]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let last = text(&output).lines().last().unwrap_or_default().to_owned();
    let full = ["no space left", "File too large"].iter().any(|text| last.contains(text));
    assert!(last.starts_with("error: ") && full, "{last}");
    assert!(!text(&output).contains("panicked"), "{}", text(&output));
    assert!(!room.path("a").exists());
    assert!(compiled(&room.tune("gfx1151", "a", "cache", &small())) > 0);
}
