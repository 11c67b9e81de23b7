//! Answers as a whole.

use serde_json::{Value, json};

use super::app::ident;
use super::turn::{Finish, Step, Turns, Usage};
use crate::engine::Token;
use crate::text::output::Event;
use crate::text::tokenizer::Tokenizer;

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The name under which its result comes back.
    pub(crate) id: String,
    pub(crate) name: String,
    /// JSON text.
    pub(crate) arguments: String,
}

/// Everything that an answer said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folded {
    pub(crate) reasoning: String,
    pub(crate) text: String,
    pub(crate) calls: Vec<Call>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) finish: Option<Finish>,
}

impl Folded {
    /// Adds what happened in a step.
    pub(crate) fn take(&mut self, step: Step, call: &str) {
        step.events.iter().for_each(|event| self.event(event, call));
        self.tokens.extend(step.tokens);
        self.finish = self.finish.take().or(step.finish);
    }

    /// Adds an event; `call` begins the names of calls.
    pub(crate) fn event(&mut self, event: &Event, call: &str) {
        match event {
            Event::Reasoning(text) => self.reasoning += text,
            Event::Text(text) => self.text += text,
            Event::ToolStart { name, .. } => {
                let (id, name) = (ident(call), name.clone());
                self.calls.push(Call { id, name, arguments: String::new() });
            }
            Event::ToolArguments { index, json } => {
                if let Some(call) = self.calls.get_mut(*index) {
                    call.arguments += json;
                }
            }
            Event::ToolEnd { .. } => {}
        }
    }
}

impl Turns {
    /// All answers, once they are complete, and what they cost.
    pub(crate) async fn fold(mut self, choices: usize, call: &str) -> (Vec<Folded>, Usage) {
        let mut folded = vec![Folded::default(); choices.max(1)];
        while let Some((at, step)) = self.next().await {
            if let Some(of) = folded.get_mut(at) {
                of.take(step, call);
            }
        }
        (folded, self.usage())
    }
}

/// Probabilities of tokens, as OpenAI's APIs write them.
pub(crate) fn logprobs(tokenizer: &Tokenizer, tokens: &[Token]) -> Vec<Value> {
    let one = |id: u32, logprob: f32| {
        let bytes = tokenizer.bytes(id).unwrap_or_default();
        let text = String::from_utf8_lossy(bytes).into_owned();
        json!({"token": text, "logprob": logprob, "bytes": bytes.to_vec()})
    };
    let with = |token: &Token| {
        let of = token.logprobs.as_ref()?;
        let mut value = one(token.id, of.chosen);
        let top = of.top.iter().map(|(id, logprob)| one(*id, *logprob));
        value["top_logprobs"] = top.collect();
        Some(value)
    };
    tokens.iter().filter_map(with).collect()
}
