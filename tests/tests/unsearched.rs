//! Bundles without search: complete, and honest about their times.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::{Provenance, Table};
use kiln_recipes::catalogue::OPERATIONS;
use kiln_tests::demo;
use kiln_tests::fixture::{Form, TINY, write};
use kiln_tests::tuned;
use kiln_tuner::model::{Activation, DrafterChoice, Serving, load};
use kiln_tuner::pipeline::Options;

#[test]
fn a_bundle_without_search_answers_everything_and_says_that_nothing_was_timed() {
    let Some(target) = tuned::host_target() else { return };
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &TINY[0], Form::Bf16, &mut |_, _| {}).unwrap();
    let flags = ["--act", "f32", "--page", "16,32", "--exact", "--drafter", "none"];
    let bundle = Bundle::open(tuned::bundle(directory.path(), target, &flags)).unwrap();
    let (act, kv) = (Activation::F32, Activation::F32);
    let shapes = load(directory.path(), &DrafterChoice::None).unwrap();
    let pages = vec![16, 32];
    let serving = Serving { act, kv, pages, exact: true, ..Serving::published(&shapes) };
    let mut answered = 0;
    for demand in shapes.demands(&serving) {
        if !OPERATIONS.contains(&demand.operation.name.as_str()) {
            continue;
        }
        let table = bundle.table(&demand.operation);
        let table = table.unwrap_or_else(|| panic!("{} is not answered", demand.operation));
        answered += 1;
        for rule in table.rules() {
            assert_eq!(rule.provenance, Provenance::Modelled, "{}", demand.operation);
        }
    }
    assert!(answered > 10, "{answered} operations");
}

#[test]
fn layers_for_which_blocks_of_128_are_too_coarse_read_blocks_of_32() {
    let Some(target) = tuned::host_target() else { return };
    let out = tuned::folder().join("demo-model-rounded.kiln");
    let flags = ["--act", "bf16", "--only", "op=linear_q4"];
    tuned::tune(&demo::model(), &out, target, &flags);
    let bundle = Bundle::open(&out).unwrap();
    let mut formats: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    // Gates are too few rows for 8-bit activations.
    let rounded = |table: &&Table| !table.operation().attributes.contains_key("x");
    for table in bundle.tables().iter().filter(rounded) {
        let epilogue = table.operation().attributes["epilogue"].as_str();
        for rule in table.rules() {
            assert!(rule.error <= Options::MAX_ERROR, "{}: {}", table.operation(), rule.error);
            formats.entry(epilogue).or_default().insert(&rule.inputs["x"]);
        }
    }
    // Two rounded sums meet in a product where there is a gate.
    assert_eq!(formats["silu_mul"], BTreeSet::from(["q8x32"]));
    assert_eq!(formats["none"], BTreeSet::from(["q8x128"]));
}
