//! Grammars that an answer has to obey, as masks over the vocabulary.
//!
//! Laws:
//! - an answer that takes its tokens from the masks, and ends where they let it end, has the shape
//!   that was asked for; an answer that is cut off is a beginning of one;
//! - text of a grammar has no control tokens besides those that the shape itself is written with;
//! - compiling and masking are bounded in time and memory, whatever schema a client sends.

mod lark;
mod tools;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use llguidance::{Matcher, ParserFactory};
use serde_json::Value;

use super::TextError;
use super::conversation::Tool;
use super::tokenizer::Tokenizer;

/// Compilations that outlived their limit and still run. With so many, no more are begun.
const MOST_ABANDONED: usize = 4;

/// A message about a grammar is cut here, in characters.
const LONGEST_REFUSAL: usize = 300;

/// What an answer has to look like.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Any JSON object.
    AnyJson,
    /// A JSON value that a schema describes.
    Schema(Value),
    /// A text that a regular expression describes as a whole.
    Regex(String),
    /// One of these texts.
    Choice(Vec<String>),
    /// Calls of tools, in the form in which the checkpoint writes them.
    Tools {
        /// All tools of the request; the arguments of strict ones obey their schema.
        tools: Vec<Tool>,
        /// Whether there has to be a call, whose arguments then obey the schema of every tool as far as
        /// a grammar can enforce it. If not, the answer is text, and calls after it if any.
        required: bool,
        /// The one tool that has to be called.
        named: Option<String>,
        /// Whether there may be more than one call.
        parallel: bool,
    },
}

/// The vocabulary in the form in which grammars are compiled against it: built once, in a thread of its
/// own, for which the first grammar waits; cheap to clone.
#[derive(Clone)]
pub struct Grammars(Arc<Parts>);

struct Parts {
    factory: OnceLock<Result<ParserFactory, TextError>>,
    /// The first token that ends an answer.
    first: u32,
    tokenizer: Tokenizer,
    stops: Vec<u32>,
    abandoned: AtomicUsize,
}

impl fmt::Debug for Grammars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grammars").finish_non_exhaustive()
    }
}

impl Grammars {
    /// Prepares a vocabulary. `stops` are the tokens that end an answer.
    ///
    /// # Errors
    /// No token that ends an answer, or one that the vocabulary does not have.
    pub fn new(tokenizer: &Tokenizer, stops: &[u32]) -> Result<Self, TextError> {
        let known = stops.iter().all(|stop| tokenizer.bytes(*stop).is_some());
        let Some(&first) = stops.first().filter(|_| known) else {
            let text = "grammars need the tokens that end an answer, all of them in the vocabulary";
            return Err(TextError::Request(text.into()));
        };
        let (tokenizer, stops) = (tokenizer.clone(), stops.to_vec());
        let (factory, abandoned) = (OnceLock::new(), AtomicUsize::new(0));
        let parts = Arc::new(Parts { factory, first, tokenizer, stops, abandoned });
        let early = Arc::clone(&parts);
        let building = thread::Builder::new().name("grammars".into());
        // Without a thread the first grammar builds it.
        let _ = building.spawn(move || early.factory().is_ok());
        Ok(Self(parts))
    }

    /// Compiles a shape; with `opens_reasoning`, free reasoning and `</think>` come before it.
    /// Blocks at most `limit`; the work is done in a thread of its own.
    ///
    /// # Errors
    /// A schema that is none, is not supported, asks for too much, or compiles for longer than
    /// `limit`.
    pub fn compile(
        &self,
        shape: &Shape,
        opens_reasoning: bool,
        limit: Duration,
    ) -> Result<Constraint, TextError> {
        let lark = lark::grammar(shape, opens_reasoning, &self.0.tokenizer)?;
        if self.0.abandoned.load(Ordering::Relaxed) >= MOST_ABANDONED {
            let text = "too many grammars are being compiled; try again later";
            return Err(TextError::TooCostly(text.into()));
        }
        let matcher = self.within(limit, move |parts| {
            let parser = parts.factory()?.create_parser(TopLevelGrammar::from_lark(lark));
            let mut matcher = Matcher::new(Ok(parser.map_err(|error| refuse(&error))?));
            // The first mask pays for the lexer, and shows whether the grammar can be followed.
            matcher.compute_mask_or_eos().map_err(|error| refuse(&error))?;
            Ok(matcher)
        })?;
        let stops = Arc::from(&self.0.stops[..]);
        let vocabulary = self.0.tokenizer.vocabulary();
        Ok(Constraint { matcher, stops, vocabulary, accepted: 0, ended: 0 })
    }

    fn within(
        &self,
        limit: Duration,
        work: impl FnOnce(&Parts) -> Result<Matcher, TextError> + Send + 'static,
    ) -> Result<Matcher, TextError> {
        let (send, receive) = mpsc::channel();
        let parts = self.0.clone();
        parts.abandoned.fetch_add(1, Ordering::Relaxed);
        let spawned = thread::Builder::new().name("grammar".into()).spawn(move || {
            let running = Running(parts);
            let done = work(&running.0);
            drop(running);
            // Nobody waits for work that outlived its limit.
            let _ = send.send(done);
        });
        if spawned.is_err() {
            self.0.abandoned.fetch_sub(1, Ordering::Relaxed);
            return Err(TextError::TooCostly("no thread is left to compile a grammar".into()));
        }
        receive.recv_timeout(limit).unwrap_or_else(|error| {
            let text = match error {
                RecvTimeoutError::Timeout => "the grammar takes too long to compile; simplify it",
                RecvTimeoutError::Disconnected => "the grammar cannot be compiled",
            };
            Err(TextError::TooCostly(text.into()))
        })
    }
}

