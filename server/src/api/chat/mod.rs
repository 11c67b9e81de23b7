//! `/v1/chat/completions`.

mod request;
mod stream;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub(crate) use request::{EFFORTS, FIELDS, FORMAT, MESSAGES, assemble, conversation, options};

use super::app::{App, ident, now};
use super::body::Object;
use super::error::ApiError;
use super::fold::{Call, Folded, logprobs};
use super::turn::{Finish, Usage};
use request::Request;

/// Prefix of the names of calls.
const CALL: &str = "call_";
/// Prefix of the names of answers.
const PREFIX: &str = "chatcmpl-";
/// Clients compare it to see whether the server has changed.
pub(crate) const FINGERPRINT: &str = concat!("kiln-", env!("CARGO_PKG_VERSION"));

/// Answers a conversation.
pub(crate) async fn complete(
    State(app): State<Arc<App>>,
    body: Object,
) -> Result<Response, ApiError> {
    let request = Request::read(&app, &body).await?;
    let turns = app.begin(request.ask.clone()).await?;
    if request.stream {
        return Ok(stream::stream(app, request, turns));
    }
    let choices = request.ask.draw.choices;
    let (folded, usage) = turns.fold(choices, CALL).await;
    let mut listed = Vec::with_capacity(choices);
    for (index, of) in folded.iter().enumerate() {
        if let Some(Finish::Failed(_)) = of.finish {
            return Err(ApiError::internal());
        }
        listed.push(request.choice(&app, index, of));
    }
    let whole = json!({
        "id": ident(PREFIX),
        "object": "chat.completion",
        "created": now(),
        "model": request.model,
        "system_fingerprint": FINGERPRINT,
        "choices": listed,
        "usage": usage_of(usage),
    });
    Ok(Json(whole).into_response())
}

impl Request {
    fn choice(&self, app: &App, index: usize, of: &Folded) -> Value {
        let probable = self.ask.draw.logprobs.map(
            |_| json!({"content": logprobs(&app.texts.tokenizer, &of.tokens), "refusal": null}),
        );
        let mut message = json!({
            "role": "assistant",
            "content": if of.text.is_empty() && !of.calls.is_empty() { None } else { Some(&of.text) },
            "refusal": null,
        });
        if !of.reasoning.is_empty() && self.shows_reasoning {
            message["reasoning"] = json!(of.reasoning);
            message["reasoning_content"] = json!(of.reasoning);
        }
        if !of.calls.is_empty() {
            message["tool_calls"] = of.calls.iter().map(call_of).collect();
        }
        json!({
            "index": index,
            "message": message,
            "logprobs": probable,
            "finish_reason": self.reason(of),
            "stop_reason": stop_reason(of.finish.as_ref()),
        })
    }

    /// Why an answer ended, in one of OpenAI's words.
    fn reason(&self, of: &Folded) -> &'static str {
        match &of.finish {
            Some(Finish::Length) => "length",
            _ if of.calls.is_empty() || self.forced => "stop",
            _ => "tool_calls",
        }
    }
}

/// The text or the token of the request that ended an answer.
fn stop_reason(finish: Option<&Finish>) -> Value {
    match finish {
        Some(Finish::Stop { text: Some(text), .. }) => json!(text),
        _ => Value::Null,
    }
}

fn call_of(call: &Call) -> Value {
    let function = json!({"name": call.name, "arguments": call.arguments});
    json!({"id": call.id, "type": "function", "function": function})
}

/// What answers cost, as OpenAI's older APIs write it.
pub(crate) fn usage_of(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.written,
        "total_tokens": usage.prompt + usage.written,
        "prompt_tokens_details": {"cached_tokens": usage.remembered},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "accepted_prediction_tokens": usage.drafts.accepted,
            "rejected_prediction_tokens": usage.drafts.rejected,
        },
    })
}
