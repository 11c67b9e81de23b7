//! `/v1/responses`: answers as items, remembered for a while.

mod compact;
mod items;
mod output;
mod request;
mod resource;
mod socket;
pub(crate) mod store;
mod stream;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub(crate) use compact::{FIELDS as COMPACT, compact};
pub(crate) use request::FIELDS;
pub(crate) use socket::connect;

use super::app::App;
use super::body::Object;
use super::error::ApiError;
use output::Output;
use request::Request;
use store::Stored;

/// Answers.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    body: Object,
) -> Result<Response, ApiError> {
    let request = Request::read(&app, &body).await?;
    let mut turns = app.begin(request.ask.clone()).await?;
    if request.stream {
        return Ok(stream::stream(app, request, turns));
    }
    let mut output = Output::new(None);
    if !request.shows_reasoning {
        output = output.without_reasoning();
    }
    while let Some((_, step)) = turns.next().await {
        output.take(&app, step);
    }
    if output.failure().is_some() {
        return Err(ApiError::internal());
    }
    let whole = request.resource(&app, &output, Some(turns.usage()));
    remember(&app, request, whole.clone());
    Ok(Json(whole).into_response())
}

/// Keeps an answer for those that follow it, where it is wanted; gives back what there is to keep.
fn remember(app: &App, request: Request, whole: Value) -> Option<Stored> {
    let Request { mut messages, input, store, id, .. } = request;
    let said = whole["output"].as_array().map(Vec::as_slice).unwrap_or_default();
    // What was written here can be read here.
    items::read(said, &mut messages).ok()?;
    let stored = Stored { response: whole, messages, input };
    if store {
        app.store.insert(&id, stored.clone());
    }
    Some(stored)
}

/// Counts the tokens of a request.
pub(crate) async fn input_tokens(
    State(app): State<Arc<App>>,
    body: Object,
) -> Result<Response, ApiError> {
    let request = Request::read(&app, &body).await?;
    let count = request.ask.prompt.len();
    Ok(Json(json!({"object": "response.input_tokens", "input_tokens": count})).into_response())
}

/// An answer that was given.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let stored = app.store.get(&id).ok_or_else(|| unknown(&id))?;
    Ok(Json(&stored.response).into_response())
}

/// Forgets an answer.
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    match app.store.remove(&id) {
        true => Ok(Json(json!({"id": id, "object": "response", "deleted": true})).into_response()),
        false => Err(unknown(&id)),
    }
}

/// Answers are not written behind a client's back, so there is nothing to cancel.
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    match app.store.get(&id) {
        Some(_) => Err(ApiError::bad("only answers in the background can be cancelled")),
        None => Err(unknown(&id)),
    }
}

/// What an answer was given to.
pub(crate) async fn input_items(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let stored = app.store.get(&id).ok_or_else(|| unknown(&id))?;
    let id_of = |item: Option<&Value>| item.map_or(Value::Null, |item| item["id"].clone());
    let list = json!({
        "object": "list",
        "data": stored.input,
        "has_more": false,
        "first_id": id_of(stored.input.first()),
        "last_id": id_of(stored.input.last()),
    });
    Ok(Json(list).into_response())
}

fn unknown(id: &str) -> ApiError {
    let id: String = id.chars().take(80).collect();
    ApiError::missing(format!(
        "Response with id {id:?} not found; answers are kept for a while only"
    ))
}
