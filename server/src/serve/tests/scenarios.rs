//! What users do with a server over a while: several conversations with tools at a time, long contexts,
//! prompts that are repeated, requests that come before the model is loaded.

use std::io::Read;
use std::net::TcpStream;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::answers::{
    Heard, blocks, blocks_stream, chat, chat_body, chat_stream, check, items, items_stream,
    messages_body, responses_body,
};
use super::client::Event;
use super::{Server, loading, server, until};

const CHAT: &str = "/v1/chat/completions";

/// How a conversation is had in one API.
struct Api {
    path: &'static str,
    /// What is asked, with reasoning or without, streamed or whole.
    body: fn(&str, bool, bool) -> Value,
    whole: fn(&Value) -> Heard,
    streamed: fn(&[Event]) -> Heard,
    /// Adds an answer with its calls, and a result for each of them.
    goes_on: fn(&mut Value, &Heard),
    /// Stands in the first event that has text.
    sign: &'static str,
}

static APIS: [Api; 3] = [
    Api {
        path: CHAT,
        body: chat_body,
        whole: |body| chat(&body["choices"][0], &body["usage"]),
        streamed: |events| chat_stream(events, 0),
        goes_on: chat_goes_on,
        sign: "\"delta\":{\"reasoning\"",
    },
    Api {
        path: "/v1/responses",
        body: responses_body,
        whole: items,
        streamed: items_stream,
        goes_on: responses_go_on,
        sign: "reasoning_text.delta",
    },
    Api {
        path: "/v1/messages",
        body: messages_body,
        whole: blocks,
        streamed: blocks_stream,
        goes_on: messages_go_on,
        sign: "thinking_delta",
    },
];

const RESULTS: [&str; 2] = ["12 degrees", "no news"];

fn push(list: &mut Value, more: Vec<Value>) {
    list.as_array_mut().unwrap().extend(more);
}

fn chat_goes_on(body: &mut Value, heard: &Heard) {
    let call = |(at, (name, arguments)): (usize, &(String, Value))| {
        let function = json!({"name": name, "arguments": arguments.to_string()});
        json!({"id": format!("c{at}"), "type": "function", "function": function})
    };
    let calls: Vec<Value> = heard.calls.iter().enumerate().map(call).collect();
    let mut more = vec![json!({"role": "assistant", "content": heard.text,
        "reasoning_content": heard.reasoning, "tool_calls": calls})];
    let result =
        |(at, text)| json!({"role": "tool", "tool_call_id": format!("c{at}"), "content": text});
    more.extend(RESULTS.iter().enumerate().map(result));
    push(&mut body["messages"], more);
}

fn responses_go_on(body: &mut Value, heard: &Heard) {
    let mut more = vec![json!({"role": "user", "content": body["input"]})];
    more.extend(heard.calls.iter().enumerate().map(|(at, (name, arguments))| {
        json!({"type": "function_call", "call_id": format!("c{at}"), "name": name,
            "arguments": arguments.to_string()})
    }));
    more.extend(RESULTS.iter().enumerate().map(|(at, text)| {
        json!({"type": "function_call_output", "call_id": format!("c{at}"), "output": text})
    }));
    body["input"] = json!(more);
}

fn messages_go_on(body: &mut Value, heard: &Heard) {
    let used = heard.calls.iter().enumerate().map(|(at, (name, input))| {
        json!({"type": "tool_use", "id": format!("c{at}"), "name": name, "input": input})
    });
    let results = RESULTS.iter().enumerate().map(|(at, text)| {
        json!({"type": "tool_result", "tool_use_id": format!("c{at}"), "content": text})
    });
    let used = json!({"role": "assistant", "content": used.collect::<Vec<Value>>()});
    let results = json!({"role": "user", "content": results.collect::<Vec<Value>>()});
    push(&mut body["messages"], vec![used, results]);
}

impl Api {
    fn ask(&self, server: &Server, body: &Value) -> Heard {
        let reply = server.post(self.path, body);
        match body["stream"] == true {
            true => (self.streamed)(&reply.events()),
            false => (self.whole)(&reply.good()),
        }
    }

    /// A question that leads to two calls at a time, and the answer to their results.
    fn round(&self, server: &Server, thinking: bool, stream: bool) {
        let asked = "call in parallel";
        let mut body = (self.body)(asked, thinking, stream);
        let heard = self.ask(server, &body);
        check(asked, thinking, &heard, &heard);
        (self.goes_on)(&mut body, &heard);
        let told = self.ask(server, &body);
        assert_eq!((told.text.as_str(), told.calls.len()), ("The tool said: 12 degrees", 0));
        assert_eq!(!told.reasoning.is_empty(), thinking);
    }
}

#[test]
fn three_conversations_at_a_time_go_on_from_the_results_of_parallel_calls() {
    let server = server("slots=3,decode=2000");
    for (thinking, stream) in [(true, true), (true, false), (false, true), (false, false)] {
        std::thread::scope(|scope| {
            let server = &server;
            let ask = |api: &'static Api| scope.spawn(move || api.round(server, thinking, stream));
            let asked: Vec<_> = APIS.iter().map(ask).collect();
            asked.into_iter().for_each(|round| round.join().unwrap());
        });
    }
    server.settle();
    let [aborted, failed, ..] = server.app.metrics.endings();
    assert_eq!((aborted, failed, server.app.metrics.admitted.get()), (0, 0, 24));
}

