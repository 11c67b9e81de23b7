//! The pages: a chat, and the document of the APIs. Everything is in this program.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::api::app::App;

/// Nothing but what this server itself sends is loaded by a page.
const POLICY: &str = "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Routes of the pages.
pub(crate) fn routes() -> Router<Arc<App>> {
    let page =
        |kind: &'static str, text: &'static str| get(move || async move { file(kind, text) });
    let (html, css, js) = ("text/html", "text/css", "text/javascript");
    Router::new()
        .route("/", page(html, include_str!("chat.html")))
        .route("/docs", page(html, include_str!("docs.html")))
        .route("/web/style.css", page(css, include_str!("style.css")))
        .route("/web/chat.js", page(js, include_str!("chat.js")))
        .route("/web/markup.js", page(js, include_str!("markup.js")))
        .route("/web/docs.js", page(js, include_str!("docs.js")))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    let kind = format!("{kind}; charset=utf-8");
    if let Ok(kind) = HeaderValue::from_str(&kind) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
