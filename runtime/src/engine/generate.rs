//! Texts that sample their own next tokens.

use std::collections::{BTreeMap, BTreeSet};

use super::cycle::{Stage, Turns};
use super::{Engine, SequenceId, unknown};
use crate::plan::{Reading, Row};
use crate::sample::{Grammar, Sampler, Sampling};
use crate::speculate::{Costs, Estimate, Source, Speculation, Tally};
use crate::{Error, Result};

/// A text to be written.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What it begins with.
    pub prompt: Vec<u32>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Most tokens to write.
    pub most: usize,
    /// Tokens that end it.
    pub stops: Vec<u32>,
    /// What it may be at all.
    pub grammar: Option<Box<dyn Grammar>>,
    /// Whether the logits that each token was chosen from are wanted.
    pub logits: bool,
}

/// Why a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A token that ends texts was chosen.
    Stop,
    /// It has as many tokens as it may.
    Length,
}

/// What happened to a text in a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Its prompt is computed, of which so many tokens were remembered; its first token follows.
    Begun(SequenceId, usize),
    /// It has a further token.
    Written(Written),
    /// Guesses at it were computed; the tokens that came of them follow.
    Guessed {
        /// The text.
        sequence: SequenceId,
        /// How many tokens were guessed.
        guesses: usize,
        /// How many of them, the first ones, were accepted.
        accepted: usize,
    },
    /// No token can be chosen, for this reason: the text was ended without one.
    Failed(SequenceId, String),
}

/// A token that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The text.
    pub sequence: SequenceId,
    /// Its next token.
    pub token: u32,
    /// Whether it was the last one, and why.
    pub ended: Option<Ended>,
    /// The model's own logits for it, where they are wanted.
    pub logits: Option<Vec<f32>>,
}

impl Event {
    /// The token that was chosen, if one was.
    pub fn into_written(self) -> Option<Written> {
        match self {
            Self::Written(written) => Some(written),
            Self::Begun(..) | Self::Guessed { .. } | Self::Failed(..) => None,
        }
    }
}

/// An engine that writes texts.
pub struct Generator {
    pub(super) engine: Engine,
    pub(super) running: BTreeMap<SequenceId, Running>,
    /// How texts are written with guesses, if they are.
    turns: Option<Turns>,
}

/// A text that is being written.
pub(super) struct Running {
    pub(super) sampler: Sampler,
    /// Tokens that may still be written.
    pub(super) left: usize,
    /// Whether its first token is written.
    pub(super) begun: bool,
    pub(super) estimate: Estimate,
    /// Whether it is not to be gone on with at the moment.
    pub(super) held: bool,
    stops: Vec<u32>,
    /// Whether logits are wanted.
    logits: bool,
}

/// What follows for a text from a row of its logits.
pub(super) enum Next {
    /// It goes on by a token.
    On(u32),
    /// It has ended.
    Over,
}

impl Running {
    /// Chooses the next token.
    pub(super) fn write(
        &mut self,
        sequence: SequenceId,
        row: &Row,
        events: &mut Vec<Event>,
    ) -> Next {
        let token = match self.sampler.choose_row(row) {
            Ok(token) => token,
            Err(why) => {
                events.push(Event::Failed(sequence, why.to_string()));
                return Next::Over;
            }
        };
        self.left -= 1;
        self.begun = true;
        let ended = match (self.stops.contains(&token), self.left) {
            (true, _) => Some(Ended::Stop),
            (false, 0) => Some(Ended::Length),
            _ => None,
        };
        let logits = match row {
            Row::Logits(logits) if self.logits => Some(logits.clone()),
            _ => None,
        };
        events.push(Event::Written(Written { sequence, token, ended, logits }));
        if ended.is_some() { Next::Over } else { Next::On(token) }
    }
}

impl Generator {
    /// Writes with an engine, token by token.
    pub fn new(engine: Engine) -> Self {
        Self { engine, running: BTreeMap::new(), turns: None }
    }

