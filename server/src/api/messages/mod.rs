//! `/v1/messages`: Anthropic's API.

mod request;
mod stream;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub(crate) use request::{COUNT, FIELDS};

use super::app::{App, ident};
use super::body::Object;
use super::error::ApiError;
use super::fold::Folded;
use super::turn::{Finish, Usage};
use request::Request;

/// Prefix of the names of calls.
const CALL: &str = "toolu_";
/// What stands for the signature of a thought; it is not looked at when it comes back.
const SIGNATURE: &str = "kiln";

/// Answers a conversation.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    body: Object,
) -> Result<Response, ApiError> {
    let request = Request::read(&app, &body, FIELDS).await?;
    let turns = app.begin(request.ask.clone()).await?;
    if request.stream {
        return Ok(stream::stream(app, request, turns));
    }
    let (mut folded, usage) = turns.fold(1, CALL).await;
    let of = folded.pop().unwrap_or_default();
    if let Some(Finish::Failed(_)) = of.finish {
        return Err(ApiError::internal());
    }
    let (reason, sequence) = stop(&of);
    let whole = json!({
        "id": ident("msg_"),
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content(&of, request.shows_reasoning)?,
        "stop_reason": reason,
        "stop_sequence": sequence,
        "usage": usage_of(usage),
    });
    Ok(Json(whole).into_response())
}

/// Counts the tokens of a conversation.
pub(crate) async fn count_tokens(
    State(app): State<Arc<App>>,
    body: Object,
) -> Result<Response, ApiError> {
    let request = Request::read(&app, &body, COUNT).await?;
    Ok(Json(json!({"input_tokens": request.ask.prompt.len()})).into_response())
}

fn content(of: &Folded, shows_reasoning: bool) -> Result<Vec<Value>, ApiError> {
    let mut blocks = Vec::new();
    if !of.reasoning.is_empty() && shows_reasoning {
        let thought = &of.reasoning;
        blocks.push(json!({"type": "thinking", "thinking": thought, "signature": SIGNATURE}));
    }
    if !of.text.is_empty() {
        blocks.push(json!({"type": "text", "text": of.text}));
    }
    for call in &of.calls {
        // The parser promises objects.
        let input: Value =
            serde_json::from_str(&call.arguments).map_err(|_| ApiError::internal())?;
        blocks.push(json!({
            "type": "tool_use", "id": call.id, "name": call.name, "input": input,
        }));
    }
    Ok(blocks)
}

/// Why an answer ended, and the text that ended it.
fn stop(of: &Folded) -> (&'static str, Option<&str>) {
    match &of.finish {
        Some(Finish::Length) => ("max_tokens", None),
        Some(Finish::Stop { text: Some(text), .. }) => ("stop_sequence", Some(text)),
        _ if of.calls.is_empty() => ("end_turn", None),
        _ => ("tool_use", None),
    }
}

/// What an answer cost. `input_tokens` are those that had to be read, as Anthropic counts them: with
/// those that were remembered they are the prompt.
fn usage_of(usage: Usage) -> Value {
    json!({
        "input_tokens": (usage.prompt as u64).saturating_sub(usage.remembered),
        "output_tokens": usage.written,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.remembered,
    })
}
