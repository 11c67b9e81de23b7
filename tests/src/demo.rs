//! The demo model with its drafter, on this machine's processor, and prompts that no lesson of its
//! training held.

#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use kiln_cache::bundle::Bundle;
use kiln_cache::operations::Precision;
use kiln_runtime::device::HostDevice;
use kiln_runtime::engine::{Engine, Request};
use kiln_runtime::plan::{Limits, Serving};
use kiln_runtime::sample::Sampling;
use kiln_runtime::weights::Checkpoint;
use tokenizers::Tokenizer;

use crate::tuned;
use crate::workspace::root;

/// What guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guesser {
    /// Nothing: no drafter is loaded.
    Nothing,
    /// The drafter as it is.
    Bf16,
    /// The drafter in bytes.
    Int8,
    /// The drafter as it is, with a smaller head than the model's.
    SmallHead(Precision),
}

/// Where the checkpoint is; its drafter is beside it.
pub fn model() -> PathBuf {
    root().join("tests/demo-model/model")
}

/// A bundle for the model and its drafter, tuned without search.
///
/// # Panics
/// If the tuner fails.
pub fn bundle(flags: &[&str]) -> PathBuf {
    let drafter = model().join("drafter");
    let flags = [&["--drafter", drafter.to_str().unwrap()], flags].concat();
    let name = format!("demo-model{}.kiln", flags[2..].concat().replace('-', "."));
    let out = tuned::folder().join(name);
    tuned::tune(&model(), &out, tuned::host_target().unwrap(), &flags);
    out
}

/// An engine over a bundle.
///
/// # Panics
/// If the model does not load.
pub fn engine(bundle: &Path, guesser: Guesser, limits: Limits) -> Engine {
    let mut checkpoint = Checkpoint::open(&model()).unwrap();
    if guesser != Guesser::Nothing {
        checkpoint.join(&model().join("drafter")).unwrap();
    }
    match guesser {
        Guesser::Int8 => checkpoint.quantise_drafter(Precision::Int8).unwrap(),
        Guesser::SmallHead(precision) => checkpoint.quantise_draft_head(precision).unwrap(),
        Guesser::Nothing | Guesser::Bf16 => {}
    }
    let bundle = Bundle::open(bundle).unwrap();
    let serving = Serving::of(&bundle, None).unwrap();
    let device = Box::new(HostDevice::new().unwrap());
    Engine::load(device, bundle, &checkpoint, serving, limits, &mut |_| {}).unwrap()
}

/// The held-out prompts, as texts.
///
/// # Panics
/// If the file is not as it was committed.
pub fn prompts() -> Vec<String> {
    let file = root().join("tests/demo-model/held-out.json");
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// Tokens of texts.
///
/// # Panics
/// If there is no tokenizer, or it refuses.
pub fn tokens(texts: &[impl AsRef<str>]) -> Vec<Vec<u32>> {
    let tokenizer = Tokenizer::from_file(model().join("tokenizer.json")).unwrap();
    let encode = |text: &str| tokenizer.encode(text, false).unwrap().get_ids().to_vec();
    texts.iter().map(|text| encode(text.as_ref())).collect()
}

/// Greedy answers to prompts, each to its end or to so many tokens.
///
/// # Panics
/// If there is no tokenizer.
pub fn greedy(prompts: &[Vec<u32>], most: usize) -> Vec<Request> {
    let stops = tokens(&["<|im_end|>", "<|endoftext|>"]).concat();
    let request = |prompt: &Vec<u32>| Request {
        prompt: prompt.clone(),
        sampling: Sampling::default(),
        most,
        stops: stops.clone(),
        grammar: None,
        logits: false,
    };
    prompts.iter().map(request).collect()
}
