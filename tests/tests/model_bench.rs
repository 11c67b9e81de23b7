//! `kiln bench --model`: whole steps of a model, measured on the host and modelled for a GPU.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use kiln_tests::fixture::{Form, TINY, write};
use kiln_tests::tuned;
use serde_json::Value;

fn bench(bundle: &Path, model: &Path, more: &[&str]) -> String {
    let mut kiln = Command::new(tuned::program("kiln"));
    kiln.arg("bench").arg(bundle).arg("--model").arg(model).args(more);
    let done = kiln.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn steps(report: &Value) -> Vec<(&str, f64)> {
    let step = |of: &'_ Value| of["seconds"].as_f64().unwrap();
    let all = report["steps"].as_array().unwrap().iter();
    all.map(|of| (of["step"].as_str().unwrap(), step(of))).collect()
}

/// Launches of the operations whose names begin so.
fn launches(rows: &[Value], name: &str) -> u64 {
    let of = rows.iter().filter(|row| row["op"].as_str().unwrap().starts_with(name));
    of.map(|row| row["launches"].as_u64().unwrap()).sum()
}

const ASKED: [&str; 8] =
    ["--prompts", "70", "--contexts", "0,40", "--rows", "1,2", "--operations", "verify2@40"];

const STEPS: [&str; 9] = [
    "prefill@70",
    "decode1@0",
    "decode1@40",
    "decode2@0",
    "decode2@40",
    "verify1@0",
    "verify1@40",
    "verify2@0",
    "verify2@40",
];

#[test]
fn steps_of_a_tiny_model_are_measured_on_the_host_with_and_without_its_weights() {
    let Some(target) = tuned::host_target() else { return };
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &TINY[0], Form::Bf16, &mut |_, _| {}).unwrap();
    let bundle = tuned::bundle(directory.path(), target, &["--act", "f32", "--exact"]);
    let sizes = directory.path().join("config.json");
    for (model, weights) in [(directory.path(), true), (sizes.as_path(), false)] {
        let more = [&ASKED[..], &["--samples", "1", "--json"]].concat();
        let report: Value = serde_json::from_str(&bench(&bundle, model, &more)).unwrap();
        assert_eq!(report["provenance"], "measured");
        assert_eq!(report["weights"], weights);
        let (names, seconds): (Vec<&str>, Vec<f64>) = steps(&report).into_iter().unzip();
        assert_eq!(names, STEPS);
        assert!(seconds.into_iter().all(|of| of > 0.0));
    }
}

#[test]
fn steps_of_a_gpu_are_modelled_from_the_launches_that_serving_issues() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &TINY[0], Form::Bf16, &mut |_, _| {}).unwrap();
    let bundle = tuned::bundle(directory.path(), "gfx1151", &["--act", "f32"]);
    let more = [&ASKED[..], &["--device", "sim", "--json"]].concat();
    let report: Value = serde_json::from_str(&bench(&bundle, directory.path(), &more)).unwrap();
    assert_eq!(report["provenance"], "modelled");
    let found = steps(&report);
    assert_eq!(found.iter().map(|(name, _)| *name).collect::<Vec<_>>(), STEPS);
    let step = &report["operations"][0];
    assert_eq!(step["step"], "verify2@40");
    let rows = step["rows"].as_array().unwrap();
    let total: f64 = rows.iter().map(|row| row["us"].as_f64().unwrap()).sum();
    // A step's time is the sum of its launches' times.
    assert!((total / 1e6 / found[8].1 - 1.0).abs() < 1e-9, "{total} {found:?}");
    assert!(rows.iter().all(|row| row["bound"].is_string()));
    let launched = |name: &str| launches(rows, name);
    // Three layers of linear attention and one of full attention; two norms each and the last.
    let counts = ["delta[", "delta_commit", "attention_split", "rms_norm", "embedding"];
    assert_eq!(counts.map(launched), [3, 3, 1, 9, 1]);

    // For people, every heading says that nothing was measured.
    let text = bench(&bundle, directory.path(), &[&ASKED[..], &["--device", "sim"]].concat());
    let headings: Vec<&str> = text.lines().filter(|line| line.contains(", modelled")).collect();
    assert_eq!(headings.len(), 4, "{text}");
    assert!(text.contains("nothing was measured"));

    // In a cycle after others the delta rule's states move on while rows are verified.
    let asked = ["--device", "sim", "--json", "--mtp", "--guesses", "3", "--rows", "1"];
    let more = ["--prompts", "70", "--contexts", "40", "--operations", "cycle3@40"];
    let report = bench(&bundle, directory.path(), &[&asked[..], &more].concat());
    let report: Value = serde_json::from_str(&report).unwrap();
    let rows = report["operations"][0]["rows"].as_array().unwrap();
    assert_eq!(
        ["delta[", "delta_commit", "conv_commit"].map(|name| launches(rows, name)),
        [3, 0, 3]
    );
    let rule = rows.iter().find(|row| row["op"].as_str().unwrap().starts_with("delta["));
    assert!(rule.unwrap()["op"].as_str().unwrap().contains("state=move"), "{rule:?}");
}

#[test]
fn a_longer_past_takes_longer_where_times_are_modelled() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &TINY[0], Form::Bf16, &mut |_, _| {}).unwrap();
    let bundle = tuned::bundle(directory.path(), "gfx1151", &["--act", "f32"]);
    let asked = ["--device", "sim", "--json", "--prompts", "64", "--rows", "1"];
    let asked = [&asked[..], &["--contexts", "0,4000", "--operations", "decode1@4000"]].concat();
    let report: Value = serde_json::from_str(&bench(&bundle, directory.path(), &asked)).unwrap();
    let found = steps(&report);
    let time = |name| found.iter().find(|(step, _)| *step == name).unwrap().1;
    assert!(time("decode1@4000") > time("decode1@0"), "{found:?}");
}
