//! Keys, origins, names, dialects, and what is public.

use serde_json::json;

use super::{server, server_with};
use crate::api::app::Settings;

#[test]
fn everything_but_the_state_of_the_server_needs_a_key_where_there_are_keys() {
    let settings = Settings { keys: vec!["one".into(), "two".into()], ..Settings::default() };
    let server = server_with("", settings, Default::default(), Default::default());
    for path in ["/health", "/ready", "/ping", "/", "/docs", "/web/style.css"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    for path in ["/v1/models", "/metrics", "/load", "/openapi.json", "/v1/responses/x", "/nowhere"]
    {
        server.get(path).error(401);
        for wrong in ["Bearer three", "Bearer ", "Basic one", "one", "Bearer on", "Bearer onee"] {
            server.send("GET", path, &format!("authorization: {wrong}\r\n"), b"").error(401);
        }
    }
    for path in ["/v1/chat/completions", "/tokenize", "/detokenize", "/v1/completions"] {
        server.post(path, &json!({})).error(401);
    }
    for key in ["authorization: Bearer two", "authorization: bearer one", "x-api-key: one"] {
        assert_eq!(server.send("GET", "/v1/models", &format!("{key}\r\n"), b"").status, 200);
    }
    let refused = server.post("/v1/messages", &json!({}));
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["error"]["type"], "authentication_error");
    assert_eq!(refused.json()["type"], "error");
}

#[test]
fn pages_of_other_origins_may_call_only_where_they_are_named() {
    let settings = Settings { origins: vec!["https://a.example".into()], ..Settings::default() };
    let server = server_with("", settings, Default::default(), Default::default());
    let allowed = "access-control-allow-origin";
    let from =
        |origin: &str| server.send("GET", "/v1/models", &format!("origin: {origin}\r\n"), b"");
    assert_eq!(from("https://a.example").headers[allowed], "https://a.example");
    assert!(!from("https://b.example").headers.contains_key(allowed));
    let asked = "origin: https://a.example\r\naccess-control-request-method: POST\r\n\
                 access-control-request-headers: content-type, x-stainless-os\r\n";
    let preflight = server.send("OPTIONS", "/v1/chat/completions", asked, b"");
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.headers["access-control-allow-headers"], "content-type, x-stainless-os");
    let plain = server.send("OPTIONS", "/v1/chat/completions", "", b"");
    plain.error(405);
}

#[test]
fn requests_have_names_and_those_of_clients_are_kept_if_they_are_plain() {
    let server = server("");
    let named = |name: &str| {
        let header = format!("x-request-id: {name}\r\n");
        server.send("GET", "/health", &header, b"").headers["x-request-id"].clone()
    };
    assert_eq!(named("abc-1.2_3:4"), "abc-1.2_3:4");
    for wrong in ["a b", "a/b", &"x".repeat(129), "a\"b"] {
        assert!(named(wrong).starts_with("req_"), "{wrong}");
    }
}

#[test]
fn errors_are_json_in_the_words_of_the_api_wherever_they_come_from() {
    let server = server("");
    assert!(server.get("/nowhere").error(404).contains("/nowhere"));
    server.get("/v1/chat/completions").error(405);
    server.send("PUT", "/v1/models", "", b"").error(405);
    server.send("POST", "/tokenize", "content-type: text/plain\r\n", b"{}").error(415);
    server.send("POST", "/tokenize", "", b"{}").error(415);
    assert!(server.post("/v1/chat/completions", &json!({})).error(400).contains("messages"));
    let unknown = json!({"model": "gpt", "prompt": "x"});
    assert!(server.post("/v1/completions", &unknown).error(404).contains("gpt"));
    let wrong = server.post("/v1/messages", &json!({"messages": []}));
    assert_eq!(
        (wrong.status, wrong.json()["error"]["type"].as_str()),
        (400, Some("invalid_request_error"))
    );
    assert_eq!(wrong.json()["request_id"], wrong.headers["x-request-id"].as_str());
    assert_eq!(server.get("/v1/messages").json()["type"], "error");
}

#[test]
fn models_are_listed_in_the_form_of_whoever_asks() {
    let settings = Settings { names: vec!["org/a".into(), "b".into()], ..Settings::default() };
    let server = server_with("context=4096", settings, Default::default(), Default::default());
    let listed = server.get("/v1/models").good();
    assert_eq!(
        (&listed["data"][0]["id"], &listed["data"][1]["max_model_len"]),
        (&json!("org/a"), &json!(4096))
    );
    assert_eq!(server.get("/v1/models/org/a").good()["object"], "model");
    server.get("/v1/models/c").error(404);
    let anthropic = server.send("GET", "/v1/models", "anthropic-version: 2023-06-01\r\n", b"");
    assert_eq!(anthropic.good()["data"][0]["type"], "model");
    let aliased = json!({"model": "b", "messages": [{"role": "user", "content": "echo: x"}]});
    assert_eq!(server.post("/v1/chat/completions", &aliased).good()["model"], "b");
}

#[test]
fn numbers_are_counted_before_the_last_byte_of_an_answer() {
    let server = server("drafts=8");
    let value = |name: &str| -> f64 {
        let page = server.get("/metrics");
        let start = format!("{name}{{");
        let lines = page.text().lines().filter(|line| line.starts_with(&start));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    };
    let mut before = 0.0;
    for stream in [false, true] {
        for path in ["/v1/responses", "/v1/chat/completions"] {
            let body = json!({
                "input": "count:40", "messages": [{"role": "user", "content": "count:40"}],
                "stream": stream,
            });
            let reply = server.post(path, &body);
            assert_eq!(reply.status, 200, "{}", reply.text());
            let tokens = value("vllm:generation_tokens_total");
            assert!(tokens >= before + 40.0, "{tokens} after {before}");
            before = tokens;
        }
    }
    assert_eq!(value("vllm:request_success_total"), 4.0);
    assert_eq!(value("vllm:num_requests_running"), 0.0);
    assert!(value("vllm:request_prefill_time_seconds_sum") > 0.0);
    let drafts = value("vllm:spec_decode_num_draft_tokens_total")
        / value("vllm:spec_decode_num_drafts_total");
    assert_eq!(drafts, 8.0);
}
