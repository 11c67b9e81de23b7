//! `/v1/responses` over a web socket: one answer after the other, on a connection that remembers
//! the last of them also where nobody else is to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::output::Events;
use super::request::Request;
use super::store::Stored;
use super::stream::Writer;
use crate::api::app::App;
use crate::api::body::Object;
use crate::api::error::ApiError;
use crate::api::turn::Turns;

/// Requests that may wait on one connection while an answer is written.
const WAITING: usize = 8;
/// A client that takes nothing for longer is gone.
const STALL: Duration = Duration::from_secs(60);
/// A connection on which nothing is asked for longer is closed.
const IDLE: Duration = Duration::from_secs(600);
/// How often a connection looks whether the server is shutting down.
const LOOK: Duration = Duration::from_millis(500);

/// The connection is over.
struct Gone;

/// Takes a connection.
pub(crate) async fn connect(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let Ok(upgrade) = upgrade else {
        let why = "/v1/responses takes POST, and GET for web sockets only";
        return Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, why).coded("method_not_allowed"));
    };
    if !is_welcome(&app, &headers) {
        let why = "pages of this origin may not call; --cors-origin names those that may";
        return Err(ApiError::new(StatusCode::FORBIDDEN, why));
    }
    if app.is_draining() {
        return Err(ApiError::unavailable("the server is shutting down"));
    }
    let Ok(place) = Arc::clone(&app.sockets).try_acquire_owned() else {
        return Err(ApiError::unavailable("too many web sockets are open"));
    };
    let most = app.settings.body;
    let upgrade = upgrade.max_message_size(most).max_frame_size(most);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let asked = VecDeque::new();
        // Whether the client or the server ended it, there is nothing left to say.
        let _ = Session { app, socket, asked, last: None }.run().await;
        drop(place);
    }))
}

/// Browsers let pages of any origin open web sockets, and say which it was.
fn is_welcome(app: &App, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).map(|host| host.as_bytes());
    let bare = [&b"http://"[..], b"https://"].map(|of| origin.as_bytes().strip_prefix(of));
    let own = host.is_some() && bare.contains(&host);
    let known = |known: &String| known == "*" || known.as_bytes() == origin.as_bytes();
    own || app.settings.origins.iter().any(known)
}

struct Session {
    app: Arc<App>,
    socket: WebSocket,
    /// Requests that came while an answer was written.
    asked: VecDeque<Utf8Bytes>,
    /// The last answer, unless what followed it failed.
    last: Option<Stored>,
}

impl Session {
    async fn run(mut self) -> Result<(), Gone> {
        loop {
            let text = match self.asked.pop_front() {
                Some(text) => text,
                None => self.next().await?,
            };
            if let Err(error) = self.answer(&text).await? {
                self.last = None;
                self.refuse(&error).await?;
            }
        }
    }

    /// The next request.
    async fn next(&mut self) -> Result<Utf8Bytes, Gone> {
        let since = Instant::now();
        while since.elapsed() < IDLE && !self.app.is_draining() {
            if let Ok(heard) = tokio::time::timeout(LOOK, self.socket.recv()).await {
                self.hear(heard).await?;
            }
            if let Some(text) = self.asked.pop_front() {
                return Ok(text);
            }
        }
        Err(Gone)
    }

    /// Takes what a client says.
    async fn hear(&mut self, heard: Option<Result<Message, axum::Error>>) -> Result<(), Gone> {
        match heard {
            Some(Ok(Message::Text(text))) if self.asked.len() < WAITING => {
                self.asked.push_back(text);
                Ok(())
            }
            Some(Ok(Message::Text(_))) => {
                let why = format!("{WAITING} requests wait on this connection already");
                let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, why);
                self.refuse(&error.coded("engine_busy")).await
            }
            Some(Ok(Message::Binary(_))) => {
                self.refuse(&ApiError::bad("requests are texts, not bytes")).await
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gone),
        }
    }

    /// Writes an answer. The inner error is the client's to know.
    async fn answer(&mut self, text: &str) -> Result<Result<(), ApiError>, Gone> {
        let (request, mut turns) = match begin(&self.app, self.last.as_ref(), text).await {
            Ok(begun) => begun,
            Err(error) => return Ok(Err(error)),
        };
        let written = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&written);
        let events = Events::new(move |_, data| {
            to.lock().unwrap_or_else(PoisonError::into_inner).push(data.to_string());
        });
        let mut writer = Writer::begin(Arc::clone(&self.app), request, events);
        loop {
            self.send_all(&written).await?;
            tokio::select! {
                step = turns.next() => match step {
                    Some((_, step)) => writer.take(step),
                    None => break,
                },
                heard = self.socket.recv() => self.hear(heard).await?,
            }
        }
        self.last = writer.end(turns.usage());
        self.send_all(&written).await?;
        Ok(Ok(()))
    }

    async fn send_all(&mut self, written: &Mutex<Vec<String>>) -> Result<(), Gone> {
        let texts = std::mem::take(&mut *written.lock().unwrap_or_else(PoisonError::into_inner));
        for text in texts {
            self.send(text).await?;
        }
        Ok(())
    }

    async fn refuse(&mut self, error: &ApiError) -> Result<(), Gone> {
        let mut told = error.body()["error"].take();
        if told["code"].is_null() {
            told["code"] = told["type"].clone();
        }
        let status = error.status.as_u16();
        self.send(json!({"type": "error", "status": status, "error": told}).to_string()).await
    }

    async fn send(&mut self, text: String) -> Result<(), Gone> {
        let sending = self.socket.send(Message::Text(text.into()));
        match tokio::time::timeout(STALL, sending).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }
}

/// Reads a request, and begins to write its answer.
async fn begin(
    app: &Arc<App>,
    last: Option<&Stored>,
    text: &str,
) -> Result<(Request, Turns), ApiError> {
    if app.is_draining() {
        return Err(ApiError::unavailable("the server is shutting down"));
    }
    let value: Value = serde_json::from_str(text)
        .map_err(|error| ApiError::bad(format!("the message is not valid JSON: {error}")))?;
    let Value::Object(mut map) = value else {
        return Err(ApiError::bad("the message is not a JSON object"));
    };
    if map.remove("type").is_none_or(|kind| kind != "response.create") {
        return Err(ApiError::field("type", "expected response.create"));
    }
    let body = Object { map, bytes: text.len() };
    let request = Request::read_after(app, &body, last).await?;
    let turns = app.begin(request.ask.clone()).await?;
    Ok((request, turns))
}
