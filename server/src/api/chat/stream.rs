//! Answers of `/v1/chat/completions` as they are written.

use std::sync::Arc;

use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::request::Request;
use super::{CALL, FINGERPRINT, PREFIX, stop_reason, usage_of};
use crate::api::app::{App, ident, now};
use crate::api::error::ApiError;
use crate::api::fold::{Folded, logprobs};
use crate::api::sse::{Sink, stream as respond};
use crate::api::turn::{Finish, Step, Turns};
use crate::text::output::Event;

#[derive(Serialize)]
struct Chunk<'c> {
    id: &'c str,
    object: &'static str,
    created: u64,
    model: &'c str,
    system_fingerprint: &'static str,
    choices: &'c [Choice<'c>],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
}

#[derive(Serialize)]
struct Choice<'c> {
    index: usize,
    delta: Delta<'c>,
    logprobs: Option<Value>,
    finish_reason: Option<&'static str>,
    /// Where there is a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_reason: Option<Value>,
}

/// What comes to a message.
#[derive(Serialize)]
#[serde(untagged)]
enum Delta<'c> {
    Role { role: &'static str, content: &'static str },
    Reasoning { reasoning: &'c str, reasoning_content: &'c str },
    Text { content: &'c str },
    Call { tool_calls: [Value; 1] },
    Nothing {},
}

struct Writer {
    app: Arc<App>,
    request: Request,
    sink: Sink,
    id: String,
    created: u64,
    answers: Vec<Folded>,
}

/// Sends answers.
pub(super) fn stream(app: Arc<App>, request: Request, turns: Turns) -> Response {
    respond(move |sink| {
        let answers = vec![Folded::default(); request.ask.draw.choices.max(1)];
        let (id, created) = (ident(PREFIX), now());
        Writer { app, request, sink, id, created, answers }.write(turns)
    })
}

impl Writer {
    async fn write(mut self, mut turns: Turns) {
        for index in 0..self.answers.len() {
            self.delta(index, Delta::Role { role: "assistant", content: "" }, None, &turns);
        }
        let every = self.app.settings.keep_alive;
        while let Some((index, step)) = self.sink.step(&mut turns, every).await {
            if let Some(Finish::Failed(why)) = &step.finish {
                let error = ApiError::internal().body();
                let error = json!({"error": {
                    "message": why, "type": "server_error", "param": null,
                    "code": error["error"]["code"],
                }});
                self.sink.data(&error);
                return self.sink.done();
            }
            self.step(index, step, &turns);
        }
        if self.request.includes_usage {
            self.chunk(&[], Some(usage_of(turns.usage())));
        }
        self.sink.done();
    }

    fn step(&mut self, index: usize, step: Step, turns: &Turns) {
        let mut probable = self.request.ask.draw.logprobs.map(|_| {
            let content = logprobs(&self.app.texts.tokenizer, &step.tokens);
            json!({"content": content, "refusal": null})
        });
        for event in &step.events {
            // Of what was said nothing but calls is looked at again.
            if let Event::ToolStart { .. } = event {
                self.answers[index].event(event, CALL);
            }
            let Some(delta) = self.event(index, event) else { continue };
            let with = if matches!(event, Event::Text(_)) { probable.take() } else { None };
            self.delta(index, delta, with, turns);
        }
        // Tokens whose text is still held back.
        if probable.as_ref().is_some_and(|of| of["content"].get(0).is_some()) {
            self.delta(index, Delta::Text { content: "" }, probable, turns);
        }
        if let Some(finish) = step.finish {
            let stop_reason = Some(stop_reason(Some(&finish)));
            self.answers[index].finish = Some(finish);
            let finish_reason = Some(self.request.reason(&self.answers[index]));
            let delta = Delta::Nothing {};
            let choice = Choice { index, delta, logprobs: None, finish_reason, stop_reason };
            self.choice(choice, turns);
        }
    }

    fn event<'e>(&self, index: usize, event: &'e Event) -> Option<Delta<'e>> {
        Some(match event {
            Event::Reasoning(text) => {
                if !self.request.shows_reasoning {
                    return None;
                }
                Delta::Reasoning { reasoning: text, reasoning_content: text }
            }
            Event::Text(text) => Delta::Text { content: text },
            Event::ToolStart { index: call, name } => {
                let id = &self.answers[index].calls.get(*call)?.id;
                let function = json!({"name": name, "arguments": ""});
                let call =
                    json!({"index": call, "id": id, "type": "function", "function": function});
                Delta::Call { tool_calls: [call] }
            }
            Event::ToolArguments { index: call, json } => {
                let call = json!({"index": call, "function": {"arguments": json}});
                Delta::Call { tool_calls: [call] }
            }
            Event::ToolEnd { .. } => return None,
        })
    }

    fn delta(&self, index: usize, delta: Delta<'_>, logprobs: Option<Value>, turns: &Turns) {
        let (finish_reason, stop_reason) = (None, None);
        self.choice(Choice { index, delta, logprobs, finish_reason, stop_reason }, turns);
    }

    fn choice(&self, choice: Choice<'_>, turns: &Turns) {
        let usage = match self.request.continuous_usage {
            true => Some(usage_of(turns.usage())),
            false => self.request.includes_usage.then_some(Value::Null),
        };
        self.chunk(&[choice], usage);
    }

    fn chunk(&self, choices: &[Choice<'_>], usage: Option<Value>) {
        self.sink.data(&Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.request.model,
            system_fingerprint: FINGERPRINT,
            choices,
            usage,
        });
    }
}
