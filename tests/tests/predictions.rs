//! Multi-token prediction heads as guessers: their passes over plain loops and with kernels out of a
//! bundle, against goldens of an independent implementation (`tests/fixtures/models/goldens.py`) and the
//! reference.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::Dtype;
use kiln_runtime::device::{Device, HostDevice};
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::{Limits, Serving};
use kiln_runtime::weights::{Checkpoint, Group};
use kiln_tests::fixture::{DRAFTERS, DrafterSpec, Form, Spec, TINY, write, write_drafter};
use kiln_tests::goldens::{Golden, difference};
use kiln_tests::plain;
use kiln_tests::reference::{Model, argmax};
use kiln_tests::texts;
use kiln_tests::tuned;
use serde_json::Value;

const SERVING: Serving = Serving { act: Dtype::F32, kv: Dtype::F32, page: 16, exact: true };

fn heads() -> impl Iterator<Item = (&'static Spec, Form)> {
    let specs = TINY.iter().filter(|spec| spec.mtp);
    specs.flat_map(|spec| [(spec, Form::Bf16), (spec, Form::Awq)])
}

/// A checkpoint whose prediction head guesses.
fn predicting(directory: &Path, spec: &Spec, form: Form) -> Checkpoint {
    write(directory, spec, form, &mut |_, _| {}).unwrap();
    let mut checkpoint = Checkpoint::open(directory).unwrap();
    checkpoint.predict().unwrap();
    checkpoint
}

fn load(
    checkpoint: &Checkpoint,
    bundle: Bundle,
    device: Box<dyn Device>,
    limits: Limits,
) -> Engine {
    Engine::load(device, bundle, checkpoint, SERVING, limits, &mut |_| {}).unwrap()
}

/// An engine over plain loops.
fn plain_engine(spec: &Spec, form: Form, limits: Limits) -> Engine {
    let directory = tempfile::tempdir().unwrap();
    let checkpoint = predicting(directory.path(), spec, form);
    let operations = plain::issued(&checkpoint, &SERVING).unwrap();
    let (bundle, device) = plain::bundle(directory.path(), &operations);
    load(&checkpoint, bundle, Box::new(device), limits)
}

/// The model of a drafter, which guesses by itself instead.
fn engine(spec: &DrafterSpec, limits: Limits) -> Engine {
    plain_engine(spec.model(), Form::Bf16, limits)
}

kiln_tests::suite_of_guesses!(
    engine,
    checked: [&DRAFTERS[0], &DRAFTERS[1], &DRAFTERS[2]],
    rounding: 1e-5,
    exact: DRAFTERS[..1]
);

/// Largest difference of an engine's guesses from the goldens, which follow the first tokens of a text.
fn from_goldens(engine: &mut Engine, name: &str) -> f32 {
    let golden = Golden::open(name);
    let drafts = golden.drafts.unwrap();
    let text: Vec<u32> = golden.prompt.iter().map(|token| *token as u32).collect();
    let mut worst = 0f32;
    let id = engine.add(&text[..1]).unwrap();
    for (at, expect) in drafts.iter().enumerate() {
        texts::finish(engine, id);
        engine.push(id, text[at + 1]).unwrap();
        let found = engine.draft(&[(id, 1)]).unwrap().remove(0);
        worst = worst.max(difference(&found[0], expect));
    }
    engine.cancel(id).unwrap();
    // All but the last at once.
    let count = drafts.len();
    let id = engine.add(&text[..count]).unwrap();
    texts::finish(engine, id);
    engine.push(id, text[count]).unwrap();
    let found = engine.draft(&[(id, 1)]).unwrap().remove(0);
    worst.max(difference(&found[0], drafts.last().unwrap()))
}

#[test]
fn guesses_are_the_goldens() {
    let mut compared = 0;
    for (spec, form) in heads() {
        let name = format!("{}-{form}", spec.name);
        let worst = from_goldens(&mut plain_engine(spec, form, texts::limits()), &name);
        println!("{name}: {worst:.1e}");
        assert!(worst < 5e-5, "{name}: {worst:e}");
        compared += 1;
    }
    assert_eq!(compared, 8);
}

