//! Texts that sample their own next tokens.

use std::collections::BTreeMap;

use super::{Engine, SequenceId};
use crate::sample::{Sampler, Sampling};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The text.
    pub sequence: SequenceId,
    /// Its next token.
    pub token: u32,
    /// Whether it was the last one, and why.
    pub ended: Option<Ended>,
}

/// An engine that writes texts.
pub struct Generator {
    engine: Engine,
    running: BTreeMap<SequenceId, Running>,
}

struct Running {
    sampler: Sampler,
    left: usize,
    stops: Vec<u32>,
}

impl Generator {
    /// Writes with an engine.
    pub fn new(engine: Engine) -> Self {
        Self { engine, running: BTreeMap::new() }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The engine, with the texts that it still holds.
    pub fn into_engine(self) -> Engine {
        self.engine
    }

    /// Begins a text.
    ///
    /// # Errors
    /// As [`Engine::add`], or if the sampling makes no sense or nothing is to be written.
    pub fn add(&mut self, request: Request) -> Result<SequenceId> {
        if request.most == 0 {
            return Err(Error::request("a text of no further tokens"));
        }
        let sampler = Sampler::new(request.sampling, &request.prompt)?;
        let id = self.engine.add(&request.prompt)?;
        let room = self.engine.limits().context as usize - request.prompt.len() + 1;
        let running =
            Running { sampler, left: request.most.min(room), stops: request.stops.clone() };
        self.running.insert(id, running);
        Ok(id)
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

    /// Computes the next passes and chooses a token for every text that is ready for it.
    ///
    /// # Errors
    /// As [`Engine::step`], or if logits are not numbers.
    pub fn step(&mut self) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        for output in self.engine.step()? {
            let id = output.sequence;
            let Some(running) = self.running.get_mut(&id) else { continue };
            let Some(logits) = output.logits.last() else { continue };
            let token = running.sampler.choose(logits)?;
            running.left -= 1;
            let ended = match (running.stops.contains(&token), running.left) {
                (true, _) => Some(Ended::Stop),
                (false, 0) => Some(Ended::Length),
                _ => None,
            };
            match ended {
                Some(_) => self.cancel(id)?,
                None => self.engine.push(id, token)?,
            }
            events.push(Event { sequence: id, token, ended });
        }
        Ok(events)
    }
}
