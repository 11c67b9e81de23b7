//! Items of an answer as they are written, with the events that tell of them.
//!
//! One machine makes both: the items that a whole answer has are those that its events add up to.

use serde_json::{Value, json};

use crate::api::app::{App, ident};
use crate::api::fold::logprobs;
use crate::api::turn::{Finish, Step};
use crate::engine::Token;
use crate::text::output::Event;

/// The items of an answer.
pub(super) struct Output {
    items: Vec<Value>,
    open: Option<Open>,
    finish: Option<Finish>,
    events: Option<Events>,
    shows_reasoning: bool,
}

/// The item that is being written; it is the last one.
struct Open {
    kind: Kind,
    id: String,
    text: String,
    logprobs: Vec<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reasoning,
    Message,
    Call,
}

/// Takes an event with its name.
type Write = Box<dyn FnMut(&str, &Value) + Send>;

/// Where events go, each with its name.
pub(super) struct Events {
    write: Write,
    number: u64,
}

impl Events {
    pub(super) fn new(write: impl FnMut(&str, &Value) + Send + 'static) -> Self {
        Self { write: Box::new(write), number: 0 }
    }

    /// Sends an event.
    pub(super) fn send(&mut self, kind: &str, mut data: Value) {
        data["type"] = json!(kind);
        data["sequence_number"] = json!(self.number);
        self.number += 1;
        (self.write)(kind, &data);
    }
}

impl Output {
    /// Nothing is written yet; events are sent where there is somewhere to send them.
    pub(super) fn new(events: Option<Events>) -> Self {
        Self { items: Vec::new(), open: None, finish: None, events, shows_reasoning: true }
    }

    /// Leaves reasoning out.
    pub(super) fn without_reasoning(self) -> Self {
        Self { shows_reasoning: false, ..self }
    }

    pub(super) fn items(&self) -> &[Value] {
        &self.items
    }

    pub(super) fn finish(&self) -> Option<&Finish> {
        self.finish.as_ref()
    }

    /// Why there is no answer.
    pub(super) fn failure(&self) -> Option<&str> {
        match &self.finish {
            Some(Finish::Failed(why)) => Some(why),
            _ => None,
        }
    }

    /// Sends an event that is not about an item.
    pub(super) fn send(&mut self, kind: &str, data: Value) {
        if let Some(events) = &mut self.events {
            events.send(kind, data);
        }
    }

    /// Adds what happened in a step.
    pub(super) fn take(&mut self, app: &App, step: Step) {
        let mut tokens = step.tokens;
        for event in step.events {
            match event {
                Event::Reasoning(text) if self.shows_reasoning => {
                    self.write(Kind::Reasoning, &text, Vec::new());
                }
                Event::Reasoning(_) => {}
                Event::Text(text) => {
                    let probable = logprobs(&app.texts.tokenizer, &std::mem::take(&mut tokens));
                    self.write(Kind::Message, &text, probable);
                }
                Event::ToolStart { name, .. } => {
                    self.close("completed");
                    self.begin(Kind::Call, &name);
                }
                Event::ToolArguments { json, .. } => self.write(Kind::Call, &json, Vec::new()),
                Event::ToolEnd { .. } => self.close("completed"),
            }
        }
        self.keep(app, &tokens);
        if let Some(finish) = step.finish {
            let cut = !matches!(finish, Finish::Stop { .. });
            self.close(if cut { "incomplete" } else { "completed" });
            self.finish = Some(finish);
        }
    }

    /// Remembers probabilities of tokens whose text is held back.
    fn keep(&mut self, app: &App, tokens: &[Token]) {
        if let Some(open) = self.open.as_mut().filter(|open| open.kind == Kind::Message) {
            open.logprobs.extend(logprobs(&app.texts.tokenizer, tokens));
        }
    }

    fn write(&mut self, kind: Kind, text: &str, probable: Vec<Value>) {
        if self.open.as_ref().is_none_or(|open| open.kind != kind) {
            self.close("completed");
            self.begin(kind, "");
        }
        let at = self.items.len() - 1;
        let Some(open) = &mut self.open else { return };
        open.text += text;
        let mut data = json!({"item_id": open.id, "output_index": at, "delta": text});
        let event = match kind {
            Kind::Reasoning => "response.reasoning_text.delta",
            Kind::Message => {
                data["logprobs"] = json!(probable);
                open.logprobs.extend(probable);
                "response.output_text.delta"
            }
            Kind::Call => "response.function_call_arguments.delta",
        };
        if kind != Kind::Call {
            data["content_index"] = json!(0);
        }
        self.send(event, data);
    }

    fn begin(&mut self, kind: Kind, name: &str) {
        let at = self.items.len();
        let (prefix, item, part) = match kind {
            Kind::Reasoning => (
                "rs_",
                json!({"type": "reasoning", "summary": [], "content": []}),
                Some(json!({"type": "reasoning_text", "text": ""})),
            ),
            Kind::Message => (
                "msg_",
                json!({"type": "message", "role": "assistant", "content": []}),
                Some(json!({"type": "output_text", "text": "", "annotations": [], "logprobs": []})),
            ),
            Kind::Call => (
                "fc_",
                json!({
                    "type": "function_call", "call_id": ident("call_"), "name": name,
                    "arguments": "",
                }),
                None,
            ),
        };
        let id = ident(prefix);
        let mut item = item;
        item["id"] = json!(id);
        item["status"] = json!("in_progress");
        self.items.push(item.clone());
        self.send("response.output_item.added", json!({"output_index": at, "item": item}));
        if let Some(part) = part {
            let data = json!({
                "item_id": id, "output_index": at, "content_index": 0, "part": part,
            });
            self.send("response.content_part.added", data);
        }
        self.open = Some(Open { kind, id, text: String::new(), logprobs: Vec::new() });
    }

    /// Completes the item that is being written.
    fn close(&mut self, status: &str) {
        let Some(Open { kind, id, text, logprobs }) = self.open.take() else { return };
        let at = self.items.len() - 1;
        let place = json!({"item_id": id, "output_index": at});
        let with = |more: Value| {
            let mut data = place.clone();
            for (name, value) in more.as_object().into_iter().flatten() {
                data[name] = value.clone();
            }
            data
        };
        let part = match kind {
            Kind::Reasoning => {
                let data = with(json!({"content_index": 0, "text": text}));
                self.send("response.reasoning_text.done", data);
                Some(json!({"type": "reasoning_text", "text": text}))
            }
            Kind::Message => {
                let data = json!({"content_index": 0, "text": text, "logprobs": logprobs});
                self.send("response.output_text.done", with(data));
                Some(json!({
                    "type": "output_text", "text": text, "annotations": [], "logprobs": logprobs,
                }))
            }
            Kind::Call => {
                let data = json!({"name": self.items[at]["name"], "arguments": text});
                self.send("response.function_call_arguments.done", with(data));
                None
            }
        };
        match part {
            Some(part) => {
                let data = with(json!({"content_index": 0, "part": part}));
                self.send("response.content_part.done", data);
                self.items[at]["content"] = json!([part]);
            }
            None => self.items[at]["arguments"] = json!(text),
        }
        self.items[at]["status"] = json!(status);
        let item = self.items[at].clone();
        self.send("response.output_item.done", json!({"output_index": at, "item": item}));
    }
}