#[test]
fn chains_of_guesses_of_several_texts_are_those_of_the_reference() {
    for (spec, form) in heads().filter(|(_, form)| *form == Form::Bf16) {
        let directory = tempfile::tempdir().unwrap();
        let checkpoint = predicting(directory.path(), spec, form);
        let model = Model::load(&checkpoint);
        let mut engine = plain_engine(spec, form, texts::limits());
        // One text is longer than a pass of few rows.
        let whole: Vec<Vec<u32>> =
            [(4, 3), (40, 8), (9, 5)].map(|(length, n)| texts::text(spec, n, length)).into();
        let mut wanted = Vec::new();
        for (text, count) in whole.iter().zip([2, 6, 4]) {
            let id = engine.add(&text[..text.len() - 1]).unwrap();
            texts::finish(&mut engine, id);
            wanted.push((id, count));
        }
        for (text, (id, _)) in whole.iter().zip(&wanted) {
            engine.push(*id, *text.last().unwrap()).unwrap();
        }
        let found = engine.draft(&wanted).unwrap();
        assert!(engine.draft(&wanted).unwrap() == found, "guessing should change nothing");
        for ((text, found), (_, count)) in whole.iter().zip(&found).zip(&wanted) {
            assert_eq!(found.len(), *count);
            let expect = chain(&model, text, *count);
            for (found, expect) in found.iter().zip(&expect) {
                let worst = difference(found, expect);
                assert!(worst < 1e-4, "{}: {worst:e}", spec.name);
            }
        }
    }
}

/// The logits of the reference's guesses at what follows a text.
fn chain(model: &Model, text: &[u32], count: usize) -> Vec<Vec<f32>> {
    let (mut state, mut drafts) = (model.start(), model.start_drafts().unwrap());
    let mut hidden = Vec::new();
    for (at, token) in text.iter().enumerate() {
        if at > 0 {
            let before = std::mem::take(&mut hidden);
            hidden = model.draft(&mut drafts, &before, *token as usize);
        }
        if at + 1 < text.len() {
            hidden = model.hidden(&mut state, *token as usize, [at; 3]);
        }
    }
    let mut logits = vec![model.logits(&hidden)];
    while logits.len() < count {
        let next = argmax(logits.last().unwrap());
        hidden = model.draft(&mut drafts, &hidden, next);
        logits.push(model.logits(&hidden));
    }
    logits
}

#[test]
fn only_one_guesses_and_only_where_there_is_a_head() {
    let spec = &DRAFTERS[0];
    let directory = tempfile::tempdir().unwrap();
    let (model, drafter) = (directory.path().join("model"), directory.path().join("drafter"));
    write_drafter(&drafter, spec).unwrap();
    let mut checkpoint = predicting(&model, spec.model(), Form::Bf16);
    assert!(checkpoint.tally(Group::Mtp).tensors == 15);
    for error in [checkpoint.predict(), checkpoint.join(&drafter)] {
        assert!(error.unwrap_err().to_string().contains("guesses already"));
    }
    let mut checkpoint = Checkpoint::open(&model).unwrap();
    checkpoint.join(&drafter).unwrap();
    assert!(checkpoint.predict().unwrap_err().to_string().contains("a drafter already"));
    let without = TINY.iter().find(|spec| !spec.mtp).unwrap();
    write(&directory.path().join("other"), without, Form::Bf16, &mut |_, _| {}).unwrap();
    let mut checkpoint = Checkpoint::open(&directory.path().join("other")).unwrap();
    assert!(checkpoint.predict().unwrap_err().to_string().contains("mtp.*"));
}

#[test]
fn kernels_of_a_bundle_guess_and_the_command_line_writes_the_same_text() {
    let Some(target) = tuned::host_target() else { return };
    let spec = &TINY[0];
    let directory = tempfile::tempdir().unwrap();
    let checkpoint = predicting(directory.path(), spec, Form::Awq);
    let flags = ["--act", "f32", "--exact", "--page", "16"];
    let path = tuned::bundle(directory.path(), target, &flags);
    let device = Box::new(HostDevice::new().unwrap());
    let mut engine = load(&checkpoint, Bundle::open(&path).unwrap(), device, texts::limits());
    let worst = from_goldens(&mut engine, &format!("{}-awq", spec.name));
    assert!(worst < texts::BOUND, "{worst:e}");

    let generate = |more: &[&str]| -> Value {
        let mut kiln = Command::new(tuned::program("kiln"));
        kiln.args(["generate", "--tokens", "7,1,50,3", "--max-tokens", "30", "--json"]);
        kiln.args(["--temperature", "0.9", "--seed", "4"]);
        kiln.arg("--model").arg(directory.path()).arg("--bundle").arg(&path).args(more);
        let done = kiln.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let plain = generate(&[]);
    for more in [&["--spec", "mtp", "--spec-tokens", "3"][..], &["--spec", "mtp"]] {
        let found = generate(more);
        assert_eq!(found["tokens"], plain["tokens"], "{more:?}");
        assert!(found["guesses"]["cycles"].as_u64().unwrap() > 0, "{more:?}");
    }
}
