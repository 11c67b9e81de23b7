//! Questions and answers as each API writes them.

#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

use serde_json::{Map, Value, json};

use super::{Event, Served};

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// `/v1/chat/completions`.
    Chat,
    /// `/v1/responses`.
    Responses,
    /// `/v1/messages`.
    Messages,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What the user says.
    pub question: String,
    /// Functions that may be called: name, description, parameters.
    pub tools: Vec<Value>,
    /// Whether to reason first.
    pub thinking: bool,
    /// Further fields of the body, as the API has them.
    pub more: Value,
}

/// What an answer says, whatever API wrote it down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// Before the answer.
    pub reasoning: String,
    /// The answer itself.
    pub text: String,
    /// Calls: names, and arguments as JSON text.
    pub calls: Vec<(String, String)>,
}

impl Ask {
    /// A question that is answered greedily.
    pub fn new(question: &str, tools: &[Value], thinking: bool) -> Self {
        Self { question: question.to_owned(), tools: tools.to_vec(), thinking, more: json!({}) }
    }

    /// With further fields.
    #[must_use]
    pub fn with(self, more: Value) -> Self {
        Self { more, ..self }
    }
}

impl Said {
    /// Arguments of the calls, read.
    ///
    /// # Panics
    /// If they are no JSON.
    pub fn called(&self) -> Vec<(&str, Value)> {
        let read = |text: &str| serde_json::from_str(text).unwrap();
        self.calls.iter().map(|(name, text)| (name.as_str(), read(text))).collect()
    }

    fn call(&mut self, name: &Value) {
        self.calls.push((name.as_str().unwrap().to_owned(), String::new()));
    }

    fn argument(&mut self, at: usize, piece: &Value) {
        self.calls[at].1 += piece.as_str().unwrap();
    }
}

/// The text of a value, none where there is none.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Api {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chat, Self::Responses, Self::Messages];

    /// Where it is.
    pub fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Messages => "/v1/messages",
        }
    }

    /// The body that asks.
    pub fn body(self, ask: &Ask) -> Value {
        let mut body = json!({"model": "model", "temperature": 0});
        let messages = json!([{"role": "user", "content": ask.question}]);
        let tools: Vec<Value> = ask.tools.iter().map(|tool| self.tool(tool)).collect();
        if !tools.is_empty() {
            body["tools"] = json!(tools);
        }
        match self {
            Self::Chat => {
                body["messages"] = messages;
                body["max_tokens"] = json!(400);
            }
            Self::Responses => {
                body["input"] = json!(ask.question);
                body["max_output_tokens"] = json!(400);
            }
            Self::Messages => {
                body["messages"] = messages;
                body["max_tokens"] = json!(400);
            }
        }
        if !ask.thinking {
            match self {
                Self::Messages => body["thinking"] = json!({"type": "disabled"}),
                _ => body["chat_template_kwargs"] = json!({"enable_thinking": false}),
            }
        }
        for (name, value) in ask.more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    }

    fn tool(self, tool: &Value) -> Value {
        let mut map: Map<String, Value> = tool.as_object().unwrap().clone();
        match self {
            Self::Chat => return json!({"type": "function", "function": tool}),
            Self::Responses => _ = map.insert("type".into(), json!("function")),
            Self::Messages => {
                let parameters = map.remove("parameters").unwrap();
                map.insert("input_schema".into(), parameters);
            }
        }
        Value::Object(map)
    }

    /// The answer as a whole.
    pub fn whole(self, server: &Served, ask: &Ask) -> Said {
        self.read(&server.post(self.path(), &self.body(ask)))
    }

    /// The answer as it was streamed.
    pub fn streamed(self, server: &Served, ask: &Ask) -> Said {
        self.fold(&server.stream(self.path(), &self.body(ask)))
    }

    /// What a whole answer says.
    pub fn read(self, body: &Value) -> Said {
        let mut said = Said::default();
        match self {
            Self::Chat => {
                let message = &body["choices"][0]["message"];
                said.reasoning += text(&message["reasoning_content"]);
                said.text += text(&message["content"]);
                for call in message["tool_calls"].as_array().into_iter().flatten() {
                    said.call(&call["function"]["name"]);
                    said.argument(said.calls.len() - 1, &call["function"]["arguments"]);
                }
            }
            Self::Responses => {
                body["output"].as_array().unwrap().iter().for_each(|item| said.item(item));
            }
            Self::Messages => {
                for block in body["content"].as_array().unwrap() {
                    match text(&block["type"]) {
                        "thinking" => said.reasoning += text(&block["thinking"]),
                        "text" => said.text += text(&block["text"]),
                        _ => {
                            said.call(&block["name"]);
                            said.calls.last_mut().unwrap().1 += &block["input"].to_string();
                        }
                    }
                }
            }
        }
        said
    }

    /// What a streamed answer says.
    pub fn fold(self, events: &[Event]) -> Said {
        let mut said = Said::default();
        match self {
            Self::Chat => events.iter().for_each(|(_, event)| said.chunk(event)),
            Self::Responses => {
                let last = &events.iter().rfind(|(_, data)| data.is_object()).unwrap().1;
                assert_eq!(last["type"], "response.completed", "{last}");
                events.iter().for_each(|(_, event)| said.response(event));
                assert_eq!(said, self.read(&last["response"]), "the events add up to the answer");
            }
            Self::Messages => {
                assert_eq!(events.last().unwrap().1["type"], "message_stop");
                events.iter().for_each(|(_, event)| said.block(event));
            }
        }
        said
    }
}

impl Said {
    /// An item of a response.
    fn item(&mut self, item: &Value) {
        let part = text(&item["content"][0]["text"]);
        match text(&item["type"]) {
            "reasoning" => self.reasoning += part,
            "message" => self.text += part,
            _ => {
                self.call(&item["name"]);
                self.argument(self.calls.len() - 1, &item["arguments"]);
            }
        }
    }

    fn chunk(&mut self, event: &Value) {
        assert!(event["error"].is_null(), "{event}");
        let delta = &event["choices"][0]["delta"];
        self.reasoning += text(&delta["reasoning_content"]);
        self.text += text(&delta["content"]);
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            if function["name"].is_string() {
                self.call(&function["name"]);
            }
            self.argument(call["index"].as_u64().unwrap() as usize, &function["arguments"]);
        }
    }

    fn response(&mut self, event: &Value) {
        match text(&event["type"]) {
            "response.reasoning_text.delta" => self.reasoning += text(&event["delta"]),
            "response.output_text.delta" => self.text += text(&event["delta"]),
            "response.output_item.added" if event["item"]["type"] == "function_call" => {
                self.call(&event["item"]["name"]);
            }
            "response.function_call_arguments.delta" => {
                self.argument(self.calls.len() - 1, &event["delta"]);
            }
            _ => {}
        }
    }

    fn block(&mut self, event: &Value) {
        let block = &event["content_block"];
        if block["type"] == "tool_use" {
            self.call(&block["name"]);
        }
        let delta = &event["delta"];
        self.reasoning += text(&delta["thinking"]);
        self.text += text(&delta["text"]);
        if delta["partial_json"].is_string() {
            self.argument(self.calls.len() - 1, &delta["partial_json"]);
        }
    }
}
