//! Output heads that are quantised when they are loaded, over plain loops and with kernels out of a
//! bundle, against the reference with the same numbers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use kiln_cache::bundle::Bundle;
use kiln_cache::operations::Precision;
use kiln_cache::vocabulary::Dtype;
use kiln_runtime::device::{Device, HostDevice};
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::Serving;
use kiln_runtime::weights::{Checkpoint, Role, Weight};
use kiln_tests::fixture::{Form, Spec, TINY, write};
use kiln_tests::goldens::difference;
use kiln_tests::plain;
use kiln_tests::reference::{Matrix, Model};
use kiln_tests::texts;
use kiln_tests::tuned;

const SERVING: Serving = Serving { act: Dtype::F32, kv: Dtype::F32, page: 16, exact: true };

const QUANTISED: [Precision; 2] = [Precision::Int8, Precision::Int4];

/// One tied and one of its own, both over vocabularies that are no multiple of eight; one of whole
/// blocks.
fn specs() -> impl Iterator<Item = &'static Spec> {
    TINY.iter().filter(|spec| ["ash", "birch", "cedar"].contains(&spec.name))
}

fn quantised(directory: &Path, to: Precision) -> Checkpoint {
    let mut checkpoint = Checkpoint::open(directory).unwrap();
    checkpoint.quantise_head(to).unwrap();
    checkpoint.make_copies().unwrap();
    checkpoint
}

/// Largest difference of an engine's logits from those of the reference, and from those of the
/// reference without quantisation.
fn compared(
    spec: &Spec,
    checkpoint: &Checkpoint,
    exact: &Model,
    bundle: Bundle,
    device: Box<dyn Device>,
) -> [f32; 2] {
    let limits = texts::limits();
    let mut engine =
        Engine::load(device, bundle, checkpoint, SERVING, limits, &mut |_| {}).unwrap();
    let model = Model::load(checkpoint);
    let text = texts::text(spec, 3, 40);
    let found = texts::follow(&mut engine, &text[..20], &text[20..]);
    let (mut state, mut worst) = (model.start(), [0f32; 2]);
    for (at, token) in text.iter().enumerate() {
        let hidden = model.hidden(&mut state, *token as usize, [at; 3]);
        let Some(found) = (at + 1).checked_sub(20).map(|at| &found[at]) else { continue };
        for (worst, model) in worst.iter_mut().zip([&model, exact]) {
            *worst = worst.max(difference(found, &model.logits(&hidden)));
        }
    }
    worst
}

#[test]
fn logits_are_those_of_the_quantised_head() {
    for spec in specs() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), spec, Form::Bf16, &mut |_, _| {}).unwrap();
        let exact = Model::load(&Checkpoint::open(directory.path()).unwrap());
        let mut before = 0.0;
        for to in QUANTISED {
            let checkpoint = quantised(directory.path(), to);
            let operations = plain::issued(&checkpoint, &SERVING).unwrap();
            let (bundle, device) = plain::bundle(directory.path(), &operations);
            let [own, other] = compared(spec, &checkpoint, &exact, bundle, Box::new(device));
            println!("{} {to}: {own:.1e}, and {other:.1e} from the head before", spec.name);
            assert!(own < 1e-5, "{} {to}: {own:e}", spec.name);
            assert!(
                (1e-4..0.5).contains(&other) && other > before,
                "{} {to}: {other:e}",
                spec.name
            );
            before = other;
        }
    }
}

#[test]
fn kernels_of_a_bundle_multiply_by_quantised_heads() {
    let Some(target) = tuned::host_target() else { return };
    for spec in specs().take(2) {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), spec, Form::Bf16, &mut |_, _| {}).unwrap();
        let exact = Model::load(&Checkpoint::open(directory.path()).unwrap());
        let flags = ["--act", "f32", "--exact", "--page", "16", "--head", "int8,int4"];
        let bundle = tuned::bundle(directory.path(), target, &flags);
        for to in QUANTISED {
            let checkpoint = quantised(directory.path(), to);
            let (bundle, device) = (Bundle::open(&bundle).unwrap(), HostDevice::new().unwrap());
            let [own, _] = compared(spec, &checkpoint, &exact, bundle, Box::new(device));
            assert!(own < 1e-4, "{} {to}: {own:e}", spec.name);
        }
    }
}

#[test]
fn a_quantised_head_is_off_by_half_a_step_at_most_and_leaves_the_embedding_alone() {
    for spec in specs() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), spec, Form::Bf16, &mut |_, _| {}).unwrap();
        let stored = Checkpoint::open(directory.path()).unwrap();
        let matrix = |of: &Checkpoint, role| Matrix::of(&of.weight(role).unwrap());
        let before = matrix(&stored, Role::Head);
        for (to, levels) in [(Precision::Int8, 254.0), (Precision::Int4, 15.0)] {
            let checkpoint = quantised(directory.path(), to);
            let head = checkpoint.weight(Role::Head).unwrap();
            assert_eq!(matches!(head, Weight::Packed(_)), to == Precision::Int4);
            assert_eq!(matrix(&checkpoint, Role::Embedding), matrix(&stored, Role::Embedding));
            let after = Matrix::of(&head);
            let width = if to == Precision::Int4 { 32 } else { before.columns };
            let groups = before.values.chunks(width).zip(after.values.chunks(width));
            for (at, (before, after)) in groups.enumerate() {
                let ends =
                    |from: f32, of: fn(f32, f32) -> f32| before.iter().copied().fold(from, of);
                let (low, high) = (ends(0.0, f32::min), ends(0.0, f32::max));
                let range = if to == Precision::Int4 { high - low } else { 2.0 * high.max(-low) };
                // Zero points are whole numbers, and scales of nibbles are rounded to bf16.
                let slack = if to == Precision::Int4 { 2.1 } else { 1.001 };
                let step = range / levels;
                for (before, after) in before.iter().zip(after) {
                    let error = (before - after).abs();
                    assert!(error <= slack * step / 2.0, "{} {to} {at}: {error:e}", spec.name);
                }
            }
        }
    }
}

#[test]
fn a_head_that_is_packed_in_the_checkpoint_is_not_quantised_again() {
    let spec = TINY.iter().find(|spec| spec.packs_head).unwrap();
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, Form::Awq, &mut |_, _| {}).unwrap();
    let mut checkpoint = Checkpoint::open(directory.path()).unwrap();
    checkpoint.quantise_head(Precision::Bf16).unwrap();
    let error = checkpoint.quantise_head(Precision::Int8).unwrap_err().to_string();
    assert!(error.contains("lm_head") && error.contains("quantised already"), "{error}");
}
