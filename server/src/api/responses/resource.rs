//! The object that an answer is.

use serde_json::{Map, Value, json};

use super::output::Output;
use super::request::Request;
use crate::api::app::{App, now};
use crate::api::tools::echoed;
use crate::api::turn::{Finish, Usage};

impl Request {
    /// The object, as far as the answer has come; usage is known at the end.
    pub(super) fn resource(&self, app: &App, output: &Output, usage: Option<Usage>) -> Value {
        let (status, incomplete) = match output.finish() {
            None => ("in_progress", Value::Null),
            Some(Finish::Stop { .. }) => ("completed", Value::Null),
            Some(Finish::Length) => ("incomplete", json!({"reason": "max_output_tokens"})),
            Some(Finish::Failed(_)) => ("failed", Value::Null),
        };
        let error = output.failure().map(|why| json!({"code": "server_error", "message": why}));
        let given = |name: &str, or: Value| match self.given.get(name) {
            None | Some(Value::Null) => or,
            Some(value) => value.clone(),
        };
        let reasoning = given("reasoning", json!({}));
        let tools: Vec<Value> = self.tools.iter().map(echoed).collect();
        let sampling = &self.ask.draw.sampling;
        let mut whole = json!({
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "completed_at": (status == "completed").then(now),
            "status": status,
            "incomplete_details": incomplete,
            "model": self.model,
            "previous_response_id": given("previous_response_id", Value::Null),
            "instructions": given("instructions", Value::Null),
            "output": output.items(),
            "error": error,
            "tools": tools,
            "tool_choice": given("tool_choice", json!("auto")),
            "truncation": given("truncation", json!("disabled")),
            "parallel_tool_calls": self.ask.parallel,
            "text": text(given("text", json!({}))),
            "top_p": rounded(sampling.top_p),
            "presence_penalty": rounded(sampling.presence),
            "frequency_penalty": rounded(sampling.frequency),
            "top_logprobs": self.ask.draw.logprobs.unwrap_or(0),
            "temperature": rounded(sampling.temperature),
            "reasoning": {"effort": reasoning["effort"], "summary": reasoning["summary"]},
            "user": given("user", Value::Null),
            "usage": usage.map(usage_of),
            "max_output_tokens": given("max_output_tokens", Value::Null),
            "max_tool_calls": given("max_tool_calls", Value::Null),
            "store": self.store,
            "background": false,
            "service_tier": "default",
            "metadata": given("metadata", json!({})),
            "safety_identifier": given("safety_identifier", Value::Null),
            "prompt_cache_key": given("prompt_cache_key", Value::Null),
        });
        if app.compat() && error_is_absent(&whole) {
            whole.as_object_mut().map(|map| map.remove("error"));
        }
        whole
    }
}

fn error_is_absent(whole: &Value) -> bool {
    whole.get("error").is_some_and(Value::is_null)
}

/// A number as the client wrote it, and not as 32 bits hold it.
fn rounded(number: f32) -> f64 {
    (f64::from(number) * 1e6).round() / 1e6
}

/// The form of the answer: plain text unless told.
fn text(given: Value) -> Value {
    let mut map: Map<String, Value> = given.as_object().cloned().unwrap_or_default();
    let format = map.get("format").filter(|format| !format.is_null()).cloned();
    map.insert("format".into(), format.unwrap_or_else(|| json!({"type": "text"})));
    Value::Object(map)
}

/// What an answer cost.
pub(super) fn usage_of(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.remembered, "cache_write_tokens": 0},
        "output_tokens": usage.written,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.written,
    })
}
