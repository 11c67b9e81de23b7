//! Responses over web sockets, and accounts of conversations.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{Server, server, server_with, until};
use crate::api::app::Settings;

/// The example of RFC 6455, section 1.3.
const KEY: &str = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const UPGRADE: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;

/// A client that does exactly what it is told.
struct Socket(TcpStream);

impl Socket {
    fn open(server: &Server) -> Self {
        let (head, stream) = Self::knock(server, "");
        assert!(head.starts_with("HTTP/1.1 101") && head.contains(ACCEPT), "{head}");
        Self(stream)
    }

    /// The head of the answer to a handshake with more headers.
    fn knock(server: &Server, more: &str) -> (String, TcpStream) {
        let mut stream = server.connect();
        let host = server.address;
        let head =
            format!("GET /v1/responses HTTP/1.1\r\nhost: {host}\r\n{UPGRADE}{KEY}{more}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        (String::from_utf8(head).unwrap(), stream)
    }

    /// Sends a frame; the mask changes nothing.
    fn frame(&mut self, kind: u8, bytes: &[u8]) {
        let mut frame = vec![0x80 | kind];
        match bytes.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(bytes);
        self.0.write_all(&frame).unwrap();
    }

    fn ask(&mut self, body: Value) {
        let mut body = body;
        body["type"] = json!("response.create");
        self.frame(TEXT, body.to_string().as_bytes());
    }

    /// The next event; nothing at the end of the connection.
    fn event(&mut self) -> Option<Value> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).ok()?;
        let length = match head[1] {
            126 => {
                let mut more = [0; 2];
                self.0.read_exact(&mut more).unwrap();
                u64::from(u16::from_be_bytes(more))
            }
            127 => {
                let mut more = [0; 8];
                self.0.read_exact(&mut more).unwrap();
                u64::from_be_bytes(more)
            }
            short => u64::from(short),
        };
        let mut bytes = vec![0; length as usize];
        self.0.read_exact(&mut bytes).unwrap();
        match head[0] & 15 {
            TEXT => Some(serde_json::from_slice(&bytes).unwrap()),
            kind => {
                assert_eq!(kind, CLOSE);
                None
            }
        }
    }

    /// The last event of an answer.
    fn last(&mut self) -> Value {
        let ends = ["response.completed", "response.incomplete", "response.failed", "error"];
        let mut number = 0;
        loop {
            let event = self.event().expect("an answer ends by an event");
            if event["type"] != "error" {
                assert_eq!(event["sequence_number"], number);
                number += 1;
            }
            if ends.iter().any(|end| event["type"] == *end) {
                return event;
            }
        }
    }

    /// The status and the code of a request that is refused.
    fn refused(&mut self) -> (u64, String) {
        let event = self.last();
        assert_eq!(event["type"], "error", "{event}");
        assert!(event["error"]["message"].is_string(), "{event}");
        (event["status"].as_u64().unwrap(), event["error"]["code"].as_str().unwrap().to_owned())
    }
}

fn said(event: &Value) -> &str {
    assert_eq!(event["type"], "response.completed", "{event}");
    let output = event["response"]["output"].as_array().unwrap();
    output.last().unwrap()["content"][0]["text"].as_str().unwrap()
}

#[test]
fn answers_come_one_after_the_other_and_the_connection_remembers_the_last() {
    let server = server("");
    let mut socket = Socket::open(&server);
    socket.ask(json!({"input": "echo: first", "store": false}));
    socket.ask(json!({"input": "echo: second", "store": true}));
    let first = socket.last();
    assert_eq!(said(&first), "first");
    let second = socket.last();
    assert_eq!(said(&second), "second");
    // Only the last one is remembered here, and what is stored is remembered everywhere.
    let after = |event: &Value, input: &str| json!({"previous_response_id": event["response"]["id"], "input": input, "store": false});
    socket.ask(after(&first, "echo: no"));
    assert_eq!(socket.refused(), (404, "previous_response_not_found".into()));
    socket.ask(after(&second, "echo: third"));
    let third = socket.last();
    assert_eq!(said(&third), "third");
    let mut other = Socket::open(&server);
    other.ask(after(&third, "echo: no"));
    assert_eq!(other.refused(), (404, "previous_response_not_found".into()));
    other.ask(after(&second, "echo: fourth"));
    assert_eq!(said(&other.last()), "fourth");
    socket.ask(after(&third, "echo: fifth"));
    let fifth = socket.last();
    assert_eq!(fifth["response"]["previous_response_id"], third["response"]["id"]);
    // A turn that fails takes what it followed with it.
    let mut wrong = after(&fifth, "");
    wrong["input"] = json!([{"type": "function_call_output", "call_id": "x", "output": "y"}]);
    socket.ask(wrong);
    assert_eq!(socket.refused().0, 400);
    socket.ask(after(&fifth, "echo: no"));
    assert_eq!(socket.refused(), (404, "previous_response_not_found".into()));
    server.settle();
}

#[test]
fn an_answer_over_a_socket_is_the_one_over_http() {
    let server = server("");
    let mut socket = Socket::open(&server);
    let tool = json!({"type": "function", "name": "f", "parameters": {"type": "object"}});
    for body in [
        json!({"input": "say something", "temperature": 1, "seed": 5}),
        json!({"input": "call it", "tools": [tool], "temperature": 0}),
        json!({"input": "count:50", "max_output_tokens": 9, "temperature": 0}),
    ] {
        socket.ask(body.clone());
        let over = socket.last();
        let whole = server.post("/v1/responses", &body).good();
        assert_eq!(over["response"]["status"], whole["status"]);
        assert_eq!(over["response"]["usage"], whole["usage"]);
        let texts = |of: &Value| -> Vec<Value> {
            let items = of["output"].as_array().unwrap().iter();
            items.map(|item| json!([item["content"], item["arguments"]])).collect()
        };
        assert_eq!(texts(&over["response"]), texts(&whole));
    }
}

