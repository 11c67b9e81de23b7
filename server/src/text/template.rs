//! The checkpoint's chat template.
//!
//! Laws:
//! - a conversation is rendered as Jinja2 renders it for the checkpoint's publishers;
//! - control tokens of a prompt are written by the template: the same letters in a client's text,
//!   names or arguments stay text, also where they meet letters of the template;
//! - rendering ends: its work is bounded by the size of the conversation.

mod guard;
mod number;
mod python;
mod values;

use std::error::Error as _;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind};
use serde_json::Value;

use self::guard::Guard;
use super::TextError;
use super::conversation::Conversation;
use super::tokenizer::{self, Tokenizer};

/// Names that `chat_template_kwargs` may hold, all of them switches; others are refused.
pub const OPTIONS: &[&str] = &["add_vision_id", "enable_thinking", "preserve_thinking"];

/// The name under which an environment keeps the template.
const NAME: &str = "chat_template";

/// A message of a template is cut here, in characters.
const LONGEST_REFUSAL: usize = 300;

/// A chat template; cheap to clone.
#[derive(Clone)]
pub struct Template(Arc<Parts>);

struct Parts {
    environment: Environment<'static>,
    tokenizer: Tokenizer,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").finish_non_exhaustive()
    }
}

/// A rendered conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The text, as Jinja2 renders it.
    pub text: String,
    /// Its tokens; control tokens are the template's own.
    pub tokens: Vec<u32>,
    /// Whether the answer begins inside `<think>`.
    pub opens_reasoning: bool,
}

impl Template {
    /// Reads `chat_template.jinja`, or else the template of `tokenizer_config.json`.
    ///
    /// # Errors
    /// Neither is there, or it is no template.
    pub fn open(directory: &Path, tokenizer: &Tokenizer) -> Result<Self, TextError> {
        let (path, source) = source(directory)?;
        Self::new(source, tokenizer).map_err(|error| TextError::Checkpoint {
            path,
            why: format!("it is not a chat template: {}", described(&error)),
        })
    }

    fn new(source: String, tokenizer: &Tokenizer) -> Result<Self, Error> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        environment.set_syntax(syntax);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        python::install(&mut environment);
        environment.add_function("raise_exception", |message: String| {
            Err::<String, _>(Error::from(ErrorKind::InvalidOperation).with_source(Raised(message)))
        });
        environment.add_template_owned(NAME, source)?;
        Ok(Self(Arc::new(Parts { environment, tokenizer: tokenizer.clone() })))
    }

    /// The prompt of a conversation. Systems and developers at its beginning are one system.
    ///
    /// # Errors
    /// What the template refuses, options it does not have, and more noncharacters of Unicode than
    /// a text can have ([`TextError::Request`]); work without an end ([`TextError::TooCostly`]).
    pub fn render(&self, conversation: &Conversation) -> Result<Prompt, TextError> {
        check(&conversation.options)?;
        let Parts { environment, tokenizer } = &*self.0;
        let guard = Guard::new(tokenizer.names(), conversation)?;
        let context = values::context(conversation, &guard);
        let mut environment = environment.clone();
        environment.set_fuel(Some(values::fuel(conversation)));
        let template = environment.get_template(NAME);
        let guarded = template.and_then(|t| t.render(context)).map_err(|e| refusal(&e))?;
        let (text, tokens) = guard.lift(&guarded, tokenizer);
        let opens_reasoning = opens_reasoning(&tokens, tokenizer);
        Ok(Prompt { text, tokens, opens_reasoning })
    }
}

/// The template's source and where it stands.
fn source(directory: &Path) -> Result<(PathBuf, String), TextError> {
    let path = directory.join("chat_template.jinja");
    if path.exists() {
        let bytes = tokenizer::read(&path)?;
        let why = "it is not UTF-8 text".to_owned();
        return match String::from_utf8(bytes) {
            Ok(source) => Ok((path, source)),
            Err(_) => Err(TextError::Checkpoint { path, why }),
        };
    }
    let config = directory.join("tokenizer_config.json");
    if config.exists() {
        let read: Value = serde_json::from_slice(&tokenizer::read(&config)?).map_err(|error| {
            TextError::Checkpoint {
                path: config.clone(),
                why: format!("it cannot be read: {error}"),
            }
        })?;
        if let Some(source) = read["chat_template"].as_str() {
            return Ok((config, source.to_owned()));
        }
    }
    let why = "there is no chat template; copy it from where the checkpoint was published";
    Err(TextError::Checkpoint { path, why: why.into() })
}

fn check(options: &std::collections::BTreeMap<String, Value>) -> Result<(), TextError> {
    for (name, value) in options {
        let shown: String = name.escape_debug().take(40).collect();
        if !OPTIONS.contains(&name.as_str()) {
            let known = OPTIONS.join(", ");
            let text = format!("chat_template_kwargs has no '{shown}'; it has {known}");
            return Err(TextError::Request(text));
        }
        if !(value.is_boolean() || value.is_null()) {
            let text = format!("chat_template_kwargs: '{shown}' is either true or false");
            return Err(TextError::Request(text));
        }
    }
    Ok(())
}

/// Whether the last tag of reasoning in the last turn is one that opens it.
fn opens_reasoning(tokens: &[u32], tokenizer: &Tokenizer) -> bool {
    let id = |name| tokenizer.special(name);
    let (open, close, turn) = (id("<think>"), id("</think>"), id("<|im_start|>"));
    let tags = [open, close, turn];
    let last = tokens.iter().rev().find(|token| tags.contains(&Some(**token)));
    last.is_some() && last.copied() == open
}

/// What a template says to `raise_exception`.
#[derive(Debug)]
struct Raised(String);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Raised {}

fn refusal(error: &Error) -> TextError {
    if error.kind() == ErrorKind::OutOfFuel {
        let text = "the conversation takes the chat template too long; make it shorter";
        return TextError::TooCostly(text.into());
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(Raised(message)) = inner.downcast_ref() {
            return TextError::Request(message.chars().take(LONGEST_REFUSAL).collect());
        }
        cause = inner.source();
    }
    let why = described(error);
    TextError::Request(format!("the chat template cannot render this conversation: {why}"))
}

/// An error of the template engine in one short line.
fn described(error: &Error) -> String {
    let line = error.line().map(|line| format!(" (line {line} of the template)"));
    let text = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let text: String = text.chars().take(LONGEST_REFUSAL).collect();
    text + &line.unwrap_or_default()
}

#[cfg(test)]
mod tests;
