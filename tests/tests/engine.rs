//! The engine over plain loops: goldens, and what a text's logits may not depend on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use kiln_cache::vocabulary::Dtype;
use kiln_runtime::engine::{Engine, SequenceId};
use kiln_runtime::plan::{Limits, Serving};
use kiln_runtime::weights::{Checkpoint, Group};
use kiln_tests::fixture::{Form, Spec, TINY, write};
use kiln_tests::goldens::{Golden, difference};
use kiln_tests::plain;
use kiln_tests::reference::argmax;

/// Largest difference from a golden, relative to the position's largest logit: what kernels are
/// allowed. Plain loops stay far below.
const BOUND: f32 = 2e-3;

/// Largest difference between chunks of several lengths, relative to the largest logit: attention of
/// few rows rounds once more before the gate than attention of many.
const ROUNDING: f32 = 1e-5;

fn serving(page: u64) -> Serving {
    Serving { act: Dtype::F32, kv: Dtype::F32, page, exact: true }
}

/// An engine over plain loops with a checkpoint of its own.
fn engine(spec: &Spec, form: Form, page: u64, limits: Limits) -> Engine {
    try_engine(spec, form, page, limits, None).unwrap()
}

fn try_engine(
    spec: &Spec,
    form: Form,
    page: u64,
    limits: Limits,
    memory: Option<u64>,
) -> kiln_runtime::Result<Engine> {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
    let checkpoint = Checkpoint::open(directory.path()).unwrap();
    let operations = plain::issued(&checkpoint, &serving(page)).unwrap();
    let (bundle, mut device) = plain::bundle(directory.path(), &operations);
    device.memory = memory;
    Engine::load(Box::new(device), bundle, &checkpoint, serving(page), limits, &mut |_| {})
}

fn limits() -> Limits {
    Limits { sequences: 4, context: 256, cached: 512, chunk: 64, prefixes: 4 }
}

/// Some text of a length; different numbers give different texts.
fn text(spec: &Spec, number: u32, length: usize) -> Vec<u32> {
    let token = |at: u32| (at * 37 + number * 101 + at * at * number) % spec.vocabulary as u32;
    (0..length as u32).map(token).collect()
}

/// Steps until a text has logits after its last token, which it returns.
fn finish(engine: &mut Engine, id: SequenceId) -> Vec<f32> {
    for _ in 0..10_000 {
        for output in engine.step().unwrap() {
            if output.sequence == id {
                return output.logits.last().unwrap().clone();
            }
        }
    }
    panic!("a text should come to its end");
}

/// A text's logits after its prompt and after each of the tokens that follow.
fn follow(engine: &mut Engine, prompt: &[u32], rest: &[u32]) -> Vec<Vec<f32>> {
    let id = engine.add(prompt).unwrap();
    let mut logits = vec![finish(engine, id)];
    for token in rest {
        engine.push(id, *token).unwrap();
        logits.push(finish(engine, id));
    }
    engine.cancel(id).unwrap();
    logits
}

#[test]
fn logits_of_every_position_and_greedy_texts_are_the_goldens() {
    for (spec, form) in TINY.iter().flat_map(|spec| [(spec, Form::Bf16), (spec, Form::Awq)]) {
        let golden = Golden::open(&format!("{}-{form}", spec.name));
        let mut engine = engine(spec, form, 16, limits());
        let prompt: Vec<u32> = golden.prompt.iter().map(|token| *token as u32).collect();
        let id = engine.add_scored(&prompt).unwrap();
        let (mut rows, mut written) = (Vec::new(), Vec::new());
        while written.len() < golden.tokens.len() {
            for output in engine.step().unwrap() {
                assert_eq!(output.first, rows.len());
                rows.extend(output.logits);
            }
            if rows.len() == prompt.len() + written.len() {
                written.push(argmax(rows.last().unwrap()));
                engine.push(id, *written.last().unwrap() as u32).unwrap();
            }
        }
        rows.extend(engine.step().unwrap().remove(0).logits);
        let worst =
            rows.iter().zip(&golden.logits).map(|(found, expect)| difference(found, expect));
        let worst = worst.fold(0.0, f32::max);
        println!("{}-{form}: {worst:.1e}", spec.name);
        assert!(worst < BOUND, "{}-{form}: {worst:e}", spec.name);
        assert_eq!(written, golden.tokens, "{}-{form}", spec.name);
        assert_eq!(rows.len(), golden.logits.len());
    }
}

