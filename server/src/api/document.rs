//! The OpenAPI document, made from the tables by which requests are checked.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::app::App;
use super::fields::schema;
use super::sampling::Table;
use super::{chat, completions, messages, responses, tokens};

/// A route as it is documented.
struct Route {
    method: &'static str,
    path: &'static str,
    says: &'static str,
    /// Fields of its body.
    body: Option<Table>,
    /// What it answers with beside JSON.
    also: Option<&'static str>,
    /// Whether a key is needed where there are keys.
    keyed: bool,
    /// Statuses of errors.
    errors: &'static [u16],
}

const WRITING: &[u16] = &[400, 401, 404, 408, 413, 415, 429, 500, 503];
const READING: &[u16] = &[400, 401, 404, 408, 413, 415, 500, 503];
const SSE: Option<&str> = Some("text/event-stream");

const fn post(path: &'static str, says: &'static str, body: Table) -> Route {
    let errors = READING;
    Route { method: "post", path, says, body: Some(body), also: None, keyed: true, errors }
}

const fn write(path: &'static str, says: &'static str, body: Table) -> Route {
    Route { also: SSE, errors: WRITING, ..post(path, says, body) }
}

const fn get(path: &'static str, says: &'static str, errors: &'static [u16]) -> Route {
    Route { method: "get", path, says, body: None, also: None, keyed: true, errors }
}

const ROUTES: &[Route] = &[
    write("/v1/chat/completions", "Answer a conversation.", chat::FIELDS),
    write("/v1/responses", "Answer, in items that are remembered.", responses::FIELDS),
    get("/v1/responses/{id}", "An answer that was given.", &[401, 404]),
    Route { method: "delete", ..get("/v1/responses/{id}", "Forget an answer.", &[401, 404]) },
    Route {
        method: "post",
        ..get("/v1/responses/{id}/cancel", "Cancel an answer in the background.", &[400, 401, 404])
    },
    get("/v1/responses/{id}/input_items", "What an answer was given to.", &[401, 404]),
    post("/v1/responses/input_tokens", "Count the tokens of a request.", responses::FIELDS),
    Route {
        errors: WRITING,
        ..post("/v1/responses/compact", "Give an account of a conversation.", responses::COMPACT)
    },
    write("/v1/completions", "Continue texts.", completions::FIELDS),
    write("/v1/messages", "Answer a conversation (Anthropic).", messages::FIELDS),
    post("/v1/messages/count_tokens", "Count tokens (Anthropic).", messages::COUNT),
    get("/v1/models", "Names under which the model is served.", &[401]),
    get("/v1/models/{id}", "One of them.", &[401, 404]),
    post("/tokenize", "The tokens of a text or a conversation.", tokens::TOKENIZE),
    post("/detokenize", "The text of tokens.", tokens::DETOKENIZE),
    Route { keyed: false, ..get("/health", "Whether the engine answers.", &[503]) },
    Route { keyed: false, ..get("/ready", "Whether requests are taken.", &[503]) },
    Route { also: Some("text/plain"), ..get("/metrics", "Numbers for Prometheus.", &[401]) },
    get("/load", "Numbers for the page.", &[401]),
    get("/version", "The version.", &[401]),
];

/// The document.
pub(crate) async fn openapi(State(app): State<Arc<App>>) -> Response {
    Json(document(&app.settings.names)).into_response()
}

/// The document of a server that serves a model under these names.
fn document(names: &[String]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method] = route.operation();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Kiln",
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("Serves {}.", names.join(", ")),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {"error": {
                        "type": "object",
                        "required": ["type", "message"],
                        "properties": {
                            "message": {"type": "string"},
                            "type": {"type": "string"},
                            "param": {"type": ["string", "null"]},
                            "code": {"type": ["string", "null"]},
                        },
                    }},
                },
            },
        },
    })
}

impl Route {
    fn operation(&self) -> Value {
        let mut answers = Map::new();
        let mut good = json!({"description": "It went well."});
        match self.also {
            Some("text/plain") => good["content"] = json!({"text/plain": {}}),
            also if !matches!(self.path, "/health" | "/ready") => {
                let mut content = json!({"application/json": {"schema": {"type": "object"}}});
                if let Some(also) = also {
                    content[also] = json!({"schema": {"type": "string"}});
                }
                good["content"] = content;
            }
            _ => {}
        }
        answers.insert("200".into(), good);
        for status in self.errors {
            let error = json!({"application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
            }});
            let answer = json!({"description": told(*status), "content": error});
            answers.insert(status.to_string(), answer);
        }
        let mut operation = json!({
            "summary": self.says,
            "operationId": format!("{}{}", self.method, self.path.replace(['/', '{', '}'], "_")),
            "responses": answers,
        });
        if self.keyed {
            operation["security"] = json!([{}, {"bearer": []}, {"header": []}]);
        }
        if self.path.contains("{id}") {
            operation["parameters"] = json!([
                {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
            ]);
        }
        if let Some(table) = self.body {
            let content = json!({"application/json": {"schema": schema(table)}});
            operation["requestBody"] = json!({"required": true, "content": content});
        }
        operation
    }
}

fn told(status: u16) -> &'static str {
    match status {
        400 => "The request makes no sense; the message says why.",
        401 => "A key is missing or wrong.",
        404 => "What is asked for does not exist.",
        408 => "The body took too long to arrive.",
        413 => "The body is too large.",
        415 => "The body is not JSON.",
        429 => "Too many requests wait; Retry-After says for how long to stay away.",
        500 => "The server made a mistake.",
        _ => "Requests are not taken at the moment.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_documented_once_and_every_reference_resolves() {
        let document = document(&["m".into()]);
        let paths = document["paths"].as_object().unwrap();
        let operations: usize = paths.values().map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(operations, ROUTES.len());
        assert!(document["components"]["schemas"]["Error"].is_object());
        let body = &paths["/v1/messages"]["post"]["requestBody"]["content"];
        let needed = &body["application/json"]["schema"]["required"];
        assert_eq!(*needed, json!(["messages", "max_tokens"]));
    }
}
