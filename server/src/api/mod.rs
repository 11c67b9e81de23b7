//! The APIs: requests that are understood, and answers in the words of each API.
//!
//! Laws:
//! - an answer as it is written and the same answer as a whole are one fold of the same events;
//! - what a client gets wrong is status 400 with the field's name, and nothing that a client sends
//!   is status 500;
//! - an answer that nobody reads is not written: dropping a response cancels its jobs.

pub(crate) mod app;
mod ask;
mod body;
mod chat;
mod completions;
mod content;
mod document;
pub(crate) mod error;
mod fields;
mod fold;
mod messages;
mod models;
pub(crate) mod picture;
mod responses;
mod sampling;
mod sse;
mod state;
mod tokens;
mod tools;
mod turn;

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::routing::{delete, get, post};

use app::App;
use error::ApiError;

/// All routes of the APIs.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/responses", post(responses::create).get(responses::connect))
        .route("/v1/responses/compact", post(responses::compact))
        .route("/v1/responses/input_tokens", post(responses::input_tokens))
        .route("/v1/responses/{id}", get(responses::get).merge(delete(responses::delete)))
        .route("/v1/responses/{id}/cancel", post(responses::cancel))
        .route("/v1/responses/{id}/input_items", get(responses::input_items))
        .route("/v1/completions", post(completions::complete))
        .route("/v1/messages", post(messages::create))
        .route("/v1/messages/count_tokens", post(messages::count_tokens))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*id}", get(models::get))
        .route("/tokenize", post(tokens::tokenize))
        .route("/detokenize", post(tokens::detokenize))
        .route("/health", get(state::health))
        .route("/ping", get(state::health))
        .route("/ready", get(state::ready))
        .route("/metrics", get(state::metrics))
        .route("/load", get(state::load))
        .route("/version", get(state::version))
        .route("/openapi.json", get(document::openapi))
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
}

async fn nowhere(uri: Uri) -> ApiError {
    let path: String = uri.path().chars().take(100).collect();
    ApiError::missing(format!("there is nothing at {path}; /openapi.json says what there is"))
}

async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    let path: String = uri.path().chars().take(100).collect();
    let method: String = method.as_str().chars().take(20).collect();
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, format!("{path} does not take {method}"))
        .coded("method_not_allowed")
}
