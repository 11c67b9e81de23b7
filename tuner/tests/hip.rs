//! GPU kernels timed through HIP: the whole way, on a simulated device.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use common::Room;
use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::Provenance;

/// Kiln's own HIP library, which cargo builds beside the tests.
fn library() -> std::path::PathBuf {
    let here = std::env::current_exe().unwrap();
    here.with_file_name("libamdhip64.so")
}

#[test]
fn kernels_are_checked_and_timed_through_hip_and_a_simulated_device_counts_as_a_model() {
    let room = Room::new();
    let mut command = room.command("gfx1151", "hip.kiln", "cache", "recipe=rms_norm,m=1");
    let output = command.env("KILN_HIP_LIBRARY", library()).output().unwrap();
    let summary = common::summary(&output);
    assert!(summary["noise_floor"].is_number(), "nothing was timed: {summary}");
    let bundle = Bundle::open(room.path("hip.kiln")).unwrap();
    assert_eq!(bundle.manifest().device["chip"], "gfx1151");
    assert!(bundle.manifest().device.contains_key("simulator"));
    let mut rules = bundle.tables().iter().flat_map(|table| table.rules());
    assert!(rules.all(|rule| rule.provenance == Provenance::Modelled && rule.interval.is_some()));
}

#[test]
fn without_a_gpu_times_are_modelled() {
    let room = Room::new();
    let mut command = room.command("gfx1151", "none.kiln", "cache", "recipe=rms_norm,m=1");
    let output = command.env("KILN_HIP_LIBRARY", "absent/libamdhip64.so").output().unwrap();
    let summary = common::summary(&output);
    assert!(summary["noise_floor"].is_null(), "{summary}");
    let bundle = Bundle::open(room.path("none.kiln")).unwrap();
    assert!(bundle.manifest().device.is_empty());
}
