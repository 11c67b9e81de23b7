//! Requests that make no sense: one line, exit code 2, no backtrace.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use std::process::{Command, Output};

use common::{Room, TUNE, text};

fn refused(arguments: &[&str]) -> String {
    let output: Output = Command::new(TUNE).args(arguments).output().unwrap();
    let text = text(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
    assert!(text.starts_with("error: ") && text.trim_end().lines().count() == 1, "{text}");
    text
}

#[test]
fn mistakes_in_a_tune_request_are_named() {
    let room = Room::new();
    let path = |name: &str| room.path(name).display().to_string();
    let (model, out, cache) = (path("tiny"), path("a"), path("cache"));
    let tune = |changes: &[(&str, &str)]| {
        let mut all = vec![
            ("--target", "gfx1151"),
            ("--model", model.as_str()),
            ("--out", out.as_str()),
            ("--cache", cache.as_str()),
        ];
        for change in changes {
            all.retain(|(name, _)| name != &change.0);
            all.push(*change);
        }
        let mut arguments = vec!["tune"];
        arguments.extend(all.iter().flat_map(|(name, value)| [*name, *value]));
        refused(&arguments)
    };
    let target = tune(&[("--target", "gfx9999")]);
    assert!(target.contains("gfx9999") && target.contains("gfx1151, gfx1152"), "{target}");
    assert!(tune(&[("--model", "/no/such/model")]).contains("/no/such/model"));
    assert!(tune(&[("--model", &path("cache/config.json"))]).contains("config.json"));
    assert!(tune(&[("--budget", "never")]).contains("30m"));
    assert!(tune(&[("--budget", "0s")]).contains("no time"));
    assert!(tune(&[("--out", "/proc/no/such/file")]).contains("/proc/no/such/file"));
    assert!(tune(&[("--out", &path(""))]).contains("directory"));
    assert!(tune(&[("--cache", "/proc/no/cache")]).contains("/proc/no/cache"));
    assert!(tune(&[("--only", "m")]).contains("NAME=VALUE"));
    assert!(tune(&[("--only", "op=conv")]).contains("--only"));
    assert!(tune(&[("--max-error", "-1")]).contains("above 0"));
    assert!(tune(&[("--events", "/proc/no/events")]).contains("/proc/no/events"));
}

#[test]
fn mistakes_in_other_requests_are_named() {
    assert!(refused(&["check", "mmx", "--target", "gfx1151"]).contains("mmq_q4"));
    assert!(refused(&["check", "--target", "gfx9999"]).contains("gfx1151"));
    assert!(refused(&["dump", "mmx", "--target", "gfx1151"]).contains("mmq_q4"));
    assert!(refused(&["dump", "mmq_q4", "--target", "gfx1151", "--dump", "asm"]).contains("isa"));
    assert!(refused(&["report", "--cache", "/no/such/cache"]).contains("no directory"));
    assert!(refused(&["report", "--cache", "/proc"]).contains("no cache of Kiln"));
    assert!(refused(&["report", "/no/such/bundle"]).contains("/no/such/bundle"));
    assert!(refused(&["check", "--bundle", "/no/such/bundle"]).contains("/no/such/bundle"));
    assert!(refused(&["tune", "--replay", "/no/such/journal"]).contains("/no/such/journal"));
}

#[test]
fn help_has_examples_and_hides_the_worker() {
    let help = |arguments: &[&str]| {
        let output = Command::new(TUNE).args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(!help(&["--help"]).contains("worker"));
    for verb in ["tune", "check", "report", "dump"] {
        assert!(help(&[verb, "--help"]).contains("Examples:"), "{verb}");
    }
}

#[test]
fn any_level_of_a_candidate_can_be_dumped() {
    let arguments = ["dump", "mmvq_q4", "--target", "gfx1151", "--dump", "tile,lane,mlir,llvm,isa"];
    let output = Command::new(TUNE).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    for level in [";; tile", ";; lane", ";; mlir", ";; llvm", ";; isa", "v_dot4_i32_iu8"] {
        assert!(text.contains(level), "{level}");
    }
}
