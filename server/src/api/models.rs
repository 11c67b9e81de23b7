//! `/v1/models`: the names under which the model is served.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::app::App;
use super::error::ApiError;

/// All names.
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let names = &app.settings.names;
    let anthropic = is_anthropic(&headers);
    let data: Vec<Value> = names.iter().map(|name| model(&app, name, anthropic)).collect();
    let list = match anthropic {
        true => json!({
            "data": data, "has_more": false, "first_id": names.first(), "last_id": names.last(),
        }),
        false => json!({"object": "list", "data": data}),
    };
    Json(list).into_response()
}

/// One of them.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let name = app.name(Some(&name))?;
    Ok(Json(model(&app, &name, is_anthropic(&headers))).into_response())
}

fn is_anthropic(headers: &HeaderMap) -> bool {
    headers.contains_key("anthropic-version")
}

fn model(app: &App, name: &str, anthropic: bool) -> Value {
    if anthropic {
        let created_at = timestamp(app.created);
        return json!({
            "type": "model", "id": name, "display_name": name, "created_at": created_at,
        });
    }
    json!({
        "id": name,
        "object": "model",
        "created": app.created,
        "owned_by": "kiln",
        "root": app.settings.names.first(),
        "parent": null,
        "max_model_len": app.engine.capacity().context,
        "permission": [],
    })
}

/// Seconds since 1970 as RFC 3339 writes them.
fn timestamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days are counted from the 1st of March of the year 0, so that leap days come last.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_dates() {
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_740_787_200, "2025-03-01T00:00:00Z"),
        ] {
            assert_eq!(timestamp(seconds), date);
        }
    }
}
