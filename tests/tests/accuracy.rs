//! What 8-bit activations cost: packed checkpoints served as they are meant to be, against an
//! independent implementation in float32 that is fed with the dequantised weights.
//!
//! * The goldens say what rounding the packed layers' inputs to 8 bits costs in the independent
//!   implementation, with everything else in float32. Kernels may cost little more.
//! * How much that is depends on the model. Random layers pass errors on undamped, and logits of a
//!   random head are nearly flat, so that `fir`, whose head is one, costs 1.5e-2 nats by itself and
//!   changes the likeliest token at 7 % of positions. The bounds hold for the checkpoints whose logits
//!   have a trained model's margins, over the positions of both.
//! * The demo model is trained. Its f32 kernels agree with an independent implementation
//!   (`tests/demo-model/parity.py`) and stand for one here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the figures are worth a look")]

use std::fs;
use std::path::Path;

use kiln_runtime::engine::{Engine, Generator};
use kiln_runtime::plan::Limits;
use kiln_runtime::weights::Shard;
use kiln_tests::demo::{self, Guesser};
use kiln_tests::fixture::{Form, Spec, TINY, WIDE, write};
use kiln_tests::goldens::{self, Golden};
use kiln_tests::texts;
use kiln_tests::tuned::{self, kiln};
use serde_json::Value;

/// Share by which kernels may cost more than the rounding itself: bf16 between operations.
const EXCESS: f64 = 0.5;

/// Mean divergence that is allowed, in nats.
const DIVERGENCE: f64 = 2e-3;

/// Share of positions at which the likeliest token has to be the same.
const AGREEMENT: f64 = 0.99;

/// How a text's logits differ from the golden's.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    positions: f64,
    divergence: f64,
    agreement: f64,
}

impl Found {
    /// Adds a position.
    fn add(&mut self, found: &[f32], expect: &[f32]) {
        let (p, q) = (logarithms(expect), logarithms(found));
        self.positions += 1.0;
        self.divergence += p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum::<f64>();
        let likeliest = |of: &[f64]| (0..of.len()).max_by(|a, b| of[*a].total_cmp(&of[*b]));
        self.agreement += f64::from(u8::from(likeliest(&p) == likeliest(&q)));
    }
}

/// Logarithms of the probabilities, in plain f64.
fn logarithms(logits: &[f32]) -> Vec<f64> {
    let total: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
    logits.iter().map(|logit| f64::from(*logit) - total.ln()).collect()
}

/// Sums over positions, computed here from the logits that the command wrote.
fn compared(file: &Path, golden: &Golden) -> Found {
    let file = Shard::open(file).unwrap();
    let words = file.tensor("logits").unwrap().bytes().chunks(4);
    let found: Vec<f32> = words.map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect();
    let mut sums = Found::default();
    for (found, expect) in found.chunks(golden.logits[0].len()).zip(&golden.logits) {
        sums.add(found, expect);
    }
    sums
}

