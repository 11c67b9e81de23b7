//! Checkpoints in the published formats: what the loader makes of them, and that bad ones give one
//! line that names the tensor or field and the file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use kiln_runtime::model::config::ModelConfig;
use kiln_runtime::weights::Layout;
use kiln_runtime::weights::{
    Checkpoint, Group, MtpPart, Part, Repack, Role, Shard, VisionPart, Weight,
};
use kiln_targets::Format;
use kiln_tests::damage::{Files, join, read, split};
use kiln_tests::fixture::{FULL, Form, Spec, TINY, read_everything, tensors, write};
use serde_json::{Value, json};

fn spec(name: &str) -> &'static Spec {
    TINY.iter().find(|spec| spec.name == name).unwrap()
}

/// The files of a checkpoint, by name.
fn files(spec: &Spec, form: Form) -> Files {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
    read(directory.path())
}

/// Opens a checkpoint of one file from memory.
fn assemble(files: &Files) -> kiln_runtime::Result<Checkpoint> {
    let file = Path::new("m/model.safetensors");
    let config = ModelConfig::parse(Path::new("m/config.json"), &files["config.json"])?;
    let shard = Shard::from_bytes(file, files["model.safetensors"].clone())?;
    Checkpoint::assemble(config, file, vec![shard])
}

fn refusal(files: &Files) -> String {
    let error = assemble(files).expect_err("the checkpoint should be refused").to_string();
    assert!(error.chars().all(|c| !c.is_control()), "one line: {error:?}");
    error
}

/// Edits the header of a safetensors file.
fn edit_header(file: &mut Vec<u8>, edit: impl FnOnce(&mut Value)) {
    let (header, data) = split(file);
    let mut header = Value::Object(header);
    edit(&mut header);
    *file = join(header.as_object().unwrap(), data);
}

#[test]
fn every_tensor_of_every_checkpoint_is_accounted_for() {
    for spec in &TINY {
        for form in Form::ALL {
            let directory = tempfile::tempdir().unwrap();
            let written = write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
            let checkpoint = Checkpoint::open(directory.path()).unwrap();
            let of = |group| checkpoint.tally(group);
            let all = Group::ALL.map(of);
            assert_eq!(all.iter().map(|tally| tally.tensors).sum::<usize>(), written.tensors);
            assert_eq!(all.iter().map(|tally| tally.bytes).sum::<u64>(), written.bytes);
            assert_eq!(of(Group::Unused).tensors, 0);
            assert_eq!(of(Group::Mtp).tensors, if spec.mtp { 15 } else { 0 });
            let vision = spec.vision.map_or(0, |vision| 9 + 12 * vision.depth);
            assert_eq!(of(Group::Vision).tensors, vision);
            assert_eq!(of(Group::Head).tensors == 0, spec.tied);
            assert!(read_everything(&checkpoint).unwrap() > 0);
        }
    }
}

#[test]
fn roles_have_the_shapes_of_the_model() {
    let checkpoint = assemble(&files(spec("ash"), Form::Awq)).unwrap();
    let shape = |role| checkpoint.weight(role).unwrap().shape();
    assert_eq!(shape(Role::Layer(0, Part::Qkv)), [160, 64]);
    assert_eq!(shape(Role::Layer(0, Part::Conv)), [160, 4]);
    assert_eq!(shape(Role::Layer(3, Part::Query)), [384, 64]);
    assert_eq!(shape(Role::Layer(3, Part::KeyNorm)), [1, 32]);
    assert_eq!(shape(Role::Mtp(MtpPart::Projection)), [64, 128]);
    assert_eq!(shape(Role::Vision(VisionPart::Patch)), [32, 3 * 2 * 4 * 4]);
    assert!(checkpoint.weight(Role::Layer(0, Part::Query)).is_none());
    assert!(checkpoint.weight(Role::Layer(4, Part::Gate)).is_none());
    let packed = |role| matches!(checkpoint.weight(role), Some(Weight::Packed(_)));
    assert!(packed(Role::Layer(0, Part::Z)) && !packed(Role::Layer(0, Part::B)));
    let tied = assemble(&files(spec("birch"), Form::Bf16)).unwrap();
    let name = |role| tied.weight(role).unwrap().name();
    assert_eq!(name(Role::Head), name(Role::Embedding));
}

#[test]
fn the_full_size_checkpoint_has_the_published_tensors_and_bytes() {
    let packed = tensors(&FULL, Form::Awq);
    let plain = tensors(&FULL, Form::Bf16);
    let bytes = |list: &[kiln_tests::fixture::Stored], prefix: &str| -> u64 {
        let of = list.iter().filter(|tensor| tensor.name.starts_with(prefix));
        of.map(|tensor| tensor.bytes()).sum()
    };
    assert_eq!(plain.len(), 1184 + 15);
    assert_eq!(bytes(&plain, "mtp."), 2 * 424_699_392);
    assert_eq!(bytes(&plain, "") - bytes(&plain, "mtp."), 2 * 27_356_728_560);
    // 4.625 bits for each packed weight, two bytes for every other, `weight_shape` apart.
    let shapes: u64 =
        packed.iter().filter(|t| t.name.ends_with("weight_shape")).map(|t| t.bytes()).sum();
    let nibbles = 24_326_963_200u64;
    let others = 2 * (27_356_728_560 + 424_699_392 - nibbles);
    assert_eq!(bytes(&packed, "") - shapes, nibbles / 8 * 37 / 8 + others);
}

