//! `kiln eval`: the logits of every position of a text.

use std::time::Instant;

use anyhow::bail;
use kiln_runtime::plan::Limits;
use serde::Serialize;

use super::arguments::Eval;
use super::logits::LogitsFile;
use super::open::open;
use super::text::listed;
use crate::Found;
use crate::output::{print, print_json};

/// What was computed.
#[derive(Serialize)]
struct Evaluated {
    tokens: usize,
    vocabulary: usize,
    chunk: u64,
    seconds: f64,
    /// Mean negative logarithm of the probability of each next token; absent for a single token.
    nats_per_token: Option<f64>,
}

/// Writes the logits of a text.
pub(crate) fn eval(arguments: &Eval) -> anyhow::Result<Found> {
    let tokens = listed(&arguments.tokens)?;
    let limits = Limits { chunk: arguments.model.chunk, ..Limits::single(tokens.len() as u64) };
    let (mut engine, checkpoint) = open(&arguments.model, None, limits)?;
    let width = checkpoint.config().vocabulary;
    let mut file = LogitsFile::create(&arguments.logits, &tokens, width)?;
    let started = Instant::now();
    engine.add_scored(&tokens)?;
    let (mut rows, mut nats) = (0, 0.0);
    while rows < tokens.len() {
        for output in engine.step()? {
            if output.first != rows {
                bail!("logits of token {} came before those of token {rows}", output.first);
            }
            for logits in &output.logits {
                file.row(logits)?;
                rows += 1;
                if let Some(next) = tokens.get(rows) {
                    nats += surprise(logits, *next as usize);
                }
            }
        }
    }
    file.finish()?;
    let evaluated = Evaluated {
        tokens: tokens.len(),
        vocabulary: width,
        chunk: arguments.model.chunk,
        seconds: started.elapsed().as_secs_f64(),
        nats_per_token: (rows > 1).then(|| nats / (rows - 1) as f64),
    };
    if arguments.model.json {
        print_json(&evaluated)?;
    } else {
        let nats = evaluated.nats_per_token.map(|nats| format!(", {nats:.4} nats a token"));
        print(&format!(
            "{}: {} rows of {width} logits in {:.2} s{}\n",
            arguments.logits.display(),
            evaluated.tokens,
            evaluated.seconds,
            nats.unwrap_or_default()
        ))?;
    }
    Ok(Found::Nothing)
}

/// The negative logarithm of a token's probability.
fn surprise(logits: &[f32], token: usize) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = logits.iter().map(|logit| f64::from(logit - largest).exp()).sum();
    total.ln() - f64::from(logits[token] - largest)
}

#[cfg(test)]
mod tests {
    use super::surprise;

    #[test]
    fn surprise_is_the_negative_logarithm_of_the_probability() {
        let logits = [0.5f32, 0.25, 0.25].map(f32::ln);
        assert!((surprise(&logits, 0) - 2f64.ln()).abs() < 1e-6);
        assert!((surprise(&logits, 2) - 4f64.ln()).abs() < 1e-6);
    }
}