#[test]
fn positions_in_time_height_and_width_reach_the_kernels() {
    for spec in &TINY {
        let golden = Golden::open(&format!("{}-bf16", spec.name));
        let mut engine = engine(spec, Form::Bf16, 16, limits());
        let count = golden.places.len();
        let tokens: Vec<u32> = golden.prompt[..count].iter().map(|id| *id as u32).collect();
        let places: Vec<[u32; 3]> =
            golden.places.iter().map(|place| place.map(|at| at as u32)).collect();
        engine.add_placed(&tokens, &places).unwrap();
        let mut rows = Vec::new();
        while rows.len() < count {
            rows.extend(engine.step().unwrap().into_iter().flat_map(|output| output.logits));
        }
        for (found, expect) in rows.iter().zip(&golden.placed) {
            assert!(difference(found, expect) < BOUND, "{}", spec.name);
        }
    }
}

#[test]
fn a_text_computed_in_company_has_the_bits_it_has_alone() {
    let spec = &TINY[0];
    let texts: Vec<Vec<u32>> =
        [(1, 5), (2, 70), (3, 33), (4, 1)].iter().map(|(n, len)| text(spec, *n, *len)).collect();
    let rest = text(spec, 9, 12);
    let mut alone = engine(spec, Form::Awq, 16, limits());
    let expect: Vec<_> = texts.iter().map(|text| follow(&mut alone, text, &rest)).collect();

    let mut together = engine(spec, Form::Awq, 16, limits());
    let ids: Vec<_> = texts.iter().map(|text| together.add(text).unwrap()).collect();
    let mut found = vec![Vec::new(); ids.len()];
    while found.iter().any(|rows: &Vec<Vec<f32>>| rows.len() <= rest.len()) {
        for output in together.step().unwrap() {
            let at = ids.iter().position(|id| *id == output.sequence).unwrap();
            found[at].extend(output.logits);
            if let Some(token) = rest.get(found[at].len() - 1) {
                together.push(output.sequence, *token).unwrap();
            }
        }
    }
    assert!(found == expect, "some text has other bits");
}

#[test]
fn pages_of_any_size_give_the_same_bits_and_chunks_of_any_length_the_same_numbers() {
    let spec = &TINY[1];
    let (prompt, rest) = (text(spec, 1, 75), text(spec, 2, 8));
    let run = |page, chunk| {
        let mut engine = engine(spec, Form::Bf16, page, Limits { chunk, ..limits() });
        follow(&mut engine, &prompt, &rest)
    };
    let expect = run(16, 64);
    for page in [1, 4, 64, 128] {
        assert!(run(page, 64) == expect, "pages of {page}");
    }
    for chunk in [1, 7, 32, 512] {
        let found = run(16, chunk);
        let worst = found.iter().zip(&expect).map(|(found, expect)| difference(found, expect));
        let worst = worst.fold(0.0, f32::max);
        assert!(worst < ROUNDING, "chunks of {chunk}: {worst:e}");
    }
}

#[test]
fn a_remembered_prefix_gives_the_bits_of_one_that_was_never_seen() {
    let spec = &TINY[2];
    let limits = Limits { chunk: 32, prefixes: 3, ..limits() };
    let (first, rest) = (text(spec, 1, 100), text(spec, 2, 4));
    let mut other = first.clone();
    other[70] = (other[70] + 1) % spec.vocabulary as u32;
    let mut fresh = engine(spec, Form::Awq, 16, Limits { prefixes: 0, ..limits });
    let expect = [&first, &other, &first].map(|text| follow(&mut fresh, text, &rest));
    let mut engine = engine(spec, Form::Awq, 16, limits);
    let (pages, slots) = engine.free();
    assert!(follow(&mut engine, &first, &rest) == expect[0], "the first time");
    assert_eq!(engine.remembered(), 3);
    assert!(follow(&mut engine, &other, &rest) == expect[1], "a common beginning");
    assert!(follow(&mut engine, &first, &rest) == expect[2], "the second time");
    engine.forget().unwrap();
    assert_eq!(engine.free(), (pages, slots));
}

