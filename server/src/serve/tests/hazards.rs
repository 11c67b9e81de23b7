//! What a stranger may try: files that are not theirs, addresses inside the network, pictures and
//! grammars that are larger than they look, templates of their own.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::{server, server_with, until};
use crate::api::app::Settings;
use crate::api::picture::Pictures;
use crate::engine::Bounds;

const CHAT: &str = "/v1/chat/completions";

/// The head of a picture of so many rows and columns, and nothing behind it.
fn png(side: u32) -> String {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend_from_slice(&side.to_be_bytes());
    bytes.extend_from_slice(&side.to_be_bytes());
    bytes.extend_from_slice(&[8, 6, 0, 0, 0]);
    format!("data:image/png;base64,{}", base64(&bytes))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let held = three.iter().fold(0u32, |held, byte| held << 8 | u32::from(*byte));
        let held = held << (8 * (3 - three.len()));
        let digits = (0..=three.len()).map(|at| DIGITS[(held >> (18 - 6 * at) & 63) as usize]);
        text.extend(digits.map(char::from));
        text.push_str(&"="[..usize::from(three.len() < 3)].repeat(3 - three.len()));
    }
    text
}

/// A picture in each API that could show one.
fn showing(url: &str) -> [(&'static str, Value); 3] {
    let chat = json!({"type": "image_url", "image_url": {"url": url}});
    let item = json!({"type": "input_image", "image_url": url});
    let source = match url.strip_prefix("data:image/png;base64,") {
        Some(data) => json!({"type": "base64", "media_type": "image/png", "data": data}),
        None => json!({"type": "url", "url": url}),
    };
    let block = json!({"type": "image", "source": source});
    [
        (CHAT, json!({"messages": [{"role": "user", "content": [chat]}]})),
        ("/v1/responses", json!({"input": [{"role": "user", "content": [item]}]})),
        (
            "/v1/messages",
            json!({"max_tokens": 5, "messages": [{"role": "user", "content": [block]}]}),
        ),
    ]
}

#[test]
fn no_address_is_asked_for_a_picture_and_no_picture_is_unpacked() {
    let server = server("");
    let addresses = [
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]:8000/x.png",
        "https://example.org/x.png",
        "http://2130706433/x.png",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "/etc/passwd",
        "data:text/html;base64,PGI+",
        "data:image/png;base64,%%%",
        "",
    ];
    let pictures = [png(1 << 15), png(1 << 30)];
    for url in addresses.iter().copied().chain(pictures.iter().map(String::as_str)) {
        for (path, body) in showing(url) {
            let reply = server.post(path, &body);
            assert_eq!(reply.status, 400, "{path} {url}: {}", reply.text());
            assert!(!reply.text().contains("root:") && reply.body.len() < 2000);
        }
    }
    assert_eq!(server.app.metrics.admitted.get(), 0);
}

#[test]
fn the_model_is_told_of_pictures_in_every_api_unless_they_are_refused() {
    let told = server("");
    let settings = Settings { pictures: Pictures::Refused, ..Settings::default() };
    let refusing = server_with("", settings, Default::default(), Default::default());
    for (path, mut body) in showing(&png(16)) {
        let why = refusing.post(path, &body).error(400);
        assert!(why.contains("vision tower"), "{path}: {why}");
        body["max_tokens"] = json!(5);
        if path == "/v1/responses" {
            body["max_output_tokens"] = body.as_object_mut().unwrap().remove("max_tokens").unwrap();
        }
        told.post(path, &body).good();
    }
    let [(_, body), ..] = showing(&png(16));
    let words = told.post("/tokenize", &json!({"messages": body["messages"]})).good();
    let words = told.post("/detokenize", &json!({"tokens": words["tokens"]})).good();
    let prompt = words["prompt"].as_str().unwrap();
    assert!(prompt.contains("a PNG picture of 16x16 pixels"), "{prompt}");
    assert!(!prompt.contains("vision_start"), "{prompt}");
    told.settle();
}

#[test]
fn no_path_leads_out_of_the_pages() {
    let server = server("");
    for path in [
        "/web/../Cargo.toml",
        "/web/../../../../etc/passwd",
        "/web/%2e%2e/%2e%2e/etc/passwd",
        "/web/..%2f..%2fetc%2fpasswd",
        "/web/style.css/../chat.js",
        "//etc/passwd",
        "/web/",
        "/v1/responses/..%2f..%2fetc%2fpasswd",
        "/v1/models/../../etc/passwd",
    ] {
        let reply = server.get(path);
        assert_eq!(reply.status, 404, "{path}: {}", reply.text());
        assert!(!reply.text().contains("root:"), "{path}");
    }
}

