//! A backend over the runtime.

use std::collections::BTreeMap;

use kiln_runtime::Error;
use kiln_runtime::engine::{self, Engine, Generator, Request, SequenceId, Written};
use kiln_runtime::speculate::Speculation;

use super::backend::{Backend, Event, Fault, Occupancy};
use super::guide::Guide;
use super::job::{Ended, Job, JobId, Token};
use super::logprobs::logprobs;

/// A loaded model that writes answers.
///
/// A step is a part of a cycle: drafting, verifying, accepting, or a pass of what is left. Jobs are
/// begun and cancelled between any two of them.
pub(crate) struct Real {
    generator: Generator,
    texts: BTreeMap<JobId, Text>,
    /// The same texts by the names that the generator has for them.
    jobs: BTreeMap<SequenceId, JobId>,
}

/// One answer.
struct Text {
    sequence: SequenceId,
    /// Alternatives that come with each token, where probabilities are wanted.
    logprobs: Option<usize>,
}

impl Real {
    /// Writes with an engine, and with guesses if anybody is to guess.
    ///
    /// # Errors
    /// If the drafter is to guess and there is none.
    pub(crate) fn new(engine: Engine, guesses: Option<Speculation>) -> Result<Self, Error> {
        let generator = match guesses {
            Some(speculation) => Generator::speculating(engine, speculation)?,
            None => Generator::new(engine),
        };
        Ok(Self { generator, texts: BTreeMap::new(), jobs: BTreeMap::new() })
    }

    fn take(&mut self, event: engine::Event, events: &mut Vec<Event>) {
        match event {
            engine::Event::Begun(sequence, found) => {
                events.extend(self.jobs.get(&sequence).map(|id| Event::Read(*id, found)));
            }
            engine::Event::Written(written) => self.written(written, events),
            engine::Event::Guessed { sequence, guesses, accepted } => {
                if let Some(id) = self.jobs.get(&sequence) {
                    events.push(Event::Drafted { id: *id, drafted: guesses, accepted });
                }
            }
            engine::Event::Failed(sequence, why) => {
                events.extend(self.forget(sequence).map(|id| Event::Failed(id, why)));
            }
        }
    }

    fn written(&mut self, written: Written, events: &mut Vec<Event>) {
        let Written { sequence, token, ended, logits } = written;
        let Some(id) = self.jobs.get(&sequence).copied() else { return };
        if ended != Some(engine::Ended::Stop) {
            let alternatives = self.texts.get(&id).and_then(|text| text.logprobs);
            let both = alternatives.zip(logits);
            let logprobs = both.map(|(count, logits)| Box::new(logprobs(&logits, token, count)));
            events.push(Event::Token(id, Token { id: token, logprobs }));
        }
        let Some(ended) = ended else { return };
        self.forget(sequence);
        events.push(Event::Ended(
            id,
            match ended {
                engine::Ended::Stop => Ended::Stop(token),
                engine::Ended::Length => Ended::Length,
            },
        ));
    }

    /// A text that the generator has ended.
    fn forget(&mut self, sequence: SequenceId) -> Option<JobId> {
        let id = self.jobs.remove(&sequence)?;
        self.texts.remove(&id);
        Some(id)
    }
}

impl Backend for Real {
    fn begin(&mut self, id: JobId, job: Job) -> Result<(), String> {
        let Job { prompt, sampling, most, least, stops, logprobs, constraint, .. } = job;
        let grammar = Guide::of(constraint, least, &stops);
        let logits = logprobs.is_some();
        let request = Request { prompt, sampling, most, stops, grammar, logits };
        let sequence = self.generator.add(request).map_err(|error| error.to_string())?;
        self.texts.insert(id, Text { sequence, logprobs });
        self.jobs.insert(sequence, id);
        Ok(())
    }

    fn cancel(&mut self, id: JobId) {
        if let Some(text) = self.texts.remove(&id) {
            self.jobs.remove(&text.sequence);
            // The generator knows every text that is known here.
            let _ = self.generator.cancel(text.sequence);
        }
    }

    fn hold(&mut self, id: JobId, held: bool) {
        if let Some(text) = self.texts.get(&id) {
            // As above.
            let _ = self.generator.hold(text.sequence, held);
        }
    }

    fn step(&mut self) -> Result<Vec<Event>, Fault> {
        match self.generator.advance() {
            Ok(happened) => {
                let mut events = Vec::with_capacity(happened.len());
                happened.into_iter().for_each(|event| self.take(event, &mut events));
                Ok(events)
            }
            Err(error) => {
                let ids: Vec<JobId> = self.texts.keys().copied().collect();
                ids.into_iter().for_each(|id| self.cancel(id));
                let fatal = matches!(error, Error::Lost(_));
                Err(Fault { why: error.to_string(), fatal })
            }
        }
    }

    fn occupancy(&self) -> Occupancy {
        let engine = self.generator.engine();
        let (pages, slots) = engine.free();
        let all = engine.model().pages() as f64;
        Occupancy {
            slots: (engine.limits().sequences as usize).saturating_sub(slots),
            cache: if all > 0.0 { 1.0 - pages as f64 / all } else { 0.0 },
        }
    }
}
