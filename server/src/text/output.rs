//! What a model writes, taken apart: reasoning, answer and calls.
//!
//! Laws:
//! - the pieces of an answer depend on its letters and control tokens alone: neither on how tokens
//!   cut the letters, nor on how many tokens come at once;
//! - tags of reasoning and of calls are control tokens, so that letters alone are no tag; the one
//!   exception is `<function=NAME>` without its `<tool_call>`, where NAME is a tool;
//! - the arguments of a call are a JSON object as soon as it ends, also when it was cut off;
//! - markup inside fenced code is an example, and text.

mod call;
mod fence;
mod machine;
mod schema;
mod stops;

use std::sync::Arc;

use self::machine::{Machine, Tag};
pub(super) use self::schema::{Parameter, resolve};
use self::stops::{Fed, Stops};
use super::conversation::Tool;
use super::detokenize::Characters;
use super::tokenizer::Tokenizer;

/// A piece of the answer. Neighbouring pieces of one kind may be joined without a change of
/// meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Text of the reasoning.
    Reasoning(String),
    /// Text of the answer.
    Text(String),
    /// A call begins.
    ToolStart {
        /// Its number in the answer, from 0.
        index: usize,
        /// The tool.
        name: String,
    },
    /// The next piece of a call's arguments; all pieces of a call join to one JSON object.
    ToolArguments {
        /// The call.
        index: usize,
        /// JSON text.
        json: String,
    },
    /// A call is complete.
    ToolEnd {
        /// The call.
        index: usize,
    },
}

/// Reads the tokens of one answer.
#[derive(Clone, Debug)]
pub struct Parser {
    tokenizer: Tokenizer,
    tags: Vec<(u32, Tag)>,
    characters: Characters,
    stops: Stops,
    machine: Machine,
    stopped: Option<usize>,
}

impl Parser {
    /// A parser for an answer to a prompt: `opens_reasoning` as the prompt says
    /// ([`Prompt::opens_reasoning`](super::template::Prompt::opens_reasoning)), `stop` the strings
    /// that end the answer and are not part of it. They are looked for in the answer's text, not in
    /// its reasoning or its calls. Without tools, markup of calls is text.
    pub fn new(
        tokenizer: &Tokenizer,
        tools: &[Tool],
        opens_reasoning: bool,
        stop: &[String],
    ) -> Self {
        let id = |(name, tag)| Some((tokenizer.special(name)?, tag));
        let tags = Tag::ALL.iter().copied().filter_map(id).collect();
        Self::with(tokenizer, tags, Machine::new(Arc::from(tools), opens_reasoning), stop)
    }

    /// A parser of plain completions, for which all markup is text.
    pub fn plain(tokenizer: &Tokenizer, stop: &[String]) -> Self {
        Self::with(tokenizer, Vec::new(), Machine::plain(), stop)
    }

    fn with(
        tokenizer: &Tokenizer,
        tags: Vec<(u32, Tag)>,
        machine: Machine,
        stop: &[String],
    ) -> Self {
        Self {
            tokenizer: tokenizer.clone(),
            tags,
            characters: Characters::default(),
            stops: Stops::new(stop),
            machine,
            stopped: None,
        }
    }

    /// What a token completes. After a stop string or the end of the turn, nothing.
    pub fn push(&mut self, id: u32) -> Vec<Event> {
        let tag = self.tags.iter().find(|(known, _)| *known == id).map(|(_, tag)| *tag);
        let mut text = String::new();
        match (tag, self.tokenizer.bytes(id)) {
            (Some(tag), _) => {
                self.characters.finish(&mut text);
                self.letters(&text);
                self.tag(tag);
            }
            (None, Some(bytes)) if !self.tokenizer.is_special(id) => {
                self.characters.push(bytes, &mut text);
                self.letters(&text);
            }
            _ => {}
        }
        self.machine.take()
    }

    /// The stop string that ended the answer.
    pub fn stopped(&self) -> Option<usize> {
        self.stopped
    }

    /// What was held back, and the end of a call that was cut off: its arguments become an object
    /// all the same.
    pub fn finish(&mut self) -> Vec<Event> {
        let mut text = String::new();
        self.characters.finish(&mut text);
        self.letters(&text);
        self.release();
        self.machine.finish();
        self.machine.take()
    }

    fn letters(&mut self, text: &str) {
        for c in text.chars() {
            if !self.machine.is_answer() {
                self.machine.step(c);
                continue;
            }
            match self.stops.push(c) {
                Fed::Free(text) => self.step(&text),
                Fed::Stopped(text, index, stop) => {
                    self.step(&text);
                    if self.machine.is_answer() {
                        self.stop(index);
                    } else {
                        self.step(&stop);
                    }
                }
            }
            if !self.machine.is_answer() {
                self.release();
            }
        }
    }

    fn step(&mut self, text: &str) {
        text.chars().for_each(|c| self.machine.step(c));
    }

    fn release(&mut self) {
        let held = self.stops.release();
        self.step(&held);
    }

    fn tag(&mut self, tag: Tag) {
        self.release();
        match self.stops.named(tag.name()) {
            Some(index) if self.machine.is_answer() => self.stop(index),
            _ => self.machine.tag(tag),
        }
    }

    fn stop(&mut self, index: usize) {
        self.machine.finish();
        self.stopped = Some(index);
    }
}

#[cfg(test)]
mod tests;
