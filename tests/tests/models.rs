//! Whole models with kernels out of a bundle and nothing else, on this machine's processor.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use kiln_cache::bundle::Bundle;
use kiln_runtime::device::HostDevice;
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::{Limits, Serving};
use kiln_runtime::weights::Checkpoint;
use kiln_tests::fixture::{Form, Spec, write};
use kiln_tests::tuned;

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

kiln_tests::suite_of_texts!(engine, pages: [32, 64], rounding: ROUNDING);
