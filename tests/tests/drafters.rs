//! Drafters: the loader, the reference in plain loops, and the engine's passes over plain loops,
//! against goldens that the published package made. `tests/fixtures/drafters/goldens.py` says how.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use kiln_cache::hash::Digest;
use kiln_cache::operations::Precision;
use kiln_cache::vocabulary::Dtype;
use kiln_runtime::device::Device;
use kiln_runtime::engine::Engine;
use kiln_runtime::model::config::{DrafterConfig, ModelConfig, Sight};
use kiln_runtime::plan::{Limits, LoadedModel, Serving};
use kiln_runtime::weights::{Checkpoint, Group};
use kiln_tests::drafts::{cycles, folder};
use kiln_tests::fixture::{DRAFTERS, DrafterSpec, Form, write, write_drafter};
use kiln_tests::goldens::difference;
use kiln_tests::plain;
use kiln_tests::reference::{Drafter, Model};
use kiln_tests::texts;
use serde_json::{Value, json};

/// Largest difference of the reference from a golden, relative to the row's largest logit.
const BOUND: f32 = 1e-4;

fn joined(spec: &DrafterSpec) -> (tempfile::TempDir, Checkpoint) {
    let directory = tempfile::tempdir().unwrap();
    let (model, drafter) = (directory.path().join("model"), directory.path().join("drafter"));
    write(&model, spec.model(), Form::Bf16, &mut |_, _| {}).unwrap();
    write_drafter(&drafter, spec).unwrap();
    let mut checkpoint = Checkpoint::open(&model).unwrap();
    checkpoint.join(&drafter).unwrap();
    (directory, checkpoint)
}

#[test]
fn drafters_are_those_that_the_goldens_were_made_from() {
    let facts = fs::read_to_string(folder().join("goldens.json")).unwrap();
    let facts: Value = serde_json::from_str(&facts).unwrap();
    for spec in &DRAFTERS {
        let (directory, checkpoint) = joined(spec);
        let file = directory.path().join("drafter/model.safetensors");
        let found = Digest::of(&fs::read(file).unwrap()).to_string();
        let golden = &facts["drafters"][spec.name];
        assert_eq!(golden["sha256"], json!(found), "{}", spec.name);
        assert_eq!(golden["model"], spec.model);
        let config = checkpoint.config().drafter.as_ref().unwrap();
        assert_eq!(golden["taps"], json!(config.taps), "{}", spec.name);
        assert_eq!(checkpoint.tally(Group::Drafter).tensors, 3 + 11 * spec.sliding.len());
    }
}

#[test]
fn the_reference_drafts_what_the_published_package_does() {
    for spec in &DRAFTERS {
        let (_directory, checkpoint) = joined(spec);
        let (model, drafter) = (Model::load(&checkpoint), Drafter::load(&checkpoint));
        let mut context = drafter.start();
        let mut worst = 0f32;
        for cycle in cycles(spec.name) {
            cycle.features.iter().for_each(|features| drafter.add(&mut context, features));
            let mut tokens = vec![spec.mask; cycle.logits.len()];
            tokens[0] = cycle.anchor;
            let found = drafter.draft(&context, &model, &tokens);
            let pairs = found.iter().zip(&cycle.logits);
            worst = pairs.map(|(found, expect)| difference(found, expect)).fold(worst, f32::max);
        }
        println!("{}: {worst:.1e}", spec.name);
        assert!(worst < BOUND, "{}: {worst:e}", spec.name);
    }
}