#[test]
fn what_is_wrong_is_said_and_the_connection_goes_on() {
    let server = server("decode=200");
    let mut socket = Socket::open(&server);
    for text in ["{", "[]", "{}", r#"{"type": "response.create"}"#, r#"{"type": "x"}"#] {
        socket.frame(TEXT, text.as_bytes());
        assert_eq!(socket.refused().0, 400, "{text}");
    }
    socket.frame(BINARY, b"{}");
    assert_eq!(socket.refused().0, 400);
    socket.ask(json!({"input": "x", "model": "other"}));
    assert_eq!(socket.refused().0, 404);
    // One is written, eight wait, and the tenth is too many.
    socket.ask(json!({"input": "x", "ignore_eos": true, "max_output_tokens": 100_000}));
    until(|| server.app.engine.load().0 == 1);
    for _ in 0..9 {
        socket.ask(json!({"input": "x"}));
    }
    assert_eq!(socket.refused(), (429, "engine_busy".into()));
    drop(socket);
    server.settle();
    until(|| server.app.open_sockets() == 0);
}

#[test]
fn a_client_that_goes_frees_its_slot_however_it_goes() {
    let server = server("slots=1,decode=200");
    for closes in [true, false] {
        let mut socket = Socket::open(&server);
        socket.ask(json!({"input": "x", "ignore_eos": true, "max_output_tokens": 100_000}));
        while socket.event().unwrap()["type"] != "response.reasoning_text.delta" {}
        if closes {
            socket.frame(CLOSE, &[]);
            server.settle();
        }
        drop(socket);
        server.settle();
        until(|| server.app.open_sockets() == 0);
    }
    let [aborted, ..] = server.app.metrics.endings();
    assert_eq!(aborted, 2);
}

#[test]
fn pages_of_strangers_and_those_without_a_key_are_turned_away() {
    let settings = Settings {
        keys: vec!["k".into()],
        origins: vec!["https://a.example".into()],
        ..Settings::default()
    };
    let server = server_with("", settings, Default::default(), Default::default());
    let own = format!("origin: http://{}\r\n", server.address);
    for (headers, status) in [
        ("", 401),
        ("x-api-key: k\r\n", 101),
        ("x-api-key: k\r\norigin: https://b.example\r\n", 403),
        ("x-api-key: k\r\norigin: null\r\n", 403),
        ("x-api-key: k\r\norigin: https://a.example\r\n", 101),
        (&format!("x-api-key: k\r\n{own}"), 101),
    ] {
        let (head, _) = Socket::knock(&server, headers);
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {head}");
    }
    server.send("GET", "/v1/responses", "x-api-key: k\r\n", b"").error(405);
}

#[test]
fn a_server_that_goes_ends_its_sockets_with_an_event() {
    let server = server("decode=200");
    let mut idle = Socket::open(&server);
    let mut socket = Socket::open(&server);
    socket.ask(json!({"input": "x", "ignore_eos": true}));
    until(|| server.app.engine.load().0 == 1);
    server.app.draining.store(true, Ordering::Release);
    server.app.engine.fail_all("the server is shutting down");
    let last = socket.last();
    assert_eq!(last["type"], "response.failed");
    assert!(socket.event().is_none() && idle.event().is_none());
    until(|| server.app.open_sockets() == 0);
    server.settle();
}

#[test]
fn a_conversation_goes_on_from_an_account_of_it() {
    let server = server("");
    let talk = json!([
        {"role": "user", "content": "We launch on Tuesday."},
        {"role": "assistant", "content": "Understood."},
    ]);
    let body = json!({"model": "model", "input": talk});
    let made = server.post("/v1/responses/compact", &body).good();
    assert_eq!(made["object"], "response.compaction");
    let item = made["output"][0].clone();
    assert_eq!(item["type"], "compaction");
    assert!(made["usage"]["output_tokens"].as_u64().unwrap() > 0);
    let account = item["encrypted_content"].as_str().unwrap();
    assert!(account.len() > "kiln-account:".len());
    let next = json!({"input": [item, {"role": "user", "content": "echo: and on"}]});
    let after = server.post("/v1/responses", &next).good();
    assert_eq!(after["output"][1]["content"][0]["text"], "and on");
    let without = json!({"input": [{"role": "user", "content": "echo: and on"}]});
    let alone = server.post("/v1/responses", &without).good();
    let prompt = |of: &Value| of["usage"]["input_tokens"].as_u64().unwrap();
    assert!(prompt(&after) > prompt(&alone) + 10);
    let id = &after["id"];
    let again = json!({"model": "model", "previous_response_id": id});
    server.post("/v1/responses/compact", &again).good();
    for wrong in [
        json!({"input": talk}),
        json!({"model": "model"}),
        json!({"model": "model", "input": []}),
        json!({"model": "model", "input": [{"type": "compaction", "encrypted_content": "x"}]}),
    ] {
        server.post("/v1/responses/compact", &wrong).error(400);
    }
    server.settle();
}
