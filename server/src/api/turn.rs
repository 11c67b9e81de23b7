//! Answers as they are written: tokens become events.

use std::future::poll_fn;
use std::ops::Add;
use std::task::{Context, Poll};

use tokio::task::coop::cooperative;

use crate::engine::{Answer, Drafts, Ended, Outcome, Token};
use crate::text::output::{Event, Parser};

/// Why an answer is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// It ended by itself, or at a token or a text that was asked for.
    Stop {
        /// The text.
        text: Option<String>,
        /// The token.
        token: Option<u32>,
    },
    /// It has as many tokens as it may.
    Length,
    /// It is not complete, for this reason.
    Failed(String),
}

/// What one answer cost, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Of the prompt.
    pub(crate) prompt: usize,
    /// Of those, remembered from earlier ones.
    pub(crate) remembered: u64,
    /// Written.
    pub(crate) written: usize,
    /// Of those, in the reasoning.
    pub(crate) reasoning: usize,
    /// What was drafted.
    pub(crate) drafts: Drafts,
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            prompt: self.prompt + other.prompt,
            remembered: self.remembered + other.remembered,
            written: self.written + other.written,
            reasoning: self.reasoning + other.reasoning,
            drafts: self.drafts + other.drafts,
        }
    }
}

/// What happened since the last step.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// In the order in which it was written.
    pub(crate) events: Vec<Event>,
    /// Tokens of the answer itself, without those of reasoning and calls; only where
    /// probabilities were asked for.
    pub(crate) tokens: Vec<Token>,
    /// Set in the last step.
    pub(crate) finish: Option<Finish>,
}

/// One answer.
pub(crate) struct Turn {
    pub(super) answer: Answer,
    pub(super) parser: Parser,
    /// Texts that end the answer.
    pub(super) stop: Vec<String>,
    pub(super) usage: Usage,
    /// Whether the tokens are still those of the reasoning.
    pub(super) thinking: bool,
    /// Tokens that end the reasoning.
    pub(super) ends_thinking: Vec<u32>,
    /// Whether the answer ends with its first call.
    pub(super) one_call: bool,
    pub(super) calls: usize,
    pub(super) in_call: bool,
    pub(super) blanks: Blanks,
    pub(super) unread: Vec<Token>,
    pub(super) over: bool,
}

/// Blanks between the parts of an answer, which are no part of it.
#[derive(Debug, Default)]
pub(crate) struct Blanks {
    /// Whether every blank stays.
    kept: bool,
    /// Blanks after which nothing has come yet.
    held: String,
    /// Whether text has begun since the last reasoning or call.
    begun: bool,
}

impl Blanks {
    /// Where `kept`, every blank stays.
    pub(super) fn new(kept: bool) -> Self {
        Self { kept, ..Self::default() }
    }

    /// Leaves out blanks that only part reasoning, text and calls from each other.
    fn filter(&mut self, events: Vec<Event>) -> Vec<Event> {
        if self.kept {
            return events;
        }
        events.into_iter().filter_map(|event| self.one(event)).collect()
    }

    fn one(&mut self, event: Event) -> Option<Event> {
        let Event::Text(text) = event else {
            if !matches!(event, Event::ToolArguments { .. }) {
                (self.held, self.begun) = (String::new(), false);
            }
            return Some(event);
        };
        if self.begun {
            return Some(Event::Text(text));
        }
        self.held += &text;
        if self.held.trim().is_empty() {
            return None;
        }
        self.begun = true;
        let held = std::mem::take(&mut self.held);
        Some(Event::Text(held.trim_start_matches('\n').to_owned()))
    }
}

impl Turn {
    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Step> {
        let mut tokens = std::mem::take(&mut self.unread);
        tokens.clear();
        let more = match self.answer.poll_tokens(context, &mut tokens) {
            Poll::Ready(more) => more,
            Poll::Pending => {
                self.unread = tokens;
                return Poll::Pending;
            }
        };
        let mut step = Step::default();
        let mut read = 0;
        for token in tokens.drain(..) {
            read += 1;
            step.finish = self.take(token, &mut step);
            if step.finish.is_some() {
                break;
            }
        }
        self.unread = tokens;
        self.answer.count(read);
        if step.finish.is_some() {
            self.answer.satisfy();
        } else if !more {
            step.finish = Some(self.finish());
        }
        if step.finish.is_some() {
            step.events.extend(self.parser.finish());
            self.over = true;
        }
        join(&mut step.events);
        step.events = self.blanks.filter(step.events);
        Poll::Ready(step)
    }

