//! Checkpoints in the published formats: what the loader makes of them, and that bad ones give one
//! line that names the tensor or field and the file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kiln_runtime::model::config::ModelConfig;
use kiln_runtime::weights::Layout;
use kiln_runtime::weights::{
    Checkpoint, Group, MtpPart, Part, Repack, Role, Shard, VisionPart, Weight,
};
use kiln_targets::{Format, Order};
use kiln_tests::fixture::{FULL, Form, Spec, TINY, tensors, write};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

const MUTATIONS: usize = 2000;

fn spec(name: &str) -> &'static Spec {
    TINY.iter().find(|spec| spec.name == name).unwrap()
}

/// The files of a checkpoint, by name.
fn files(spec: &Spec, form: Form) -> BTreeMap<String, Vec<u8>> {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
    let entries = fs::read_dir(directory.path()).unwrap().map(Result::unwrap);
    let name = |entry: &fs::DirEntry| entry.file_name().into_string().unwrap();
    entries.map(|entry| (name(&entry), fs::read(entry.path()).unwrap())).collect()
}

/// Opens a checkpoint of one file from memory.
fn assemble(files: &BTreeMap<String, Vec<u8>>) -> kiln_runtime::Result<Checkpoint> {
    let file = Path::new("m/model.safetensors");
    let config = ModelConfig::parse(Path::new("m/config.json"), &files["config.json"])?;
    let shard = Shard::from_bytes(file, files["model.safetensors"].clone())?;
    Checkpoint::assemble(config, file, vec![shard])
}

fn refusal(files: &BTreeMap<String, Vec<u8>>) -> String {
    let error = assemble(files).expect_err("the checkpoint should be refused").to_string();
    assert!(error.chars().all(|c| !c.is_control()), "one line: {error:?}");
    error
}

/// Edits the header of a safetensors file.
fn edit_header(file: &mut Vec<u8>, edit: impl FnOnce(&mut Value)) {
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    edit(&mut header);
    let text = serde_json::to_vec(&header).unwrap();
    let data = file.split_off(8 + length);
    *file = [&(text.len() as u64).to_le_bytes(), &text[..], &data].concat();
}

/// Reads every array of every weight.
fn read_everything(checkpoint: &Checkpoint) -> u64 {
    let mut bytes = 0;
    let mut report = |_| {};
    let mut repack = Repack::new(0, &mut report);
    for (_, weight) in checkpoint.weights() {
        let format = Format::builtin(weight.format()).unwrap();
        for part in &format.parts {
            let Ok(source) = weight.part(&part.name) else { continue };
            let layout = Layout { format, part, dtype: source.dtype, order: Order::row_major() };
            bytes += repack.array(&[weight], &layout, &mut |_, _| Ok(())).unwrap();
        }
    }
    bytes
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
            assert!(read_everything(&checkpoint) > 0);
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
    assert!(source.lies_as(&layout));
    assert_eq!(stack(&[weight(Part::Qkv), weight(Part::Z)], &layout).unwrap(), 256 * 32);
    let error = stack(&[weight(Part::Qkv), weight(Part::B)], &layout).unwrap_err().to_string();
    let expect = "m/model.safetensors: tensor \
                  'model.language_model.layers.0.linear_attn.in_proj_b.weight': it is stored as \
                  bf16, the kernel reads awq_g32_asym";
    assert!(error.starts_with(expect), "{error}");
    let other = Layout { order: "n0 n1 n2 n3".parse().unwrap(), ..layout };
    assert!(!source.lies_as(&other));
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

/// Damages bytes, mostly in the first `texts` of them.
fn mutate(bytes: &[u8], texts: usize, random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bad = bytes.to_vec();
    let reach = if random.random_ratio(4, 5) { texts.min(bad.len()) } else { bad.len() };
    let at = random.random_range(0..reach);
    let length = random.random_range(1..=32.min(bad.len() - at));
    match random.random_range(0..7) {
        0 => bad.truncate(at),
        1 => bad.extend(vec![random.random::<u8>(); length]),
        2 => bad[at] ^= 1 << random.random_range(0..8),
        3 => bad[at] = b"0123456789[]{}\",:"[random.random_range(0..17)],
        4 => bad[at..at + length].iter_mut().for_each(|byte| *byte = random.random()),
        5 => {
            let from = random.random_range(0..=bytes.len() - length);
            bad[at..at + length].copy_from_slice(&bytes[from..from + length]);
        }
        _ => drop(bad.drain(at..at + length)),
    }
    bad
}

/// Bytes of a file that are text: all of a JSON file, a safetensors file's header.
fn texts(name: &str, bytes: &[u8]) -> usize {
    if name.ends_with(".json") {
        return bytes.len();
    }
    8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize
}

#[test]
fn damaged_checkpoints_give_errors_of_one_line_and_nothing_else() {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let models = ["ash", "cedar"].map(|name| {
        let (directory, files) = (tempfile::tempdir().unwrap(), files(spec(name), Form::Awq));
        for (file, bytes) in &files {
            fs::write(directory.path().join(file), bytes).unwrap();
        }
        (directory, files)
    });
    let (mut refused, mut opened) = (0, 0);
    for round in 0..MUTATIONS {
        let (directory, files) = &models[round % 2];
        let names: Vec<&String> = files.keys().collect();
        let name = names[random.random_range(0..names.len())];
        let bad = mutate(&files[name], texts(name, &files[name]), &mut random);
        fs::write(directory.path().join(name), bad).unwrap();
        match Checkpoint::open(directory.path()) {
            Ok(checkpoint) => {
                opened += 1;
                read_everything(&checkpoint);
            }
            Err(error) => {
                refused += 1;
                let text = error.to_string();
                let place = directory.path().to_str().unwrap();
                assert!(text.contains(place), "round {round}: {text}");
                assert!(text.chars().all(|c| !c.is_control()), "round {round}: {text:?}");
                assert!(text.len() < 600, "round {round}: {text}");
            }
        }
        fs::write(directory.path().join(name), &files[name]).unwrap();
    }
    println!("{refused} refused, {opened} opened");
    assert!(refused > MUTATIONS / 2 && opened > MUTATIONS / 50, "{refused} {opened}");
}
