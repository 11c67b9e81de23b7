//! Clients that go, and servers that go.

use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Event, events, read, unchunk};
use super::{Server, server, server_with, until};
use crate::engine::{Bounds, Rebuild};
use crate::serve::watch::watch;

fn endless(stream: bool) -> Value {
    let messages = json!([{"role": "user", "content": "count:1000000"}]);
    json!({"messages": messages, "stream": stream, "ignore_eos": true, "max_tokens": 200_000})
}

/// Whether the engine is idle within a step or two of now; nothing else asks it for anything.
fn gone(server: &Server) {
    server.settle();
    let steps = server.app.engine.steps();
    std::thread::sleep(Duration::from_millis(20));
    assert!(server.app.engine.steps() <= steps + 1);
}

/// Reads the first bytes.
fn begin(stream: &mut TcpStream) {
    let mut some = [0; 400];
    assert!(stream.read(&mut some).unwrap() > 0);
}

#[test]
fn a_client_that_goes_frees_its_slot_in_every_phase_and_api() {
    let server = server("slots=1,decode=200");
    for path in ["/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/completions"] {
        for stream in [true, false] {
            let mut body = endless(stream);
            body["input"] = json!("count:1000000");
            body["prompt"] = json!("count:1000000");
            let mut first = server.open(path, &body);
            if stream {
                begin(&mut first);
            }
            until(|| server.app.engine.load().0 == 1);
            let waiting = server.open(path, &body);
            until(|| server.app.engine.load() == (1, 1));
            drop(waiting);
            until(|| server.app.engine.load() == (1, 0));
            drop(first);
            gone(&server);
        }
    }
    let [aborted, failed, _, _] = server.app.metrics.endings();
    assert_eq!((aborted, failed), (16, 0));
}

#[test]
fn a_client_that_goes_while_its_prompt_is_read_frees_its_slot() {
    let server = server("slots=1,prefill=2000");
    let mut body = endless(true);
    body["messages"][0]["content"] = json!("word ".repeat(20_000));
    body["max_tokens"] = json!(10);
    let reading = server.open("/v1/chat/completions", &body);
    until(|| server.app.engine.load().0 == 1);
    drop(reading);
    gone(&server);
}

#[test]
fn a_half_closed_connection_counts_as_gone() {
    let server = server("decode=200");
    let mut stream = server.open("/v1/chat/completions", &endless(true));
    begin(&mut stream);
    stream.shutdown(Shutdown::Write).unwrap();
    gone(&server);
}

#[test]
fn three_that_go_at_once_leave_the_others_as_they_were() {
    let server = server("slots=4,decode=2000");
    let body = json!({
        "messages": [{"role": "user", "content": "count:300"}], "seed": 3, "stream": true,
    });
    let alone = texts(&server.post("/v1/chat/completions", &body).events());
    let mut leaving: Vec<TcpStream> =
        (0..3).map(|_| server.open("/v1/chat/completions", &endless(true))).collect();
    leaving.iter_mut().for_each(begin);
    let survivor = server.open("/v1/chat/completions", &body);
    survivor.shutdown(Shutdown::Read).ok();
    let survivor = std::thread::scope(|scope| {
        let other = scope.spawn(|| texts(&server.post("/v1/chat/completions", &body).events()));
        std::thread::sleep(Duration::from_millis(20));
        leaving.clear();
        other.join().unwrap()
    });
    assert_eq!(survivor, alone);
    server.settle();
}

fn texts(events: &[Event]) -> String {
    let of = |chunk: &Value| {
        let delta = &chunk["choices"][0]["delta"];
        let text = |name: &str| delta[name].as_str().unwrap_or_default().to_owned();
        text("reasoning") + &text("content")
    };
    events.iter().map(|(_, chunk)| of(chunk)).collect()
}

#[test]
fn a_reader_that_takes_nothing_is_given_up_and_holds_up_nobody() {
    let bounds = Bounds { stall: Duration::from_millis(300), ..Bounds::default() };
    let server = server_with("slots=2", Default::default(), Default::default(), bounds);
    let slow = server.open("/v1/chat/completions", &endless(true));
    until(|| server.app.engine.load().0 == 1);
    let body = json!({"messages": [{"role": "user", "content": "echo: quick"}]});
    server.post("/v1/chat/completions", &body).good();
    until(|| server.app.engine.load() == (0, 0));
    drop(slow);
    server.settle();
}

#[test]
fn an_engine_that_is_stuck_is_noticed_and_one_that_fails_is_told_of() {
    let bounds = Bounds { step: Duration::from_millis(50), ..Bounds::default() };
    let server = server_with("decode=200", Default::default(), Default::default(), bounds);
    let mut stream = server.open("/v1/chat/completions", &endless(true));
    begin(&mut stream);
    server.controls.stalled.store(true, Ordering::Release);
    until(|| server.get("/health").status == 503);
    server.get("/ready").error(503);
    let body = json!({"messages": [{"role": "user", "content": "x"}]});
    let refused = server.post("/v1/chat/completions", &body);
    refused.error(503);
    assert!(refused.headers.contains_key("retry-after"));
    server.controls.stalled.store(false, Ordering::Release);
    until(|| server.get("/health").status == 200);
    server.controls.failing.store(true, Ordering::Release);
    let whole = rest(stream);
    let told = events(&whole);
    assert!(told.iter().any(|(_, event)| event["error"]["message"].is_string()), "{whole}");
    assert_eq!(told.last().unwrap().1, "[DONE]");
    server.post("/v1/chat/completions", &body).good();
    server.settle();
}

