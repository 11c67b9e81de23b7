//! `kiln chat` against a server that says what it is told to say.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// How a server answers a question.
#[derive(Clone)]
enum Reply {
    /// Pieces of reasoning and of the answer, and what it counts.
    Pieces(Vec<Value>),
    /// A piece again and again, until nobody reads.
    Endless,
    /// A status and why.
    Refusal(u16, &'static str),
    /// A piece, and then nothing more.
    Broken,
}

/// A server with a reply for each question, and what it was asked.
struct Scripted {
    url: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

fn scripted(replies: Vec<Reply>) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    thread::spawn(move || {
        let mut replies = replies.into_iter();
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let (path, body) = request(&mut connection);
            if path == "/v1/models" {
                let body = json!({ "data": [{ "id": "scripted" }] }).to_string();
                let length = body.len();
                write!(connection, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}")
                    .unwrap();
                continue;
            }
            seen.lock().unwrap().push(body);
            // A reply ends early where nobody reads it.
            let _ = reply(&mut connection, replies.next().unwrap());
        }
    });
    Scripted { url, asked }
}

fn request(connection: &mut TcpStream) -> (String, Value) {
    let mut reader = BufReader::new(connection);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let path = first.split(' ').nth(1).unwrap().to_owned();
    (path, serde_json::from_slice(&body).unwrap_or_default())
}

