//! How far ahead texts are guessed.
//!
//! Guesses are verified by the model, row by row, and each row's token is chosen by the text's own
//! sampler exactly as if nothing had been guessed: with the penalties, the grammar and the random
//! number of that place. A guess is accepted if it is the token that was chosen. Therefore
//!
//! * a text is the same with speculation and without, token for token, whatever was guessed, for
//!   sampled texts as for greedy ones;
//! * nothing of a sampler has to be rolled back: what was not accepted was never chosen;
//! * guesses are drawn with a copy of the sampler, hence with the same random numbers, from the
//!   drafter's logits; where drafter and model agree, so do the tokens.
//!
//! What is decided here is how many tokens to guess, which changes how long a text takes and
//! nothing else. It may therefore depend on how fast passes were on this machine a moment ago.
//!
//! | file | noun |
//! |---|---|
//! | `accept` | from guesses to tokens |
//! | `costs` | seconds of a cycle by its rows, as the bundle says |
//! | `times`, `pace` | the same as it was seen |
//! | `estimate` | how likely a text's next guesses are |
//! | `lengths` | how many tokens to guess for each text |
//! | `tally` | what was guessed and accepted |

mod accept;
mod costs;
mod estimate;
mod lengths;
mod pace;
mod tally;
mod times;

use std::fmt;

pub use accept::{Accepted, accept, guess};
pub use costs::{Costs, Guessing};
pub use estimate::Estimate;
pub use lengths::lengths;
pub use pace::{Cycle, Pace};
pub use tally::Tally;

/// Most tokens that are guessed at once: what a block of the drafter has, and what is left of a
/// pass of few rows.
pub const MOST: usize = 31;

/// How many tokens are guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// As many, where the text has room.
    Fixed(usize),
    /// As many as promise the most tokens a second.
    Auto,
}

/// Guesses at texts by other means than the model's drafter.
pub trait Guess: Send {
    /// At most `most` tokens that may follow a text.
    fn guess(&mut self, text: &[u32], most: usize) -> Vec<u32>;
}

/// Who guesses.
pub enum Source {
    /// What was loaded with the model: a drafter, or its own prediction head.
    Drafter,
    /// Somebody else, at no cost.
    Other(Box<dyn Guess>),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Drafter => "the drafter",
            Self::Other(_) => "somebody else",
        })
    }
}

/// Who guesses, and how much.
#[derive(Debug)]
pub struct Speculation {
    /// Who guesses.
    pub source: Source,
    /// How many tokens.
    pub tokens: Tokens,
}

impl Speculation {
    /// Guesses of the model's drafter.
    pub fn drafter(tokens: Tokens) -> Self {
        Self { source: Source::Drafter, tokens }
    }
}
