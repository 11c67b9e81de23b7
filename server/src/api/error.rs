//! What clients are told when something is wrong.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::engine::Refusal;
use crate::text::TextError;

/// No message is longer, in characters: a request cannot make an answer of any size.
const LONGEST: usize = 600;

/// An error as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    message: String,
    param: Option<String>,
    code: Option<&'static str>,
    /// Seconds after which it is worth another try.
    after: Option<u64>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let mut message: String = message.into();
        if let Some((at, _)) = message.char_indices().nth(LONGEST) {
            message.truncate(at);
            message.push('…');
        }
        Self { status, message, param: None, code: None, after: None }
    }

    /// A request that makes no sense.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// A field of a request that makes no sense.
    pub(crate) fn field(param: &str, message: impl std::fmt::Display) -> Self {
        Self::bad(format!("{param}: {message}")).at(param)
    }

    /// Something that does not exist.
    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self { code: Some("not_found"), ..Self::new(StatusCode::NOT_FOUND, message) }
    }

    /// A mistake of the server.
    pub(crate) fn internal() -> Self {
        let why = "the server made a mistake; its log says more";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, why)
    }

    /// Nothing can be done at the moment.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, message);
        Self { after: Some(5), code: Some("unavailable"), ..error }
    }

    /// Names the field.
    pub(crate) fn at(self, param: &str) -> Self {
        let param: String = param.chars().take(100).collect();
        Self { param: Some(param), ..self }
    }

    /// Names the kind of mistake for programs.
    pub(crate) fn coded(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    /// In words.
    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The body, as OpenAI's clients read it.
    pub(crate) fn body(&self) -> Value {
        let Self { message, param, code, .. } = self;
        let kind = match self.status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
    }

    /// The body, as Anthropic's clients read it.
    pub(crate) fn anthropic(&self, request: &str) -> Value {
        let kind = match self.status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            503 => "overloaded_error",
            500.. => "api_error",
            _ => "invalid_request_error",
        };
        let error = json!({"type": kind, "message": self.message});
        json!({"type": "error", "error": error, "request_id": request})
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooLong(why) => Self::bad(why).coded("context_length_exceeded"),
            Refusal::Busy { why, after } => {
                let error = Self::new(StatusCode::TOO_MANY_REQUESTS, why);
                Self { after: Some(after), code: Some("engine_busy"), ..error }
            }
            Refusal::Closed(why) => Self::unavailable(why),
        }
    }
}

impl From<TextError> for ApiError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Checkpoint { .. } => Self::internal(),
            _ => Self::bad(error.to_string()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        if let Some(after) = self.after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after));
        }
        // Whoever knows the client's dialect may say it again.
        response.extensions_mut().insert(self);
        response
    }
}
