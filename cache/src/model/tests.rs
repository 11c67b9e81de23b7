//! The published configuration and its variations.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn published() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/qwen3.6-27b");
    serde_json::from_slice(&std::fs::read(path.join("config.json")).unwrap()).unwrap()
}

fn parse(config: &Value) -> Result<ModelConfig> {
    ModelConfig::parse(Path::new("m/config.json"), &serde_json::to_vec(config).unwrap())
}

/// Puts a value at a path of fields; null removes the field.
fn set(config: &mut Value, path: &str, value: Value) {
    let (parents, field) = path.rsplit_once('.').unwrap_or(("", path));
    let mut at = config;
    for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
        at = &mut at[parent];
    }
    if value.is_null() {
        at.as_object_mut().unwrap().remove(field);
    } else {
        at[field] = value;
    }
}

/// The text model's fields at the outermost level, as text-only checkpoints have them.
fn flat() -> Value {
    let mut config = published();
    let mut text = config["text_config"].take();
    text["quantization_config"] = config["quantization_config"].take();
    text
}

fn vision() -> Value {
    json!({
        "depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16,
        "out_hidden_size": 5120, "num_position_embeddings": 2304, "patch_size": 16,
        "spatial_merge_size": 2, "temporal_patch_size": 2, "model_type": "qwen3_5"
    })
}

#[test]
fn the_published_configuration_says_what_the_model_card_says() {
    let config = parse(&published()).unwrap();
    assert_eq!((config.hidden, config.intermediate, config.vocabulary), (5120, 17408, 248_320));
    assert_eq!((config.count(LayerKind::Full), config.count(LayerKind::Linear)), (16, 48));
    let full: Vec<usize> =
        (0..64).filter(|at| config.layers[*at] == LayerKind::Full).take(3).collect();
    assert_eq!(full, [3, 7, 11]);
    assert_eq!(config.attention, Attention { heads: 24, kv_heads: 4, head: 256 });
    assert_eq!((config.attention.width(), config.attention.kv_width()), (6144, 1024));
    let linear = config.linear.unwrap();
    assert_eq!((linear.keys(), linear.values(), linear.channels()), (2048, 6144, 10240));
    assert_eq!((linear.key_heads, linear.value_heads, linear.kernel), (16, 48, 4));
    assert_eq!(config.rope, Rope { theta: 1e7, rotary: 64, sections: Some([11, 11, 10]) });
    assert_eq!((config.epsilon, config.tied_head, config.dtype), (1e-6, false, Dtype::Bf16));
    assert_eq!((config.positions, config.mtp_layers), (262_144, 1));
    assert_eq!(config.end_tokens, [248_044]);
    assert_eq!(config.quantisation.unwrap().format(), "awq_g32_asym");
    assert_eq!(config.vision, None);
}

#[test]
fn rotated_pairs_take_time_height_and_width_in_turns() {
    let rope = parse(&published()).unwrap().rope;
    let of = |axis: usize| (0..32).filter(|j| rope.axis(*j) == axis).collect::<Vec<_>>();
    assert_eq!(of(0), [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30]);
    assert_eq!(of(1), [1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31]);
    assert_eq!(of(2), [2, 5, 8, 11, 14, 17, 20, 23, 26, 29]);
    let text = Rope { sections: None, ..rope };
    assert!((0..32).all(|j| text.axis(j) == 0));
}

#[test]
fn flat_and_older_forms_say_the_same() {
    let expect = parse(&published()).unwrap();
    assert_eq!(parse(&flat()).unwrap(), expect);
    let mut old = published();
    let rope = old["text_config"]["rope_parameters"].take();
    for (field, value) in [
        ("rope_theta", rope["rope_theta"].clone()),
        ("partial_rotary_factor", rope["partial_rotary_factor"].clone()),
        (
            "rope_scaling",
            json!({
                "mrope_section": rope["mrope_section"], "mrope_interleaved": true,
                "rope_type": "default"
            }),
        ),
        ("torch_dtype", json!("bfloat16")),
        ("dtype", Value::Null),
        ("layer_types", Value::Null),
    ] {
        set(&mut old, &format!("text_config.{field}"), value);
    }
    assert_eq!(parse(&old).unwrap(), expect);
}

#[test]
fn fields_that_the_library_does_not_write_may_be_absent() {
    let mut config = flat();
    for field in [
        "attn_output_gate",
        "output_gate_type",
        "mamba_ssm_dtype",
        "full_attention_interval",
        "mtp_use_dedicated_embeddings",
    ] {
        set(&mut config, field, Value::Null);
    }
    assert_eq!(parse(&config).unwrap(), parse(&published()).unwrap());
}