fn reply(connection: &mut TcpStream, reply: Reply) -> std::io::Result<()> {
    if let Reply::Refusal(status, why) = reply {
        let body = json!({ "error": { "message": why } });
        return write!(connection, "HTTP/1.1 {status} No\r\n\r\n{body}");
    }
    write!(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    match reply {
        Reply::Pieces(pieces) => {
            for piece in pieces {
                chunk(connection, &format!(": a comment\n\ndata: {piece}\n\n"))?;
            }
            chunk(connection, "data: [DONE]\n\n")?;
            connection.write_all(b"0\r\n\r\n")
        }
        Reply::Broken => chunk(connection, &format!("data: {}\n\n", text("one "))),
        Reply::Endless => loop {
            chunk(connection, &format!("data: {}\n\n", text("on ")))?;
        },
        Reply::Refusal(..) => Ok(()),
    }
}

/// A chunk whose parts come in two writes.
fn chunk(connection: &mut TcpStream, text: &str) -> std::io::Result<()> {
    let (start, end) = text.as_bytes().split_at(text.len() / 2);
    write!(connection, "{:x}\r\n", text.len())?;
    connection.write_all(start)?;
    connection.flush()?;
    connection.write_all(end)?;
    connection.write_all(b"\r\n")
}

fn text(text: &str) -> Value {
    json!({ "choices": [{ "delta": { "content": text } }] })
}

fn reasoning(text: &str) -> Value {
    json!({ "choices": [{ "delta": { "reasoning_content": text, "reasoning": text } }] })
}

fn usage(tokens: u64) -> Value {
    let details = json!({ "accepted_prediction_tokens": 3, "rejected_prediction_tokens": 1 });
    let usage = json!({ "completion_tokens": tokens, "completion_tokens_details": details });
    json!({ "choices": [], "usage": usage })
}

fn kiln(url: &str, home: &std::path::Path, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kiln"))
        .args(["chat", "--url", url])
        .args(more)
        .env("XDG_STATE_HOME", home)
        .env_remove("KILN_API_KEY")
        // Where lines cannot be edited; a reader that is no person sees no prompt.
        .env("TERM", "dumb")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The whole of a conversation: exit code, output and complaints.
fn talk(url: &str, home: &std::path::Path, more: &[&str], lines: &str) -> (i32, String, String) {
    let mut child = kiln(url, home, more);
    // A program that ended already reads nothing.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    let done = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

#[test]
fn answers_come_with_their_reasoning_and_speed_and_stay_in_the_conversation() {
    let home = tempfile::tempdir().unwrap();
    let pieces = vec![reasoning("be"), reasoning("cause"), text("Hel"), text("lo 世界"), usage(4)];
    let server = scripted(vec![
        Reply::Pieces(pieces),
        Reply::Pieces(vec![text("again")]),
        Reply::Pieces(vec![text("new")]),
    ]);
    let lines = "hi\n/think off\n/system Be brief.\n/retry\n/new\n//x\n/nothing\n/quit\nnever\n";
    let (code, out, err) = talk(&server.url, home.path(), &[], lines);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("because\n\nHello 世界\n[4 tokens, "), "{out}");
    assert!(
        out.contains("tokens/s, first after ") && out.contains("3 of 4 drafted tokens accepted")
    );
    assert!(err.contains("scripted at") && err.contains("there is no command '/nothing'"), "{err}");
    let asked = server.asked.lock().unwrap();
    let said = |at: usize| asked[at]["messages"].as_array().unwrap().clone();
    assert_eq!((asked.len(), &asked[0]["model"]), (3, &json!("scripted")));
    assert_eq!(said(0), [json!({ "role": "user", "content": "hi" })]);
    assert_eq!(asked[0]["chat_template_kwargs"]["enable_thinking"], true);
    assert_eq!(asked[1]["chat_template_kwargs"]["enable_thinking"], false);
    let brief = json!({ "role": "system", "content": "Be brief." });
    assert_eq!(said(1), [brief.clone(), json!({ "role": "user", "content": "hi" })]);
    assert_eq!(said(2), [brief, json!({ "role": "user", "content": "//x" })]);
    let history = std::fs::read_to_string(home.path().join("kiln/chat_history")).unwrap();
    assert!(history.contains("/retry"), "{history}");
}

#[test]
fn an_answer_is_part_of_what_is_asked_next() {
    let home = tempfile::tempdir().unwrap();
    let first = vec![reasoning("why"), text("so")];
    let server = scripted(vec![Reply::Pieces(first), Reply::Pieces(vec![text("then")])]);
    let (code, ..) = talk(&server.url, home.path(), &["--name", "other"], "a\nb\n");
    let asked = server.asked.lock().unwrap();
    assert_eq!((code, &asked[1]["model"]), (0, &json!("other")));
    let answer = json!({ "role": "assistant", "content": "so", "reasoning_content": "why" });
    assert_eq!(asked[1]["messages"][1], answer);
}

#[test]
fn interrupts_stop_the_answer_and_not_the_program() {
    let home = tempfile::tempdir().unwrap();
    let server = scripted(vec![Reply::Endless, Reply::Pieces(vec![text("after")])]);
    let mut child = kiln(&server.url, home.path(), &[]);
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    input.write_all(b"go on\n").unwrap();
    let mut begun = [0; 6];
    output.read_exact(&mut begun).unwrap();
    assert_eq!(&begun, b"on on ");
    // Somebody has to read what comes until the signal arrives.
    let reader = thread::spawn(move || {
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        rest
    });
    let kill = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    input.write_all(b"next\n").unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
    let rest = reader.join().unwrap();
    assert!(rest.contains("\n[stopped; ") && rest.contains("after\n["), "{rest}");
    let asked = server.asked.lock().unwrap();
    assert!(asked[1]["messages"][1]["content"].as_str().unwrap().starts_with("on on"));
}

#[test]
fn what_goes_wrong_is_one_line_and_can_be_tried_again() {
    let home = tempfile::tempdir().unwrap();
    let server = scripted(vec![
        Reply::Refusal(400, "the text is too long"),
        Reply::Broken,
        Reply::Pieces(vec![json!({ "error": { "message": "the engine failed" } })]),
        Reply::Pieces(vec![text("fine")]),
    ]);
    let (code, out, err) = talk(&server.url, home.path(), &[], "a\nb\nc\nd\n");
    assert_eq!(code, 0, "{err}");
    for expect in [
        "error: the server refused with status 400: the text is too long\n",
        "error: the connection was lost",
        "error: the server stopped: the engine failed\n",
    ] {
        assert!(err.contains(expect), "{err}");
    }
    assert!(out.contains("fine\n["));
    assert_eq!(server.asked.lock().unwrap()[3]["messages"].as_array().unwrap().len(), 1);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, expect) in [
        (format!("http://{free}"), "is `kiln serve` running there?"),
        ("https://example.org".into(), "expected a URL such as"),
        ("http://a/b".into(), "expected a URL such as"),
    ] {
        let (code, out, err) = talk(&url, home.path(), &[], "");
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.starts_with("error: ") && err.contains(expect), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
}