#[test]
fn texts_that_make_room_come_back_as_they_were() {
    let spec = &TINY[3];
    let small = Limits { sequences: 3, context: 64, cached: 96, chunk: 16, prefixes: 0 };
    let texts: Vec<Vec<u32>> = (1..4).map(|number| text(spec, number, 30)).collect();
    let rest = text(spec, 9, 20);
    let mut roomy = engine(spec, Form::Bf16, 8, Limits { cached: 512, ..small });
    let expect: Vec<_> = texts.iter().map(|text| follow(&mut roomy, text, &rest)).collect();
    let mut tight = engine(spec, Form::Bf16, 8, small);
    let free = tight.free();
    let ids: Vec<_> = texts.iter().map(|text| tight.add(text).unwrap()).collect();
    let mut found = vec![Vec::new(); ids.len()];
    let mut waited = 0;
    while found.iter().any(|rows: &Vec<Vec<f32>>| rows.len() <= rest.len()) {
        let outputs = tight.step().unwrap();
        waited += usize::from(outputs.len() < ids.len());
        for output in outputs {
            let at = ids.iter().position(|id| *id == output.sequence).unwrap();
            found[at].extend(output.logits);
            match rest.get(found[at].len() - 1) {
                Some(token) => tight.push(output.sequence, *token).unwrap(),
                None => tight.cancel(output.sequence).unwrap(),
            }
        }
    }
    assert!(found == expect, "some text has other bits");
    assert!(waited > 10, "three texts of 50 tokens should not fit into 96");
    assert_eq!(tight.free(), free);
}

#[test]
fn a_text_that_cannot_fit_is_refused_with_the_reason() {
    let spec = &TINY[0];
    let mut engine = engine(spec, Form::Bf16, 16, limits());
    let refused = |error: kiln_runtime::Error| error.to_string();
    let long = text(spec, 1, 257);
    assert!(refused(engine.add(&long).unwrap_err()).contains("257 tokens; at most 256"));
    assert!(refused(engine.add(&[]).unwrap_err()).contains("without tokens"));
    assert!(refused(engine.add(&[320]).unwrap_err()).contains("token 320"));
    let id = engine.add(&[1]).unwrap();
    engine.cancel(id).unwrap();
    assert!(refused(engine.cancel(id).unwrap_err()).contains("ended before"));
}

#[test]
fn cancelling_at_any_step_frees_everything_at_once() {
    let spec = &TINY[0];
    let limits = Limits { chunk: 16, prefixes: 0, ..limits() };
    let mut engine = engine(spec, Form::Bf16, 16, limits);
    let free = engine.free();
    for steps in 0..8 {
        let id = engine.add(&text(spec, 1, 90)).unwrap();
        for _ in 0..steps {
            engine.step().unwrap();
        }
        engine.cancel(id).unwrap();
        assert_eq!(engine.free(), free, "after {steps} steps");
    }
}

#[test]
fn rolling_back_some_of_the_rows_equals_never_having_run_them() {
    let spec = &TINY[0];
    let mut engine = engine(spec, Form::Awq, 4, limits());
    let (prompt, drafts, rest) = (text(spec, 1, 40), text(spec, 5, 31), text(spec, 6, 3));
    let long: Vec<u32> = drafts.iter().chain(&rest).copied().collect();
    let plain = follow(&mut engine, &prompt, &long);
    let free = engine.free();
    for rows in [1, 2, 3, 8, 31, 32] {
        for accepted in 1..=rows {
            let id = engine.add(&prompt).unwrap();
            finish(&mut engine, id);
            engine.push(id, drafts[0]).unwrap();
            let logits = engine.verify(&[(id, &long[1..rows])]).unwrap().remove(0);
            assert!(logits == plain[1..=rows], "{rows} rows at once");
            engine.accept(&[accepted]).unwrap();
            assert_eq!(engine.tokens(id).unwrap().len(), prompt.len() + accepted);
            // Other tokens than those that were taken back.
            let expect = {
                let accepted: Vec<u32> = long[..accepted].iter().chain(&rest).copied().collect();
                follow(&mut engine, &prompt, &accepted).split_off(accepted.len() - rest.len() + 1)
            };
            for (token, expect) in rest.iter().zip(expect) {
                engine.push(id, *token).unwrap();
                assert!(finish(&mut engine, id) == expect, "{accepted} of {rows} rows");
            }
            engine.cancel(id).unwrap();
        }
    }
    engine.forget().unwrap();
    assert!(engine.free() >= free);
}