#[test]
fn names_of_every_kind_of_export_are_understood() {
    let original = files(spec("birch"), Form::Bf16);
    for (from, to) in [
        ("model.language_model.", "model."),
        ("model.language_model.", "language_model.model."),
        ("model.language_model.", ""),
    ] {
        let mut renamed = original.clone();
        edit_header(renamed.get_mut("model.safetensors").unwrap(), |header| {
            let text = header.to_string().replace(&format!("\"{from}"), &format!("\"{to}"));
            *header = serde_json::from_str(&text).unwrap();
        });
        let checkpoint = assemble(&renamed).unwrap();
        assert_eq!(checkpoint.weights().count(), 55, "{to}");
    }
}

/// Changes one tensor of a header: its name, or a field of it.
fn change(tensor: &str, to: &str) -> impl FnOnce(&mut Value) {
    move |header| {
        let fields = header.as_object_mut().unwrap();
        match to.split_once('=') {
            Some((field, value)) => {
                fields[tensor][field] = serde_json::from_str(value).unwrap();
            }
            None => {
                let moved = fields.remove(tensor).unwrap();
                fields.insert(to.to_owned(), moved);
            }
        }
    }
}

#[test]
fn tensors_that_do_not_fit_the_configuration_are_named_with_their_file() {
    let layer = "model.language_model.layers.0.";
    let (up, norm) = (format!("{layer}mlp.up_proj"), format!("{layer}input_layernorm.weight"));
    let original = files(spec("ash"), Form::Awq);
    let cases = [
        (norm.clone(), "shape=[8,8]".into(), "its shape is [8, 8], the configuration implies [64]"),
        (norm.clone(), "dtype=\"I16\"".into(), "expected F32, F16 or BF16, found I16"),
        (norm.clone(), format!("{layer}bias"), "'layers.0.input_layernorm.weight': it is missing"),
        (norm, "x\u{7}".into(), "'layers.0.input_layernorm.weight': it is missing"),
        (format!("{up}.weight_packed"), "shape=[8,160]".into(), "implies [160, 8]"),
        (format!("{up}.weight_packed"), "dtype=\"U32\"".into(), "expected I32, found U32"),
        (format!("{up}.weight_packed"), format!("{up}.qweight"), "'layers.0.mlp.up_proj.weight'"),
        (format!("{up}.weight_packed"), format!("{up}.weight"), "expected F32, F16 or BF16"),
        (format!("{up}.weight_scale"), "shape=[2,160]".into(), "implies [160, 2]"),
        (format!("{up}.weight_scale"), "dtype=\"I16\"".into(), "expected BF16, F16 or F32"),
        (format!("{up}.weight_scale"), format!("{up}.weight_scale_inv"), "weight_scale_inv'"),
        (format!("{up}.weight_zero_point"), "shape=[2,20]".into(), "implies [20, 2]"),
        (format!("{up}.weight_zero_point"), format!("{up}.qzeros"), "it is missing; there is"),
        (format!("{up}.weight_shape"), "dtype=\"F64\"".into(), "expected I64, found F64"),
        (format!("{up}.weight_shape"), format!("{up}.weight_g_idx"), "implies no such tensor"),
        ("mtp.norm.weight".into(), "mtp.norm.bias".into(), "'mtp.norm.weight': it is missing"),
        ("model.visual.pos_embed.weight".into(), "model.visual.x".into(), "visual.pos_embed"),
        ("lm_head.weight".into(), "head".into(), "'lm_head.weight': it is missing"),
    ];
    for (tensor, to, expect) in cases {
        let mut files = original.clone();
        edit_header(files.get_mut("model.safetensors").unwrap(), change(&tensor, &to));
        let error = refusal(&files);
        assert!(error.starts_with("m/model.safetensors: tensor '"), "{to}: {error}");
        assert!(error.contains(expect), "{tensor} {to}: {error}");
    }
}