#[test]
fn templates_come_from_the_checkpoint_alone_in_every_api() {
    let server = server("");
    let message = json!([{"role": "user", "content": "x"}]);
    let template = "{% for a in range(10000000) %}{% endfor %}";
    for path in [CHAT, "/v1/responses", "/tokenize"] {
        for (name, value) in [
            ("chat_template", json!(template)),
            ("tokenize", json!(true)),
            ("add_generation_prompt", json!(false)),
            ("messages", json!([])),
            ("__class__", json!("x")),
        ] {
            let mut body = json!({"messages": message, "input": "x"});
            body["chat_template_kwargs"] = json!({name: value});
            let told = server.post(path, &body).error(400);
            assert!(told.contains(name), "{path}: {told}");
        }
    }
    // A template beside the options is no field of any API.
    let reply = server.post(CHAT, &json!({"messages": message, "chat_template": template}));
    assert!(!reply.text().contains("range("), "{}", reply.text());
    server.settle();
}

#[test]
fn grammars_that_are_larger_than_they_look_are_refused_and_hold_up_nobody() {
    let settings = Settings { grammar_time: Duration::from_millis(500), ..Settings::default() };
    let server = server_with("", settings, Default::default(), Default::default());
    let asking = |more: Value| {
        let mut body = json!({
            "messages": [{"role": "user", "content": "x"}], "max_tokens": 4,
            "chat_template_kwargs": {"enable_thinking": false},
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        server.post(CHAT, &body)
    };
    let mut deep = json!({"type": "integer"});
    for _ in 0..120 {
        deep = json!({"anyOf": [deep, {"type": "null"}]});
    }
    let wide: Vec<Value> = (0..200).map(|at| json!({"const": "x".repeat(at)})).collect();
    for (more, statuses) in [
        (json!({"structured_outputs": {"regex": "((((a{1,99}){1,99}){1,99}){1,99}"}}), &[400][..]),
        (json!({"structured_outputs": {"regex": "(a{1,999}){1,999}"}}), &[200, 400]),
        (json!({"structured_outputs": {"choice": []}}), &[400]),
        (json!({"structured_outputs": {"grammar": "start: start start"}}), &[400]),
        (json!({"structured_outputs": {"json": {"$ref": "#"}}}), &[400]),
        (json!({"structured_outputs": {"json": {"$ref": "http://127.0.0.1/schema"}}}), &[400]),
        (json!({"structured_outputs": {"json": {"oneOf": wide}}}), &[200, 400]),
        (json!({"structured_outputs": {"json": deep}}), &[200, 400]),
    ] {
        let reply = asking(more.clone());
        let shown: String = more.to_string().chars().take(80).collect();
        assert!(statuses.contains(&reply.status), "{shown}: {} {}", reply.status, reply.text());
        assert!(reply.body.len() < 4000, "{shown}");
        asking(json!({})).good();
    }
    server.settle();
}

#[test]
fn what_is_asked_for_many_times_over_is_refused() {
    let server = server("");
    let many: Vec<String> = (0..2000).map(|at| at.to_string()).collect();
    server.post("/v1/completions", &json!({"prompt": many})).error(400);
    server.post("/v1/completions", &json!({"prompt": "x", "n": 1000})).error(400);
    server.post("/v1/completions", &json!({"prompt": "x", "best_of": 1000})).error(400);
    let texts: Vec<String> = (0..17).map(|at| at.to_string()).collect();
    let message = json!([{"role": "user", "content": "x"}]);
    server.post(CHAT, &json!({"messages": message, "stop": texts})).error(400);
    let stops = json!({"messages": message, "max_tokens": 5, "stop_sequences": texts});
    assert_eq!(server.post("/v1/messages", &stops).status, 400);
    let ids: Vec<u32> = (0..65).collect();
    server.post(CHAT, &json!({"messages": message, "stop_token_ids": ids})).error(400);
    assert_eq!(server.app.metrics.admitted.get(), 0);
}

#[test]
fn an_engine_that_is_stuck_is_seen_in_the_numbers() {
    let bounds = Bounds { step: Duration::from_millis(50), ..Bounds::default() };
    let server = server_with("decode=200", Default::default(), Default::default(), bounds);
    let stuck = || {
        let page = server.get("/metrics");
        let line = page.text().lines().find(|line| line.starts_with("kiln:engine_stuck{"));
        line.unwrap().ends_with(" 1")
    };
    assert!(!stuck());
    server.controls.stalled.store(true, Ordering::Release);
    let endless = json!({"messages": [{"role": "user", "content": "x"}], "ignore_eos": true});
    let asked = server.open(CHAT, &endless);
    until(stuck);
    server.controls.stalled.store(false, Ordering::Release);
    until(|| !stuck());
    drop(asked);
    server.settle();
}
