//! Turns of texts that are written with guesses: draft, verify, accept.
//!
//! A turn goes through the texts that have one token to compute, in groups of at most 32 rows, and
//! then lets the engine compute what is left. Between any two of its steps texts may be begun and
//! ended.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kiln_cache::operations::DECODE_ROWS;

use super::generate::{Event, Generator, Next};
use super::sequence::SequenceId;
use crate::Result;
use crate::plan::Row;
use crate::sample::Sampler;
use crate::speculate::{
    Costs, Estimate, MOST, Pace, Source, Speculation, Tally, Tokens, accept, guess, lengths,
};

/// What was read of each text's logits: a row for each of its tokens.
type Logits = Vec<Vec<Row>>;

/// A text with what is guessed of it.
#[derive(Clone, Debug)]
pub(super) struct Guessed {
    id: SequenceId,
    tokens: Vec<u32>,
}

/// Where a turn is.
#[derive(Debug, Default)]
pub(super) enum Phase {
    /// Not begun.
    #[default]
    Idle,
    /// Groups are left: of each text how many tokens are to be guessed.
    Planned,
    /// A group's guesses are made.
    Drafted(Vec<Guessed>),
    /// A group's guesses are computed, in this time.
    Verified(Vec<Guessed>, Logits, Duration),
}

/// Where a generator is within a step: what was done last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Everything: a new step begins.
    Between,
    /// Guesses were decided on, or nothing was guessed yet; groups of texts may be left.
    Accepted,
    /// Guesses were made.
    Drafted,
    /// Guesses were computed, and wait to be decided on.
    Verified,
}

/// The turns of a generator.
#[derive(Debug)]
pub(super) struct Turns {
    speculation: Speculation,
    pace: Pace,
    /// How good guesses are at all texts together.
    estimate: Estimate,
    pub(super) tally: Tally,
    phase: Phase,
    groups: Vec<Vec<(SequenceId, usize)>>,
    /// Texts that have or will have had their part in this turn.
    seen: BTreeSet<SequenceId>,
}

