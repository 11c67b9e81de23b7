//! Whole runs on a tiny model.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use common::{LAYER, Room, compiled, host, summary, text};

#[test]
fn a_gpu_run_decides_every_class_and_a_second_one_compiles_nothing() {
    let room = Room::new();
    let only = format!("{LAYER},m=1+16+512");
    let first = room.tune("gfx1151", "a", "cache", &only);
    assert!(compiled(&first) > 0, "{first}");
    assert_eq!(first["winners"].as_array().unwrap().len(), 3);
    for winner in first["winners"].as_array().unwrap() {
        assert!(
            winner["time_us"].as_f64().unwrap() > 0.0 && winner["error"].as_f64().unwrap() < 0.03
        );
    }
    let second = room.tune("gfx1151", "b", "cache", &only);
    assert_eq!(compiled(&second), 0);
    assert!(room.bundle("a") == room.bundle("b"), "the bundles differ");
}

#[test]
fn separate_caches_give_equal_bundles() {
    let room = Room::new();
    let only = format!("{LAYER},m=8,recipe=mmvq_q4");
    room.tune("gfx1151", "a", "one", &only);
    room.tune("gfx1151", "b", "two", &only);
    assert!(room.bundle("a") == room.bundle("b"), "the bundles differ");
}

#[test]
fn a_bundle_covers_its_requests_and_names_where_its_times_come_from() {
    let room = Room::new();
    room.tune("gfx1151", "a", "cache", &format!("{LAYER},m=1+2,recipe=mmvq_q4"));
    let bundle = kiln_cache::bundle::Bundle::open(room.path("a")).unwrap();
    bundle.verify().unwrap();
    assert_eq!(bundle.coverage().len(), 2);
    assert_eq!(bundle.object_count(), 1, "winners are linked together");
    for row in bundle.inspect().kernels {
        assert_eq!((row.spills, row.scratch_bytes), (0, 0));
        assert_eq!(row.provenance, kiln_cache::vocabulary::Provenance::Modelled);
    }
}

#[test]
fn a_host_run_measures_checks_and_decides_the_same_from_its_cache() {
    let Some(target) = host() else { return };
    let room = Room::new();
    let only = format!("{LAYER},m=1+4");
    let first = room.tune(target, "a", "cache", &only);
    assert!(first["noise_floor"].as_f64().is_some(), "{first}");
    let second = room.tune(target, "b", "cache", &only);
    assert_eq!(compiled(&second), 0);
    assert!(room.bundle("a") == room.bundle("b"), "the bundles differ");
    let bundle = kiln_cache::bundle::Bundle::open(room.path("a")).unwrap();
    for row in bundle.inspect().kernels {
        assert_eq!(row.provenance, kiln_cache::vocabulary::Provenance::Measured);
    }
    let check = std::process::Command::new(common::TUNE)
        .args(["check", "--json", "--bundle"])
        .arg(room.path("a"))
        .output()
        .unwrap();
    let rows: serde_json::Value = summary(&check);
    assert!(!rows.as_array().unwrap().is_empty());
}

#[test]
fn a_budget_gives_the_best_so_far_or_says_that_it_was_too_short() {
    let room = Room::new();
    let only = format!("{LAYER},m=64,recipe=mmq_q4");
    let mut command = room.command("gfx1151", "a", "cache", &only);
    let output = command.args(["--budget", "1s"]).output().unwrap();
    if !output.status.success() {
        assert!(text(&output).contains("budget ended"), "{}", text(&output));
    }
    assert!(room.tune("gfx1151", "a", "cache", &only)["winners"].is_array());
}
