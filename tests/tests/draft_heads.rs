//! Smaller heads that only guesses read, over plain loops, against the reference with the same
//! numbers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use kiln_cache::operations::Precision;
use kiln_cache::vocabulary::Dtype;
use kiln_runtime::engine::Engine;
use kiln_runtime::plan::Serving;
use kiln_runtime::weights::{Checkpoint, Role, Weight};
use kiln_tests::fixture::{DRAFTERS, DrafterSpec, Form, TINY, write, write_drafter};
use kiln_tests::goldens::difference;
use kiln_tests::plain;
use kiln_tests::reference::{Drafter, Model};
use kiln_tests::texts;

const SERVING: Serving = Serving { act: Dtype::F32, kv: Dtype::F32, page: 16, exact: true };

const SMALL: [Precision; 2] = [Precision::Int8, Precision::Int4];

/// A model with its drafter, the head as `head` says, and what guesses read in place of it.
fn joined(
    directory: &Path,
    spec: &DrafterSpec,
    head: Precision,
    guesses: Option<Precision>,
) -> Checkpoint {
    let (model, drafter) = (directory.join("model"), directory.join("drafter"));
    if !model.exists() {
        write(&model, spec.model(), Form::Bf16, &mut |_, _| {}).unwrap();
        write_drafter(&drafter, spec).unwrap();
    }
    let mut checkpoint = Checkpoint::open(&model).unwrap();
    checkpoint.join(&drafter).unwrap();
    checkpoint.quantise_head(head).unwrap();
    guesses.map_or(Ok(()), |of| checkpoint.quantise_draft_head(of)).unwrap();
    checkpoint.make_copies().unwrap();
    checkpoint
}

fn engine(directory: &Path, checkpoint: &Checkpoint) -> Engine {
    let operations = plain::issued(checkpoint, &SERVING).unwrap();
    let (bundle, device) = plain::bundle(directory, &operations);
    let (device, limits) = (Box::new(device), texts::limits());
    Engine::load(device, bundle, checkpoint, SERVING, limits, &mut |_| {}).unwrap()
}

/// Logits of a block of guesses after 20 tokens, and the model's own of the tokens that follow.
fn logits(engine: &mut Engine, spec: &DrafterSpec, whole: &[u32]) -> [Vec<Vec<f32>>; 2] {
    let id = engine.add(&whole[..20]).unwrap();
    texts::finish(engine, id);
    engine.push(id, whole[20]).unwrap();
    let guessed = engine.draft(&[(id, spec.block - 1)]).unwrap().remove(0);
    let verified = engine.verify(&[(id, &whole[21..24])]).unwrap().remove(0);
    [guessed, verified]
}

#[test]
fn guesses_read_the_small_head_and_the_model_its_own() {
    for spec in &DRAFTERS {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path();
        let whole = texts::text(spec.model(), 2, 24);
        let stored = joined(at, spec, Precision::Bf16, None);
        let [exact, own] = logits(&mut engine(at, &stored), spec, &whole);
        let mut before = 0.0;
        for to in SMALL {
            let checkpoint = joined(at, spec, Precision::Bf16, Some(to));
            let [guessed, verified] = logits(&mut engine(at, &checkpoint), spec, &whole);
            assert!(verified == own, "{} {to}: the model's logits are others", spec.name);
            // The same numbers, as the head of a model.
            let small = Model::load(&joined(at, spec, to, None));
            let expected = Drafter::load(&stored).guesses(&small, &whole[..20], whole[20]);
            let worst = |other: &[Vec<f32>]| {
                let pairs = guessed.iter().zip(other);
                pairs.map(|(found, other)| difference(found, other)).fold(0.0, f32::max)
            };
            let (own, other) = (worst(&expected), worst(&exact));
            println!("{} {to}: {own:.1e}, and {other:.1e} from the whole head", spec.name);
            assert!(own < 1e-4, "{} {to}: {own:e}", spec.name);
            assert!(other > before && other < 0.5, "{} {to}: {other:e}", spec.name);
            before = other;
        }
    }
}

#[test]
fn a_small_head_takes_memory_only_where_the_model_has_another() {
    let spec = &DRAFTERS[0];
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let bytes = |head, guesses| {
        let engine = engine(at, &joined(at, spec, head, guesses));
        engine.model().usage().weights
    };
    let (bf16, int8, int4) = (Precision::Bf16, Precision::Int8, Precision::Int4);
    let model = spec.model();
    let (rows, columns) = (model.vocabulary as u64, model.hidden as u64);
    let plain = bytes(bf16, None);
    assert_eq!(bytes(bf16, Some(bf16)), plain, "the head itself");
    // A byte a weight and a float a row.
    assert_eq!(bytes(bf16, Some(int8)), plain + rows * (columns + 4));
    assert!(bytes(bf16, Some(int4)) < plain + rows * columns);
    assert_eq!(bytes(int8, Some(int8)), bytes(int8, None), "the head is small already");
    assert!(bytes(int8, Some(int4)) > bytes(int8, None));
    // The head as it is stored lies beside the small one.
    assert!(bytes(int8, Some(bf16)) >= bytes(int8, None));
}

#[test]
fn the_small_head_is_a_weight_of_its_own_and_absent_it_is_the_head() {
    for spec in &DRAFTERS {
        let directory = tempfile::tempdir().unwrap();
        let weight = |checkpoint: &Checkpoint, role| {
            let weight = checkpoint.weight(role).unwrap();
            (weight.name().to_owned(), weight.format())
        };
        let stored = joined(directory.path(), spec, Precision::Bf16, None);
        assert_eq!(weight(&stored, Role::DraftHead), weight(&stored, Role::Head));
        let both = joined(directory.path(), spec, Precision::Int4, Some(Precision::Int8));
        let of = |role| both.weight(role).unwrap();
        assert!(matches!(of(Role::Head), Weight::Packed(_)));
        assert!(matches!(of(Role::DraftHead), Weight::Rows(_)));
        let whole = joined(directory.path(), spec, Precision::Int4, Some(Precision::Bf16));
        assert_eq!(weight(&whole, Role::DraftHead), weight(&stored, Role::Head));
    }
}

#[test]
fn a_head_that_is_packed_in_the_checkpoint_is_not_quantised_for_guesses() {
    let spec = TINY.iter().find(|spec| spec.packs_head).unwrap();
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), spec, Form::Awq, &mut |_, _| {}).unwrap();
    let mut checkpoint = Checkpoint::open(directory.path()).unwrap();
    let error = checkpoint.quantise_draft_head(Precision::Int8).unwrap_err().to_string();
    assert!(error.contains("quantised already"), "{error}");
}
