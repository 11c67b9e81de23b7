//! `kiln generate` and `kiln eval` on this machine's processor, with a bundle and nothing else.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use kiln_runtime::weights::{Checkpoint, Shard};
use kiln_tests::fixture::{Form, Spec, TINY, write};
use kiln_tests::goldens::difference;
use kiln_tests::reference::{Model, argmax};
use kiln_tests::texts::BOUND;
use kiln_tests::tuned::{self, kiln};
use serde_json::Value;

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

/// Every tensor of the checkpoint is counted, those of vision and prediction as left in the file, and
/// what was loaded is in memory once.
fn accounted(stats: &Value, directory: &Path) {
    let checkpoint = Checkpoint::open(directory).unwrap();
    let number = |of: &Value, field: &str| of[field].as_u64().unwrap();
    let parts = stats["checkpoint"].as_array().unwrap();
    let (mut tensors, mut loaded) = (0, 0);
    for part in parts {
        let name = part["name"].as_str().unwrap();
        let (bytes, own) = (number(part, "bytes"), number(part, "loaded_bytes"));
        match name {
            "vision" | "multi-token prediction" => assert_eq!(own, 0, "{part}"),
            "embedding" | "head" => assert_eq!(own, bytes, "{part}"),
            // The shape that each packed layer repeats stays in the file.
            _ => assert!(own < bytes && own > bytes * 9 / 10, "{part}"),
        }
        tensors += number(part, "tensors");
        loaded += own;
    }
    let held: usize = checkpoint.shards().iter().map(|shard| shard.tensors().count()).sum();
    assert_eq!((tensors, parts.len()), (held as u64, 5));
    // Vectors may take more room as f32, and rows are filled up to whole blocks; twice would be two
    // copies.
    let weights = number(&stats["memory"], "weights");
    assert!(weights >= loaded && weights < loaded * 3 / 2, "{weights} for {loaded}");
    assert!(number(&stats["memory"], "peak_resident") > weights);
    assert!(stats["ready_seconds"].as_f64() >= stats["loading_seconds"].as_f64());
    let decode = &stats["decode"];
    // All weights but the table, of which one row is read.
    let table = number(&parts[0], "bytes");
    assert_eq!(parts[0]["name"], "embedding");
    let least = weights - table;
    let most = least
        + table / 100
        + number(&stats["memory"], "keys_and_values")
        + 2 * number(&stats["memory"], "states");
    let each = number(decode, "bytes_per_token");
    assert!(each >= least && each <= most, "{each} of {least} to {most}");
    assert_eq!(number(decode, "tokens"), 23);
    assert!(decode["share"].as_f64().unwrap() > 0.0);
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
    let asked = ["generate", "--tokens", &listed, "--max-tokens", "24", "--stats"];
    let answer: Value = serde_json::from_str(&kiln(&[&asked[..], &common].concat())).unwrap();
    let found = answer["tokens"].as_array().unwrap().iter();
    let found: Vec<usize> = found.map(|token| token.as_u64().unwrap() as usize).collect();
    assert_eq!((found, &answer["ended"]), (written.clone(), &"length".into()));

    accounted(&answer["stats"], directory.path());

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
