//! Drafters with kernels out of a bundle and nothing else, on this machine's processor.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use kiln_cache::bundle::Bundle;
use kiln_runtime::device::{Device, HostDevice};
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::{Limits, LoadedModel, Serving};
use kiln_runtime::weights::Checkpoint;
use kiln_tests::fixture::{DRAFTERS, DrafterSpec, Form, write, write_drafter};
use kiln_tests::texts::{self, Effort};
use kiln_tests::tuned;
use tempfile::TempDir;

/// Largest difference between a context that was computed at once and one that was computed token
/// by token, relative to the largest logit: other kernels add in other orders.
const ROUNDING: f32 = 1e-4;

/// Sampled texts of each kind. Those of the rule of acceptance alone are a hundred thousand, in the
/// runtime's own tests.
const SAMPLES: u64 = 20_000;

/// Directories of models with their drafters and a bundle for both, each made once.
static MADE: Mutex<BTreeMap<&str, (TempDir, PathBuf)>> = Mutex::new(BTreeMap::new());

/// A model with its drafter, and a bundle for both.
fn joined(spec: &DrafterSpec) -> (Checkpoint, Bundle, Serving) {
    let mut made = MADE.lock().unwrap();
    let (directory, bundle) = made.entry(spec.name).or_insert_with(|| {
        let directory = tempfile::tempdir().unwrap();
        let (model, drafter) = (directory.path().join("model"), directory.path().join("drafter"));
        write(&model, spec.model(), form(spec), &mut |_, _| {}).unwrap();
        write_drafter(&drafter, spec).unwrap();
        let target = tuned::host_target().unwrap();
        let path = drafter.to_str().unwrap();
        let mut flags = vec!["--act", "f32", "--exact", "--page", "16", "--drafter", path];
        if spec.name == DRAFTERS[0].name {
            flags.extend(["--drafter-quant", "int8,int4", "--draft-head", "int8,int4"]);
        }
        let bundle = tuned::bundle(&model, target, &flags);
        (directory, bundle)
    });
    let mut checkpoint = Checkpoint::open(&directory.path().join("model")).unwrap();
    checkpoint.join(&directory.path().join("drafter")).unwrap();
    let bundle = Bundle::open(&*bundle).unwrap();
    let serving = Serving::of(&bundle, Some(16)).unwrap();
    (checkpoint, bundle, serving)
}

/// Of every model one form, so that few bundles have to be made.
fn form(spec: &DrafterSpec) -> Form {
    if spec.name == "alder" { Form::Awq } else { Form::Bf16 }
}

fn engine(spec: &DrafterSpec, limits: Limits) -> Engine {
    let (checkpoint, bundle, serving) = joined(spec);
    let device = Box::new(HostDevice::new().unwrap());
    Engine::load(device, bundle, &checkpoint, serving, limits, &mut |_| {}).unwrap()
}

fn loaded(spec: &DrafterSpec, limits: Limits) -> (Box<dyn Device>, LoadedModel) {
    let (checkpoint, bundle, serving) = joined(spec);
    let mut device: Box<dyn Device> = Box::new(HostDevice::new().unwrap());
    let (of, report) = (device.as_mut(), &mut |_| {});
    let model = LoadedModel::load(of, bundle, &checkpoint, serving, &limits, report).unwrap();
    (device, model)
}

#[test]
fn the_passes_of_a_drafter_compute_what_the_published_package_does() {
    for (name, worst) in texts::drafter_goldens(&loaded, &[&DRAFTERS[1], &DRAFTERS[3]]) {
        println!("{name}: {worst:.1e}");
    }
}

kiln_tests::suite_of_guesses!(
    engine,
    checked: [&DRAFTERS[1], &DRAFTERS[3]],
    rounding: ROUNDING,
    exact: DRAFTERS[1..2]
);

#[test]
#[ignore = "an hour: part of ./x soak"]
fn many_texts_are_the_same_with_guesses_and_without() {
    for line in texts::exactness(&engine, &DRAFTERS, Effort::LONG) {
        println!("{line}");
    }
}

#[test]
#[ignore = "an hour: part of ./x soak"]
fn texts_may_be_ended_between_any_two_steps_of_many_turns() {
    println!("{}", texts::cancelling_turns(&engine, Effort::LONG));
}

#[test]
#[ignore = "many minutes: part of ./x soak"]
fn many_guesses_do_not_change_the_distribution_and_a_wrong_rule_is_noticed() {
    for line in texts::distribution(&engine, &DRAFTERS[1], SAMPLES) {
        println!("{line}");
    }
}

#[test]
fn the_command_line_writes_the_same_text_with_a_drafter_and_without() {
    let spec = &DRAFTERS[0];
    drop(joined(spec));
    let ([model, drafter], bundle) = {
        let made = MADE.lock().unwrap();
        let (directory, bundle) = &made[spec.name];
        (["model", "drafter"].map(|name| directory.path().join(name)), bundle.clone())
    };
    let generate = |more: &[&str]| -> serde_json::Value {
        let mut kiln = Command::new(tuned::program("kiln"));
        kiln.args(["generate", "--tokens", "7,1,50,3", "--max-tokens", "30", "--json"]);
        kiln.args(["--temperature", "0.9", "--seed", "4"]);
        kiln.arg("--model").arg(&model).arg("--bundle").arg(&bundle).args(more);
        let done = kiln.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let plain = generate(&[]);
    assert!(plain.get("guesses").is_none());
    let drafter = ["--drafter", drafter.to_str().unwrap()];
    let quantised = |to| ["--spec-tokens", "2", "--drafter-quant", to];
    let quantised = ["int8", "int4"].map(quantised);
    let small = |to| ["--spec-tokens", "3", "--draft-head", to];
    let small = ["int8", "int4", "bf16"].map(small);
    let arms = quantised.iter().chain(&small).map(|of| &of[..]);
    for more in arms.chain([&["--spec-tokens", "3"][..], &[]]) {
        let found = generate(&[&drafter, more].concat());
        assert_eq!(found["tokens"], plain["tokens"], "{more:?}");
        assert!(found["guesses"]["cycles"].as_u64().unwrap() > 0, "{more:?}");
        assert!(found["guesses"]["tokens_per_cycle"].as_f64().unwrap() >= 1.0);
    }
    assert!(generate(&[&drafter[..], &["--spec", "off"]].concat()).get("guesses").is_none());
}