    /// Writes with an engine and guesses, which change no text.
    ///
    /// # Errors
    /// If the drafter is to guess and there is none.
    pub fn speculating(engine: Engine, speculation: Speculation) -> Result<Self> {
        if matches!(speculation.source, Source::Drafter) && engine.block().is_none() {
            return Err(Error::request("the model has nobody to guess: no drafter, and no head"));
        }
        let turns = Some(Turns::new(speculation, Costs::of(engine.model())));
        Ok(Self { engine, running: BTreeMap::new(), turns })
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Read bandwidth of the device's memory; see [`Engine::bandwidth`].
    ///
    /// # Errors
    /// If the device cannot measure it.
    pub fn bandwidth(&mut self) -> Result<f64> {
        self.engine.bandwidth()
    }

    /// What was guessed so far; `None` where nothing is.
    pub fn tally(&self) -> Option<&Tally> {
        self.turns.as_ref().map(|turns| &turns.tally)
    }

    /// Begins a text.
    ///
    /// # Errors
    /// As [`Engine::add`], or if the sampling makes no sense or nothing is to be written.
    pub fn add(&mut self, request: Request) -> Result<SequenceId> {
        if request.most == 0 {
            return Err(Error::request("a text of no further tokens"));
        }
        let mut sampler = Sampler::new(request.sampling, &request.prompt)?;
        if let Some(grammar) = request.grammar {
            sampler = sampler.guided(grammar);
        }
        let id = self.engine.add(&request.prompt)?;
        let reading = if request.logits { Reading::All } else { sampler.reading() };
        self.engine.read(id, reading)?;
        let room = self.engine.limits().context as usize - request.prompt.len() + 1;
        let (left, stops) = (request.most.min(room), request.stops);
        let estimate = Estimate::default();
        let (begun, held, logits) = (false, false, request.logits);
        self.running.insert(id, Running { sampler, left, begun, estimate, held, stops, logits });
        Ok(id)
    }

    /// Says whether a text is to wait: it keeps its place, and gets no further tokens but those of
    /// a turn that has begun.
    ///
    /// # Errors
    /// If it is unknown.
    pub fn hold(&mut self, id: SequenceId, held: bool) -> Result<()> {
        self.running.get_mut(&id).ok_or_else(unknown)?.held = held;
        Ok(())
    }

    /// Ends a text at once.
    ///
    /// # Errors
    /// If it is unknown.
    pub fn cancel(&mut self, id: SequenceId) -> Result<()> {
        self.running.remove(&id);
        self.engine.cancel(id)
    }

    /// Whether there is nothing to write.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Computes the next passes and chooses tokens for every text that is ready for it.
    ///
    /// # Errors
    /// As [`Engine::step`]. Texts that are cancelled then leave nothing behind.
    pub fn step(&mut self) -> Result<Vec<Event>> {
        let mut events = self.advance()?;
        while !self.is_between() {
            events.extend(self.advance()?);
        }
        Ok(events)
    }

    /// A part of [`Generator::step`]: with guesses, drafting, verifying or accepting for some texts,
    /// or what the others need. Texts may be begun and ended before the next part.
    ///
    /// # Errors
    /// As [`Generator::step`].
    pub fn advance(&mut self) -> Result<Vec<Event>> {
        match self.turns.take() {
            None => self.rest(BTreeSet::new()),
            Some(mut turns) => {
                let events = self.turn(&mut turns);
                self.turns = Some(turns);
                events
            }
        }
    }

    /// Whether no part of a step is left to do.
    pub fn is_between(&self) -> bool {
        self.stage() == Stage::Between
    }

    /// Which part of a step was done last.
    pub fn stage(&self) -> Stage {
        self.turns.as_ref().map_or(Stage::Between, Turns::stage)
    }

    /// Forgets every remembered prefix.
    ///
    /// # Errors
    /// As [`Engine::forget`].
    pub fn forget(&mut self) -> Result<()> {
        self.engine.forget()
    }

    /// Adds a chosen token to its text, or ends the text.
    pub(super) fn settle(&mut self, id: SequenceId, next: &Next) -> Result<()> {
        match next {
            Next::Over => self.cancel(id),
            Next::On(token) => self.engine.push(id, *token),
        }
    }
}
