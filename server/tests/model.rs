//! Mistakes in what a model is to be run with.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use common::kiln;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn what_is_missing_is_named_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let model = text(directory.path());
    let generate = |more: &[&str]| {
        kiln(&[&["generate", "--model", model, "--bundle", "absent.kiln"], more].concat())
    };
    assert!(generate(&[]).mistake().contains("PROMPT"));
    assert!(generate(&["--tokens", "1", "text"]).mistake().contains("cannot be used"));
    assert!(
        generate(&["text"]).mistake().contains("no tokenizer.json; give the prompt as --tokens")
    );
    assert!(generate(&["--tokens", "1"]).mistake().contains("config.json"));
    assert!(generate(&["--tokens", "x"]).mistake().contains("--tokens"));
    assert!(generate(&["--tokens", "1", "--logit-bias", "5"]).mistake().contains("17=-2.5"));
    assert!(generate(&["--tokens", "1", "--spec", "dflash"]).mistake().contains("needs --drafter"));
    assert!(generate(&["--tokens", "1", "--spec-tokens", "32"]).mistake().contains("1 to 31"));
    assert!(
        generate(&["--tokens", "1", "--drafter-quant", "int8"]).mistake().contains("--drafter")
    );
    assert!(generate(&["--tokens", "1", "--head", "int2"]).mistake().contains("int8 or int4"));
    let draft_head = generate(&["--tokens", "1", "--draft-head", "int8"]);
    assert!(draft_head.mistake().contains("needs somebody who guesses"));
    assert!(generate(&["--tokens", "1", "--device", "abacus"]).mistake().contains("abacus"));
    assert!(kiln(&["generate", "text"]).mistake().contains("--model"));
}

#[test]
fn a_file_of_tokens_is_read_before_the_model_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    let tokens = directory.path().join("tokens");
    let eval = |name: &Path| {
        let model = ["eval", "--model", "absent", "--bundle", "absent.kiln", "--logits", "out"];
        kiln(&[&model[..], &["--tokens", text(name)]].concat())
    };
    assert!(eval(&tokens).mistake().contains("cannot read"));
    fs::write(&tokens, "1 two").unwrap();
    assert!(eval(&tokens).mistake().contains("'two' is no token"));
    fs::write(&tokens, "[1, 2]").unwrap();
    assert!(eval(&tokens).mistake().contains("absent"));
}

/// A safetensors file of logits and tokens.
fn golden(path: &Path, dtype: &str, shape: [usize; 2], tokens: &[i32]) {
    let ids = 4 * tokens.len();
    let end = ids + 4 * shape[0] * shape[1];
    let header = serde_json::json!({
        "tokens": { "dtype": "I32", "shape": [tokens.len()], "data_offsets": [0, ids] },
        "logits": { "dtype": dtype, "shape": shape, "data_offsets": [ids, end] },
    });
    let header = header.to_string();
    let words = tokens.iter().flat_map(|token| token.to_le_bytes());
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes().chain(words));
    bytes.resize(bytes.len() + end - ids, 0);
    fs::write(path, bytes).unwrap();
}

#[test]
fn logits_to_compare_with_are_read_before_the_model_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("golden");
    let eval = |more: &[&str]| {
        let model = ["eval", "--model", "absent-model", "--bundle", "absent.kiln"];
        kiln(&[&model[..], more].concat())
    };
    let against = || eval(&["--against", text(&path)]);
    assert!(eval(&[]).mistake().contains("--tokens"));
    assert!(eval(&["--tokens", "x"]).mistake().contains("--logits"));
    assert!(against().mistake().contains("golden"));
    golden(&path, "I32", [2, 3], &[5, 6]);
    assert!(against().mistake().contains("logits are not F32"));
    golden(&path, "F32", [0, 3], &[]);
    assert!(against().mistake().contains("no logits"));
    golden(&path, "F32", [3, 3], &[5, 6]);
    assert!(against().mistake().contains("3 rows of logits and 2 tokens"));
    golden(&path, "F32", [2, 3], &[5, -6]);
    assert!(against().mistake().contains("negative token"));
    golden(&path, "F32", [2, 3], &[5, 6]);
    assert!(against().mistake().contains("absent-model"));
}
