//! The reference model against goldens made by Hugging Face transformers, on tiny checkpoints that
//! are written anew for each test. `tests/fixtures/models/goldens.py` says how they were made.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use kiln_cache::hash::Digest;
use kiln_runtime::weights::{Checkpoint, Weight};
use kiln_tests::fixture::{Form, Spec, TINY, WIDE, write};
use kiln_tests::goldens::{self, Golden, difference};
use kiln_tests::reference::{Matrix, Model, argmax};
use tempfile::TempDir;

/// Largest difference from a golden, relative to the position's largest logit. Both sides compute
/// in f32, so that they are far closer than the 2e-3 that kernels are allowed.
const BOUND: f32 = 5e-5;

fn checkpoint(spec: &Spec, form: Form) -> (TempDir, Checkpoint) {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
    let opened = Checkpoint::open(directory.path()).unwrap();
    (directory, opened)
}

/// Every checkpoint of which goldens are kept.
fn kept() -> impl Iterator<Item = (&'static Spec, Form)> {
    let tiny = TINY.iter().flat_map(|spec| [(spec, Form::Bf16), (spec, Form::Awq)]);
    tiny.chain(WIDE.iter().map(|spec| (spec, Form::Awq)))
}

/// Reads the prompt, then its own greedy text, and compares every position with the golden.
/// Returns the largest relative difference.
fn follow(model: &Model, golden: &Golden, name: &str) -> f32 {
    let mut state = model.start();
    let mut worst = 0f32;
    let mut text = Vec::new();
    for (position, expect) in golden.logits.iter().enumerate() {
        let token = golden.prompt.get(position).or(text.last()).copied().unwrap();
        let logits = model.step(&mut state, token);
        worst = worst.max(difference(&logits, expect));
        if position + 1 >= golden.prompt.len() {
            text.push(argmax(&logits));
        }
    }
    text.pop();
    assert_eq!(text, golden.tokens, "{name}: the greedy text should be the golden's");
    worst
}

#[test]
fn checkpoints_are_those_that_the_goldens_were_made_from() {
    let facts = fs::read_to_string(goldens::folder().join("goldens.json")).unwrap();
    let facts: serde_json::Value = serde_json::from_str(&facts).unwrap();
    for (spec, form) in kept() {
        let (directory, _) = checkpoint(spec, form);
        let mut files: Vec<PathBuf> =
            fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|ext| ext == "safetensors"));
        files.sort();
        let bytes: Vec<u8> = files.iter().flat_map(|file| fs::read(file).unwrap()).collect();
        let name = format!("{}-{form}", spec.name);
        let expect = facts["checkpoints"][&name]["sha256"].as_str().unwrap();
        assert_eq!(Digest::of(&bytes).to_string(), expect, "{name}");
    }
}

#[test]
fn logits_of_every_position_and_greedy_texts_are_the_goldens() {
    for (spec, form) in kept() {
        let name = format!("{}-{form}", spec.name);
        let (_directory, opened) = checkpoint(spec, form);
        let golden = Golden::open(&name);
        assert_eq!((golden.prompt.len(), golden.tokens.len()), (75, 128));
        assert_eq!(golden.logits.len(), 203);
        let worst = follow(&Model::load(&opened), &golden, &name);
        println!("{name}: {worst:.1e}");
        assert!(worst < BOUND, "{name}: {worst:e}");
    }
}

#[test]
fn positions_in_time_height_and_width_turn_the_pairs_that_they_should() {
    for spec in &TINY {
        let golden = Golden::open(&format!("{}-bf16", spec.name));
        let (_directory, opened) = checkpoint(spec, Form::Bf16);
        let model = Model::load(&opened);
        let (mut state, mut text) = (model.start(), model.start());
        let mut moved = 0f32;
        for (at, (place, expect)) in golden.places.iter().zip(&golden.placed).enumerate() {
            let hidden = model.hidden(&mut state, golden.prompt[at], *place);
            let logits = model.logits(&hidden);
            assert!(difference(&logits, expect) < BOUND, "{} at {place:?}", spec.name);
            moved = moved.max(difference(&model.step(&mut text, golden.prompt[at]), expect));
        }
        assert!(moved > 100.0 * BOUND, "{}: positions should matter, {moved:e}", spec.name);
    }
}

#[test]
fn drafts_of_the_prediction_head_are_the_goldens() {
    let mut heads = 0;
    for (spec, form) in TINY.iter().flat_map(|spec| [(spec, Form::Bf16), (spec, Form::Awq)]) {
        let golden = Golden::open(&format!("{}-{form}", spec.name));
        let (_directory, opened) = checkpoint(spec, form);
        let model = Model::load(&opened);
        assert_eq!(golden.drafts.is_some(), spec.mtp);
        let (Some(mut drafts), Some(expect)) = (model.start_drafts(), golden.drafts) else {
            continue;
        };
        heads += 1;
        let mut state = model.start();
        for (at, expect) in expect.iter().enumerate() {
            let hidden = model.hidden(&mut state, golden.prompt[at], [at; 3]);
            let hidden = model.draft(&mut drafts, &hidden, golden.prompt[at + 1]);
            let worst = difference(&model.logits(&hidden), expect);
            assert!(worst < BOUND, "{} at {at}: {worst:e}", spec.name);
        }
    }
    assert_eq!(heads, 8);
}

#[test]
fn packed_layers_hold_exactly_the_numbers_of_their_twins() {
    for spec in &TINY {
        let (_packed, packed) = checkpoint(spec, Form::Awq);
        let (_twin, twin) = checkpoint(spec, Form::Twin);
        assert_eq!(packed.weights().count(), twin.weights().count());
        let mut compared = 0;
        for (role, weight) in packed.weights() {
            let plain = twin.weight(role).unwrap();
            assert!(matches!(plain, Weight::Plain(_)));
            let same = Matrix::of(&weight) == Matrix::of(&plain);
            assert!(same, "{} {role:?}", spec.name);
            compared += usize::from(matches!(weight, Weight::Packed(_)));
        }
        // Three layers of six and one of seven, two gates in three of four, the head.
        let groups = spec.layers / 4;
        let gates = if spec.packs_gates { 6 * groups } else { 0 };
        let expect = groups * (3 * 6 + 7) + gates + usize::from(spec.packs_head);
        assert_eq!(compared, expect, "{}: packed layers", spec.name);
    }
}