#[test]
fn configurations_that_do_not_fit_the_tensors_are_refused() {
    let edit = |spec: &Spec, form: Form, edit: &dyn Fn(&mut Value)| {
        let mut files = files(spec, form);
        let mut config: Value = serde_json::from_slice(&files["config.json"]).unwrap();
        edit(&mut config);
        files.insert("config.json".to_owned(), serde_json::to_vec(&config).unwrap());
        files
    };
    let ash = spec("ash");
    let weights = |config: &mut Value, field: &str, value: Value| {
        config["quantization_config"]["config_groups"]["group_0"]["weights"][field] = value;
    };
    let error = |files| refusal(&files);
    let plain = error(edit(ash, Form::Awq, &|c| c["quantization_config"] = Value::Null));
    assert!(
        plain.contains("weight_packed': it is packed, and the configuration has no"),
        "{plain}"
    );
    let symmetric = error(edit(ash, Form::Awq, &|c| weights(c, "symmetric", json!(true))));
    assert!(symmetric.contains("weight_zero_point': the configuration says symmetric"));
    let elm = spec("elm");
    let asymmetric = error(edit(elm, Form::Awq, &|c| weights(c, "symmetric", json!(false))));
    assert!(asymmetric.contains("weight_zero_point': it is missing"), "{asymmetric}");
    let wide = error(edit(ash, Form::Bf16, &|c| c["text_config"]["intermediate_size"] = json!(96)));
    assert!(wide.contains("mlp.gate_proj.weight': its shape is [160, 64], the configuration"));
    let deep = error(edit(ash, Form::Bf16, &|c| {
        c["text_config"]["num_hidden_layers"] = json!(5);
        c["text_config"]["layer_types"] = Value::Null;
    }));
    assert!(deep.contains("'layers.4.input_layernorm.weight': it is missing"), "{deep}");
    let shallow = error(edit(ash, Form::Bf16, &|c| {
        c["text_config"]["num_hidden_layers"] = json!(3);
        c["text_config"]["layer_types"] = Value::Null;
    }));
    assert!(shallow.contains("layers.3.") && shallow.contains("implies no such tensor"));
}

#[test]
fn parts_that_a_configuration_leaves_out_are_set_aside_and_counted() {
    let mut files = files(spec("ash"), Form::Bf16);
    let mut config: Value = serde_json::from_slice(&files["config.json"]).unwrap();
    config["vision_config"] = Value::Null;
    config["text_config"]["mtp_num_hidden_layers"] = json!(0);
    for place in [&["tie_word_embeddings"][..], &["text_config", "tie_word_embeddings"]] {
        let at = place.iter().fold(&mut config, |at, field| &mut at[field]);
        *at = json!(true);
    }
    files.insert("config.json".to_owned(), serde_json::to_vec(&config).unwrap());
    let checkpoint = assemble(&files).unwrap();
    assert_eq!(checkpoint.tally(Group::Unused).tensors, 15 + 9 + 24 + 1);
    assert_eq!(checkpoint.tally(Group::Vision).tensors, 0);
}

#[test]
fn a_packed_layer_that_is_stored_plain_as_well_is_refused() {
    let up = "model.language_model.layers.0.mlp.up_proj";
    let mut files = files(spec("ash"), Form::Awq);
    edit_header(files.get_mut("model.safetensors").unwrap(), |header| {
        change("mtp.norm.weight", &format!("{up}.weight"))(header);
    });
    let error = refusal(&files);
    assert!(error.contains("up_proj.weight_packed': the layer is stored twice"), "{error}");
    let mut twice = self::files(spec("ash"), Form::Bf16);
    edit_header(twice.get_mut("model.safetensors").unwrap(), |header| {
        change("mtp.norm.weight", "model.norm.weight")(header);
    });
    let error = refusal(&twice);
    assert!(error.contains("'model.norm.weight': it is stored twice; the other is"), "{error}");
}

#[test]
fn packed_and_plain_layers_are_not_stacked() {
    let checkpoint = assemble(&files(spec("ash"), Form::Awq)).unwrap();
    let weight = |part| checkpoint.weight(Role::Layer(0, part)).unwrap();
    let format = Format::builtin("awq_g32_asym").unwrap();
    let part = format.part("quants").unwrap();
    let source = weight(Part::Qkv).part("quants").unwrap();
    let layout = Layout { format, part, dtype: source.dtype, order: source.order.clone() };
    let mut report = |_| {};
    let mut stack = |weights: &[Weight<'_>], layout: &Layout| {
        Repack::new(0, &mut report).array(weights, layout, &mut |_, _| Ok(()))
    };
    assert_eq!(stack(&[weight(Part::Qkv), weight(Part::Z)], &layout).unwrap(), 256 * 32);
    let error = stack(&[weight(Part::Qkv), weight(Part::B)], &layout).unwrap_err().to_string();
    let expect = "m/model.safetensors: tensor \
                  'model.language_model.layers.0.linear_attn.in_proj_b.weight': it is stored as \
                  bf16, the kernel reads awq_g32_asym";
    assert!(error.starts_with(expect), "{error}");
}

#[test]
fn a_missing_or_truncated_shard_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let written = write(directory.path(), spec("cedar"), Form::Awq, &mut |_, _| {}).unwrap();
    assert_eq!(written.files, 5);
    Checkpoint::open(directory.path()).unwrap();
    let third = directory.path().join("model-00003-of-00005.safetensors");
    let whole = fs::read(&third).unwrap();
    fs::write(&third, &whole[..whole.len() - 100]).unwrap();
    let error = Checkpoint::open(directory.path()).unwrap_err().to_string();
    assert!(error.contains("model-00003-of-00005.safetensors: tensor '"), "{error}");
    assert!(error.ends_with("the file is truncated"), "{error}");
    fs::remove_file(&third).unwrap();
    let error = Checkpoint::open(directory.path()).unwrap_err().to_string();
    assert!(error.contains("model.safetensors.index.json: tensor '"), "{error}");
    assert!(error.contains("its file model-00003-of-00005.safetensors is missing"), "{error}");
}
