//! Long contexts: the longest text that a model has positions for, and the memory that one takes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a soak says how long it took")]

use std::time::Instant;

use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::Dtype;
use kiln_runtime::device::HostDevice;
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::{Limits, Serving};
use kiln_runtime::weights::Checkpoint;
use kiln_tests::fixture::{FULL, Form, Spec, TINY, outline, write};
use kiln_tests::goldens::difference;
use kiln_tests::texts::{follow, text};
use kiln_tests::{plain, tuned};

/// Positions of the model.
const POSITIONS: u64 = 262_144;

/// Largest difference between chunks of two lengths, relative to the largest logit: other kernels add
/// in other orders.
const ROUNDING: f32 = 1e-4;

#[test]
#[ignore = "takes minutes; part of the soak"]
fn a_text_of_262144_tokens_gives_the_same_numbers_however_it_is_cut() {
    let target = tuned::host_target().unwrap();
    // Narrow heads: attention over so many tokens is most of the work.
    let spec = Spec { head: 16, rotary: 4, sections: [1, 1, 0], vision: None, ..TINY[0] };
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &spec, Form::Awq, &mut |_, _| {}).unwrap();
    let bundle = tuned::bundle(directory.path(), target, &["--act", "f32", "--exact"]);
    let checkpoint = Checkpoint::open(directory.path()).unwrap();
    let whole = text(&spec, 1, POSITIONS as usize);
    let (prompt, rest) = whole.split_at(whole.len() - 4);
    // The prompt's last piece is a chunk of its own in the first case, 28 tokens of the decode class
    // in the second.
    let [first, second] = [8192, 8191].map(|chunk| {
        let bundle = Bundle::open(&bundle).unwrap();
        let serving = Serving::of(&bundle, None).unwrap();
        let device = Box::new(HostDevice::new().unwrap());
        let limits = Limits { chunk, ..Limits::single(POSITIONS) };
        let mut engine =
            Engine::load(device, bundle, &checkpoint, serving, limits, &mut |_| {}).unwrap();
        let each = 2 * spec.kv_heads * spec.head * 4;
        assert_eq!(engine.model().usage().cache, POSITIONS * each as u64);
        let started = Instant::now();
        let logits = follow(&mut engine, prompt, rest);
        let seconds = started.elapsed().as_secs_f64();
        let rate = POSITIONS as f64 / seconds;
        eprintln!("{POSITIONS} tokens in chunks of {chunk}: {seconds:.1} s, {rate:.0} tokens/s");
        assert!(engine.add(&[whole.as_slice(), &[1]].concat()).is_err());
        logits
    });
    assert_eq!(first.len(), 5);
    for (first, second) in first.iter().zip(&second) {
        let worst = difference(first, second);
        assert!(worst < ROUNDING, "{worst:e}");
    }
}

/// What a message says of an amount of memory, in MiB.
fn mib(message: &str, what: &str) -> f64 {
    let before = message.split(&format!(" MiB {what}")).next().unwrap();
    before.rsplit([' ', '(']).next().unwrap().parse().unwrap()
}

#[test]
fn a_context_that_cannot_fit_at_27b_sizes_is_refused_with_the_numbers_before_anything_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    outline(directory.path(), &FULL, Form::Awq).unwrap();
    let checkpoint = Checkpoint::open(directory.path()).unwrap();
    let serving = Serving { act: Dtype::Bf16, kv: Dtype::Bf16, page: 64, exact: true };
    let operations = plain::issued(&checkpoint, &serving).unwrap();
    let (bundle, mut device) = plain::bundle(directory.path(), &operations);
    device.memory = Some(24 << 30);
    let limits = Limits::single(POSITIONS);
    let engine = Engine::load(Box::new(device), bundle, &checkpoint, serving, limits, &mut |_| {});
    let error = engine.err().unwrap().to_string();
    // Sheets of the model: 65,536 bytes of keys and values a token; 4.625 bits a packed weight; one
    // state of 48 x 128 x 128 numbers in each of 48 layers, and three rows of 10,240 numbers.
    assert_eq!(mib(&error, "keys and values"), 16384.0, "{error}");
    assert_eq!(mib(&error, "are available"), 24576.0, "{error}");
    let weights = (14.064e9 + 0.047e9 + 0.005e9 + 2.0 * 2.543e9) / f64::from(1 << 20);
    assert!((mib(&error, "weights") / weights - 1.0).abs() < 1e-3, "{error}");
    let states = 48.0 * (48.0 * 128.0 * 128.0 * 4.0 + 3.0 * 10240.0 * 2.0) / f64::from(1 << 20);
    assert!((mib(&error, "states") - states).abs() < 0.1, "{error}");
    assert!(error.contains("not enough memory") && error.contains("shorter"), "{error}");
}
