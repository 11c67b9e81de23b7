//! `kiln eval`: the logits of every position of a text.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;
use kiln_runtime::plan::Limits;
use serde::Serialize;

use super::arguments::Eval;
use super::compare::{Comparison, Golden};
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
    /// Absent where there is nothing to compare with.
    against: Option<Comparison>,
}

/// Computes the logits of a text; writes them, compares them, or both.
pub(crate) fn eval(arguments: &Eval) -> anyhow::Result<Found> {
    let golden = arguments.against.as_deref().map(Golden::open).transpose()?;
    let tokens = match (&arguments.tokens, &golden) {
        (Some(file), _) => listed(file)?,
        (None, Some(golden)) => golden.tokens().to_vec(),
        (None, None) => bail!("a text is missing; give its tokens as --tokens FILE"),
    };
    let limits = Limits { chunk: arguments.model.chunk, ..Limits::single(tokens.len() as u64) };
    let (mut engine, checkpoint, _) = open(&arguments.model, None, limits)?;
    let width = checkpoint.config().vocabulary;
    golden.iter().try_for_each(|golden| golden.check(&tokens, width))?;
    let create = |path: &PathBuf| LogitsFile::create(path, &tokens, width);
    let mut file = arguments.logits.as_ref().map(create).transpose()?;
    let mut against = golden.as_ref().map(|_| Comparison::default());
    let started = Instant::now();
    engine.add_scored(&tokens)?;
    let (mut rows, mut nats) = (0, 0.0);
    while rows < tokens.len() {
        for output in engine.step()? {
            if output.first != rows {
                bail!("logits of token {} came before those of token {rows}", output.first);
            }
            for logits in &output.logits {
                file.as_mut().map_or(Ok(()), |file| file.row(logits))?;
                if let (Some(against), Some(golden)) = (&mut against, &golden) {
                    against.add(golden, rows, logits);
                }
                rows += 1;
                if let Some(next) = tokens.get(rows) {
                    nats += surprise(logits, *next as usize);
                }
            }
        }
    }
    file.map_or(Ok(()), LogitsFile::finish)?;
    report(
        arguments,
        &Evaluated {
            tokens: tokens.len(),
            vocabulary: width,
            chunk: arguments.model.chunk,
            seconds: started.elapsed().as_secs_f64(),
            nats_per_token: (rows > 1).then(|| nats / (rows - 1) as f64),
            against,
        },
    )
}

fn report(arguments: &Eval, found: &Evaluated) -> anyhow::Result<Found> {
    if arguments.model.json {
        print_json(found)?;
        return Ok(Found::Nothing);
    }
    let place = arguments.logits.as_ref().map(|path| format!("{}: ", path.display()));
    let nats = found.nats_per_token.map(|nats| format!(", {nats:.4} nats a token"));
    print(&format!(
        "{}{} rows of {} logits in {:.2} s{}\n",
        place.unwrap_or_default(),
        found.tokens,
        found.vocabulary,
        found.seconds,
        nats.unwrap_or_default()
    ))?;
    if let (Some(against), Some(path)) = (&found.against, &arguments.against) {
        print(&format!("against {}: {against}\n", path.display()))?;
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
