//! `kiln serve` as a process: how it starts, what it refuses, how it ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::Read;
use std::net::TcpStream;

use common::kiln;
use common::server::{Server, model};

/// A script that says two hundred tokens a second.
const SCRIPT: &str = "decode=200";
const CHAT: &str = "/v1/chat/completions";

/// An answer that goes on until somebody ends it.
const ENDLESS: &str = r#"{"stream": true, "ignore_eos": true,
    "messages": [{"role": "user", "content": "a secret thing"}]}"#;

#[test]
fn a_server_that_is_told_to_stop_ends_three_streams_with_an_event_and_exits() {
    let server = Server::start(SCRIPT, &["--drain", "1"]);
    let mut streams: Vec<TcpStream> = (0..3).map(|_| server.ask(CHAT, ENDLESS)).collect();
    for stream in &mut streams {
        assert!(stream.read(&mut [0; 100]).unwrap() > 0);
    }
    server.signal("-TERM");
    for mut stream in streams {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("the server is shutting down"), "{rest}");
        assert!(rest.ends_with("data: [DONE]\n\n\r\n0\r\n\r\n"), "{rest}");
    }
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("POST /v1/chat/completions 200") && !said.contains("secret"), "{said}");
}

#[test]
fn answers_that_are_nearly_complete_are_completed_before_the_end() {
    let server = Server::start(SCRIPT, &[]);
    let mut stream = server.ask(CHAT, r#"{"messages": [{"role": "user", "content": "count:40"}]}"#);
    std::thread::sleep(std::time::Duration::from_millis(50));
    server.signal("-TERM");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"stop\""), "{answer}");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn a_second_server_on_a_port_says_so_and_a_killed_one_leaves_nothing_behind() {
    let first = Server::start(SCRIPT, &[]);
    let port = first.address.rsplit(':').next().unwrap().to_owned();
    let again = ["serve", &model(), "--fake", "", "--port", &port];
    let second = kiln(&again);
    assert_eq!(second.code, 1, "{}", second.err);
    assert!(second.err.starts_with("error: ") && second.err.contains(&port), "{}", second.err);
    assert!(second.err.contains("--port") && second.err.lines().count() == 1, "{}", second.err);
    drop(first);
    let third = Server::start_at(&port, SCRIPT, &[]);
    assert!(third.address.ends_with(&port));
}

#[test]
fn an_address_that_others_can_reach_needs_a_key_unless_told() {
    let refused = kiln(&["serve", &model(), "--fake", "", "--host", "0.0.0.0", "--port", "0"]);
    let told = refused.mistake();
    assert!(told.contains("--api-key") && told.contains("--without-key"), "{told}");
    let server = Server::start(SCRIPT, &["--host", "0.0.0.0", "--api-key", "k"]);
    assert!(server.banner.contains("keys      1"), "{}", server.banner);
    Server::start(SCRIPT, &["--host", "0.0.0.0", "--without-key"]);
}

#[test]
fn a_model_that_cannot_be_served_is_said_in_one_line() {
    let nowhere = kiln(&["serve", "nowhere", "--port", "0"]);
    assert!(nowhere.mistake().contains("nowhere"));
    let no_tokenizer = tempfile::tempdir().unwrap();
    let path = no_tokenizer.path().to_str().unwrap();
    let empty = kiln(&["serve", path, "--fake", "", "--port", "0"]);
    assert!(empty.mistake().contains("tokenizer.json"), "{}", empty.err);
}

#[test]
fn completions_and_the_manual_name_every_verb() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(kiln(&["completions", shell]).success().contains("serve"), "{shell}");
    }
    let manual = kiln(&["man"]);
    for verb in ["serve", "generate", "inspect"] {
        assert!(manual.success().contains(verb), "{verb}");
    }
    assert!(kiln(&["man", "serve"]).success().contains("served\\-model\\-name"));
}
