//! From guesses to tokens.

use crate::Result;
use crate::plan::Row;
use crate::sample::Sampler;

/// What became of a text's guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Tokens that were chosen: the accepted guesses and one more, unless the text ended before.
    pub tokens: usize,
    /// Whether a guess was refused. Those after an end were not tried.
    pub refused: bool,
}

/// Guesses at a text's next tokens, drawn from a drafter's logits as its sampler would draw them.
/// They end where the sampler cannot choose: a drafter's mistakes are no errors.
pub fn guess(sampler: &Sampler, rows: &[Row]) -> Vec<u32> {
    let mut sampler = sampler.clone();
    rows.iter().map_while(|row| sampler.choose_row(row).ok()).collect()
}

/// Chooses tokens as long as they are those that were guessed, and one more. `rows` are the model's
/// logits after the last token before the guesses, and after each of them; `write` chooses the
/// text's next token from a row, and says whether the text ends with it.
///
/// # Errors
/// Those of `write`.
pub fn accept<R>(
    guesses: &[u32],
    rows: &[R],
    mut write: impl FnMut(&R) -> Result<(u32, bool)>,
) -> Result<Accepted> {
    let mut tokens = 0;
    for row in rows {
        let (token, ended) = write(row)?;
        tokens += 1;
        let guessed = guesses.get(tokens - 1);
        if ended || guessed != Some(&token) {
            let refused = !ended && guessed.is_some();
            return Ok(Accepted { tokens, refused });
        }
    }
    Ok(Accepted { tokens, refused: false })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::sample::Sampling;

    #[test]
    fn tokens_are_chosen_up_to_the_first_that_was_not_guessed_or_that_ends_the_text() {
        let rows: Vec<Vec<f32>> = [4, 5, 6].iter().map(|token| vec![*token as f32]).collect();
        let run = |guesses: &[u32], end: u32| {
            let write = |row: &Vec<f32>| Ok((row[0] as u32, row[0] as u32 == end));
            accept(guesses, &rows, write).expect("nothing should fail")
        };
        let of = |tokens, refused| Accepted { tokens, refused };
        assert_eq!(run(&[4, 5], 0), of(3, false));
        assert_eq!(run(&[4, 9], 0), of(2, true));
        assert_eq!(run(&[9, 5], 0), of(1, true));
        assert_eq!(run(&[], 0), of(1, false));
        assert_eq!(run(&[4, 5], 5), of(2, false));
        assert_eq!(run(&[4, 9], 5), of(2, false));
    }

    /// Logits of a small vocabulary that depend on the tokens before.
    fn logits(before: &[u32], shift: u32) -> Vec<f32> {
        let mixed = before.iter().fold(shift + 1, |mixed, token| mixed * 7 + token);
        (0..5).map(|token| ((mixed + 3 * token) * 37 % 23) as f32 / 9.0).collect()
    }

    /// Probability of each text of two tokens.
    fn expected(sampling: &Sampling) -> BTreeMap<Vec<u32>, f64> {
        let mut all = BTreeMap::new();
        let step = |text: &[u32]| {
            let mut sampler = Sampler::new(sampling.clone(), &[0]).expect("a sampler");
            text.iter().for_each(|token| sampler.written(*token).expect("no grammar forbids it"));
            sampler.probabilities(&logits(text, 0)).expect("probabilities")
        };
        for (first, p) in step(&[]) {
            for (second, q) in step(&[first]) {
                *all.entry(vec![first, second]).or_default() += p * q;
            }
        }
        all
    }

    /// Which guesses are accepted.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Rule {
        /// Those that the sampler chose.
        Chosen,
        /// Wrong: also those that are among the two likeliest tokens.
        Likely,
    }

    /// Whether a token is among the two likeliest.
    fn likely(logits: &[f32], token: u32) -> bool {
        logits.iter().filter(|logit| **logit > logits[token as usize]).count() < 2
    }

    /// A text of two tokens, written with guesses of a drafter that is right now and then.
    fn speculated(sampling: &Sampling, seed: u64, agree: bool, rule: Rule) -> Vec<u32> {
        let sampling = Sampling { seed, ..sampling.clone() };
        let mut sampler = Sampler::new(sampling, &[0]).expect("a sampler");
        let mut text = Vec::new();
        let shift = if agree { 0 } else { 7 };
        while text.len() < 2 {
            let drafted = |text: &[u32]| Row::Logits(logits(text, shift));
            let first = guess(&sampler, &[drafted(&text)]);
            let with: Vec<u32> = text.iter().chain(&first).copied().collect();
            let guesses = guess(&sampler, &[drafted(&text), drafted(&with)]);
            let mut rows = vec![logits(&text, 0)];
            for end in 1..=guesses.len() {
                let with: Vec<u32> = text.iter().chain(&guesses[..end]).copied().collect();
                rows.push(logits(&with, 0));
            }
            let mut found = Vec::new();
            accept(&guesses, &rows, |row| {
                let guess = guesses.get(found.len()).copied();
                let guess = guess.filter(|of| rule == Rule::Likely && likely(row, *of));
                found.push(match guess {
                    Some(token) => sampler.choose_among(&[(token, 0.0)])?,
                    None => sampler.choose(row)?,
                });
                Ok((found[found.len() - 1], text.len() + found.len() == 2))
            })
            .expect("tokens");
            text.extend(found);
        }
        text
    }

    /// The statistic over its degrees of freedom, as a standard normal (Wilson and Hilferty).
    fn normal(statistic: f64, freedom: f64) -> f64 {
        let spread = 2.0 / (9.0 * freedom);
        ((statistic / freedom).cbrt() - (1.0 - spread)) / spread.sqrt()
    }

    #[test]
    fn texts_written_with_guesses_have_the_distribution_of_the_model() {
        distributed(6_000);
    }

    #[test]
    #[ignore = "minutes: part of ./x soak"]
    fn many_texts_written_with_guesses_have_the_distribution_of_the_model() {
        distributed(100_000);
    }

    #[test]
    fn a_rule_that_accepts_likely_guesses_has_another_distribution() {
        for sampling in &samplings() {
            let found = deviation(sampling, 6_000, false, Rule::Likely);
            // A normal beyond 6 has a probability below 1e-9.
            assert!(found > 6.0, "{sampling:?}: {found}");
        }
    }

    fn samplings() -> [Sampling; 4] {
        let plain = Sampling { temperature: 1.0, ..Sampling::default() };
        [
            plain.clone(),
            Sampling { temperature: 0.6, top_k: 3, ..plain.clone() },
            Sampling { temperature: 1.4, top_p: 0.8, ..plain.clone() },
            Sampling { presence: 1.5, frequency: 0.5, repetition: 1.3, ..plain },
        ]
    }

    fn distributed(samples: u64) {
        for (sampling, agree) in samplings().iter().flat_map(|of| [(of, true), (of, false)]) {
            let found = deviation(sampling, samples, agree, Rule::Chosen);
            // A normal beyond 2.33 has a probability below 0.01.
            assert!(found < 2.33, "{sampling:?} {agree}: {found}");
        }
    }

    /// How far texts of as many seeds are from the model's distribution.
    fn deviation(sampling: &Sampling, samples: u64, agree: bool, rule: Rule) -> f64 {
        let expected = expected(sampling);
        let mut counts: BTreeMap<Vec<u32>, f64> = BTreeMap::new();
        for seed in 0..samples {
            *counts.entry(speculated(sampling, seed, agree, rule)).or_default() += 1.0;
        }
        let unexpected = counts.keys().find(|text| !expected.contains_key(*text));
        if unexpected.is_some() {
            return f64::INFINITY;
        }
        let cell = |(text, p): (&Vec<u32>, &f64)| {
            let (found, expect) = (counts.get(text).copied().unwrap_or(0.0), p * samples as f64);
            (found - expect).powi(2) / expect
        };
        let statistic: f64 = expected.iter().map(cell).sum();
        normal(statistic, expected.len() as f64 - 1.0)
    }
}
