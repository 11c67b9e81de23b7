//! Everything that a client can send too much of, too slowly, or wrongly.

use std::io::{Read, Write};
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::read;
use super::{server, server_with};
use crate::api::app::Settings;
use crate::serve::listen::Limits;

const CHAT: &str = "/v1/chat/completions";

fn user(content: &str) -> Value {
    json!({"messages": [{"role": "user", "content": content}]})
}

#[test]
fn heads_that_do_not_come_to_an_end_are_cut_off() {
    let limits = Limits { head: Duration::from_millis(200), ..Limits::default() };
    let server = server_with("", Settings::default(), limits, Default::default());
    for begun in [&b""[..], b"GET /health HTT", b"GET /health HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = server.connect();
        stream.write_all(begun).unwrap();
        // The end of the connection, and nothing or an error before it.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
    }
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn bodies_that_do_not_come_to_an_end_are_cut_off() {
    let settings = Settings { body_time: Duration::from_millis(200), ..Settings::default() };
    let server = server_with("", settings, Limits::default(), Default::default());
    let mut stream = server.connect();
    let head = "POST /tokenize HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: \
                application/json\r\ncontent-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    read(stream).error(408);
}

#[test]
fn large_bodies_are_refused_by_their_length_and_as_they_come() {
    let settings = Settings { body: 1000, ..Settings::default() };
    let server = server_with("", settings, Limits::default(), Default::default());
    let large = user(&"x".repeat(2000));
    assert!(server.post(CHAT, &large).error(413).contains("1000 bytes"));
    let mut stream = server.connect();
    let head = "POST /tokenize HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: \
                application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("7d0\r\n{}\r\n0\r\n\r\n", " ".repeat(2000));
    stream.write_all((head.to_owned() + &chunk).as_bytes()).unwrap();
    read(stream).error(413);
    assert_eq!(server.post("/v1/messages", &large).json()["error"]["type"], "request_too_large");
}

#[test]
fn heads_that_are_too_large_are_refused() {
    let server = server("");
    let many: String = (0..200).map(|at| format!("x-{at}: y\r\n")).collect();
    assert_eq!(server.send("GET", "/health", &many, b"").status, 431);
    let long = format!("x: {}\r\n", "y".repeat(600_000));
    assert_eq!(server.send("GET", "/health", &long, b"").status, 431);
}

#[test]
fn connections_beyond_the_limit_wait_for_their_turn() {
    let limits = Limits { connections: 2, ..Limits::default() };
    let server = server_with("", Settings::default(), limits, Default::default());
    let taken: Vec<_> = (0..2).map(|_| server.connect()).collect();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.get("/health").status);
        std::thread::sleep(Duration::from_millis(50));
        assert!(!waiting.is_finished());
        drop(taken);
        assert_eq!(waiting.join().unwrap(), 200);
    });
}

