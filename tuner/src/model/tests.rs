//! The model fixture and its variations.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kiln_cache::model::{ConfigFile, ModelConfig};
use kiln_cache::vocabulary::Operation;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::Result;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/qwen3.6-27b")
}

fn config() -> Value {
    let bytes = std::fs::read(fixture().join("config.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn read(config: &Value) -> Result<ModelShapes> {
    read_bytes(serde_json::to_vec(config).unwrap())
}

fn read_bytes(bytes: Vec<u8>) -> Result<ModelShapes> {
    let file = ConfigFile::parse(Path::new("model/config.json"), &bytes)?;
    Ok(ModelShapes::of(&ModelConfig::of(&file)?, "model".into(), file.digest()))
}

fn demands(shapes: &ModelShapes) -> Vec<Demand> {
    shapes.demands(&Serving::published(shapes))
}

/// `(epilogue, n, k)` of every linear layer.
fn linears(shapes: &ModelShapes) -> Vec<(String, u64, u64)> {
    let demands = demands(shapes);
    let linear = demands.iter().filter(|demand| demand.operation.name == "linear_q4");
    let row = |operation: &Operation| {
        let epilogue = operation.attributes["epilogue"].clone();
        (epilogue, operation.dims["n"], operation.dims["k"])
    };
    linear.map(|demand| row(&demand.operation)).collect()
}

#[test]
fn the_27b_model_and_its_drafter_ask_for_exactly_the_published_shapes() {
    let shapes = load(&fixture(), &DrafterChoice::Published).unwrap();
    assert_eq!((shapes.full_layers, shapes.linear_layers), (16, 48));
    let mut found = linears(&shapes);
    found.sort();
    let mut expect: Vec<(String, u64, u64)> = [
        ("none", 16384, 5120),
        ("none", 96, 5120),
        ("none", 5120, 6144),
        ("residual", 5120, 6144),
        ("none", 14336, 5120),
        ("none", 34816, 5120),
        ("silu_mul", 17408, 5120),
        ("none", 5120, 17408),
        ("residual", 5120, 17408),
        ("none", 5120, 10240),
        ("none", 248320, 5120),
    ]
    .map(|(epilogue, n, k)| (epilogue.to_owned(), n, k))
    .to_vec();
    expect.sort();
    assert_eq!(found, expect);
    let demands = demands(&shapes);
    let plain = demands.iter().filter(|of| of.operation.name == "linear");
    let own = plain.filter(|of| of.uses.iter().any(|layer| layer.starts_with("drafter")));
    let sizes: BTreeSet<(&str, u64, u64)> = own
        .map(|of| {
            (
                of.operation.attributes["weight"].as_str(),
                of.operation.dims["n"],
                of.operation.dims["k"],
            )
        })
        .collect();
    let expect = [(6144, 5120), (5120, 4096), (5120, 25600), (17408, 5120), (5120, 17408)];
    let expect = ["bf16", "i8"].into_iter().flat_map(|of| expect.map(|(n, k)| (of, n, k)));
    assert_eq!(sizes, expect.collect());
}

#[test]
fn every_linear_layer_is_tuned_at_every_class() {
    for demand in demands(&load(&fixture(), &DrafterChoice::Published).unwrap()) {
        if demand.operation.name.starts_with("linear") {
            // Logits are wanted of few rows at a time.
            let head = demand.operation.dims["n"] == 248_320;
            // What is guessed has few as well; what its context needs, more.
            let few = |of| ["o", "gate_up", "down"].map(|layer| format!("{of}.{layer}"));
            let block = ["drafter", "mtp"].map(few).concat();
            let block = demand.uses.iter().all(|layer| block.contains(layer));
            let classes = if head || block { &M_CLASSES[..6] } else { &M_CLASSES };
            assert_eq!(demand.classes, classes, "{}", demand.operation);
        }
        assert!(demand.classes.is_sorted() && !demand.uses.is_empty(), "{}", demand.operation);
    }
}

#[test]
fn every_width_that_a_layer_reads_can_be_quantised_and_every_norm_is_listed() {
    let demands = demands(&load(&fixture(), &DrafterChoice::Published).unwrap());
    let of = |name: &str, attribute: &str, value: &str| -> Vec<u64> {
        let chosen = demands.iter().filter(|demand| {
            let operation = &demand.operation;
            operation.name == name && operation.attributes[attribute] == value
        });
        chosen.map(|demand| demand.operation.dims["k"]).collect()
    };
    for format in ACTIVATION_FORMATS {
        assert_eq!(of("act_quant", "to", format), [5120, 6144, 10240, 17408]);
    }
    assert_eq!(of("rms_norm", "convention", "one_plus"), [5120]);
    assert_eq!(of("rms_norm", "convention", "plain"), [5120]);
    for format in ["q8x128", "q8x32"] {
        assert_eq!(of("add_norm_quant", "to", format), [5120]);
    }
}

#[test]
fn a_directory_a_file_and_a_flat_configuration_say_the_same() {
    let directory = load(&fixture(), &DrafterChoice::None).unwrap();
    let file = load(&fixture().join("config.json"), &DrafterChoice::None).unwrap();
    assert_eq!((&directory, directory.name.as_str()), (&file, "qwen3.6-27b"));
    let mut flat = config()["text_config"].clone();
    flat["quantization_config"] = config()["quantization_config"].clone();
    assert_eq!(demands(&read(&flat).unwrap()), demands(&directory));
    let mut derived = config();
    derived["text_config"].as_object_mut().unwrap().remove("layer_types");
    assert_eq!(read(&derived).unwrap().full_layers, 16);
    derived["text_config"]["model_type"] = json!("qwen3_5");
    assert_eq!(demands(&read(&derived).unwrap()), demands(&directory));
}

#[test]
fn layers_that_a_packed_checkpoint_may_store_plain_are_listed_as_both() {
    let shapes = load(&fixture(), &DrafterChoice::None).unwrap();
    let mut plain: Vec<(u64, String)> = demands(&shapes)
        .into_iter()
        .filter(|demand| demand.operation.name == "linear")
        .map(|demand| (demand.operation.dims["n"], demand.operation.attributes["out"].clone()))
        .collect();
    plain.sort();
    // Gates, the layers of the prediction head, the head.
    let prediction = [5120, 5120, 5120, 14336, 17408].map(|n| (n, "bf16"));
    let expect = [&[(96, "f32")][..], &prediction, &[(248_320, "f32")]].concat();
    assert_eq!(plain, expect.into_iter().map(|(n, out)| (n, out.to_owned())).collect::<Vec<_>>());
    let mut config = config();
    config["quantization_config"] = json!(null);
    let shapes = read(&config).unwrap();
    let names: Vec<String> = demands(&shapes).into_iter().map(|of| of.operation.name).collect();
    assert!(
        !names
            .iter()
            .any(|name| ["linear_q4", "act_quant", "add_norm_quant"].contains(&name.as_str()))
    );
}

#[test]
fn the_cache_is_asked_for_in_each_page_size_and_number_type() {
    let shapes = load(&fixture(), &DrafterChoice::None).unwrap();
    let serving =
        Serving { kv: Activation::F16, pages: vec![16, 64], ..Serving::published(&shapes) };
    let demands = shapes.demands(&serving);
    for name in ["rope_kv", "attention", "attention_split", "attention_merge"] {
        let of = demands.iter().filter(|demand| demand.operation.name == name);
        let pages: Vec<&str> =
            of.clone().map(|of| of.operation.attributes["page"].as_str()).collect();
        assert_eq!(pages, ["16", "64"], "{name}");
        for demand in of {
            assert_eq!(demand.operation.attributes["kv"], "f16");
            assert!(name == "attention_merge" || demand.free["c"] == 4096);
            let few = demand.classes.iter().all(|m| *m <= 32);
            let many = demand.classes.iter().all(|m| *m > 32);
            assert_eq!((few, many), (name.contains('_') && name != "rope_kv", name == "attention"));
        }
    }
}

#[test]
fn sizes_come_from_the_configuration() {
    let mut small = config();
    small["text_config"]["hidden_size"] = json!(1024);
    small["text_config"]["layer_types"] = json!(vec!["full_attention"; 64]);
    small["quantization_config"]["config_groups"]["group_0"]["weights"]["symmetric"] = json!(true);
    let shapes = read(&small).unwrap();
    assert_eq!(
        (shapes.linear, shapes.quantisation.clone().unwrap().format()),
        (None, "awq_g32_sym".into())
    );
    let qkv = ("none".to_owned(), (2 * 24 + 8) * 256, 1024);
    assert!(linears(&shapes).contains(&qkv), "{:?}", linears(&shapes));
    assert!(demands(&shapes).iter().all(|demand| {
        demand.operation.attributes.get("asymmetric").is_none_or(|value| value == "false")
    }));
}

#[test]
fn a_drafter_is_read_from_its_own_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.json");
    let bytes = std::fs::read(fixture().with_file_name("qwen3.6-27b-dflash/config.json")).unwrap();
    let mut drafter: Value = serde_json::from_slice(&bytes).unwrap();
    let mut load_it = |change: fn(&mut Value)| {
        change(&mut drafter);
        std::fs::write(&path, drafter.to_string()).unwrap();
        load(&fixture(), &DrafterChoice::Config(directory.path().to_owned()))
    };
    let published = load(&fixture(), &DrafterChoice::Published).unwrap();
    assert_eq!(load_it(|_| ()).unwrap(), published);
    let fewer = load_it(|drafter| {
        drafter["dflash_config"].as_object_mut().unwrap().remove("target_layer_ids");
    })
    .unwrap();
    assert_eq!(fewer.drafter.unwrap().features, 5);
    let open = load_it(|drafter| drafter["is_causal"] = json!(false)).unwrap();
    assert_eq!(open.drafter.unwrap().sights, [(false, 0), (false, 2048)].into());
    let whole = load_it(|drafter| drafter["use_sliding_window"] = json!(false)).unwrap();
    assert_eq!(whole.drafter.unwrap().sights, [(false, 0)].into());
    let error = load_it(|drafter| drafter["hidden_size"] = json!(4096)).unwrap_err().to_string();
    assert!(error.contains("hidden_size") && error.contains("5120"), "{error}");
}

#[test]
fn a_bad_field_is_one_line_that_names_file_and_field() {
    let cases: [(&str, &str, Value); 14] = [
        ("/text_config/hidden_size", "text_config.hidden_size", json!("5120")),
        ("/text_config/hidden_size", "text_config.hidden_size", json!(0)),
        ("/text_config/hidden_size", "text_config.hidden_size", json!(null)),
        ("/text_config/hidden_size", "text_config.hidden_size", json!(1000)),
        ("/text_config/vocab_size", "text_config.vocab_size", json!(1e30)),
        ("/text_config/head_dim", "text_config.head_dim", json!(0xffff20)),
        ("/text_config/layer_types", "text_config.layer_types", json!(["full_attention"])),
        ("/text_config/layer_types/0", "text_config.layer_types", json!("mamba\n")),
        ("/text_config/num_key_value_heads", "num_key_value_heads", json!(5)),
        ("/text_config/rms_norm_eps", "text_config.rms_norm_eps", json!(-1)),
        ("/text_config/dtype", "text_config.dtype", json!("int8")),
        ("/model_type", "model_type", json!("llama")),
        ("/text_config/linear_conv_kernel_dim", "linear_conv_kernel_dim", json!(null)),
        ("/quantization_config/format", "quantization_config.format", json!("float-quantized")),
    ];
    for (pointer, field, value) in cases {
        let mut bad = config();
        *bad.pointer_mut(pointer).unwrap() = value;
        let error = read(&bad).unwrap_err().to_string();
        assert!(error.starts_with("model/config.json: "), "{error}");
        assert!(error.contains(field) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn other_quantisations_are_refused() {
    let weights = "/quantization_config/config_groups/group_0/weights";
    for (field, value) in [
        ("num_bits", json!(8)),
        ("group_size", json!(128)),
        ("strategy", json!("channel")),
        ("actorder", json!("group")),
        ("type", json!("float")),
    ] {
        let mut bad = config();
        bad.pointer_mut(weights).unwrap()[field] = value;
        let error = read(&bad).unwrap_err().to_string();
        assert!(error.contains(&format!("weights.{field}")), "{error}");
    }
    let mut two = config();
    let groups = two.pointer_mut("/quantization_config/config_groups").unwrap();
    groups["group_1"] = groups["group_0"].clone();
    assert!(read(&two).is_ok());
    two.pointer_mut("/quantization_config/config_groups/group_1/weights").unwrap()["symmetric"] =
        json!(true);
    assert!(read(&two).unwrap_err().to_string().contains("config_groups"));
}

#[test]
fn a_path_that_is_no_model_is_a_clear_error() {
    let directory = tempfile::tempdir().unwrap();
    let error = load(directory.path(), &DrafterChoice::None).unwrap_err().to_string();
    assert!(error.starts_with("cannot read ") && error.contains("config.json"), "{error}");
    let gone = directory.path().join("gone");
    let error = load(&gone, &DrafterChoice::None).unwrap_err().to_string();
    assert!(error.contains("gone"), "{error}");
    for (bytes, expect) in [(&b"\x00\xff"[..], "not JSON"), (b"[]", "object"), (b"", "not JSON")] {
        let error = read_bytes(bytes.to_vec()).unwrap_err().to_string();
        assert!(error.contains(expect) && !error.contains('\n'), "{error}");
    }
    let error = read_bytes(vec![b' '; (16 << 20) + 1]).unwrap_err().to_string();
    assert!(error.contains("too long"), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..64)
    ) {
        let _ = read_bytes(bytes);
    }

    #[test]
    fn any_value_in_any_field_is_read_or_refused_without_panic(
        field in 0usize..40,
        value in prop_oneof![
            any::<u64>().prop_map(|n| json!(n)), any::<f64>().prop_map(|n| json!(n)),
            Just(json!([])), Just(json!({})), Just(json!(true)), "\\PC{0,8}".prop_map(|s| json!(s)),
        ],
    ) {
        let mut changed = config();
        let text = changed["text_config"].as_object_mut().unwrap();
        let name = text.keys().nth(field % text.len()).unwrap().clone();
        text.insert(name, value);
        if let Ok(shapes) = read(&changed) {
            prop_assert!(!demands(&shapes).is_empty());
        }
    }
}