impl Parts {
    /// What compiles grammars; whoever is first builds it.
    fn factory(&self) -> Result<&ParserFactory, TextError> {
        self.factory.get_or_init(|| self.build()).as_ref().map_err(Clone::clone)
    }

    fn build(&self) -> Result<ParserFactory, TextError> {
        let Self { tokenizer, first, stops, .. } = self;
        let words: Vec<Vec<u8>> =
            (0..tokenizer.vocabulary()).map(|id| word(tokenizer, id)).collect();
        let trie = TokTrie::from(&TokRxInfo::new(tokenizer.vocabulary(), *first), &words);
        let environment: TokEnv = Arc::new(ApproximateTokEnv::new(trie.with_eos_tokens(stops)));
        let mut factory = ParserFactory::new_simple(&environment).map_err(|e| refuse(&e))?;
        factory.quiet().limits_mut().verbose_errors = false;
        Ok(factory)
    }
}

/// One compilation, counted until it ends, also where it ends in a panic.
struct Running(Arc<Parts>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abandoned.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A token's bytes; those of control tokens begin with a byte that no text has.
fn word(tokenizer: &Tokenizer, id: u32) -> Vec<u8> {
    let bytes = tokenizer.bytes(id).unwrap_or_default();
    let marker: &[u8] =
        if tokenizer.is_control(id) { &[TokTrie::SPECIAL_TOKEN_MARKER] } else { &[] };
    [marker, bytes].concat()
}

fn refuse(error: &impl fmt::Display) -> TextError {
    let text: String = error.to_string().chars().take(LONGEST_REFUSAL).collect();
    TextError::Request(format!("the grammar cannot be used: {text}"))
}

/// A bit for every token id: set where the token may come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    words: Vec<u32>,
}

impl Mask {
    /// Whether a token may come next. Ids beyond the vocabulary may not.
    pub fn allows(&self, id: u32) -> bool {
        let word = self.words.get(id as usize / 32);
        word.is_some_and(|word| word & (1 << (id % 32)) != 0)
    }

    /// The bits: token `id` is bit `id % 32` of word `id / 32`.
    pub fn words(&self) -> &[u32] {
        &self.words
    }
}

/// A grammar at a place in one answer. May be sent to the thread of the engine; a clone is at the
/// same place and goes its own way.
#[derive(Clone)]
pub struct Constraint {
    matcher: Matcher,
    stops: Arc<[u32]>,
    vocabulary: u32,
    accepted: usize,
    /// How many of the accepted tokens, all of them last, end the answer.
    ended: usize,
}

impl fmt::Debug for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Constraint").field("accepted", &self.accepted).finish_non_exhaustive()
    }
}

impl Constraint {
    /// The tokens that may come next; the tokens that end an answer, where the grammar is complete.
    ///
    /// # Errors
    /// A step that costs more than the limit; the answer cannot go on.
    pub fn mask(&mut self) -> Result<Mask, TextError> {
        let bits = self.matcher.compute_mask_or_eos().map_err(|error| costly(&error))?;
        let mut words = bits.as_slice().to_vec();
        let may_end = self.may_end();
        if self.ended > 0 {
            words.fill(0);
        }
        for stop in self.stops.iter() {
            if let Some(word) = words.get_mut(*stop as usize / 32) {
                let bit = 1 << (stop % 32);
                *word = if may_end { *word | bit } else { *word & !bit };
            }
        }
        Ok(Mask { words })
    }

    /// Moves on by a token.
    ///
    /// # Errors
    /// A token that the mask does not hold; the place stays as it was.
    pub fn accept(&mut self, id: u32) -> Result<(), TextError> {
        let taken = if self.stops.contains(&id) {
            let may = self.ended > 0 || self.may_end();
            self.ended += usize::from(may);
            may
        } else {
            let open = self.ended == 0 && id < self.vocabulary && !self.matcher.is_stopped();
            open && self.matcher.try_consume_tokens(&[id]).map_err(|error| costly(&error))? == 1
        };
        if !taken {
            let text = format!("token {id} does not fit the grammar");
            return Err(TextError::Request(text));
        }
        self.accepted += 1;
        Ok(())
    }

    /// Takes back the last `count` accepted tokens, as after drafted tokens that were refused.
    ///
    /// # Errors
    /// More than were accepted.
    pub fn rollback(&mut self, count: usize) -> Result<(), TextError> {
        if count > self.accepted {
            let text = format!("{count} tokens cannot be taken back after {}", self.accepted);
            return Err(TextError::Request(text));
        }
        let ends = count.min(self.ended);
        self.matcher.rollback(count - ends).map_err(|error| costly(&error))?;
        self.ended -= ends;
        self.accepted -= count;
        Ok(())
    }

    /// Whether nothing but the end may follow.
    pub fn finished(&self) -> bool {
        self.ended > 0 || (self.matcher.is_stopped() && !self.matcher.is_error())
    }

    /// Whether the answer may end here.
    fn may_end(&mut self) -> bool {
        self.finished() || self.matcher.is_accepting().unwrap_or(false)
    }
}

fn costly(error: &impl fmt::Display) -> TextError {
    let text: String = error.to_string().chars().take(LONGEST_REFUSAL).collect();
    TextError::TooCostly(format!("the grammar cannot be followed further: {text}"))
}

#[cfg(test)]
mod tests;
