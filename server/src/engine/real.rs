//! A backend over the runtime.

use std::collections::BTreeMap;

use kiln_runtime::Error;
use kiln_runtime::engine::{Engine, Output, SequenceId};
use kiln_runtime::plan::{Reading, Row};
use kiln_runtime::sample::Sampler;

use super::backend::{Backend, Event, Fault, Occupancy};
use super::job::{Ended, Job, JobId, Token};
use super::logprobs::logprobs;
use crate::text::grammar::Constraint;

/// A loaded model that writes answers.
pub(crate) struct Real {
    engine: Engine,
    texts: BTreeMap<JobId, Text>,
}

/// One answer.
struct Text {
    sequence: SequenceId,
    sampler: Sampler,
    written: usize,
    most: usize,
    least: usize,
    stops: Vec<u32>,
    logprobs: Option<usize>,
    constraint: Option<Constraint>,
    held: bool,
    /// A token that was chosen and that the engine does not know yet.
    next: Option<u32>,
}

impl Real {
    /// Writes with an engine.
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine, texts: BTreeMap::new() }
    }

    fn advance(&mut self) -> Result<Vec<Output>, Error> {
        for text in self.texts.values_mut().filter(|text| !text.held) {
            if let Some(token) = text.next.take() {
                self.engine.push(text.sequence, token)?;
            }
        }
        self.engine.step()
    }

    fn take(&mut self, output: Output, events: &mut Vec<Event>) {
        let found = self.texts.iter_mut().find(|(_, text)| text.sequence == output.sequence);
        let (Some((id, text)), Some(row)) = (found, output.into_row()) else { return };
        let id = *id;
        let ended = match text.choose(&row) {
            Err(why) => Event::Failed(id, why),
            Ok(token) if text.stops.contains(&token.id) => Event::Ended(id, Ended::Stop(token.id)),
            Ok(token) => {
                text.written += 1;
                text.next = Some(token.id);
                events.push(Event::Token(id, token));
                if text.written < text.most {
                    return;
                }
                Event::Ended(id, Ended::Length)
            }
        };
        self.cancel(id);
        events.push(ended);
    }
}

impl Text {
    /// How much of a row of logits the next token depends on.
    fn reading(&self) -> Reading {
        let whole = self.logprobs.is_some() || self.constraint.is_some() || self.least > 0;
        if whole { Reading::All } else { self.sampler.reading() }
    }

    /// The next token, in words why there is none.
    fn choose(&mut self, row: &Row) -> Result<Token, String> {
        match row {
            Row::Logits(logits) => self.choose_among_all(logits),
            Row::Candidates(_) => {
                let id = self.sampler.choose_row(row).map_err(|error| error.to_string())?;
                Ok(Token { id, logprobs: None })
            }
        }
    }

    fn choose_among_all(&mut self, logits: &[f32]) -> Result<Token, String> {
        let mut adjusted = logits.to_vec();
        if self.written < self.least {
            for stop in &self.stops {
                if let Some(logit) = adjusted.get_mut(*stop as usize) {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
        if let Some(constraint) = &mut self.constraint {
            let mask = constraint.mask().map_err(|error| error.to_string())?;
            for (id, logit) in adjusted.iter_mut().enumerate() {
                if !mask.allows(id as u32) {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
        let id = self.sampler.choose(&adjusted).map_err(|error| error.to_string())?;
        if let Some(constraint) = &mut self.constraint
            && !self.stops.contains(&id)
        {
            constraint.accept(id).map_err(|error| error.to_string())?;
        }
        let of = |alternatives| Box::new(logprobs(logits, id, alternatives));
        Ok(Token { id, logprobs: self.logprobs.map(of) })
    }
}

impl Backend for Real {
    fn begin(&mut self, id: JobId, job: Job) -> Result<(), String> {
        let told = |error: Error| error.to_string();
        let sampler = Sampler::new(job.sampling, &job.prompt).map_err(told)?;
        let sequence = self.engine.add(&job.prompt).map_err(told)?;
        let text = Text {
            sequence,
            sampler,
            written: 0,
            most: job.most,
            least: job.least,
            stops: job.stops,
            logprobs: job.logprobs,
            constraint: job.constraint,
            held: false,
            next: None,
        };
        self.engine.read(sequence, text.reading()).map_err(told)?;
        self.texts.insert(id, text);
        Ok(())
    }

    fn cancel(&mut self, id: JobId) {
        if let Some(text) = self.texts.remove(&id) {
            // The engine knows every text that is known here.
            let _ = self.engine.cancel(text.sequence);
        }
    }

    fn hold(&mut self, id: JobId, held: bool) {
        if let Some(text) = self.texts.get_mut(&id) {
            text.held = held;
        }
    }

    fn step(&mut self) -> Result<Vec<Event>, Fault> {
        let mut events = Vec::new();
        match self.advance() {
            Ok(outputs) => outputs.into_iter().for_each(|output| self.take(output, &mut events)),
            Err(error) => {
                let ids: Vec<JobId> = self.texts.keys().copied().collect();
                ids.into_iter().for_each(|id| self.cancel(id));
                let fatal = matches!(error, Error::Lost(_));
                return Err(Fault { why: error.to_string(), fatal });
            }
        }
        Ok(events)
    }

    fn occupancy(&self) -> Occupancy {
        let (pages, slots) = self.engine.free();
        let all = self.engine.model().pages() as f64;
        let limits = self.engine.limits();
        Occupancy {
            slots: (limits.sequences as usize).saturating_sub(slots),
            cache: if all > 0.0 { 1.0 - pages as f64 / all } else { 0.0 },
        }
    }
}
