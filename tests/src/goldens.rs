//! Goldens of the tiny checkpoints, made by Hugging Face transformers.

use std::path::PathBuf;

use kiln_runtime::weights::Shard;

/// What the independent implementation computed of one checkpoint.
#[derive(Clone, Debug)]
pub struct Golden {
    /// Tokens of the prompt.
    pub prompt: Vec<usize>,
    /// The greedy text that follows.
    pub tokens: Vec<usize>,
    /// A row for each position of prompt and tokens.
    pub logits: Vec<Vec<f32>>,
    /// Positions in time, height and width of the prompt's first tokens.
    pub places: Vec<[usize; 3]>,
    /// Their logits there.
    pub placed: Vec<Vec<f32>>,
    /// Logits of the prediction head after the prompt's first tokens, where there is one.
    pub drafts: Option<Vec<Vec<f32>>>,
}

/// Where they are kept.
pub fn folder() -> PathBuf {
    crate::workspace::root().join("tests/fixtures/models")
}

impl Golden {
    /// Reads the goldens of a checkpoint, as `ash-awq`.
    ///
    /// # Panics
    /// If the file is not as it was committed.
    pub fn open(name: &str) -> Self {
        let path = folder().join(format!("{name}.safetensors"));
        let file = Shard::open(&path).expect("a golden should open");
        let words = |name: &str| -> Vec<[u8; 4]> {
            let tensor = file.tensor(name).expect("a golden should have every tensor");
            let word = |word: &[u8]| word.try_into().expect("a word should have four bytes");
            tensor.bytes().chunks(4).map(word).collect()
        };
        let numbers = |name| -> Vec<usize> {
            words(name).into_iter().map(|word| i32::from_le_bytes(word) as usize).collect()
        };
        let rows = |name: &str| -> Vec<Vec<f32>> {
            let shape = file.tensor(name).map(|tensor| tensor.shape().to_vec());
            let width = shape.and_then(|shape| shape.last().copied());
            let values: Vec<f32> = words(name).into_iter().map(f32::from_le_bytes).collect();
            values.chunks(width.expect("rows should have a width")).map(<[f32]>::to_vec).collect()
        };
        let places = numbers("places");
        let (time, rest) = places.split_at(places.len() / 3);
        let (height, width) = rest.split_at(time.len());
        Self {
            prompt: numbers("prompt"),
            tokens: numbers("tokens"),
            logits: rows("logits"),
            places: (0..time.len()).map(|at| [time[at], height[at], width[at]]).collect(),
            placed: rows("placed"),
            drafts: file.tensor("drafts").map(|_| rows("drafts")),
        }
    }
}

/// Largest difference, relative to the largest logit.
///
/// # Panics
/// If there are more logits of one than of the other.
pub fn difference(logits: &[f32], expect: &[f32]) -> f32 {
    assert_eq!(logits.len(), expect.len());
    let largest = expect.iter().fold(0f32, |largest, logit| largest.max(logit.abs()));
    let differences = logits.iter().zip(expect).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max) / largest
}
