//! What every request passes: keys, origins, names, the log.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use crate::api::app::{App, ident};
use crate::api::error::ApiError;
use crate::api::routes;
use crate::output::note;
use crate::web;

/// Longest name of a request that a client may choose.
const LONGEST: usize = 128;
/// Paths that need no key: they tell nothing about anybody.
const OPEN: &[&str] = &["/", "/docs", "/health", "/ping", "/ready"];
/// Headers that pages may read.
const EXPOSED: &str = "x-request-id, retry-after";

#[derive(Clone)]
struct Guard {
    app: Arc<App>,
    quiet: bool,
}

/// All routes behind the guard.
pub(super) fn router(app: Arc<App>, quiet: bool) -> Router {
    let guard = Guard { app: Arc::clone(&app), quiet };
    routes().merge(web::routes()).with_state(app).layer(from_fn_with_state(guard, pass))
}

async fn pass(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = name(request.headers());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let origin = allowed(&guard.app, request.headers());
    let preflight = method == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight && origin.is_some() {
        self::preflight(request.headers())
    } else if is_open(&path) || has_key(&guard.app.settings.keys, request.headers()) {
        Caught(Box::pin(next.run(request))).await
    } else {
        let why = "send a key, as Authorization: Bearer KEY or as x-api-key: KEY";
        ApiError::new(StatusCode::UNAUTHORIZED, why).coded("invalid_api_key").into_response()
    };
    speak(&path, &id, &mut response);
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    let status = response.status().as_u16();
    guard.app.metrics.responded(status);
    if !guard.quiet {
        let took = started.elapsed().as_secs_f64() * 1e3;
        let path: String = path.chars().take(200).collect();
        note(&format!("{method} {path} {status} {took:.1} ms {id}"));
    }
    response
}

/// The client's name for the request where it is a plain one, else a new one.
fn name(headers: &HeaderMap) -> String {
    let given = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    let plain = |id: &&str| {
        let fine = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        !id.is_empty() && id.len() <= LONGEST && id.chars().all(fine)
    };
    given.filter(plain).map_or_else(|| ident("req_"), str::to_owned)
}

fn is_open(path: &str) -> bool {
    OPEN.contains(&path) || path.starts_with("/web/")
}

/// Whether a request brings one of the keys. Every key is compared, in a time that does not
/// depend on where it differs.
fn has_key(keys: &[String], headers: &HeaderMap) -> bool {
    if keys.is_empty() {
        return true;
    }
    let bearer = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let bearer = bearer.and_then(|value| {
        let (scheme, key) = value.split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then_some(key)
    });
    let given = bearer.or_else(|| headers.get("x-api-key").map(HeaderValue::as_bytes));
    let given = given.unwrap_or_default();
    let same = |key: &String| key.as_bytes().ct_eq(given);
    keys.iter().map(same).fold(subtle::Choice::from(0), |any, one| any | one).into()
}

/// The origin of a page that may call.
fn allowed(app: &App, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let fits = |known: &String| known == "*" || known.as_bytes() == origin.as_bytes();
    app.settings.origins.iter().any(fits).then(|| origin.clone())
}

fn preflight(asked: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    let methods = HeaderValue::from_static("GET, POST, DELETE, OPTIONS");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let wanted = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let all = || HeaderValue::from_static("authorization, content-type, x-api-key");
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.unwrap_or_else(all));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// Says an error in the words of the API that was asked.
fn speak(path: &str, id: &str, response: &mut Response) {
    if !path.starts_with("/v1/messages") {
        return;
    }
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        *response.body_mut() = Body::from(error.anthropic(id).to_string());
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
}

/// A response whose making may panic: the client is told, and the others go on.
struct Caught<F>(Pin<Box<F>>);

impl<F: Future<Output = Response>> Future for Caught<F> {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context)))
            .unwrap_or_else(|_| Poll::Ready(ApiError::internal().into_response()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_panics_is_an_error_and_the_next_one_is_made() {
        async fn answer(panics: bool) -> Response {
            tokio::task::yield_now().await;
            assert!(!panics, "it was told to panic");
            StatusCode::OK.into_response()
        }
        let caught = Caught(Box::pin(answer(true))).await;
        assert_eq!(caught.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(caught.extensions().get::<ApiError>().is_some());
        assert_eq!(Caught(Box::pin(answer(false))).await.status(), StatusCode::OK);
    }
}
