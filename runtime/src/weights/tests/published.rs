//! The tensors that the published configuration implies, against the model sheet's counts.

use std::path::Path;

use kiln_targets::Format;

use crate::model::config::ModelConfig;
use crate::weights::expected;

fn config() -> ModelConfig {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/qwen3.6-27b");
    let mut bytes = std::fs::read_to_string(path.join("config.json")).unwrap();
    let vision = r#"{ "vision_config": {"depth": 27, "hidden_size": 1152, "num_heads": 16,
        "intermediate_size": 4304, "out_hidden_size": 5120, "num_position_embeddings": 2304,
        "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2},"#;
    bytes = bytes.replacen('{', vision, 1);
    ModelConfig::parse(Path::new("config.json"), bytes.as_bytes()).unwrap()
}

fn elements(list: &[expected::Expected]) -> usize {
    list.iter().map(|weight| weight.shape.iter().product::<usize>()).sum()
}

#[test]
fn the_published_model_has_1184_tensors_and_15_of_prediction() {
    let config = config();
    let (text, mtp) = (expected::text(&config), expected::mtp(&config));
    let vision = expected::vision(&config.vision.unwrap());
    assert_eq!((text.len() + vision.len(), mtp.len()), (1184, 15));
    assert_eq!(elements(&text) + elements(&vision), 27_356_728_560);
    assert_eq!(elements(&vision), 460_730_096);
    assert_eq!(elements(&mtp), 424_699_392);
    let names: std::collections::BTreeSet<&str> =
        [&text, &mtp, &vision].into_iter().flatten().map(|weight| weight.name.as_str()).collect();
    assert_eq!(names.len(), 1199, "names are unique");
}

#[test]
fn the_published_packed_layers_take_the_published_bytes() {
    let config = config();
    let format = Format::builtin(&config.quantisation.clone().unwrap().format()).unwrap();
    let packed = |name: &str| {
        let text = expected::text(&config);
        let weight = text.iter().find(|weight| weight.name == name).unwrap().clone();
        assert!(weight.linear, "{name}");
        format.bytes([weight.shape[0], weight.shape[1]])
    };
    for (name, bytes) in [
        ("layers.0.linear_attn.in_proj_qkv", 30_310_400),
        ("layers.0.linear_attn.in_proj_z", 18_186_240),
        ("layers.0.linear_attn.out_proj", 18_186_240),
        ("layers.3.self_attn.q_proj", 36_372_480),
        ("layers.3.self_attn.k_proj", 3_031_040),
        ("layers.63.self_attn.v_proj", 3_031_040),
        ("layers.63.mlp.gate_proj", 51_527_680),
        ("layers.63.mlp.down_proj", 51_527_680),
    ] {
        assert_eq!(packed(name), bytes, "{name}");
    }
}