    /// Reads a token, and says whether it was the last one.
    fn take(&mut self, token: Token, step: &mut Step) -> Option<Finish> {
        self.usage.written += 1;
        let thought = self.thinking;
        if thought {
            self.usage.reasoning += 1;
            self.thinking = !self.ends_thinking.contains(&token.id);
        }
        let before = step.events.len();
        step.events.extend(self.parser.push(token.id));
        let mut ended = false;
        for event in &step.events[before..] {
            match event {
                Event::ToolStart { .. } => (self.calls, self.in_call) = (self.calls + 1, true),
                Event::ToolEnd { .. } => (self.in_call, ended) = (false, true),
                _ => {}
            }
        }
        if !thought && !self.in_call && !ended && token.logprobs.is_some() {
            step.tokens.push(token);
        }
        if let Some(at) = self.parser.stopped() {
            return Some(Finish::Stop { text: self.stop.get(at).cloned(), token: None });
        }
        (self.one_call && ended).then_some(Finish::Stop { text: None, token: None })
    }

    fn finish(&mut self) -> Finish {
        match self.answer.outcome() {
            Outcome::Finished(Ended::Stop(token)) => {
                self.usage.written += 1;
                Finish::Stop { text: None, token: Some(token) }
            }
            Outcome::Finished(Ended::Length) => Finish::Length,
            Outcome::Satisfied => Finish::Stop { text: None, token: None },
            Outcome::Failed(why) => Finish::Failed(why),
            Outcome::Aborted => Finish::Failed("the answer was read too slowly".into()),
        }
    }
}

/// Joins neighbouring pieces of one kind.
fn join(events: &mut Vec<Event>) {
    events.dedup_by(|next, last| match (next, last) {
        (Event::Text(next), Event::Text(last))
        | (Event::Reasoning(next), Event::Reasoning(last)) => {
            last.push_str(next);
            true
        }
        (
            Event::ToolArguments { index: next, json },
            Event::ToolArguments { index: last, json: all },
        ) if next == last => {
            all.push_str(json);
            true
        }
        _ => false,
    });
}

/// Answers to one request.
pub(crate) struct Turns {
    turns: Vec<Turn>,
    /// Whose turn it is to be looked at first.
    first: usize,
}

impl Turns {
    pub(crate) fn new(turns: Vec<Turn>) -> Self {
        Self { turns, first: 0 }
    }

    /// What happened next, and to which answer; nothing when all are complete.
    pub(crate) async fn next(&mut self) -> Option<(usize, Step)> {
        // Where tokens come faster than they are read, others have their turn, too.
        cooperative(poll_fn(|context| self.poll_next(context))).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<(usize, Step)>> {
        let count = self.turns.len();
        for plus in 0..count {
            let at = (self.first + plus) % count;
            let turn = &mut self.turns[at];
            if turn.over {
                continue;
            }
            if let Poll::Ready(step) = turn.poll_step(context) {
                self.first = at + 1;
                return Poll::Ready(Some((at, step)));
            }
        }
        match self.turns.iter().all(|turn| turn.over) {
            true => Poll::Ready(None),
            false => Poll::Pending,
        }
    }

    /// What all answers cost so far; the prompt counts once.
    pub(crate) fn usage(&self) -> Usage {
        let sum = |of: fn(&Turn) -> usize| self.turns.iter().map(of).sum();
        let drafts = self.turns.iter().map(|turn| turn.answer.drafts());
        Usage {
            prompt: self.turns.first().map_or(0, |turn| turn.usage.prompt),
            remembered: self.turns.first().map_or(0, |turn| turn.answer.remembered()),
            written: sum(|turn| turn.usage.written),
            reasoning: sum(|turn| turn.usage.reasoning),
            drafts: drafts.fold(Drafts::default(), |all, of| all + of),
        }
    }
}
