//! Whole runs on a tiny model.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use std::collections::BTreeSet;

use kiln_recipes::catalogue::recipes;
use kiln_targets::Target;

use common::{LAYER, Room, compiled, host, summary, text};

/// The orders in which a bundle answers at most 32 rows, and how many classes there are of them.
fn decode_orders(room: &Room, bundle: &str, target: &str) -> (BTreeSet<String>, usize) {
    let bundle = kiln_cache::bundle::Bundle::open(room.path(bundle)).unwrap();
    let target = Target::builtin(target).unwrap();
    let (mut orders, mut classes) = (BTreeSet::new(), BTreeSet::new());
    for table in bundle.tables() {
        let operation = table.operation();
        let all = recipes(&operation.name, &operation.attributes).unwrap();
        for rule in table.rules().iter().filter(|rule| rule.dims["m"] <= 32) {
            let kernel = bundle.kernel(&rule.kernel).unwrap();
            let recipe = all.iter().find(|of| of.name() == kernel.recipe).unwrap();
            let order = recipe.candidate(&kernel.params).unwrap().order(&target);
            orders.insert(format!("{operation}: {order}, {:?}", rule.inputs));
            classes.insert(rule.dims["m"]);
        }
    }
    (orders, classes.len())
}

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
    let (orders, classes) = decode_orders(&room, "a", "gfx1151");
    assert_eq!(
        (orders.len(), classes),
        (1, 2),
        "few rows are not answered in one order: {orders:?}"
    );
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
    let (orders, _) = decode_orders(&room, "a", target);
    assert_eq!(orders.len(), 1, "few rows are not answered in one order: {orders:?}");
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
fn a_cache_tells_everything_of_its_last_run() {
    let room = Room::new();
    let only = format!("{LAYER},m=1+16,recipe=mmvq_q4");
    room.tune("gfx1151", "a", "cache", &only);
    let page = room.path("page.html");
    let report = |more: &[&str]| {
        let mut command = std::process::Command::new(common::TUNE);
        command.arg("report").arg("--cache").arg(room.path("cache"));
        command.args(more).arg("--html").arg(&page).output().unwrap()
    };
    let output = report(&[]);
    assert!(output.status.success(), "{}", text(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("rejected of linear_q4") && said.contains("modelled"), "{said}");
    assert!(said.contains("different machine codes"), "{said}");
    let html = std::fs::read_to_string(&page).unwrap();
    for part in ["Winners", "Roofline", "Search space", "Rejected candidates", "MODELLED"] {
        assert!(html.contains(part), "{part}");
    }
    // A second run of another kind: now one has to be named.
    room.tune("gfx1100", "b", "cache", &only);
    let output = report(&[]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("--target gfx1100 --only 'epilogue=none"), "{}", text(&output));
    assert!(report(&["--target", "gfx1100"]).status.success());
    assert_eq!(report(&["--target", "gfx1101"]).status.code(), Some(2));
}

#[test]
fn a_report_says_what_changed_since_the_last_bundle_until_it_changes_again() {
    let room = Room::new();
    let only = format!("{LAYER},m=1,recipe=mmvq_q4");
    let best = room.tune("gfx1151", "best", "cache", &only);
    // A compiler that aborts on the best candidate leaves another one to win.
    let abort = format!("abort:{}", best["winners"][0]["params"].as_str().unwrap());
    let mut command = room.command("gfx1151", "a", "broken", &only);
    summary(&command.env("KILN_TUNE_INJECT", abort).output().unwrap());
    let changed = || {
        let mut command = std::process::Command::new(common::TUNE);
        command.arg("report").arg("--cache").arg(room.path("cache"));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    room.tune("gfx1151", "a", "cache", &only);
    let once = changed();
    assert!(once.contains("changed since") && once.contains(": 1\n"), "{once}");
    room.tune("gfx1151", "a", "cache", &only);
    assert_eq!(changed(), once, "an unchanged run changes nothing");
}

#[test]
fn the_shortest_budget_still_gives_every_request_a_kernel() {
    let room = Room::new();
    let only = format!("{LAYER},m=64,recipe=mmq_q4");
    let mut command = room.command("gfx1151", "a", "cache", &only);
    let output = command.args(["--budget", "1s"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("1 kernels"), "{}", text(&output));
    let whole = room.tune("gfx1151", "a", "cache", &only);
    assert!(!whole["winners"].as_array().unwrap().is_empty());
}
