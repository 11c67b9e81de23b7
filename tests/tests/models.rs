//! Whole models with kernels out of a bundle and nothing else, on this machine's processor.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use kiln_cache::bundle::Bundle;
use kiln_runtime::device::HostDevice;
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::{Limits, Serving};
use kiln_runtime::weights::Checkpoint;
use kiln_tests::fixture::{Form, Spec, write};
use kiln_tests::{texts, tuned};

/// Largest difference between chunks of several lengths, relative to the largest logit: other
/// kernels add in other orders.
const ROUNDING: f32 = 1e-4;

/// An engine on the processor with a checkpoint and a bundle of its own.
fn engine(spec: &Spec, form: Form, page: u64, limits: Limits) -> Engine {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
    let target = tuned::host_target().unwrap();
    let page_flag = page.to_string();
    let flags = ["--act", "f32", "--exact", "--page", &page_flag];
    let tuned = Bundle::open(tuned::bundle(directory.path(), target, &flags)).unwrap();
    let checkpoint = Checkpoint::open(directory.path()).unwrap();
    let serving = Serving::of(&tuned, Some(page)).unwrap();
    let device = Box::new(HostDevice::new().unwrap());
    Engine::load(device, tuned, &checkpoint, serving, limits, &mut |_| {}).unwrap()
}

#[test]
fn logits_of_every_position_and_greedy_texts_are_the_goldens() {
    for (name, worst) in texts::goldens(&engine) {
        println!("{name}: {worst:.1e}");
    }
}

#[test]
fn positions_in_time_height_and_width_reach_the_kernels() {
    texts::positions(&engine);
}

#[test]
fn a_text_computed_in_company_has_the_bits_it_has_alone() {
    texts::company(&engine);
}

#[test]
fn pages_of_any_size_give_the_same_bits_and_chunks_of_any_length_the_same_numbers() {
    texts::pages_and_chunks(&engine, &[32, 64], ROUNDING);
}

#[test]
fn a_past_of_several_parts_gives_the_numbers_of_one() {
    texts::long(&engine, ROUNDING);
}

#[test]
fn a_remembered_prefix_gives_the_bits_of_one_that_was_never_seen() {
    texts::prefixes(&engine);
}

#[test]
fn texts_that_make_room_come_back_as_they_were() {
    texts::room(&engine);
}

#[test]
fn rolling_back_some_of_the_rows_equals_never_having_run_them() {
    texts::rollback(&engine);
}

#[test]
fn several_texts_are_verified_together_and_decided_apart() {
    texts::verification(&engine);
}

#[test]
fn the_largest_logits_that_the_device_finds_are_those_among_all() {
    texts::candidates(&engine);
}

#[test]
fn texts_drawn_from_candidates_are_those_drawn_from_all_logits() {
    texts::drawn(&engine);
}