#[test]
fn texts_that_are_no_json_are_refused_and_no_answer_is_large() {
    let server = server("");
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let deep = |levels| format!("{{\"prompt\": \"x\", \"junk\": {}}}", deep(levels));
    for (body, status) in [
        (b"{".to_vec(), 400),
        (b"[]".to_vec(), 400),
        (b"".to_vec(), 400),
        (b"{\"prompt\": \"\xff\"}".to_vec(), 400),
        (br#"{"prompt": "\ud83d"}"#.to_vec(), 400),
        (br#"{"prompt": "x", "junk": 1e400}"#.to_vec(), 400),
        (br#"{"prompt": "x", "prompt": "y\u0000"}"#.to_vec(), 200),
        (deep(100).into_bytes(), 200),
        (deep(200).into_bytes(), 400),
        (deep(100_000).into_bytes(), 400),
    ] {
        let reply = server.post_with("/tokenize", "", &body);
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert_eq!(reply.status, status, "{shown}: {}", reply.text());
        assert!(reply.body.len() < 2000);
    }
    // Thousands of mistakes are one error.
    let wrong: Vec<Value> = (0..5000).map(|_| json!({"role": "x".repeat(100)})).collect();
    let reply = server.post(CHAT, &json!({"messages": wrong}));
    reply.error(400);
    assert!(reply.body.len() < 2000);
    let long =
        json!({"model": "m".repeat(100_000), "messages": [{"role": "user", "content": "x"}]});
    assert!(server.post(CHAT, &long).body.len() < 2000);
}

#[test]
fn requests_that_make_no_sense_are_named_and_cost_nothing() {
    let server = server("context=1000");
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    for (more, told) in [
        (json!({"stream_options": {"include_usage": true}}), "stream_options"),
        (json!({"tools": []}), "tools"),
        (json!({"tool_choice": "required"}), "tool_choice"),
        (
            json!({"tools": tools, "tool_choice": {"type": "function", "function": {"name": "g"}}}),
            "\"g\"",
        ),
        (json!({"top_logprobs": 2}), "logprobs"),
        (json!({"logprobs": true, "top_logprobs": 21}), "top_logprobs"),
        (json!({"n": 0}), "n:"),
        (json!({"n": 1000}), "n:"),
        (json!({"max_tokens": 0}), "max_tokens"),
        (json!({"max_tokens": 5000}), "5000"),
        (json!({"temperature": -1}), "temperature"),
        (json!({"temperature": "hot"}), "temperature"),
        (json!({"top_p": 2}), "top_p"),
        (json!({"stop": [""]}), "stop"),
        (json!({"stop": vec!["x"; 100]}), "stop"),
        (json!({"logit_bias": {"x": 1}}), "logit_bias"),
        (json!({"logit_bias": {"1": 1000}}), "logit_bias"),
        (json!({"logit_bias": {"999999999": 1}}), "logit_bias"),
        (json!({"response_format": {"type": "json_schema"}}), "schema"),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": 7}}}}),
            "",
        ),
        (json!({"structured_outputs": {"regex": "("}}), ""),
        (json!({"structured_outputs": {"regex": "a", "choice": ["b"]}}), "more than one"),
        (json!({"chat_template_kwargs": {"chat_template": "{{ 1 }}"}}), "chat_template"),
        (json!({"chat_template_kwargs": {"enable_thinking": "yes"}}), "enable_thinking"),
        (json!({"seed": 1.5}), "seed"),
        (json!({"messages": []}), "messages"),
        (json!({"messages": [{"role": "king", "content": "x"}]}), "role"),
        (json!({"messages": [{"role": "user"}]}), "content"),
        (json!({"messages": [{"role": "user", "content": 5}]}), "content"),
        (json!({"messages": [{"role": "user", "content": [{"type": "video"}]}]}), "video"),
        (
            json!({"messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "http://127.0.0.1/x.png"}}]}]}),
            "data:",
        ),
        (
            json!({"messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}]}),
            "data:",
        ),
        (
            json!({"messages": [{"role": "assistant", "tool_calls": [
            {"function": {"name": "f", "arguments": "{"}}]}]}),
            "arguments",
        ),
    ] {
        let mut body = user("x");
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let error = server.post(CHAT, &body).error(400);
        assert!(error.contains(told), "{told}: {error}");
    }
    let long = server.post(CHAT, &user(&"word ".repeat(3000))).error(400);
    assert!(long.contains("1000"), "{long}");
    let budget = json!({
        "max_tokens": 2000, "messages": [{"role": "user", "content": "x"}],
        "thinking": {"type": "enabled", "budget_tokens": 3000},
    });
    assert_eq!(server.post("/v1/messages", &budget).status, 400);
    server.post("/v1/responses", &json!({"input": "x", "background": true})).error(400);
    server.post("/v1/completions", &json!({"prompt": [999_999_999]})).error(400);
    server.post("/v1/completions", &json!({"prompt": "x", "suffix": "y"})).error(400);
    server.post("/tokenize", &json!({})).error(400);
    assert_eq!(server.app.metrics.admitted.get(), 0);
    assert_eq!(server.controls.failing.load(Ordering::Relaxed), false);
}

#[test]
fn tokenizing_has_no_limit_but_that_of_the_body() {
    let server = server("context=100");
    let text = "kiln ".repeat(100_000);
    let body = server.post("/tokenize", &json!({"prompt": text})).good();
    assert!(body["count"].as_u64().unwrap() > 100_000);
    assert_eq!(body["tokens"].as_array().unwrap().len() as u64, body["count"].as_u64().unwrap());
}

#[test]
fn a_silent_stream_shows_signs_of_life() {
    let settings = Settings { keep_alive: Duration::from_millis(20), ..Settings::default() };
    let server = server_with("prefill=100", settings, Limits::default(), Default::default());
    let mut body = user("echo: x");
    body["stream"] = json!(true);
    let reply = server.post(CHAT, &body);
    assert!(reply.text().contains(": keep-alive\n\n"));
    assert_eq!(reply.events().last().unwrap().1, "[DONE]");
}
