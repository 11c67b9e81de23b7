//! Keeps a client's text from becoming control tokens of a prompt.
//!
//! A mark, which no text of the conversation holds, goes after every letter with which the name of
//! a control token may begin, and before every letter with which one may end. The template carries
//! the marks along. Names that are still whole in what it renders are its own, wherever the
//! client's letters stand; then the marks are taken out again.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::super::TextError;
use super::super::conversation::{Conversation, Part};
use super::super::tokenizer::{Names, Tokenizer};

/// Marks, of which one is used: Unicode keeps these for a program's own use, never for exchange.
const MARKS: RangeInclusive<char> = '\u{fdd0}'..='\u{fdef}';

/// The marks of one conversation.
pub(super) struct Guard<'n> {
    names: &'n Names,
    mark: char,
}

impl<'n> Guard<'n> {
    /// Finds a mark that no text of the conversation holds.
    pub(super) fn new(names: &'n Names, conversation: &Conversation) -> Result<Self, TextError> {
        let mut seen = 0u32;
        visit(conversation, &mut |text| {
            for c in text.chars().filter(|c| MARKS.contains(c)) {
                seen |= 1 << (u32::from(c) - u32::from(*MARKS.start()));
            }
        });
        let free = MARKS.enumerate().find(|(at, _)| seen & (1 << at) == 0);
        let Some((_, mark)) = free else {
            let text =
                "the conversation holds every noncharacter from U+FDD0 to U+FDEF; leave one out";
            return Err(TextError::Request(text.into()));
        };
        Ok(Self { names, mark })
    }

    /// A client's text with its marks.
    pub(super) fn text(&self, text: &str) -> String {
        let (firsts, lasts) = (self.names.firsts(), self.names.lasts());
        let mut marked = String::with_capacity(text.len() + text.len() / 16);
        for c in text.chars() {
            if lasts.contains(&c) {
                marked.push(self.mark);
            }
            marked.push(c);
            if firsts.contains(&c) {
                marked.push(self.mark);
            }
        }
        marked
    }

    /// What was rendered, without marks, and its tokens.
    pub(super) fn lift(&self, rendered: &str, tokenizer: &Tokenizer) -> (String, Vec<u32>) {
        let (mut text, mut tokens, mut from) = (String::new(), Vec::new(), 0);
        let plain = |run: &str, text: &mut String, tokens: &mut Vec<u32>| {
            let start = text.len();
            text.extend(run.split(self.mark));
            tokenizer.encode_plain(&text[start..], tokens);
        };
        while let Some((place, id)) = self.names.next(rendered, from) {
            plain(&rendered[from..place.start], &mut text, &mut tokens);
            text.push_str(&rendered[place.clone()]);
            tokens.push(id);
            from = place.end;
        }
        plain(&rendered[from..], &mut text, &mut tokens);
        (text, tokens)
    }
}

/// Every text of a conversation that reaches the template.
pub(super) fn visit(conversation: &Conversation, see: &mut impl FnMut(&str)) {
    for message in &conversation.messages {
        for part in &message.parts {
            if let Part::Text(text) = part {
                see(text);
            }
        }
        message.reasoning.iter().chain(&message.tool_call_id).for_each(|text| see(text));
        for call in &message.tool_calls {
            see(&call.id);
            see(&call.name);
            for (name, value) in &call.arguments {
                see(name);
                visit_value(value, see);
            }
        }
    }
    for tool in &conversation.tools {
        see(&tool.name);
        tool.description.iter().for_each(|text| see(text));
        visit_value(&tool.parameters, see);
    }
}

fn visit_value(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(list) => list.iter().for_each(|value| visit_value(value, see)),
        Value::Object(map) => {
            for (name, value) in map {
                see(name);
                visit_value(value, see);
            }
        }
        // Numbers and the like count as a text without letters, so that work can be measured.
        Value::Null | Value::Bool(_) | Value::Number(_) => see(""),
    }
}