/// Reads a stream until something stands in it.
fn read_until(stream: &mut TcpStream, sign: &str) {
    let (mut heard, mut piece) = (Vec::new(), [0; 1024]);
    while !String::from_utf8_lossy(&heard).contains(sign) {
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&piece[..count]);
    }
}

#[test]
fn reasoning_comes_while_it_is_written_in_every_api() {
    let server = server("decode=50");
    for api in &APIS {
        let mut stream = server.open(api.path, &(api.body)("count:100000", true, true));
        read_until(&mut stream, api.sign);
        assert_eq!(server.app.engine.load(), (1, 0), "{}", api.path);
        drop(stream);
        server.settle();
    }
}

#[test]
fn a_long_context_is_left_in_the_middle_of_an_answer_and_the_next_is_served_at_once() {
    let server = server("slots=1,decode=500,context=32768");
    // Three tokens each.
    let long = json!({
        "messages": [{"role": "user", "content": "word ".repeat(7_400)}],
        "stream": true, "ignore_eos": true,
    });
    let mut leaving = server.open(CHAT, &long);
    read_until(&mut leaving, APIS[0].sign);
    assert!(server.app.metrics.prompt_tokens.get() > 22_000);
    std::thread::scope(|scope| {
        let body = json!({"messages": [{"role": "user", "content": "echo: quick"}]});
        let server = &server;
        let next = scope.spawn(move || server.post(CHAT, &body).good());
        until(|| server.app.engine.load() == (1, 1));
        drop(leaving);
        let answer = next.join().unwrap();
        assert_eq!(answer["choices"][0]["message"]["content"], "quick");
    });
    server.settle();
    let freed = &server.app.metrics.steps_until_freed;
    assert!(freed.mean().unwrap() <= 1.0);
    assert_eq!(server.app.metrics.cache_usage.get(), 0.0);
}

#[test]
fn a_prompt_may_fill_the_context_but_for_one_token() {
    const CONTEXT: usize = 262_144;
    let server = server(&format!("slots=1,context={CONTEXT},cached={CONTEXT}"));
    let ask = |tokens: usize, most: usize| {
        let body = json!({"prompt": vec![300; tokens], "max_tokens": most, "ignore_eos": true});
        server.post("/v1/completions", &body)
    };
    let usage = ask(CONTEXT - 1, 1).good()["usage"].clone();
    assert_eq!(
        (&usage["prompt_tokens"], &usage["completion_tokens"]),
        (&json!(CONTEXT - 1), &json!(1))
    );
    for (tokens, most) in [(CONTEXT, 1), (CONTEXT - 1, 2)] {
        let told = ask(tokens, most).error(400);
        assert!(
            told.contains(&CONTEXT.to_string()) && told.contains(&tokens.to_string()),
            "{told}"
        );
    }
    server.settle();
}

#[test]
fn what_was_remembered_of_a_prompt_stands_in_the_usage_of_every_api() {
    let server = server("remembered=5");
    for (api, details) in APIS.iter().zip(["prompt_tokens_details", "input_tokens_details", ""]) {
        for stream in [false, true] {
            let heard = api.ask(&server, &(api.body)("echo: x", false, stream));
            let usage = &heard.usage;
            if api.path == "/v1/messages" {
                // What had to be read and what was remembered are the prompt.
                let body = (api.body)("echo: x", false, false);
                let counted = server.post("/v1/messages/count_tokens", &body).good();
                let prompt = counted["input_tokens"].as_u64().unwrap();
                assert_eq!(usage["cache_read_input_tokens"], 5);
                assert_eq!(usage["input_tokens"], prompt - 5);
            } else {
                assert_eq!(usage[details]["cached_tokens"], 5, "{usage}");
            }
        }
    }
    let metrics = &server.app.metrics;
    assert_eq!(metrics.prefix_hits.get(), 6 * 5);
    assert_eq!(metrics.prefix_queries.get(), metrics.prompt_tokens.get());
}

#[test]
fn a_server_listens_before_its_model_is_loaded_and_says_so() {
    let server = loading("", Default::default(), Default::default(), Default::default());
    let body = json!({"messages": [{"role": "user", "content": "echo: x"}]});
    assert_eq!(server.get("/health").status, 200);
    assert!(server.get("/ready").error(503).contains("being loaded"));
    let refused = server.post(CHAT, &body);
    refused.error(503);
    assert!(refused.headers["retry-after"].parse::<u64>().unwrap() >= 1);
    // What needs no engine is answered.
    server.post("/tokenize", &json!({"prompt": "x"})).good();
    server.get("/v1/models").good();
    let page = server.get("/metrics");
    let line = page.text().lines().find(|line| line.contains("reason=\"loading\""));
    assert!(line.unwrap().ends_with(" 1"), "{line:?}");
    server.controls.loading.store(false, Ordering::Release);
    until(|| server.get("/ready").status == 200);
    server.post(CHAT, &body).good();
    server.settle();
}