#[test]
fn optional_parts_may_be_absent_or_present() {
    let mut config = published();
    set(&mut config, "quantization_config", Value::Null);
    set(&mut config, "text_config.mtp_num_hidden_layers", Value::Null);
    set(&mut config, "text_config.eos_token_id", json!([1, 2]));
    set(&mut config, "vision_config", vision());
    let read = parse(&config).unwrap();
    assert_eq!((read.quantisation, read.mtp_layers, read.end_tokens), (None, 0, vec![1, 2]));
    let vision = read.vision.unwrap();
    assert_eq!((vision.depth, vision.merged(), vision.channels), (27, 4608, 3));
    let mut symmetric = published();
    let weights = "quantization_config.config_groups.group_0.weights";
    set(&mut symmetric, &format!("{weights}.symmetric"), json!(true));
    set(&mut symmetric, "quantization_config.ignore", json!(["lm_head", "re:.*visual.*"]));
    let quantisation = parse(&symmetric).unwrap().quantisation.unwrap();
    assert_eq!(quantisation.format(), "awq_g32_sym");
    assert_eq!(quantisation.ignore, ["lm_head", "re:.*visual.*"]);
}

#[test]
fn a_field_that_is_wrong_is_named_with_its_file_in_one_line() {
    let group = "quantization_config.config_groups.group_0.weights";
    let many = json!(vec!["linear_attention"; 63]);
    let odd = json!(vec!["mamba\n\u{1b}[31m"; 64]);
    let cases = [
        ("model_type", json!("llama"), "'llama' is not supported; expected 'qwen3_5'"),
        ("model_type", Value::Null, "it is missing"),
        ("text_config.model_type", json!("qwen3_5_moe"), "not supported"),
        ("text_config", json!(3), "expected an object, found 3"),
        ("text_config.hidden_size", Value::Null, "it is missing"),
        ("text_config.hidden_size", json!(-1), "expected a whole number"),
        ("text_config.hidden_size", json!(1e30), "expected a whole number"),
        ("text_config.hidden_size", json!(5121), "multiple of the group"),
        ("text_config.head_dim", Value::Null, "it is missing"),
        ("text_config.head_dim", json!(1 << 20), "absurd"),
        ("text_config.num_key_value_heads", json!(5), "do not divide"),
        ("text_config.attn_output_gate", json!(false), "not supported"),
        ("text_config.attention_bias", json!(true), "not supported"),
        ("text_config.hidden_act", json!("gelu"), "not supported"),
        ("text_config.output_gate_type", json!("sigmoid"), "not supported"),
        ("text_config.mamba_ssm_dtype", json!("bfloat16"), "not supported"),
        ("text_config.layer_types", many, "num_hidden_layers says 64"),
        ("text_config.layer_types", odd, "layer 0 is neither"),
        ("text_config.layer_types", json!([1]), "expected a list of texts"),
        ("text_config.num_hidden_layers", json!(5000), "more than 4096"),
        ("text_config.linear_num_value_heads", json!(40), "do not divide"),
        ("text_config.linear_conv_kernel_dim", json!(1), "expected 2 to 64"),
        ("text_config.linear_value_head_dim", json!(1 << 20), "absurd"),
        ("text_config.rms_norm_eps", json!(0), "above 0"),
        ("text_config.rms_norm_eps", json!(2), "less than 1"),
        ("text_config.vocab_size", json!("many"), "found \"many\""),
        ("text_config.dtype", json!("int8"), "not supported"),
        ("text_config.eos_token_id", json!(248_320), "outside the vocabulary"),
        ("text_config.eos_token_id", json!([-1]), "expected whole numbers"),
        ("text_config.mtp_num_hidden_layers", json!([1, 2]), "number of layers"),
        ("text_config.mtp_use_dedicated_embeddings", json!(true), "not supported"),
        ("text_config.tie_word_embeddings", json!(true), "false at the outermost level"),
        ("text_config.rope_parameters.rope_theta", Value::Null, "it is missing"),
        ("text_config.rope_parameters.rope_type", json!("yarn"), "'yarn' is not supported"),
        ("text_config.rope_parameters.partial_rotary_factor", json!(0.3), "not an even"),
        ("text_config.rope_parameters.partial_rotary_factor", json!(2), "not an even"),
        ("text_config.rope_parameters.mrope_section", json!([11, 11]), "three numbers"),
        ("text_config.rope_parameters.mrope_section", json!([11, 11, 11]), "not half of 64"),
        ("text_config.rope_parameters.mrope_section", json!([9, 12, 11]), "in turns"),
        ("text_config.rope_parameters.mrope_interleaved", json!(false), "interleaved only"),
        ("quantization_config.quant_method", json!("fp8"), "'fp8' is not supported"),
        ("quantization_config.format", json!("nvfp4-pack-quantized"), "not supported"),
        ("quantization_config.config_groups", json!({}), "no group"),
        ("quantization_config.ignore", json!("lm_head"), "expected a list of texts"),
        (&format!("{group}.num_bits"), json!(8), "only 4-bit"),
        (&format!("{group}.group_size"), json!(128), "groups of 128"),
        (&format!("{group}.symmetric"), Value::Null, "it is missing"),
        (&format!("{group}.actorder"), json!("group"), "reordered"),
        (&format!("{group}.strategy"), json!("channel"), "not supported"),
    ];
    for (field, value, expect) in cases {
        let mut config = published();
        set(&mut config, field, value.clone());
        let error = parse(&config).expect_err(field).to_string();
        let place = format!("m/config.json: {field}: ");
        assert!(error.starts_with(&place) && error.contains(expect), "{field} {value}: {error}");
        assert!(error.chars().all(|c| !c.is_control()), "one line: {error:?}");
    }
}

