//! The engine over plain loops: goldens, and what a text's logits may not depend on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use kiln_cache::vocabulary::Dtype;
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::{Limits, Serving};
use kiln_runtime::weights::{Checkpoint, Group};
use kiln_tests::fixture::{Form, Spec, TINY, write};
use kiln_tests::plain;
use kiln_tests::texts::{limits, text};

/// Largest difference between chunks of several lengths, relative to the largest logit: attention of
/// few rows rounds once more before the gate than attention of many.
const ROUNDING: f32 = 1e-5;

fn serving(page: u64) -> Serving {
    Serving { act: Dtype::F32, kv: Dtype::F32, page, exact: true }
}

/// An engine over plain loops with a checkpoint of its own.
fn engine(spec: &Spec, form: Form, page: u64, limits: Limits) -> Engine {
    try_engine(spec, form, page, limits, None).unwrap()
}

fn try_engine(
    spec: &Spec,
    form: Form,
    page: u64,
    limits: Limits,
    memory: Option<u64>,
) -> kiln_runtime::Result<Engine> {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
    let checkpoint = Checkpoint::open(directory.path()).unwrap();
    let operations = plain::issued(&checkpoint, &serving(page)).unwrap();
    let (bundle, mut device) = plain::bundle(directory.path(), &operations);
    device.memory = memory;
    Engine::load(Box::new(device), bundle, &checkpoint, serving(page), limits, &mut |_| {})
}

kiln_tests::suite_of_texts!(engine, pages: [1, 4, 64, 128], rounding: ROUNDING);

#[test]
fn a_text_that_cannot_fit_is_refused_with_the_reason() {
    let spec = &TINY[0];
    let mut engine = engine(spec, Form::Bf16, 16, limits());
    let refused = |error: kiln_runtime::Error| error.to_string();
    let long = text(spec, 1, 257);
    assert!(refused(engine.add(&long).unwrap_err()).contains("257 tokens; at most 256"));
    assert!(refused(engine.add(&[]).unwrap_err()).contains("without tokens"));
    assert!(refused(engine.add(&[320]).unwrap_err()).contains("token 320"));
    let id = engine.add(&[1]).unwrap();
    engine.cancel(id).unwrap();
    assert!(refused(engine.cancel(id).unwrap_err()).contains("ended before"));
}

#[test]
fn there_is_one_copy_of_the_weights_and_no_more_memory_than_was_said() {
    for (spec, form) in TINY.iter().flat_map(|spec| [(spec, Form::Bf16), (spec, Form::Awq)]) {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
        let checkpoint = Checkpoint::open(directory.path()).unwrap();
        let engine = engine(spec, form, 16, limits());
        // Plain kernels read weights as they lie in the checkpoint, except that vectors and taps of
        // linear attention are f32 there instead of bf16.
        let stored: u64 = [Group::Embedding, Group::Layers, Group::Head]
            .map(|group| checkpoint.tally(group).bytes)
            .iter()
            .sum();
        let linear = (0..spec.layers).filter(|layer| !spec.is_full(*layer)).count();
        let channels = 2 * spec.key_heads * spec.key_head + spec.value_heads * spec.value_head;
        let wide = channels * spec.kernel + 2 * spec.value_heads + spec.value_head;
        let shapes = checkpoint
            .weights()
            .filter(|(role, weight)| role.group() <= Group::Head && weight.part("quants").is_ok());
        // The shape that each packed layer repeats is not loaded.
        let expect = stored + (2 * linear * wide) as u64 - 16 * shapes.count() as u64;
        let usage = engine.model().usage();
        // Zero points of stacked layers whose rows are no multiple of eight are packed closer.
        let slack = if spec.packs_gates { 4096 } else { 0 };
        assert!(usage.weights <= expect && usage.weights + slack >= expect, "{}-{form}", spec.name);
        let full = spec.layers - linear;
        let cache = 2 * full * 512 * spec.kv_heads * spec.head * 4;
        assert_eq!(usage.cache, cache as u64, "{}-{form}", spec.name);
    }
}

#[test]
fn what_cannot_fit_is_refused_with_the_numbers_before_anything_is_loaded() {
    let spec = &TINY[0];
    let needed = engine(spec, Form::Bf16, 16, limits()).model().usage().total();
    let fitting = try_engine(spec, Form::Bf16, 16, limits(), Some(needed));
    assert!(fitting.is_ok());
    let error = try_engine(spec, Form::Bf16, 16, limits(), Some(needed - 1)).err().unwrap();
    let error = error.to_string();
    for part in ["not enough memory", "weights", "keys and values", "states", "are available"] {
        assert!(error.contains(part), "{error}");
    }
    let long = Limits { context: 262_145, ..limits() };
    let error = try_engine(spec, Form::Bf16, 16, long, None).err().unwrap().to_string();
    assert!(error.contains("262145") && error.contains("262144"), "{error}");
}

#[test]
fn a_bundle_without_an_operation_is_refused_by_its_name() {
    let spec = &TINY[0];
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, Form::Bf16, &mut |_, _| {}).unwrap();
    let checkpoint = Checkpoint::open(directory.path()).unwrap();
    let mut operations = plain::issued(&checkpoint, &serving(16)).unwrap();
    operations.retain(|operation| operation.name != "gated_norm");
    let (bundle, device) = plain::bundle(directory.path(), &operations);
    let served = Serving::of(&bundle, None).unwrap();
    assert_eq!(served, Serving { exact: false, ..serving(16) }, "nothing is packed");
    assert!(Serving::of(&bundle, Some(32)).unwrap_err().to_string().contains("of 16"));
    let loaded = Engine::load(Box::new(device), bundle, &checkpoint, served, limits(), &mut |_| {});
    let error = loaded.err().unwrap().to_string();
    assert!(error.contains("does not cover gated_norm"), "{error}");
}
