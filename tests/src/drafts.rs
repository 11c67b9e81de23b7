//! Goldens of the tiny drafters, made by the published `dflash` package.

use std::path::PathBuf;

use kiln_runtime::weights::Shard;

/// One cycle: tokens that come to the context, and a block that follows it.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// Features of each token, the tapped layers side by side.
    pub features: Vec<Vec<f32>>,
    /// The last known token.
    pub anchor: usize,
    /// A row of logits for each row of the block.
    pub logits: Vec<Vec<f32>>,
}

/// Where they are kept.
pub fn folder() -> PathBuf {
    crate::workspace::root().join("tests/fixtures/drafters")
}

/// The cycles of a drafter.
///
/// # Panics
/// If the file is not as it was committed.
pub fn cycles(name: &str) -> Vec<Cycle> {
    let file = Shard::open(&folder().join(format!("{name}.safetensors")));
    let file = file.expect("a golden should open");
    let tensor = |name: &str| file.tensor(name).expect("a golden should have every tensor");
    let words = |name: &str| -> Vec<[u8; 4]> {
        let word = |word: &[u8]| word.try_into().expect("a word should have four bytes");
        tensor(name).bytes().chunks(4).map(word).collect()
    };
    let numbers = |name: &str| -> Vec<usize> {
        words(name).into_iter().map(|word| i32::from_le_bytes(word) as usize).collect()
    };
    let rows = |name: &str| {
        let width = tensor(name).shape()[1];
        let values: Vec<f32> = words(name).into_iter().map(f32::from_le_bytes).collect();
        values.chunks(width).map(<[f32]>::to_vec).collect::<Vec<_>>().into_iter()
    };
    let (mut features, mut logits) = (rows("features"), rows("logits"));
    let sizes = numbers("counts").into_iter().zip(numbers("rows")).zip(numbers("anchors"));
    sizes
        .map(|((count, rows), anchor)| Cycle {
            features: features.by_ref().take(count).collect(),
            anchor,
            logits: logits.by_ref().take(rows).collect(),
        })
        .collect()
}