#[test]
fn vision_has_to_fit_the_text_model() {
    let mut config = published();
    set(&mut config, "vision_config", vision());
    for (field, value, expect) in [
        ("vision_config.out_hidden_size", json!(3584), "hidden_size of 5120"),
        ("vision_config.depth", json!(100_000), "more than 4096"),
        ("vision_config.spatial_merge_size", json!(1000), "absurd"),
        ("text_config.rope_parameters.mrope_section", Value::Null, "it is missing"),
    ] {
        let mut config = config.clone();
        set(&mut config, field, value);
        let error = parse(&config).unwrap_err().to_string();
        assert!(error.starts_with(&format!("m/config.json: {field}: ")), "{error}");
        assert!(error.contains(expect), "{error}");
    }
}

#[test]
fn groups_of_different_schemes_are_refused() {
    let mut config = published();
    let groups = &mut config["quantization_config"]["config_groups"];
    groups["group_1"] = groups["group_0"].clone();
    assert!(parse(&config).is_ok());
    config["quantization_config"]["config_groups"]["group_1"]["weights"]["symmetric"] = json!(true);
    assert!(parse(&config).unwrap_err().to_string().contains("groups differ"));
    let groups = &mut config["quantization_config"]["config_groups"];
    *groups = json!({ format!("a\n{}", "b".repeat(1000)): {} });
    let error = parse(&config).unwrap_err().to_string();
    assert!(error.ends_with("b….weights: it is missing") && error.len() < 150, "{error}");
}

#[test]
fn what_is_no_configuration_is_refused_in_one_line() {
    let path = Path::new("m/config.json");
    let deep = "[".repeat(100_000);
    for bytes in ["", "{", "[]", "null", "\u{0}", deep.as_str()] {
        let error = ModelConfig::parse(path, bytes.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("m/config.json: ") && !error.contains('\n'), "{error}");
    }
    let huge = vec![b' '; (16 << 20) + 1];
    assert!(ModelConfig::parse(path, &huge).unwrap_err().to_string().contains("far too long"));
    let missing = ModelConfig::open(Path::new("does/not/exist")).unwrap_err().to_string();
    assert!(missing.starts_with("cannot read does/not/exist: "), "{missing}");
    let device = ModelConfig::open(Path::new("/dev/zero")).unwrap_err().to_string();
    assert!(device.contains("not a regular file"), "{device}");
}

/// Some JSON value, small.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::from))
}

proptest! {
    #[test]
    fn any_change_of_any_field_is_read_or_refused_in_one_line(
        flattened: bool,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any_value()), 1..3),
    ) {
        let mut config = if flattened { flat() } else { published() };
        for (index, value) in edits {
            let outer = config.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            let mut inner = outer.clone();
            for field in outer {
                let fields = config[&field].as_object().into_iter().flatten();
                inner.extend(fields.map(|(name, _)| format!("{field}.{name}")));
            }
            set(&mut config, index.get::<String>(&inner), value);
        }
        if let Err(error) = parse(&config) {
            let text = error.to_string();
            prop_assert!(text.starts_with("m/config.json: "), "{}", text);
            prop_assert!(text.chars().all(|c| !c.is_control()), "{}", text);
        }
    }
}
