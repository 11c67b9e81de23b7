//! Answers of `/v1/messages` as they are written.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value, json};

use super::request::Request;
use super::{CALL, SIGNATURE, stop, usage_of};
use crate::api::app::{App, ident};
use crate::api::fold::Folded;
use crate::api::sse::{Sink, stream as respond};
use crate::api::turn::{Finish, Turns};
use crate::text::output::Event;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Thinking,
    Text,
    Call,
}

struct Writer {
    app: Arc<App>,
    request: Request,
    sink: Sink,
    answer: Folded,
    open: Option<Kind>,
    /// Blocks so far.
    blocks: usize,
}

/// Sends an answer.
pub(super) fn stream(app: Arc<App>, request: Request, turns: Turns) -> Response {
    respond(move |sink| {
        let answer = Folded::default();
        Writer { app, request, sink, answer, open: None, blocks: 0 }.write(turns)
    })
}

impl Writer {
    async fn write(mut self, mut turns: Turns) {
        let message = json!({
            "id": ident("msg_"),
            "type": "message",
            "role": "assistant",
            "model": self.request.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": usage_of(turns.usage()),
        });
        self.send("message_start", json!({"message": message}));
        self.send("ping", json!({}));
        let every = self.app.settings.keep_alive;
        while let Some((_, step)) = self.sink.step(&mut turns, every).await {
            for event in &step.events {
                // Of what was said nothing but calls is looked at again.
                if let Event::ToolStart { .. } = event {
                    self.answer.event(event, CALL);
                }
                self.event(event);
            }
            self.answer.finish = step.finish;
        }
        if let Some(Finish::Failed(why)) = &self.answer.finish {
            let error = json!({"type": "api_error", "message": why});
            return self.send("error", json!({"error": error}));
        }
        self.close();
        let (reason, sequence) = stop(&self.answer);
        let delta = json!({"stop_reason": reason, "stop_sequence": sequence});
        self.send("message_delta", json!({"delta": delta, "usage": usage_of(turns.usage())}));
        self.send("message_stop", json!({}));
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Reasoning(text) if self.request.shows_reasoning => {
                let block = json!({"type": "thinking", "thinking": "", "signature": ""});
                self.open(Kind::Thinking, block);
                self.delta(json!({"type": "thinking_delta", "thinking": text}));
            }
            Event::Reasoning(_) => {}
            Event::Text(text) => {
                self.open(Kind::Text, json!({"type": "text", "text": ""}));
                self.delta(json!({"type": "text_delta", "text": text}));
            }
            Event::ToolStart { index, name } => {
                self.close();
                let id = self.answer.calls.get(*index).map(|call| call.id.clone());
                let block = json!({"type": "tool_use", "id": id, "name": name, "input": {}});
                self.open(Kind::Call, block);
            }
            Event::ToolArguments { json, .. } => {
                self.delta(json!({"type": "input_json_delta", "partial_json": json}));
            }
            Event::ToolEnd { .. } => self.close(),
        }
    }

    fn open(&mut self, kind: Kind, block: Value) {
        if self.open == Some(kind) {
            return;
        }
        self.close();
        self.open = Some(kind);
        let index = self.blocks;
        self.send("content_block_start", json!({"index": index, "content_block": block}));
    }

    fn close(&mut self) {
        let Some(kind) = self.open.take() else { return };
        if kind == Kind::Thinking {
            self.delta(json!({"type": "signature_delta", "signature": SIGNATURE}));
        }
        self.send("content_block_stop", json!({"index": self.blocks}));
        self.blocks += 1;
    }

    fn delta(&self, delta: Value) {
        self.send("content_block_delta", json!({"index": self.blocks, "delta": delta}));
    }

    fn send(&self, kind: &str, mut data: Value) {
        data["type"] = json!(kind);
        self.sink.named(kind, &data);
    }
}