/// Serves a packed checkpoint with 8-bit activations and compares its text's logits.
fn measured(spec: &Spec, target: &str) -> Found {
    let name = format!("{}-awq", spec.name);
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, Form::Awq, &mut |_, _| {}).unwrap();
    let bundle = tuned::bundle(directory.path(), target, &["--act", "bf16"]);
    let golden = goldens::folder().join(format!("{name}.safetensors"));
    let logits = directory.path().join("logits");
    let place = |flag: &str, path: &Path| format!("--{flag}={}", path.display());
    let report: Value = serde_json::from_str(&kiln(&[
        "eval".to_owned(),
        "--json".to_owned(),
        place("model", directory.path()),
        place("bundle", &bundle),
        place("logits", &logits),
        place("against", &golden),
    ]))
    .unwrap();
    let told = |field: &str| report["against"][field].as_f64().unwrap();
    let found = compared(&logits, &Golden::open(&name));
    let (divergence, agreement) =
        (found.divergence / found.positions, found.agreement / found.positions);
    assert!((told("mean_kl_nats") - divergence).abs() < 1e-9, "{name}: {report}");
    assert!((told("top1_agreement") - agreement).abs() < 1e-9, "{name}: {report}");
    assert_eq!(told("positions"), found.positions);
    let facts = fs::read(goldens::folder().join("goldens.json")).unwrap();
    let facts: Value = serde_json::from_slice(&facts).unwrap();
    let least =
        |field| facts["checkpoints"][&name]["eight_bit_activations"][field].as_f64().unwrap();
    let (least, same) = (least("mean_kl_nats"), least("top1_agreement"));
    println!(
        "{name}: KL divergence {divergence:.2e} nats, of which rounding {least:.2e}; likeliest \
         token the same at {:.2} %, by rounding alone {:.2} %; largest difference {:.1e}",
        100.0 * agreement,
        100.0 * same,
        told("worst_relative")
    );
    assert!(divergence <= (1.0 + EXCESS) * least, "{name}: {divergence:e} of {least:e} nats");
    found
}

/// Logits after each token of a text.
fn scored(engine: &mut Engine, tokens: &[u32]) -> Vec<Vec<f32>> {
    let id = engine.add_scored(tokens).unwrap();
    let mut rows = Vec::new();
    while rows.len() < tokens.len() {
        rows.extend(engine.step().unwrap().into_iter().flat_map(|output| output.logits));
    }
    engine.cancel(id).unwrap();
    rows
}

#[test]
#[ignore = "a minute: part of ./x soak"]
fn eight_bit_activations_change_little_of_a_trained_model() {
    let exact = demo::bundle(&["--act", "f32", "--exact"]);
    // Blocks of 128 of a sum of 384 are less accurate than those of long sums.
    let rounded = demo::bundle(&["--act", "bf16", "--max-error", "0.05"]);
    let open = |bundle: &Path| demo::engine(bundle, Guesser::Nothing, Limits::single(1024));
    let prompts: Vec<String> = demo::prompts().into_iter().step_by(7).collect();
    let requests = demo::greedy(&demo::tokens(&prompts), 64);
    let texts = texts::write(&mut Generator::new(open(&exact)), &requests);
    let (mut exact, mut rounded) = (open(&exact), open(&rounded));
    let mut found = Found::default();
    for (request, text) in requests.iter().zip(&texts) {
        let whole = [&request.prompt[..], text].concat();
        let (expect, logits) = (scored(&mut exact, &whole), scored(&mut rounded, &whole));
        logits.iter().zip(&expect).for_each(|(found_row, expect)| found.add(found_row, expect));
    }
    let (divergence, agreement) =
        (found.divergence / found.positions, found.agreement / found.positions);
    println!(
        "demo model: {} positions of {} texts: KL divergence {divergence:.2e} nats; likeliest token \
         the same at {:.2} %",
        found.positions,
        texts.len(),
        100.0 * agreement
    );
    assert!(divergence <= DIVERGENCE, "{divergence:e} nats");
    assert!(agreement >= AGREEMENT, "{agreement}");
}

#[test]
fn eight_bit_activations_cost_what_rounding_costs_and_stay_close() {
    let Some(target) = tuned::host_target() else { return };
    let flat = TINY.iter().find(|spec| spec.name == "fir").unwrap();
    measured(flat, target);
    let all = WIDE.iter().map(|spec| measured(spec, target));
    let all = all.fold(Found::default(), |sum, of| Found {
        positions: sum.positions + of.positions,
        divergence: sum.divergence + of.divergence,
        agreement: sum.agreement + of.agreement,
    });
    let (divergence, agreement) = (all.divergence / all.positions, all.agreement / all.positions);
    println!("both: KL divergence {divergence:.2e} nats, the same at {:.2} %", 100.0 * agreement);
    assert!(divergence <= DIVERGENCE, "{divergence:e} nats");
    assert!(agreement >= AGREEMENT, "{agreement}");
}