#[test]
fn several_texts_are_verified_together_and_decided_apart() {
    let spec = &TINY[4];
    let mut engine = engine(spec, Form::Bf16, 16, limits());
    let texts = [text(spec, 1, 20), text(spec, 2, 50)];
    let drafts = text(spec, 3, 6);
    let expect = texts.each_ref().map(|text| follow(&mut engine, text, &drafts));
    let ids = texts.each_ref().map(|text| {
        let id = engine.add(text).unwrap();
        finish(&mut engine, id);
        id
    });
    ids.iter().for_each(|id| engine.push(*id, drafts[0]).unwrap());
    let found = engine.verify(&[(ids[1], &drafts[1..5]), (ids[0], &drafts[1..3])]).unwrap();
    assert!(found[0] == expect[1][1..6] && found[1] == expect[0][1..4]);
    assert!(engine.step().unwrap_err().to_string().contains("accept"));
    assert!(engine.accept(&[6, 1]).is_err() && engine.accept(&[0, 1]).is_err());
    engine.accept(&[2, 3]).unwrap();
    for (at, accepted) in [(1, 2), (0, 3)] {
        engine.push(ids[at], drafts[accepted]).unwrap();
        assert!(finish(&mut engine, ids[at]) == expect[at][accepted + 1], "text {at}");
    }
}

#[test]
fn there_is_one_copy_of_the_weights_and_no_more_memory_than_was_said() {
    for (spec, form) in TINY.iter().flat_map(|spec| [(spec, Form::Bf16), (spec, Form::Awq)]) {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
        let checkpoint = Checkpoint::open(directory.path()).unwrap();
        let engine = engine(spec, form, 16, limits());
        // Plain kernels read weights as they lie in the checkpoint, except that vectors and taps of
        // linear attention are f32 there instead of bf16.
        let stored: u64 = [Group::Embedding, Group::Layers, Group::Head]
            .map(|group| checkpoint.tally(group).bytes)
            .iter()
            .sum();
        let linear = (0..spec.layers).filter(|layer| !spec.is_full(*layer)).count();
        let channels = 2 * spec.key_heads * spec.key_head + spec.value_heads * spec.value_head;
        let wide = channels * spec.kernel + 2 * spec.value_heads + spec.value_head;
        let shapes = checkpoint
            .weights()
            .filter(|(role, weight)| role.group() <= Group::Head && weight.part("quants").is_ok());
        // The shape that each packed layer repeats is not loaded.
        let expect = stored + (2 * linear * wide) as u64 - 16 * shapes.count() as u64;
        let usage = engine.model().usage();
        // Zero points of stacked layers whose rows are no multiple of eight are packed closer.
        let slack = if spec.packs_gates { 4096 } else { 0 };
        assert!(usage.weights <= expect && usage.weights + slack >= expect, "{}-{form}", spec.name);
        let full = spec.layers - linear;
        let cache = 2 * full * 512 * spec.kv_heads * spec.head * 4;
        assert_eq!(usage.cache, cache as u64, "{}-{form}", spec.name);
    }
}

#[test]
fn what_cannot_fit_is_refused_with_the_numbers_before_anything_is_loaded() {
    let spec = &TINY[0];
    let needed = engine(spec, Form::Bf16, 16, limits()).model().usage().total();
    let fitting = try_engine(spec, Form::Bf16, 16, limits(), Some(needed));
    assert!(fitting.is_ok());
    let error = try_engine(spec, Form::Bf16, 16, limits(), Some(needed - 1)).err().unwrap();
    let error = error.to_string();
    for part in ["not enough memory", "weights", "keys and values", "states", "are available"] {
        assert!(error.contains(part), "{error}");
    }
    let long = Limits { context: 262_145, ..limits() };
    let error = try_engine(spec, Form::Bf16, 16, long, None).err().unwrap().to_string();
    assert!(error.contains("262145") && error.contains("262144"), "{error}");
}

#[test]
fn a_bundle_without_an_operation_is_refused_by_its_name() {
    let spec = &TINY[0];
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, Form::Bf16, &mut |_, _| {}).unwrap();
    let checkpoint = Checkpoint::open(directory.path()).unwrap();
    let mut operations = plain::issued(&checkpoint, &serving(16)).unwrap();
    operations.retain(|operation| operation.name != "gated_norm");
    let (bundle, device) = plain::bundle(directory.path(), &operations);
    let served = Serving::of(&bundle, None).unwrap();
    assert_eq!(served, Serving { exact: false, ..serving(16) }, "nothing is packed");
    assert!(Serving::of(&bundle, Some(32)).unwrap_err().to_string().contains("of 16"));
    let loaded = Engine::load(Box::new(device), bundle, &checkpoint, served, limits(), &mut |_| {});
    let error = loaded.err().unwrap().to_string();
    assert!(error.contains("does not cover gated_norm"), "{error}");
}
