//! Long contexts: the longest text that a model has positions for, and the memory that one takes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a soak says how long it took")]

use std::path::Path;
use std::time::Instant;

use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::Dtype;
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::{Limits, Serving};
use kiln_runtime::weights::Checkpoint;
use kiln_tests::counted::Counted;
use kiln_tests::fixture::{FULL, Form, Spec, TINY, outline, write};
use kiln_tests::goldens::difference;
use kiln_tests::reference::Model;
use kiln_tests::texts::{follow, text};
use kiln_tests::{plain, tuned};

/// Positions of the model.
const POSITIONS: u64 = 262_144;

/// Tokens that follow the prompt one by one.
const FOLLOWING: usize = 4;

/// Largest difference between chunks of two lengths, relative to the largest logit: other kernels add
/// in other orders.
const ROUNDING: f32 = 1e-4;

/// Largest difference from the reference, which adds in f64: the bound of all texts in f32.
const PARITY: f32 = 2e-3;

/// Narrow heads, few of them, and one layer of full attention: attention over so many tokens is most
/// of the work.
fn spec() -> Spec {
    Spec { heads: 2, head: 16, rotary: 4, sections: [1, 1, 0], vision: None, mtp: false, ..TINY[0] }
}

/// The last logits of a text in chunks of some length.
fn computed(
    (checkpoint, bundle): (&Checkpoint, &Path),
    chunk: u64,
    (prompt, rest): (&[u32], &[u32]),
) -> Vec<Vec<f32>> {
    let tokens = (prompt.len() + rest.len()) as u64;
    let bundle = Bundle::open(bundle).unwrap();
    let serving = Serving::of(&bundle, None).unwrap();
    let (device, taken) = Counted::new().unwrap();
    let limits = Limits { chunk, ..Limits::single(tokens) };
    let device = Box::new(device);
    let mut engine =
        Engine::load(device, bundle, checkpoint, serving, limits, &mut |_| {}).unwrap();
    let (usage, spec) = (engine.model().usage(), spec());
    let held = tokens.next_multiple_of(serving.page);
    assert_eq!(usage.cache, held * 2 * (spec.kv_heads * spec.head) as u64 * 4);
    assert_eq!(taken.get().now, usage.total(), "what is taken is what is told");
    let started = Instant::now();
    let logits = follow(&mut engine, prompt, rest);
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("{tokens} tokens in chunks of {chunk}: {seconds:.1} s");
    assert_eq!(taken.get().most, usage.total(), "a text takes no memory beside what was reserved");
    assert!(engine.add(&[prompt, rest, &[1]].concat()).is_err());
    logits
}

/// The last logits of a text from the reference.
fn expected(checkpoint: &Checkpoint, prompt: &[u32], rest: &[u32]) -> Vec<Vec<f32>> {
    let model = Model::load(checkpoint);
    let mut state = model.start();
    let started = Instant::now();
    let (last, before) = prompt.split_last().unwrap();
    before.iter().for_each(|token| model.read(&mut state, *token as usize));
    let tokens = [last].into_iter().chain(rest);
    let logits = tokens.map(|token| model.step(&mut state, *token as usize)).collect();
    eprintln!("the reference: {:.1} s", started.elapsed().as_secs_f64());
    logits
}

/// A text of some length in chunks of two lengths, and in the reference. The prompt's last piece is a
/// chunk of its own in the first case, tokens of the decode class in the second.
fn compare(tokens: u64, chunks: [u64; 2]) {
    let Some(target) = tuned::host_target() else { return };
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &spec(), Form::Awq, &mut |_, _| {}).unwrap();
    let bundle = tuned::bundle(directory.path(), target, &["--act", "f32", "--exact"]);
    let checkpoint = Checkpoint::open(directory.path()).unwrap();
    let whole = text(&spec(), 1, tokens as usize);
    let (prompt, rest) = whole.split_at(whole.len() - FOLLOWING);
    let model = (&checkpoint, bundle.as_path());
    let [first, second] = chunks.map(|chunk| computed(model, chunk, (prompt, rest)));
    let expected = expected(&checkpoint, prompt, rest);
    assert_eq!([first.len(), second.len(), expected.len()], [FOLLOWING + 1; 3]);
    for ((first, second), expected) in first.iter().zip(&second).zip(&expected) {
        let (apart, off) = (difference(first, second), difference(first, expected));
        eprintln!("{apart:.1e} between chunks, {off:.1e} from the reference");
        assert!(apart < ROUNDING, "{apart:e}");
        assert!(off < PARITY, "{off:e}");
    }
}

#[test]
fn a_text_gives_the_numbers_of_the_reference_however_it_is_cut_in_the_memory_that_was_told() {
    compare(600, [128, 114]);
}

#[test]
#[ignore = "minutes: part of ./x soak"]
fn so_does_a_text_of_all_262144_positions() {
    compare(POSITIONS, [8192, 8191]);
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