impl Turns {
    pub(super) fn new(speculation: Speculation, costs: Costs) -> Self {
        let costs = match speculation.source {
            Source::Drafter => costs,
            Source::Other(_) => costs.without_drafts(),
        };
        Self {
            speculation,
            pace: Pace::new(costs),
            estimate: Estimate::default(),
            tally: Tally::default(),
            phase: Phase::Idle,
            groups: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Learns how long the guesses took that were made last.
    fn drafted(&mut self, took: Duration) {
        if let Phase::Drafted(guessed) = &self.phase {
            let lengths: Vec<usize> = guessed.iter().map(|of| of.tokens.len()).collect();
            self.pace.drafted(&lengths, took.as_secs_f64());
        }
    }

    pub(super) fn stage(&self) -> Stage {
        match self.phase {
            Phase::Idle => Stage::Between,
            Phase::Planned => Stage::Accepted,
            Phase::Drafted(_) => Stage::Drafted,
            Phase::Verified(..) => Stage::Verified,
        }
    }
}

impl Generator {
    /// One step of a turn; what has to be left of a turn that fails is the caller's to end.
    pub(super) fn turn(&mut self, turns: &mut Turns) -> Result<Vec<Event>> {
        match std::mem::take(&mut turns.phase) {
            Phase::Idle => {
                self.plan(turns)?;
                turns.phase = Phase::Planned;
                self.turn(turns)
            }
            Phase::Planned => match turns.groups.pop() {
                Some(group) => {
                    let started = Instant::now();
                    turns.phase = self.draft(turns, &group)?;
                    turns.drafted(started.elapsed());
                    Ok(Vec::new())
                }
                None => {
                    let seen = std::mem::take(&mut turns.seen);
                    let idle = seen.is_empty();
                    let events = self.rest(seen)?;
                    if let Some((rows, took)) = self.engine.decoded() {
                        turns.pace.decoded(rows, took.as_secs_f64());
                        // What is not guessed at any text is tried again later.
                        if idle {
                            turns.estimate.observe(0, false);
                        }
                    }
                    Ok(events)
                }
            },
            Phase::Drafted(mut guessed) => {
                guessed.retain(|of| self.running.contains_key(&of.id));
                turns.phase = Phase::Planned;
                if !guessed.is_empty() {
                    let drafts: Vec<(SequenceId, &[u32])> =
                        guessed.iter().map(|of| (of.id, &of.tokens[..])).collect();
                    let started = Instant::now();
                    let logits = self.engine.verify_read(&drafts)?;
                    turns.phase = Phase::Verified(guessed, logits, started.elapsed());
                }
                Ok(Vec::new())
            }
            Phase::Verified(guessed, logits, verifying) => {
                turns.phase = Phase::Planned;
                let rows = logits.iter().map(Vec::len).sum();
                let started = Instant::now();
                let events = self.accept(turns, guessed, logits)?;
                turns.pace.verified(rows, (verifying + started.elapsed()).as_secs_f64());
                Ok(events)
            }
        }
    }

    /// Divides the texts that are ready into groups; texts for which nothing is guessed are left to
    /// the engine, unless they fit in with others.
    fn plan(&mut self, turns: &mut Turns) -> Result<()> {
        let mut ready: Vec<(SequenceId, usize)> = Vec::new();
        let rows = match &turns.speculation.source {
            Source::Drafter => self.engine.block().unwrap_or(1),
            Source::Other(_) => MOST + 1,
        };
        for (id, running) in &self.running {
            let most = (running.left - 1).min(rows - 1);
            if running.begun && !running.held && self.engine.room(*id, 1)? {
                ready.push((*id, most));
            }
        }
        let wanted = match turns.speculation.tokens {
            Tokens::Fixed(count) => ready.iter().map(|(_, most)| count.min(*most)).collect(),
            Tokens::Auto => {
                let few = &ready[..ready.len().min(DECODE_ROWS as usize)];
                let all = &turns.estimate;
                let survival: Vec<Vec<f64>> = few
                    .iter()
                    .map(|(id, most)| self.running[id].estimate.survival_beside(all, *most))
                    .collect();
                lengths(&turns.pace, &survival)
            }
        };
        let mut groups: Vec<Vec<(SequenceId, usize)>> = Vec::new();
        let mut rows = 0;
        for ((id, _), count) in ready.iter().zip(wanted) {
            if rows + count + 1 > DECODE_ROWS as usize || groups.is_empty() {
                groups.push(Vec::new());
                rows = 0;
            }
            rows += count + 1;
            groups.last_mut().expect("a group was just begun").push((*id, count));
        }
        groups.retain(|group| group.iter().any(|(_, count)| *count > 0));
        groups.reverse();
        turns.seen = groups.iter().flatten().map(|(id, _)| *id).collect();
        turns.groups = groups;
        Ok(())
    }

    /// Makes a group's guesses.
    fn draft(&mut self, turns: &mut Turns, group: &[(SequenceId, usize)]) -> Result<Phase> {
        let mut fitting = Vec::new();
        for (id, count) in group {
            if self.running.get(id).is_none_or(|running| running.held) {
                continue;
            }
            match (self.engine.room(*id, count + 1)?, self.engine.room(*id, 1)?) {
                (true, _) => fitting.push((*id, *count)),
                (_, true) => fitting.push((*id, 0)),
                // Without room for a single token the engine has to make some.
                _ => _ = turns.seen.remove(id),
            }
        }
        let any = fitting.iter().any(|of| of.1 > 0);
        let drafts = matches!(turns.speculation.source, Source::Drafter);
        if any && drafts && self.engine.model().config().predicts {
            return self.predict(&fitting);
        }
        let mut logits = match (&turns.speculation.source, any) {
            (Source::Drafter, true) => self.engine.draft_read(&fitting)?,
            _ => vec![Vec::new(); fitting.len()],
        };
        let mut guessed = Vec::new();
        for ((id, count), logits) in fitting.into_iter().zip(&mut logits) {
            let tokens = match &mut turns.speculation.source {
                Source::Drafter => guess(&self.running[&id].sampler, logits),
                Source::Other(other) => {
                    let mut tokens = other.guess(&self.engine.tokens(id)?, count);
                    let size = self.engine.model().config().vocabulary;
                    let known = tokens.iter().take_while(|token| (**token as usize) < size);
                    tokens.truncate(known.count().min(count));
                    tokens
                }
            };
            guessed.push(Guessed { id, tokens });
        }
        Ok(Phase::Drafted(guessed))
    }

    /// Makes a group's guesses by the model's own prediction head, each drawn as the text's sampler
    /// would draw it.
    fn predict(&mut self, fitting: &[(SequenceId, usize)]) -> Result<Phase> {
        let sampler = |id: &SequenceId| (*id, self.running[id].sampler.clone());
        let mut samplers: BTreeMap<SequenceId, Sampler> =
            fitting.iter().map(|(id, _)| sampler(id)).collect();
        let mut choose = |id: SequenceId, row: &Row| samplers.get_mut(&id)?.choose_row(row).ok();
        let tokens = self.engine.predict(fitting, &mut choose)?;
        let guessed = fitting.iter().zip(tokens);
        Ok(Phase::Drafted(guessed.map(|((id, _), tokens)| Guessed { id: *id, tokens }).collect()))
    }

    /// Chooses tokens as far as they are those that were guessed, and one more.
    fn accept(
        &mut self,
        turns: &mut Turns,
        guessed: Vec<Guessed>,
        logits: Logits,
    ) -> Result<Vec<Event>> {
        let (mut events, mut rows, mut last) = (Vec::new(), Vec::new(), Vec::new());
        for (Guessed { id, tokens }, logits) in guessed.iter().zip(&logits) {
            let Some(running) = self.running.get_mut(id) else { continue };
            let (mut written, mut next) = (Vec::new(), Next::Over);
            let found = accept(tokens, logits, |row| {
                next = running.write(*id, row, &mut written);
                Ok(match next {
                    Next::On(token) => (token, false),
                    // What was chosen last is followed by nothing.
                    Next::Over => (0, true),
                })
            })?;
            last.push((*id, next));
            let (guesses, accepted) = (tokens.len(), found.tokens - 1);
            running.estimate.observe(accepted, found.refused);
            if guesses > 0 {
                turns.estimate.observe(accepted, found.refused);
                turns.tally.count(guesses, found);
                events.push(Event::Guessed { sequence: *id, guesses, accepted });
            }
            events.append(&mut written);
            rows.push(found.tokens);
        }
        if rows.is_empty() {
            return Ok(events);
        }
        self.engine.accept(&rows)?;
        last.iter().try_for_each(|(id, next)| self.settle(*id, next))?;
        Ok(events)
    }

    /// Lets the engine compute what has had no part in the turn and does not wait.
    pub(super) fn rest(&mut self, mut seen: BTreeSet<SequenceId>) -> Result<Vec<Event>> {
        let held = self.running.iter().filter(|(_, running)| running.held);
        seen.extend(held.map(|(id, _)| *id));
        let mut events = Vec::new();
        for output in self.engine.step_beside(&seen)? {
            let id = output.sequence;
            let Some(running) = self.running.get_mut(&id) else { continue };
            let Some(row) = output.into_row() else { continue };
            if running.begun {
                running.estimate.observe(0, false);
            } else {
                events.push(Event::Begun(id, self.engine.found(id)?));
            }
            let next = running.write(id, &row, &mut events);
            self.settle(id, &next)?;
        }
        Ok(events)
    }
}
