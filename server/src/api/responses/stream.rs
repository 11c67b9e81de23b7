//! Answers of `/v1/responses` as they are written.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value, json};

use super::output::{Events, Output};
use super::remember;
use super::request::Request;
use super::store::Stored;
use crate::api::app::App;
use crate::api::sse::{Sink, stream as respond};
use crate::api::turn::{Finish, Step, Turns, Usage};

/// Sends an answer.
pub(super) fn stream(app: Arc<App>, request: Request, turns: Turns) -> Response {
    respond(move |sink| write(app, request, turns, sink))
}

async fn write(app: Arc<App>, request: Request, mut turns: Turns, sink: Sink) {
    let to = sink.clone();
    let events = Events::new(move |kind, data| to.named(kind, data));
    let mut writer = Writer::begin(Arc::clone(&app), request, events);
    while let Some((_, step)) = sink.step(&mut turns, app.settings.keep_alive).await {
        writer.take(step);
    }
    writer.end(turns.usage());
}

/// Tells of an answer by events, whatever they go through.
pub(super) struct Writer {
    app: Arc<App>,
    request: Request,
    output: Output,
}

impl Writer {
    /// An answer begins.
    pub(super) fn begin(app: Arc<App>, request: Request, events: Events) -> Self {
        let mut output = Output::new(Some(events));
        if !request.shows_reasoning {
            output = output.without_reasoning();
        }
        let begun = request.resource(&app, &output, None);
        output.send("response.created", json!({"response": begun}));
        output.send("response.in_progress", json!({"response": begun}));
        Self { app, request, output }
    }

    pub(super) fn take(&mut self, step: Step) {
        self.output.take(&self.app, step);
    }

    /// The answer is over. What there is to remember of it, unless it failed.
    pub(super) fn end(mut self, usage: Usage) -> Option<Stored> {
        let whole: Value = self.request.resource(&self.app, &self.output, Some(usage));
        let failed = self.output.failure().is_some();
        let kind = match self.output.finish() {
            Some(Finish::Length) if !self.app.compat() => "response.incomplete",
            Some(Finish::Failed(_)) => "response.failed",
            _ => "response.completed",
        };
        self.output.send(kind, json!({"response": whole}));
        remember(&self.app, self.request, whole).filter(|_| !failed)
    }
}
