//! Choosing tokens from logits.
//!
//! The order is that of vLLM: bias, then penalties (repetition, frequency, presence), then, unless
//! the largest logit is simply taken, temperature, min-p, top-k, top-p, and one draw. Equal numbers
//! are ordered by token, so that a seed and logits determine the token.

mod choose;
mod grammar;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use kiln_cache::operations::TOP;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::plan::{Reading, Row};
use crate::{Error, Result};
pub(crate) use choose::largest;
pub use grammar::Grammar;

/// How tokens are chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Divides logits; 0 takes the largest.
    pub temperature: f32,
    /// Tokens that may be drawn, the likeliest; 0 is all.
    pub top_k: usize,
    /// Probability that the tokens that may be drawn have together, the likeliest; 1 is all.
    pub top_p: f32,
    /// Least probability of a token that may be drawn, as a share of the likeliest one's.
    pub min_p: f32,
    /// Divides positive logits of tokens that occur in prompt or text, multiplies negative ones; 1
    /// changes nothing.
    pub repetition: f32,
    /// Subtracted from a token's logit for each time that it was written.
    pub frequency: f32,
    /// Subtracted from the logits of tokens that were written.
    pub presence: f32,
    /// Added to logits of tokens; minus infinity forbids one.
    pub bias: BTreeMap<u32, f32>,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for Sampling {
    /// The largest logit.
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition: 1.0,
            frequency: 0.0,
            presence: 0.0,
            bias: BTreeMap::new(),
            seed: 0,
        }
    }
}

impl Sampling {
    /// Refuses what makes no sense.
    fn check(&self) -> Result<()> {
        let within = |name: &str, value: f32, holds: bool, expected: &str| match holds {
            true => Ok(()),
            false => Err(Error::request(format!("{name} {value}: expected {expected}"))),
        };
        let (heat, p, least) = (self.temperature, self.top_p, self.min_p);
        within("temperature", heat, (0.0..=100.0).contains(&heat), "0 to 100")?;
        within("top-p", p, p > 0.0 && p <= 1.0, "more than 0, at most 1")?;
        within("min-p", least, (0.0..=1.0).contains(&least), "0 to 1")?;
        let again = self.repetition;
        within("repetition penalty", again, again > 0.0 && again.is_finite(), "more than 0")?;
        for (name, penalty) in
            [("frequency penalty", self.frequency), ("presence penalty", self.presence)]
        {
            within(name, penalty, (-100.0..=100.0).contains(&penalty), "-100 to 100")?;
        }
        match self.bias.iter().find(|(_, bias)| bias.is_nan() || **bias == f32::INFINITY) {
            Some((token, bias)) => {
                Err(Error::request(format!("the bias of token {token} is {bias}")))
            }
            None => Ok(()),
        }
    }
}

/// Chooses the tokens of one text.
#[derive(Clone, Debug)]
pub struct Sampler {
    sampling: Sampling,
    random: ChaCha8Rng,
    prompt: BTreeSet<u32>,
    written: BTreeMap<u32, u32>,
    grammar: Option<Box<dyn Grammar>>,
}

impl Sampler {
    /// For a text that begins with a prompt.
    ///
    /// # Errors
    /// If a number makes no sense; the message names it.
    pub fn new(sampling: Sampling, prompt: &[u32]) -> Result<Self> {
        sampling.check()?;
        let random = ChaCha8Rng::seed_from_u64(sampling.seed);
        let prompt = prompt.iter().copied().collect();
        Ok(Self { sampling, random, prompt, written: BTreeMap::new(), grammar: None })
    }

    /// The same for a text that has to follow rules.
    #[must_use]
    pub fn guided(self, grammar: Box<dyn Grammar>) -> Self {
        Self { grammar: Some(grammar), ..self }
    }

    /// Tokens that may be chosen next with their probabilities, the likeliest first.
    ///
    /// # Errors
    /// As [`Sampler::choose`].
    #[cfg(test)]
    pub(crate) fn probabilities(&mut self, logits: &[f32]) -> Result<Vec<(u32, f64)>> {
        let logits = self.adjusted(logits)?;
        let kept = choose::candidates((0u32..).zip(logits.iter().copied()), &self.sampling);
        let total: f64 = kept.iter().map(|(_, weight)| weight).sum();
        Ok(kept.into_iter().map(|(token, weight)| (token, weight / total)).collect())
    }

