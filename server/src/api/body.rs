//! Bodies of requests: JSON objects of bounded size that arrive in bounded time.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::app::App;
use super::error::ApiError;

/// The object in a body.
pub(crate) struct Object {
    pub(crate) map: Map<String, Value>,
    /// Bytes of its text.
    pub(crate) bytes: usize,
}

impl FromRequest<Arc<App>> for Object {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        if app.is_draining() {
            return Err(ApiError::unavailable("the server is shutting down"));
        }
        if !is_json(request.headers()) {
            let why = "send JSON, with the header Content-Type: application/json";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
        }
        let most = app.settings.body;
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > most as u64) {
            return Err(too_large(most));
        }
        let reading = read(request.into_body(), most);
        let bytes =
            tokio::time::timeout(app.settings.body_time, reading).await.map_err(|_| {
                let why = "the body took too long to arrive";
                ApiError::new(StatusCode::REQUEST_TIMEOUT, why)
            })??;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(map)) => Ok(Self { map, bytes: bytes.len() }),
            Ok(_) => Err(ApiError::bad("the body is not a JSON object")),
            Err(error) => Err(ApiError::bad(format!("the body is not valid JSON: {error}"))),
        }
    }
}

async fn read(body: Body, most: usize) -> Result<bytes::Bytes, ApiError> {
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(most)),
        Err(_) => Err(ApiError::bad("the body ended too early")),
    }
}

fn too_large(most: usize) -> ApiError {
    let why = format!("the body is larger than {most} bytes");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, why)
}

/// A browser sends anything else to strangers' servers without asking them first.
fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let media = media.to_ascii_lowercase();
    media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
}
