//! Answers of `/v1/responses` as they are written.

use std::sync::Arc;

use axum::response::Response;
use serde_json::json;

use super::output::{Events, Output};
use super::remember;
use super::request::Request;
use crate::api::app::App;
use crate::api::sse::{Sink, stream as respond};
use crate::api::turn::{Finish, Turns};

/// Sends an answer.
pub(super) fn stream(app: Arc<App>, request: Request, turns: Turns) -> Response {
    respond(move |sink| write(app, request, turns, sink))
}

async fn write(app: Arc<App>, request: Request, mut turns: Turns, sink: Sink) {
    let mut output = Output::new(Some(Events::new(sink.clone())));
    if !request.shows_reasoning {
        output = output.without_reasoning();
    }
    let begun = request.resource(&app, &output, None);
    output.send("response.created", json!({"response": begun}));
    output.send("response.in_progress", json!({"response": begun}));
    while let Some((_, step)) = sink.step(&mut turns, app.settings.keep_alive).await {
        output.take(&app, step);
    }
    let whole = request.resource(&app, &output, Some(turns.usage()));
    let kind = match output.finish() {
        Some(Finish::Length) if !app.compat() => "response.incomplete",
        Some(Finish::Failed(_)) => "response.failed",
        _ => "response.completed",
    };
    output.send(kind, json!({"response": whole}));
    remember(&app, request, &whole);
}