    /// Counts a token as written, and goes on by it.
    ///
    /// # Errors
    /// If the grammar does not have it.
    pub(crate) fn written(&mut self, token: u32) -> Result<()> {
        *self.written.entry(token).or_default() += 1;
        self.grammar.as_mut().map_or(Ok(()), |grammar| grammar.advance(token))
    }

    /// Chooses the next token and counts it as written.
    ///
    /// # Errors
    /// If a logit is not a number, every token is forbidden, or the grammar cannot be followed.
    pub fn choose(&mut self, logits: &[f32]) -> Result<u32> {
        let logits = self.adjusted(logits)?;
        let token = match self.sampling.temperature {
            0.0 => largest(&logits),
            _ => {
                let logits = (0u32..).zip(logits.iter().copied());
                choose::draw(logits, &self.sampling, &mut self.random)
            }
        };
        self.chosen(token)
    }

    /// Counts a token as written, if there is one.
    fn chosen(&mut self, token: Option<u32>) -> Result<u32> {
        let token = token.ok_or_else(|| Error::request("every token is forbidden"))?;
        self.written(token)?;
        Ok(token)
    }

    /// Logits with everything that is added to them or forbidden.
    fn adjusted(&mut self, logits: &[f32]) -> Result<Vec<f32>> {
        let mut logits = logits.to_vec();
        if let Some(token) = logits.iter().position(|logit| logit.is_nan()) {
            let why = format!("the model's logit of token {token} is not a number");
            return Err(Error::request(why));
        }
        self.adjust(&mut logits);
        if let Some(grammar) = &mut self.grammar {
            grammar.mask(&mut logits)?;
        }
        Ok(logits)
    }

    /// How much of a row's logits the choice depends on: the largest alone where nothing changes
    /// their order and nobody else can be drawn.
    pub fn reading(&self) -> Reading {
        let Sampling { temperature, top_k, bias, repetition, frequency, presence, .. } =
            &self.sampling;
        let unchanged = *repetition == 1.0 && *frequency == 0.0 && *presence == 0.0;
        let ordered = bias.is_empty() && unchanged && self.grammar.is_none();
        match *temperature {
            _ if !ordered => Reading::All,
            0.0 => Reading::Largest,
            temperature if (1..TOP as usize).contains(top_k) => {
                Reading::Top { count: *top_k, temperature }
            }
            _ => Reading::All,
        }
    }

    /// [`Sampler::choose`] from what was read as [`Sampler::reading`] says; the token is the same.
    ///
    /// # Errors
    /// If there is none.
    pub fn choose_among(&mut self, candidates: &[(u32, f32)]) -> Result<u32> {
        let token = match self.sampling.temperature {
            0.0 => candidates.first().map(|(token, _)| *token),
            _ => choose::draw(candidates.iter().copied(), &self.sampling, &mut self.random),
        };
        self.chosen(token)
    }

    /// [`Sampler::choose`] from what was read of a row.
    ///
    /// # Errors
    /// As [`Sampler::choose`].
    pub fn choose_row(&mut self, row: &Row) -> Result<u32> {
        match row {
            Row::Logits(logits) => self.choose(logits),
            Row::Candidates(candidates) => self.choose_among(candidates),
        }
    }

    /// Bias and penalties.
    fn adjust(&self, logits: &mut [f32]) {
        let Sampling { bias, repetition, frequency, presence, .. } = &self.sampling;
        for (token, bias) in bias {
            if let Some(logit) = logits.get_mut(*token as usize) {
                *logit += bias;
            }
        }
        if *repetition != 1.0 {
            let seen: BTreeSet<u32> =
                self.prompt.iter().chain(self.written.keys()).copied().collect();
            for token in seen {
                if let Some(logit) = logits.get_mut(token as usize) {
                    *logit = if *logit > 0.0 { *logit / repetition } else { *logit * repetition };
                }
            }
        }
        for (token, count) in &self.written {
            if let Some(logit) = logits.get_mut(*token as usize) {
                *logit -= frequency * *count as f32 + presence;
            }
        }
    }
}
