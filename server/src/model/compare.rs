//! Logits beside those of another implementation.

use std::path::Path;

use anyhow::{bail, ensure};
use kiln_runtime::weights::{Element, Shard, Tensor};
use serde::Serialize;

/// A safetensors file with `logits` [positions, vocabulary] in F32, and the tokens after which they
/// stand: as `tokens`, or as `tokens` after a `prompt`.
pub(super) struct Golden {
    file: Shard,
    tokens: Vec<u32>,
    width: usize,
}

/// How far logits are from others.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Comparison {
    /// Positions that were compared.
    positions: usize,
    /// Largest difference of a logit, relative to the largest logit of its position.
    worst_relative: f32,
    /// Kullback-Leibler divergence from the other implementation's distribution, mean over positions.
    mean_kl_nats: f64,
    /// The same, at the worst position.
    worst_kl_nats: f64,
    /// Share of positions at which the likeliest token is the same.
    top1_agreement: f64,
}

impl Golden {
    /// Opens a file; its rows are as wide as the vocabulary of the model that it is compared with.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = Shard::open(path)?;
        let place = path.display();
        let Some(logits) = file.tensor("logits") else { bail!("{place}: it has no logits") };
        let &[rows, width] = logits.shape() else { bail!("{place}: logits are not a matrix") };
        ensure!(logits.element() == Element::F32, "{place}: logits are not F32");
        ensure!(rows > 0 && width > 0, "{place}: it has no logits");
        let numbers = |name| file.tensor(name).map(integers).transpose();
        let (prompt, mut tokens) = (numbers("prompt")?, numbers("tokens")?.unwrap_or_default());
        if tokens.len() < rows {
            tokens.splice(0..0, prompt.unwrap_or_default());
        }
        let count = tokens.len();
        ensure!(count == rows, "{place}: {rows} rows of logits and {count} tokens");
        Ok(Self { file, tokens, width })
    }

    /// The tokens after which the logits stand.
    pub(super) fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Refuses a text or a model that the logits are not those of; the text may end earlier.
    pub(super) fn check(&self, tokens: &[u32], vocabulary: usize) -> anyhow::Result<()> {
        let (place, width) = (self.file.path().display(), self.width);
        ensure!(width == vocabulary, "{place}: rows of {width}; the vocabulary has {vocabulary}");
        ensure!(self.tokens.starts_with(tokens), "{place}: its logits are those of another text");
        Ok(())
    }

    /// The logits after a token.
    fn row(&self, at: usize) -> Vec<f32> {
        let bytes = 4 * self.width;
        let logits = self.file.tensor("logits").map(|tensor| tensor.bytes());
        let row = logits.and_then(|all| all.get(at * bytes..(at + 1) * bytes)).unwrap_or_default();
        row.as_chunks().0.iter().map(|word| f32::from_le_bytes(*word)).collect()
    }
}

impl Comparison {
    /// Adds the logits after a token.
    pub(super) fn add(&mut self, golden: &Golden, at: usize, found: &[f32]) {
        let expect = golden.row(at);
        let kl = divergence(&expect, found);
        let before = self.positions as f64;
        let mean = |old: f64, new: f64| old + (new - old) / (before + 1.0);
        self.positions += 1;
        // A difference that is not a number is the worst there is, and stays it.
        self.worst_relative = worse(self.worst_relative, difference(&expect, found));
        self.mean_kl_nats = mean(self.mean_kl_nats, kl);
        self.worst_kl_nats =
            if kl > self.worst_kl_nats || kl.is_nan() { kl } else { self.worst_kl_nats };
        let agree = likeliest(&expect) == likeliest(found);
        self.top1_agreement = mean(self.top1_agreement, f64::from(u8::from(agree)));
    }
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { positions, worst_relative, mean_kl_nats, worst_kl_nats, top1_agreement } = self;
        write!(
            f,
            "{positions} positions: worst difference {worst_relative:.2e} of the largest logit, KL \
             divergence {mean_kl_nats:.2e} nats (worst {worst_kl_nats:.2e}), likeliest token the same \
             at {:.2} %",
            100.0 * top1_agreement
        )
    }
}

fn worse(old: f32, new: f32) -> f32 {
    if new > old || new.is_nan() { new } else { old }
}

fn difference(expect: &[f32], found: &[f32]) -> f32 {
    let largest = expect.iter().fold(0f32, |largest, logit| largest.max(logit.abs()));
    let differences = expect.iter().zip(found).map(|(expect, found)| (expect - found).abs());
    differences.fold(0.0, worse) / largest
}

/// The sum of p ln(p / q) over all tokens, in nats.
fn divergence(expect: &[f32], found: &[f32]) -> f64 {
    let (p, q) = (logarithms(expect), logarithms(found));
    p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum()
}

/// Logarithms of the probabilities.
fn logarithms(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let above = |logit: &f32| f64::from(*logit) - f64::from(largest);
    let total = logits.iter().map(|logit| above(logit).exp()).sum::<f64>().ln();
    logits.iter().map(|logit| above(logit) - total).collect()
}

/// The first of the largest logits.
fn likeliest(logits: &[f32]) -> Option<usize> {
    let order = |a: &(usize, &f32), b: &(usize, &f32)| a.1.total_cmp(b.1).then(b.0.cmp(&a.0));
    logits.iter().enumerate().max_by(order).map(|(at, _)| at)
}

fn integers(tensor: Tensor<'_>) -> anyhow::Result<Vec<u32>> {
    let (place, name) = (tensor.path().display(), tensor.name());
    ensure!(tensor.element() == Element::I32, "{place}: {name} are not I32");
    let words = tensor.bytes().as_chunks().0.iter();
    let numbers: Result<Vec<u32>, _> =
        words.map(|word| u32::try_from(i32::from_le_bytes(*word))).collect();
    numbers.map_err(|_| anyhow::anyhow!("{place}: {name} has a negative token"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergence_is_that_of_the_distributions_and_nothing_for_equal_ones() {
        let logits = |p: [f32; 2]| p.map(f32::ln);
        let expect = 0.75 * (0.75f64 / 0.5).ln() + 0.25 * (0.25f64 / 0.5).ln();
        let found = divergence(&logits([0.75, 0.25]), &logits([0.5, 0.5]));
        assert!((found - expect).abs() < 1e-6, "{found} {expect}");
        // What is added to every logit changes nothing.
        assert!(divergence(&[1.0, 2.0], &[4.0, 5.0]).abs() < 1e-12);
    }

    #[test]
    fn differences_are_relative_to_the_largest_logit_and_not_numbers_are_the_worst() {
        assert_eq!(difference(&[-4.0, 2.0], &[-4.0, 3.0]), 0.25);
        assert!(difference(&[-4.0, 2.0, 1.0], &[-4.0, f32::NAN, 1.5]).is_nan());
        assert_eq!(likeliest(&[1.0, 3.0, 3.0]), Some(1));
    }
}
