//! What serving can issue is what tuning covers: both derive it from the configuration, each on its
//! own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use kiln_cache::operations::{DECODE_ROWS, Precision, Weights};
use kiln_cache::vocabulary::{Dtype, Operation};
use kiln_runtime::model::config::{DrafterConfig, ModelConfig};
use kiln_runtime::plan::{self, Forms, Stack, Tensor, issues};
use kiln_runtime::weights::Checkpoint;
use kiln_tests::fixture::{DRAFTERS, Form, TINY, write, write_drafter};
use kiln_tuner::model::{Activation, Demand, DrafterChoice, Serving, load};

/// How the published packed checkpoint stores its weights; gates and head may be either.
struct Published {
    gates: Weights,
    head: Weights,
    draft_head: Weights,
    drafter: Weights,
    prediction: Weights,
}

impl Forms for Published {
    fn linear(&self, tensor: Tensor) -> kiln_runtime::Result<Weights> {
        Ok(match tensor {
            Tensor::Head => self.head,
            Tensor::DraftHead => self.draft_head,
            Tensor::Layer(_, Stack::Ba) => self.gates,
            Tensor::Draft(_) | Tensor::DraftLayer(..) => self.drafter,
            Tensor::Mtp(_) | Tensor::MtpLayer(_) => self.prediction,
            _ => Weights::Packed { asymmetric: true },
        })
    }

    fn plain(&self, _tensor: Tensor) -> kiln_runtime::Result<Dtype> {
        Ok(Dtype::Bf16)
    }
}

/// Number types and pages to serve with, as tuning and as serving name them.
fn servings() -> Vec<(Serving, Vec<plan::Serving>)> {
    let cases = [
        (Activation::Bf16, Dtype::Bf16, Activation::F16, Dtype::F16, vec![64], false),
        (Activation::F32, Dtype::F32, Activation::F32, Dtype::F32, vec![16, 128], true),
        (Activation::Bf16, Dtype::Bf16, Activation::Bf16, Dtype::Bf16, vec![16], true),
    ];
    let make = |(act, a, kv, k, pages, exact): (_, _, _, _, Vec<u64>, bool)| {
        let serving =
            pages.iter().map(|page| plan::Serving { act: a, kv: k, page: *page, exact }).collect();
        let all = Precision::ALL.to_vec();
        let (head, draft_head) = (all.clone(), all.clone());
        (Serving { act, kv, pages, exact, head, draft_head, drafter: all }, serving)
    };
    cases.into_iter().map(make).collect()
}

/// Every operation that can be issued and is not covered for its numbers of rows.
fn uncovered(
    config: &ModelConfig,
    forms: &dyn Forms,
    serving: &plan::Serving,
    demands: &[Demand],
) -> Vec<String> {
    let covered: BTreeMap<&Operation, &Vec<u64>> =
        demands.iter().map(|demand| (&demand.operation, &demand.classes)).collect();
    let mut missing = Vec::new();
    for (operation, asked) in issues(config, forms, serving).unwrap() {
        let Some(classes) = covered.get(&operation) else {
            missing.push(operation.to_string());
            continue;
        };
        // Without a class at the end of the decode class, its rows would be answered by a kernel
        // that was chosen for more.
        if asked.few && !classes.contains(&DECODE_ROWS) {
            missing.push(format!("{operation} with few rows"));
        }
        if asked.many && classes.iter().all(|m| *m <= DECODE_ROWS) {
            missing.push(format!("{operation} with many rows"));
        }
    }
    missing
}

#[test]
fn everything_that_the_27b_model_can_issue_is_covered() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/qwen3.6-27b");
    let mut config = ModelConfig::open(&path).unwrap();
    config.predicts = true;
    let shapes = load(&path, &DrafterChoice::None).unwrap();
    let (plain, packed) = (Weights::Plain(Dtype::Bf16), Weights::Packed { asymmetric: true });
    for (tuned, served) in servings() {
        let demands = shapes.demands(&tuned);
        for serving in served {
            let bytes = Precision::Int8.weights().unwrap();
            for (gates, head) in [(plain, plain), (plain, packed), (packed, plain), (plain, bytes)]
            {
                for prediction in [plain, packed] {
                    let forms =
                        Published { gates, head, draft_head: head, drafter: plain, prediction };
                    assert_eq!(uncovered(&config, &forms, &serving, &demands), [""; 0]);
                }
            }
        }
    }
}

