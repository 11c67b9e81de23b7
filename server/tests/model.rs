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
    assert!(generate(&["--tokens", "1", "--drafter-int8"]).mistake().contains("--drafter"));
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
