//! What a job's text may be, as its sampler asks.

use kiln_runtime::sample::Grammar;
use kiln_runtime::{Error, Result};

use crate::text::TextError;
use crate::text::grammar::{Constraint, Mask};

/// The form that a text has to have, and the number of tokens before which it may not end.
#[derive(Clone, Debug)]
pub(super) struct Guide {
    constraint: Option<Constraint>,
    /// Tokens that end the text.
    stops: Vec<u32>,
    /// Tokens that are still to be written before one of them.
    least: usize,
}

impl Guide {
    /// `None` where the text may be anything.
    pub(super) fn of(
        constraint: Option<Constraint>,
        least: usize,
        stops: &[u32],
    ) -> Option<Box<dyn Grammar>> {
        let free = constraint.is_none() && (least == 0 || stops.is_empty());
        (!free).then(|| Box::new(Self { constraint, stops: stops.to_vec(), least }) as _)
    }
}

impl Grammar for Guide {
    fn mask(&mut self, logits: &mut [f32]) -> Result<()> {
        if let Some(constraint) = &mut self.constraint {
            forbid(&constraint.mask().map_err(told)?, logits);
        }
        let early = self.stops.iter().filter(|_| self.least > 0);
        for stop in early {
            if let Some(logit) = logits.get_mut(*stop as usize) {
                *logit = f32::NEG_INFINITY;
            }
        }
        Ok(())
    }

    fn advance(&mut self, token: u32) -> Result<()> {
        self.least = self.least.saturating_sub(1);
        match &mut self.constraint {
            // A token that ends the text is not one of the form's.
            Some(constraint) if !self.stops.contains(&token) => {
                constraint.accept(token).map_err(told)
            }
            _ => Ok(()),
        }
    }

    fn fork(&self) -> Box<dyn Grammar> {
        Box::new(self.clone())
    }
}

fn told(error: TextError) -> Error {
    Error::Request(error.to_string())
}

/// Makes the logits of what a mask does not allow minus infinity.
fn forbid(mask: &Mask, logits: &mut [f32]) {
    for (at, of) in logits.chunks_mut(32).enumerate() {
        let word = mask.words().get(at).copied().unwrap_or(0);
        let forbidden = of.iter_mut().enumerate().filter(|(bit, _)| word & (1 << bit) == 0);
        forbidden.for_each(|(_, logit)| *logit = f32::NEG_INFINITY);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::text::fixture;
    use crate::text::grammar::{Grammars, Shape};

    fn allowed(guide: &mut dyn Grammar, vocabulary: u32) -> Vec<u32> {
        let mut logits = vec![0.0; vocabulary as usize + 5];
        guide.mask(&mut logits).unwrap();
        (0..).zip(logits).filter(|(_, logit)| *logit == 0.0).map(|(id, _)| id).collect()
    }

    #[test]
    fn a_form_holds_up_to_its_end_and_a_fork_goes_its_own_way() {
        let tokenizer = fixture::tokenizer();
        let (size, stop) = (tokenizer.vocabulary(), tokenizer.special("<|im_end|>").unwrap());
        let grammars = Grammars::new(&tokenizer, &[stop]).unwrap();
        let shape = Shape::Choice(vec!["yes".into(), "no".into()]);
        let form = grammars.compile(&shape, false, Duration::from_secs(60)).unwrap();
        let mut guide = Guide::of(Some(form), 0, &[stop]).unwrap();
        let first = allowed(guide.as_mut(), size);
        assert!(!first.is_empty() && !first.contains(&stop));
        let mut fork = guide.fork();
        for token in tokenizer.encode("no") {
            assert!(allowed(fork.as_mut(), size).contains(&token));
            fork.advance(token).unwrap();
        }
        assert_eq!(allowed(fork.as_mut(), size), [stop], "nothing but the end may follow");
        fork.advance(stop).unwrap();
        assert_eq!(allowed(guide.as_mut(), size), first, "the fork took nothing along");
        let other = tokenizer.encode("maybe")[0];
        assert!(guide.advance(other).unwrap_err().to_string().contains("does not fit"));
    }

    #[test]
    fn a_text_does_not_end_before_it_has_as_many_tokens_as_it_should() {
        let mut guide = Guide::of(None, 2, &[1, 3, 99]).unwrap();
        assert_eq!(allowed(guide.as_mut(), 0), [0, 2, 4]);
        guide.advance(0).unwrap();
        assert_eq!(allowed(guide.as_mut(), 0), [0, 2, 4]);
        guide.advance(2).unwrap();
        assert_eq!(allowed(guide.as_mut(), 0), [0, 1, 2, 3, 4]);
        assert!(Guide::of(None, 0, &[1]).is_none() && Guide::of(None, 2, &[]).is_none());
    }
}