#[test]
fn everything_that_the_tiny_models_can_issue_is_covered() {
    for (spec, form) in TINY.iter().flat_map(|spec| [(spec, Form::Bf16), (spec, Form::Awq)]) {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), spec, form, &mut |_, _| {}).unwrap();
        let shapes = load(directory.path(), &DrafterChoice::None).unwrap();
        assert_eq!(shapes.predicts, spec.mtp);
        for head in Precision::ALL {
            let mut checkpoint = Checkpoint::open(directory.path()).unwrap();
            // A head that is packed already stays what it is.
            let quantised = checkpoint.quantise_head(head);
            assert!(quantised.is_ok() || spec.packs_head && form == Form::Awq);
            assert_eq!(checkpoint.predict().is_ok(), spec.mtp);
            for (tuned, served) in servings() {
                let demands = shapes.demands(&tuned);
                for serving in served {
                    let missing = uncovered(checkpoint.config(), &checkpoint, &serving, &demands);
                    assert_eq!(missing, [""; 0], "{}-{form} {head}", spec.name);
                }
            }
        }
    }
}

#[test]
fn everything_that_drafters_can_issue_is_covered() {
    for spec in &DRAFTERS {
        for form in [Form::Bf16, Form::Awq] {
            let directory = tempfile::tempdir().unwrap();
            let (model, drafter) = (directory.path().join("m"), directory.path().join("d"));
            write(&model, spec.model(), form, &mut |_, _| {}).unwrap();
            write_drafter(&drafter, spec).unwrap();
            let mut checkpoint = Checkpoint::open(&model).unwrap();
            checkpoint.join(&drafter).unwrap();
            let shapes = load(&model, &DrafterChoice::Config(drafter)).unwrap();
            for head in Precision::ALL {
                // A head that is packed already stays what it is.
                let quantised = checkpoint.quantise_draft_head(head);
                assert!(quantised.is_ok() || spec.model().packs_head && form == Form::Awq);
                for (tuned, served) in servings() {
                    let demands = shapes.demands(&tuned);
                    for serving in served {
                        let config = checkpoint.config();
                        let missing = uncovered(config, &checkpoint, &serving, &demands);
                        assert_eq!(missing, [""; 0], "{}-{form} {head}", spec.name);
                    }
                }
            }
        }
    }
}

#[test]
fn everything_that_the_27b_model_can_issue_with_the_published_drafter_is_covered() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/qwen3.6-27b");
    let mut config = ModelConfig::open(&path).unwrap();
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/qwen3.6-27b-dflash");
    config.drafter = Some(DrafterConfig::open(&published, &config).unwrap());
    let by_name = load(&path, &DrafterChoice::Published).unwrap();
    let by_file = load(&path, &DrafterChoice::Config(published)).unwrap();
    assert_eq!(by_name, by_file, "what is published is what is known of it");
    let plain = Weights::Plain(Dtype::Bf16);
    for (tuned, served) in servings() {
        let demands = by_name.demands(&tuned);
        for serving in served {
            let all = Precision::ALL.map(|of| of.weights().unwrap_or(plain));
            for (drafter, draft_head) in all.into_iter().flat_map(|of| all.map(|head| (of, head))) {
                let (gates, head, prediction) = (plain, plain, plain);
                let forms = Published { gates, head, draft_head, drafter, prediction };
                assert_eq!(uncovered(&config, &forms, &serving, &demands), [""; 0]);
            }
        }
    }
}

#[test]
fn an_operation_that_tuning_forgets_is_found() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/qwen3.6-27b");
    let mut config = ModelConfig::open(&path).unwrap();
    config.predicts = true;
    let plain = Weights::Plain(Dtype::Bf16);
    let bytes = Precision::Int8.weights().unwrap();
    let (gates, head, drafter, prediction) = (plain, plain, plain, plain);
    let forms = Published { gates, head, draft_head: bytes, drafter, prediction };
    let (tuned, served) = servings().remove(0);
    let demands = load(&path, &DrafterChoice::None).unwrap().demands(&tuned);
    let issued = issues(&config, &forms, &served[0]).unwrap();
    for forgotten in issued.keys() {
        let mut demands = demands.clone();
        demands.retain(|demand| demand.operation != *forgotten);
        assert_eq!(uncovered(&config, &forms, &served[0], &demands), [forgotten.to_string()]);
    }
}