#[test]
fn a_drafter_that_was_quantised_drafts_what_its_quants_say() {
    let cases = [(Precision::Int8, "weight=i8", 0.3), (Precision::Int4, "linear_q4", 3.0)];
    for (spec, (to, named, far)) in DRAFTERS.iter().flat_map(|spec| cases.map(|of| (spec, of))) {
        let (directory, mut checkpoint) = joined(spec);
        let exact = Drafter::load(&checkpoint);
        checkpoint.quantise_drafter(to).unwrap();
        checkpoint.make_copies().unwrap();
        assert_eq!(checkpoint.config().drafter.as_ref().unwrap().block, spec.block);
        let operations = plain::issued(&checkpoint, &SERVING).unwrap();
        assert!(operations.iter().any(|of| of.to_string().contains(named)));
        let (bundle, device) = plain::bundle(directory.path(), &operations);
        let mut engine = {
            let device = Box::new(device);
            let limits = texts::limits();
            Engine::load(device, bundle, &checkpoint, SERVING, limits, &mut |_| {}).unwrap()
        };
        let (model, drafter) = (Model::load(&checkpoint), Drafter::load(&checkpoint));
        let whole = texts::text(spec.model(), 2, 21);
        let id = engine.add(&whole[..20]).unwrap();
        texts::finish(&mut engine, id);
        engine.push(id, whole[20]).unwrap();
        let found = engine.draft(&[(id, spec.block - 1)]).unwrap().remove(0);
        let drafts = |drafter: &Drafter| drafter.guesses(&model, &whole[..20], whole[20]);
        let worst = |expect: &[Vec<f32>]| {
            let pairs = found.iter().zip(expect);
            pairs.map(|(found, expect)| difference(found, expect)).fold(0.0, f32::max)
        };
        let (own, other) = (worst(&drafts(&drafter)), worst(&drafts(&exact)));
        println!("{} {to}: {own:.1e}, and {other:.1e} from the weights before", spec.name);
        let name = spec.name;
        assert!(own < BOUND && (BOUND..far).contains(&other), "{name} {to}: {own:e} {other:e}");
    }
}

/// The configuration of the published drafter, as far as it is known.
fn published() -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/qwen3.6-27b-dflash/config.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn read(config: &Value) -> kiln_cache::Result<DrafterConfig> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/qwen3.6-27b");
    let model = ModelConfig::open(&path).unwrap();
    DrafterConfig::parse(Path::new("d/config.json"), config.to_string().as_bytes(), &model)
}

#[test]
fn the_published_configuration_is_read_with_its_fallbacks() {
    let full = read(&published()).unwrap();
    assert_eq!((full.block, full.mask, full.rope.rotary), (16, 248_070, 128));
    assert_eq!(full.layers[0], Sight { causal: true, window: Some(2048) });
    assert_eq!(full.layers[4], Sight { causal: false, window: None });

    let mut config = published();
    config["dflash_config"].as_object_mut().unwrap().remove("target_layer_ids");
    assert_eq!(read(&config).unwrap(), full, "the rule gives the published layers");

    config.as_object_mut().unwrap().remove("block_size");
    assert_eq!(read(&config).unwrap().block, 16);
    config["dflash_config"]["block_size"] = json!(8);
    config["block_size"] = json!(4);
    assert_eq!(read(&config).unwrap().block, 8, "the drafter's own section comes first");

    config["use_sliding_window"] = json!(false);
    let without = read(&config).unwrap();
    assert_eq!(without.layers[0], Sight { causal: true, window: None });
    config["use_sliding_window"] = json!(true);
    for (place, stated) in [("is_causal", false), ("is_causal", true)] {
        config[place] = json!(stated);
        let read = read(&config).unwrap();
        assert!(read.layers.iter().all(|sight| sight.causal == stated));
        assert_eq!(read.layers[0].window, Some(2048));
    }
    config["dflash_config"]["causal"] = json!(false);
    assert!(!read(&config).unwrap().layers[0].causal);

    let mut config = published();
    config.as_object_mut().unwrap().remove("rope_theta");
    config["rope_parameters"] = json!({ "rope_type": "default", "rope_theta": 1e7 });
    assert_eq!(read(&config).unwrap(), full);
}

#[test]
fn what_a_drafter_cannot_be_is_refused_by_its_field() {
    let refusals = [
        ("conv_kernel_size", json!(2), "DFlash2"),
        ("hidden_size", json!(4096), "the model's is 5120"),
        ("vocab_size", json!(100), "the model's is 248320"),
        ("num_target_layers", json!(32), "the model's is 64"),
        ("num_hidden_layers", json!(4), "it lists 5 layers"),
        ("num_key_value_heads", json!(5), "do not divide"),
        ("block_size", json!(33), "expected 2 to 32"),
        ("block_size", json!(1), "expected 2 to 32"),
        ("attention_bias", json!(true), "biases"),
        ("input_embedding_scale", json!(2.0), "only 1"),
        ("final_logit_softcapping", json!(30.0), "not supported"),
        ("rms_norm_eps", json!(2.0), "less than 1"),
        ("rope_scaling", json!({ "factor": 4 }), "not supported"),
        ("hidden_act", json!("gelu"), "expected 'silu'"),
        ("dflash_config", json!({ "mask_token_id": 248320 }), "one token of the vocabulary"),
        ("dflash_config", json!({ "mask_token_id": 1, "target_layer_ids": [64] }), "0 to 63"),
        ("dflash_config", json!({ "mask_token_id": 1, "selector_rank": 256 }), "DFlash2"),
        ("dflash_config", json!(null), "missing"),
    ];
    for (field, value, expect) in refusals {
        let mut config = published();
        config[field] = value;
        let error = read(&config).expect_err(field).to_string();
        assert!(error.contains(expect) && error.contains("d/config.json"), "{field}: {error}");
    }
}

