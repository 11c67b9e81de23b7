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
fn a_second_signal_ends_what_the_first_one_lets_finish() {
    let server = Server::start(SCRIPT, &["--drain", "100000"]);
    let mut stream = server.ask(CHAT, ENDLESS);
    assert!(stream.read(&mut [0; 100]).unwrap() > 0);
    server.signal("-TERM");
    while !server.refuses() {
        std::thread::yield_now();
    }
    server.signal("-INT");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("the server is shutting down"), "{rest}");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn a_process_whose_engine_is_stuck_or_broken_ends_with_a_failure_where_it_should() {
    // The tenth step does not end, or is the last one that can be made.
    let hurt = [
        ("stalls=10", "the engine does not answer"),
        ("breaks=10", "the server has to be started anew"),
    ];
    for (hurt, told) in hurt {
        let script = format!("decode=200,{hurt}");
        let server = Server::start(&script, &["--step-limit", "1", "--exit-when-stuck"]);
        let answer = server.whole("POST", CHAT, ENDLESS);
        assert!(answer.contains(told) && answer.contains("data: [DONE]"), "{hurt}: {answer}");
        let (code, said) = server.end();
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("the engine does not answer ("), "{said}");
    }
}

#[test]
fn a_process_whose_engine_is_stuck_stays_and_says_so_unless_it_should_end() {
    let server = Server::start("decode=200,stalls=10", &["--step-limit", "1"]);
    let answer = server.whole("POST", CHAT, ENDLESS);
    assert!(answer.contains("the engine does not answer"), "{answer}");
    assert!(server.whole("GET", "/health", "").starts_with("HTTP/1.1 503"));
    assert_eq!(server.numbers().of("kiln:engine_stuck"), 1.0);
    // It can still be told to stop.
    server.signal("-TERM");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn what_clients_send_makes_no_lines_of_its_own_in_the_log() {
    let server = Server::start(SCRIPT, &[]);
    let path = format!("/a%0Aforged%0D?secret={}", "x".repeat(5000));
    assert!(server.whole("GET", &path, "").starts_with("HTTP/1.1 404"));
    let body = r#"{"messages": [{"role": "secret\nforged", "content": "secret"}]}"#;
    assert!(server.whole("POST", CHAT, body).starts_with("HTTP/1.1 400"));
    server.signal("-TERM");
    let (_, said) = server.end();
    let lines: Vec<&str> = said.lines().filter(|line| line.contains(" 40")).collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].contains("GET /a%0Aforged%0D 404") && lines[0].len() < 300, "{said}");
    assert!(!said.contains("secret") && !said.lines().any(|line| line.starts_with("forged")));
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
    let mut stream = first.ask(CHAT, ENDLESS);
    assert!(stream.read(&mut [0; 100]).unwrap() > 0);
    // In the middle of an answer.
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