#[test]
fn an_engine_that_failed_is_replaced_and_its_streams_end_with_an_event_in_every_api() {
    let bounds =
        Bounds { step: Duration::from_millis(50), rebuild: Rebuild::Always, ..Bounds::default() };
    let server = server_with("decode=200", Default::default(), Default::default(), bounds);
    let _entered = server.runtime.enter();
    watch(&server.app, false);
    let paths = ["/v1/chat/completions", "/v1/responses", "/v1/messages"];
    let begun = || -> Vec<TcpStream> {
        let body = |path| match path {
            "/v1/responses" => json!({"input": "x", "stream": true, "ignore_eos": true}),
            _ => endless(true),
        };
        let streams = paths.map(|path| server.open(path, &body(path)));
        until(|| server.app.engine.load().0 == 3);
        streams.into_iter().collect()
    };
    let end = |streams: Vec<TcpStream>| {
        let ends = ["data: [DONE]", "event: response.failed", "event: error"];
        for (stream, end) in streams.into_iter().zip(ends) {
            let text = read_open(stream);
            assert!(text.contains(end), "{text}");
        }
    };
    let streams = begun();
    server.controls.unmade.store(true, Ordering::Release);
    server.controls.mistaken.store(true, Ordering::Release);
    end(streams);
    server.get("/health").error(503);
    server.get("/ready").error(503);
    server.controls.unmade.store(false, Ordering::Release);
    until(|| server.get("/health").status == 200);
    // The same with a step that does not end.
    let streams = begun();
    server.controls.stalled.store(true, Ordering::Release);
    end(streams);
    until(|| server.get("/health").status == 200);
    server.controls.stalled.store(false, Ordering::Release);
    let body = json!({"messages": [{"role": "user", "content": "x"}]});
    server.post("/v1/chat/completions", &body).good();
    server.settle();
    assert_eq!(server.app.metrics.rebuilds.get(), 2);
}

/// What comes of a stream up to its end.
fn read_open(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    while !bytes.ends_with(b"0\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The events of a stream that was begun, after the one that was cut.
fn rest(stream: TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let text = read_open(stream);
    let at = text.find("\r\n\r\n").or_else(|| text.find("\n\n\r\n").map(|at| at + 2));
    let from = text[at.unwrap_or(0)..].find("data: ").map_or(0, |plus| at.unwrap_or(0) + plus);
    let lines = text[from..].lines().filter(|line| {
        line.starts_with("data: {") && line.ends_with('}') || *line == "data: [DONE]"
    });
    lines.map(|line| format!("{line}\n\n")).collect()
}

#[test]
fn a_queue_that_is_full_refuses_with_a_time_to_wait() {
    let bounds = Bounds { waiting: 1, ..Bounds::default() };
    let server = server_with("slots=1,decode=100", Default::default(), Default::default(), bounds);
    let running = server.open("/v1/chat/completions", &endless(true));
    until(|| server.app.engine.load() == (1, 0));
    let waiting = server.open("/v1/chat/completions", &endless(true));
    until(|| server.app.engine.load() == (1, 1));
    let refused = server.post("/v1/chat/completions", &endless(false));
    refused.error(429);
    assert!(refused.headers["retry-after"].parse::<u64>().unwrap() >= 1);
    let refused = server.post("/v1/messages", &endless(false));
    assert_eq!(refused.json()["error"]["type"], "rate_limit_error");
    let page = server.get("/metrics");
    let counted = page.text().lines().find(|line| line.contains("reason=\"queue\""));
    assert!(counted.unwrap().ends_with(" 2"), "{counted:?}");
    drop((running, waiting));
    server.settle();
}

#[test]
fn a_server_that_goes_ends_its_streams_with_an_event_in_every_api() {
    let server = server("decode=200");
    let body = |path: &str| {
        let mut body = endless(true);
        if path == "/v1/responses" {
            body = json!({"input": "count:1000000", "stream": true, "ignore_eos": true});
        }
        body
    };
    let paths = ["/v1/chat/completions", "/v1/responses", "/v1/messages"];
    let streams: Vec<TcpStream> = paths.iter().map(|path| server.open(path, &body(path))).collect();
    until(|| server.app.engine.load().0 == 3);
    server.app.draining.store(true, Ordering::Release);
    server.app.engine.close();
    server.get("/ready").error(503);
    server.post("/v1/chat/completions", &body("/v1/chat/completions")).error(503);
    server.connections.close();
    server.app.engine.fail_all("the server is shutting down");
    let last: Vec<String> =
        streams.into_iter().map(|stream| read(stream).text().to_owned()).collect();
    assert!(
        last[0].contains("the server is shutting down") && last[0].ends_with("data: [DONE]\n\n")
    );
    assert!(last[1].contains("event: response.failed"));
    assert!(last[2].contains("event: error"));
    until(|| server.connections.open() == 0);
    server.settle();
    assert_eq!(unchunk(b"1\r\na\r\n0\r\n\r\n"), b"a");
}
