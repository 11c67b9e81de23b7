//! `kiln generate` and `kiln eval` on this machine's processor, with a bundle and nothing else.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

use kiln_runtime::weights::{Checkpoint, Shard};
use kiln_tests::fixture::{Form, Spec, TINY, write};
use kiln_tests::goldens::difference;
use kiln_tests::reference::{Model, argmax};
use kiln_tests::texts::BOUND;
use kiln_tests::tuned;

fn kiln(arguments: &[&str]) -> String {
    let program = tuned::program("kiln-server", "kiln");
    let done = Command::new(program).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn list(tokens: &[usize]) -> String {
    tokens.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Logits after each of some tokens and of a greedy text that follows, and that text.
fn expected(model: &Model, prompt: &[usize], most: usize) -> (Vec<Vec<f32>>, Vec<usize>) {
    let mut state = model.start();
    let mut rows: Vec<Vec<f32>> = prompt.iter().map(|id| model.step(&mut state, *id)).collect();
    let mut written = Vec::new();
    while written.len() < most {
        let token = argmax(rows.last().unwrap());
        written.push(token);
        rows.push(model.step(&mut state, token));
    }
    (rows, written)
}

#[test]
fn texts_and_logits_of_the_command_line_are_those_of_the_reference_model() {
    let Some(target) = tuned::host_target() else { return };
    // Every layer but those of full attention.
    let spec = Spec { layers: 3, ..TINY[0] };
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &spec, Form::Awq, &mut |_, _| {}).unwrap();
    let model = Model::load(&Checkpoint::open(directory.path()).unwrap());
    let prompt: Vec<usize> = (0..75).map(|at| (at * 37 + 5) % spec.vocabulary).collect();
    let (rows, written) = expected(&model, &prompt, 24);

    let bundle = tuned::bundle(directory.path(), target, &["--act", "f32", "--exact"]);
    let common = ["--model", text(directory.path()), "--bundle", text(&bundle), "--json"];
    let listed = list(&prompt);
    let asked = ["generate", "--tokens", &listed, "--max-tokens", "24"];
    let answer: serde_json::Value =
        serde_json::from_str(&kiln(&[&asked[..], &common].concat())).unwrap();
    let found = answer["tokens"].as_array().unwrap().iter();
    let found: Vec<usize> = found.map(|token| token.as_u64().unwrap() as usize).collect();
    assert_eq!((found, &answer["ended"]), (written.clone(), &"length".into()));

    let all: Vec<usize> = prompt.iter().chain(&written).copied().collect();
    let (tokens, logits) = (directory.path().join("ids"), directory.path().join("out"));
    fs::write(&tokens, list(&all)).unwrap();
    for chunk in ["7", "512"] {
        let asked =
            ["eval", "--tokens", text(&tokens), "--logits", text(&logits), "--chunk", chunk];
        kiln(&[&asked[..], &common].concat());
        let file = Shard::open(&logits).unwrap();
        let found = file.tensor("logits").unwrap();
        assert_eq!(found.shape(), [all.len(), spec.vocabulary]);
        let words = found.bytes().chunks(4);
        let numbers: Vec<f32> =
            words.map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect();
        for (row, expect) in numbers.chunks(spec.vocabulary).zip(&rows) {
            assert!(difference(row, expect) < BOUND, "chunks of {chunk}");
        }
    }
}