#[test]
fn any_value_in_any_field_is_read_or_refused_in_one_line() {
    let values = json!([
        null, true, -1, 0, 1, 3.5, 1e300, 16_777_215, 16_777_216, u64::MAX, "", "x\ny", [], [0],
        [1, 2, 3], [-1], ["full_attention"], {}, { "rope_theta": 0 },
    ]);
    let whole = published();
    let fields = |of: &Value| of.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let outer = fields(&whole).into_iter().map(|field| (false, field));
    let inner = fields(&whole["dflash_config"]).into_iter().map(|field| (true, field));
    let more = ["causal", "is_causal", "rope_parameters", "selector_rank", "output_multiplier"];
    let more = more.into_iter().flat_map(|field| [true, false].map(|own| (own, field.to_owned())));
    let mut refused = 0;
    for (own, field) in outer.chain(inner).chain(more) {
        for value in values.as_array().unwrap() {
            let mut config = whole.clone();
            let place = if own { &mut config["dflash_config"] } else { &mut config };
            place[&field] = value.clone();
            if let Err(error) = read(&config) {
                let line = error.to_string();
                assert!(line.chars().all(|c| !c.is_control()), "{field}: {line:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > 200, "{refused} were refused");
}

#[test]
fn tensors_that_are_missing_wrong_or_unknown_are_named() {
    let spec = &DRAFTERS[0];
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec.model(), Form::Bf16, &mut |_, _| {}).unwrap();
    let other = tempfile::tempdir().unwrap();
    write_drafter(other.path(), spec).unwrap();
    let file = other.path().join("model.safetensors");
    let bytes = fs::read(&file).unwrap();
    let renamed = |from: &str, to: &str| -> String {
        assert_eq!(from.len(), to.len());
        let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        let mut bytes = bytes.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        fs::write(&file, bytes).unwrap();
        let mut checkpoint = Checkpoint::open(directory.path()).unwrap();
        checkpoint.join(other.path()).unwrap_err().to_string()
    };
    assert!(renamed("hidden_norm.weight", "hodden_norm.weight").contains("hidden_norm.weight"));
    assert!(renamed("layers.1.mlp.up", "layers.2.mlp.up").contains("layers.1.mlp.up_proj"));
    fs::write(&file, &bytes).unwrap();
    let mut checkpoint = Checkpoint::open(directory.path()).unwrap();
    checkpoint.join(other.path()).unwrap();
    let error = checkpoint.join(other.path()).unwrap_err().to_string();
    assert!(error.contains("a drafter already"), "{error}");
}

const SERVING: Serving = Serving { act: Dtype::F32, kv: Dtype::F32, page: 16, exact: true };

/// An engine over plain loops with a model and its drafter.
fn engine(spec: &DrafterSpec, limits: Limits) -> Engine {
    let (directory, checkpoint) = joined(spec);
    let operations = plain::issued(&checkpoint, &SERVING).unwrap();
    let (bundle, device) = plain::bundle(directory.path(), &operations);
    let device = Box::new(device);
    Engine::load(device, bundle, &checkpoint, SERVING, limits, &mut |_| {}).unwrap()
}

fn loaded(spec: &DrafterSpec, limits: Limits) -> (Box<dyn Device>, LoadedModel) {
    let (directory, checkpoint) = joined(spec);
    let operations = plain::issued(&checkpoint, &SERVING).unwrap();
    let (bundle, device) = plain::bundle(directory.path(), &operations);
    let mut device: Box<dyn Device> = Box::new(device);
    let (of, report) = (device.as_mut(), &mut |_| {});
    let model = LoadedModel::load(of, bundle, &checkpoint, SERVING, &limits, report).unwrap();
    (device, model)
}

#[test]
fn the_passes_of_a_drafter_compute_what_the_published_package_does() {
    for (name, worst) in texts::drafter_goldens(&loaded, &DRAFTERS.each_ref()) {
        println!("{name}: {worst:.1e}");
    }
}

kiln_tests::suite_of_guesses!(
    engine,
    checked: DRAFTERS.each_ref(),
    rounding: 1e-5,
    exact: DRAFTERS[..1]
);
