//! Whether the server is well, and its numbers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::app::App;
use super::error::ApiError;
use crate::engine::Health;
use crate::metrics::{Now, resident};

/// Whether the process is worth keeping: 503 once its engine does not answer.
pub(crate) async fn health(State(app): State<Arc<App>>) -> Result<(), ApiError> {
    match app.engine.health() {
        Health::Well | Health::Loading => Ok(()),
        Health::Stuck(busy) => {
            let seconds = busy.as_secs();
            let why = format!("a step of the engine has been going on for {seconds} s");
            Err(ApiError::unavailable(why))
        }
        Health::Rebuilding => {
            Err(ApiError::unavailable("the engine has failed and is being made anew"))
        }
        Health::Dead => Err(ApiError::unavailable("the engine has failed")),
    }
}

/// Whether requests are taken.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<(), ApiError> {
    if app.is_draining() {
        return Err(ApiError::unavailable("the server is shutting down"));
    }
    if app.engine.health() == Health::Loading {
        return Err(ApiError::unavailable("the model is still being loaded"));
    }
    health(State(app)).await
}

/// The page for Prometheus.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.page(&now(&app))).into_response()
}

/// What runs, in few numbers, for the page.
pub(crate) async fn load(State(app): State<Arc<App>>) -> Response {
    let now = now(&app);
    let capacity = app.engine.capacity();
    Json(json!({
        "running": now.running,
        "waiting": now.waiting,
        "slots": capacity.slots,
        "context": capacity.context,
        "cache": app.metrics.cache_usage.get(),
        "generation_tokens": app.metrics.generation_tokens.get(),
        "prompt_tokens": app.metrics.prompt_tokens.get(),
        "drafted": app.metrics.draft_tokens.get(),
        "accepted": app.metrics.accepted_tokens.get(),
        "memory": resident(),
        "model": app.settings.names.first(),
    }))
    .into_response()
}

/// The version of the server.
pub(crate) async fn version() -> Response {
    Json(json!({"version": env!("CARGO_PKG_VERSION")})).into_response()
}

fn now(app: &App) -> Now {
    let (running, waiting) = app.engine.load();
    let stuck = matches!(app.engine.health(), Health::Stuck(_) | Health::Rebuilding | Health::Dead);
    Now { running, waiting, steps: app.engine.steps(), stuck }
}
