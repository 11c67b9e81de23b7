//! Streams add up to whole answers, in every API and every combination.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::client::Event;
use super::{Server, server};

/// What a client makes of an answer.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Heard {
    pub(super) reasoning: String,
    pub(super) text: String,
    /// Names and arguments of calls.
    pub(super) calls: Vec<(String, Value)>,
    pub(super) reason: String,
    pub(super) usage: Value,
}

pub(super) fn tool(name: &str, parameter: &str) -> Value {
    json!({
        "name": name,
        "description": "d",
        "parameters": {
            "type": "object",
            "properties": {parameter: {"type": "string"}, "days": {"type": "integer"}},
            "required": [parameter],
        },
    })
}

fn arguments(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

/// A whole answer of `/v1/chat/completions`.
pub(super) fn chat(choice: &Value, usage: &Value) -> Heard {
    let message = &choice["message"];
    assert_eq!(message["reasoning"], message["reasoning_content"]);
    let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Heard {
        reasoning: text(&message["reasoning"]),
        text: text(&message["content"]),
        calls: calls
            .iter()
            .map(|call| {
                let function = &call["function"];
                (text(&function["name"]), arguments(function["arguments"].as_str().unwrap()))
            })
            .collect(),
        reason: text(&choice["finish_reason"]),
        usage: usage.clone(),
    }
}

/// The same as it was streamed, for one of several answers.
pub(super) fn chat_stream(events: &[Event], index: u64) -> Heard {
    let mut heard = Heard::default();
    let mut calls: BTreeMap<u64, (String, String)> = BTreeMap::new();
    let (last, chunks) = events.split_last().unwrap();
    assert_eq!(last.1, "[DONE]");
    for (name, chunk) in chunks {
        assert_eq!((name, &chunk["id"]), (&None, &chunks[0].1["id"]));
        if chunk["usage"].is_object() {
            heard.usage = chunk["usage"].clone();
        }
        for choice in chunk["choices"].as_array().unwrap() {
            if choice["index"] != index {
                continue;
            }
            let delta = &choice["delta"];
            heard.reasoning += delta["reasoning"].as_str().unwrap_or_default();
            assert_eq!(delta["reasoning"], delta["reasoning_content"]);
            heard.text += delta["content"].as_str().unwrap_or_default();
            for call in delta["tool_calls"].as_array().into_iter().flatten() {
                let of = calls.entry(call["index"].as_u64().unwrap()).or_default();
                // Clients join repeated texts, so names come once.
                of.0 += call["function"]["name"].as_str().unwrap_or_default();
                of.1 += call["function"]["arguments"].as_str().unwrap_or_default();
                assert_eq!(call["id"].is_string(), call["function"]["name"].is_string());
            }
            heard.reason += choice["finish_reason"].as_str().unwrap_or_default();
        }
    }
    heard.calls = calls.into_values().map(|(name, text)| (name, arguments(&text))).collect();
    heard
}

/// Output items of `/v1/responses`.
pub(super) fn items(body: &Value) -> Heard {
    let mut heard = Heard { usage: body["usage"].clone(), ..Heard::default() };
    heard.reason = body["status"].as_str().unwrap().to_owned();
    for item in body["output"].as_array().unwrap() {
        let text = item["content"][0]["text"].as_str().unwrap_or_default();
        match item["type"].as_str().unwrap() {
            "reasoning" => heard.reasoning += text,
            "message" => heard.text += text,
            _ => heard.calls.push((
                item["name"].as_str().unwrap().to_owned(),
                arguments(item["arguments"].as_str().unwrap()),
            )),
        }
    }
    heard
}

/// The same as it was streamed, checked event by event.
pub(super) fn items_stream(events: &[Event]) -> Heard {
    let mut output: Vec<Value> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut open = None;
    for (number, (name, event)) in events.iter().enumerate() {
        let kind = event["type"].as_str().unwrap();
        assert_eq!((name.as_deref(), &event["sequence_number"]), (Some(kind), &json!(number)));
        let at = event["output_index"].as_u64().map(|at| at as usize);
        let terminal = number == events.len() - 1;
        match kind {
            "response.created" | "response.in_progress" => assert!(number < 2),
            "response.output_item.added" => {
                assert_eq!((open.replace(at.unwrap()), at), (None, Some(output.len())));
                output.push(event["item"].clone());
                texts.push(String::new());
            }
            "response.output_item.done" => {
                assert_eq!(open.take(), at);
                let item = &event["item"];
                assert_eq!((&item["id"], &item["call_id"]), {
                    let added = &output[at.unwrap()];
                    (&added["id"], &added["call_id"])
                });
                let whole = item["content"][0]["text"].as_str().or(item["arguments"].as_str());
                assert_eq!(whole, Some(texts[at.unwrap()].as_str()));
                output[at.unwrap()] = item.clone();
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                assert!(terminal && open.is_none());
                assert_eq!(event["response"]["output"], json!(output));
                return items(&event["response"]);
            }
            _ => {
                assert_eq!((open, &event["item_id"]), (at, &output[at.unwrap()]["id"]), "{kind}");
                if let Some(delta) = event["delta"].as_str() {
                    texts[at.unwrap()] += delta;
                }
            }
        }
    }
    panic!("there is no last event: {events:?}")
}

/// A whole answer of `/v1/messages`.
pub(super) fn blocks(body: &Value) -> Heard {
    let mut heard = Heard { usage: body["usage"].clone(), ..Heard::default() };
    heard.reason = body["stop_reason"].as_str().unwrap().to_owned();
    for block in body["content"].as_array().unwrap() {
        match block["type"].as_str().unwrap() {
            "thinking" => heard.reasoning += block["thinking"].as_str().unwrap(),
            "text" => heard.text += block["text"].as_str().unwrap(),
            _ => {
                let name = block["name"].as_str().unwrap().to_owned();
                heard.calls.push((name, block["input"].clone()));
            }
        }
    }
    heard
}

/// The same as it was streamed.
pub(super) fn blocks_stream(events: &[Event]) -> Heard {
    let mut content: Vec<Value> = Vec::new();
    let mut json = String::new();
    let mut body = Value::Null;
    for (name, event) in events {
        assert_eq!(name.as_deref(), event["type"].as_str());
        let delta = &event["delta"];
        let mut add = |key: &str, text: &Value| {
            let block = content.last_mut().unwrap();
            block[key] = json!(block[key].as_str().unwrap().to_owned() + text.as_str().unwrap());
        };
        match event["type"].as_str().unwrap() {
            "message_start" => body = event["message"].clone(),
            "content_block_start" => {
                assert_eq!(event["index"], json!(content.len()));
                content.push(event["content_block"].clone());
                json.clear();
            }
            "content_block_delta" => match delta["type"].as_str().unwrap() {
                "thinking_delta" => add("thinking", &delta["thinking"]),
                "signature_delta" => add("signature", &delta["signature"]),
                "text_delta" => add("text", &delta["text"]),
                _ => json += delta["partial_json"].as_str().unwrap(),
            },
            "content_block_stop" if !json.is_empty() => {
                content.last_mut().unwrap()["input"] = arguments(&json);
            }
            "message_delta" => {
                body["stop_reason"] = delta["stop_reason"].clone();
                body["usage"] = event["usage"].clone();
            }
            _ => {}
        }
    }
    body["content"] = json!(content);
    blocks(&body)
}

/// What is asked: a text, one call, two calls, or about the result of a call.
const ASKED: &[&str] = &["say something", "call it", "call in parallel", "result"];

pub(super) fn chat_body(asked: &str, thinking: bool, stream: bool) -> Value {
    let functions = [tool("weather", "city"), tool("news", "topic")];
    let tools: Vec<Value> =
        functions.iter().map(|of| json!({"type": "function", "function": of})).collect();
    let mut messages = json!([{"role": "user", "content": asked}]);
    if asked == "result" {
        messages = json!([
            {"role": "user", "content": "call it"},
            {"role": "assistant", "content": null, "reasoning_content": "r", "tool_calls": [
                {"id": "c", "type": "function", "function": {"name": "weather", "arguments": "{\"city\": \"Oslo\"}"}},
            ]},
            {"role": "tool", "tool_call_id": "c", "content": "12 degrees"},
        ]);
    }
    json!({
        "model": "model", "messages": messages, "tools": tools, "seed": 7, "temperature": 1,
        "stream": stream, "chat_template_kwargs": {"enable_thinking": thinking},
        "stream_options": if stream { json!({"include_usage": true}) } else { Value::Null },
    })
}

pub(super) fn responses_body(asked: &str, thinking: bool, stream: bool) -> Value {
    let mut tools = [tool("weather", "city"), tool("news", "topic")];
    tools.iter_mut().for_each(|tool| tool["type"] = json!("function"));
    let mut input = json!(asked);
    if asked == "result" {
        input = json!([
            {"role": "user", "content": "call it"},
            {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{\"city\": \"Oslo\"}"},
            {"type": "function_call_output", "call_id": "c", "output": "12 degrees"},
        ]);
    }
    json!({
        "model": "model", "input": input, "tools": tools, "seed": 7, "temperature": 1,
        "stream": stream, "chat_template_kwargs": {"enable_thinking": thinking},
    })
}

pub(super) fn messages_body(asked: &str, thinking: bool, stream: bool) -> Value {
    let schema = |mut tool: Value| {
        tool["input_schema"] = tool["parameters"].take();
        tool
    };
    let tools = [schema(tool("weather", "city")), schema(tool("news", "topic"))];
    let mut messages = json!([{"role": "user", "content": asked}]);
    if asked == "result" {
        messages = json!([
            {"role": "user", "content": "call it"},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "c", "name": "weather", "input": {"city": "Oslo"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c", "content": "12 degrees"},
            ]},
        ]);
    }
    let kind = if thinking { "adaptive" } else { "disabled" };
    json!({
        "model": "model", "max_tokens": 4096, "messages": messages, "tools": tools,
        "temperature": 0, "stream": stream, "thinking": {"type": kind},
    })
}

pub(super) fn check(asked: &str, thinking: bool, whole: &Heard, streamed: &Heard) {
    assert_eq!(whole, streamed, "{asked} {thinking}");
    assert_eq!(!whole.reasoning.is_empty(), thinking, "{whole:?}");
    for tag in ["<tool_call>", "<think>", "</think>", "<function"] {
        assert!(!whole.text.contains(tag) && !whole.reasoning.contains(tag), "{whole:?}");
    }
    let call =
        |name: &str, parameter: &str| (name.to_owned(), json!({parameter: "Paris", "days": 3}));
    let calls = match asked {
        "call it" => vec![call("weather", "city")],
        "call in parallel" => vec![call("weather", "city"), call("news", "topic")],
        _ => Vec::new(),
    };
    assert_eq!(whole.calls, calls);
    if asked == "result" {
        assert_eq!(whole.text, "The tool said: 12 degrees");
    }
}

fn every(
    server: &Server,
    path: &str,
    body: fn(&str, bool, bool) -> Value,
    whole: fn(&Value) -> Heard,
    streamed: fn(&[Event]) -> Heard,
) {
    for asked in ASKED {
        for thinking in [true, false] {
            let one = whole(&server.post(path, &body(asked, thinking, false)).good());
            let other = streamed(&server.post(path, &body(asked, thinking, true)).events());
            check(asked, thinking, &one, &other);
        }
    }
    server.settle();
}

#[test]
fn streams_of_chats_add_up_to_the_whole_answer() {
    let whole = |body: &Value| chat(&body["choices"][0], &body["usage"]);
    let server = server("");
    every(&server, "/v1/chat/completions", chat_body, whole, |events| chat_stream(events, 0));
    let reasons = |asked| {
        let body = server.post("/v1/chat/completions", &chat_body(asked, false, false)).good();
        body["choices"][0]["finish_reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(reasons("call it"), "tool_calls");
    assert_eq!(reasons("say something"), "stop");
}

#[test]
fn streams_of_responses_add_up_to_the_whole_answer() {
    every(&server(""), "/v1/responses", responses_body, items, items_stream);
}

#[test]
fn streams_of_messages_add_up_to_the_whole_answer() {
    every(&server(""), "/v1/messages", messages_body, blocks, blocks_stream);
}

#[test]
fn several_answers_are_told_apart_and_the_first_is_the_only_one_of_a_smaller_request() {
    let server = server("slots=2");
    let mut body = chat_body("say something", true, false);
    let alone = server.post("/v1/chat/completions", &body).good();
    body["n"] = json!(3);
    let three = server.post("/v1/chat/completions", &body).good();
    body["stream"] = json!(true);
    let events = server.post("/v1/chat/completions", &body).events();
    let usage = &three["usage"];
    let heard = |at: usize| chat(&three["choices"][at], usage);
    let text = |heard: &Heard| (heard.reasoning.clone(), heard.text.clone());
    assert_eq!(text(&heard(0)), text(&chat(&alone["choices"][0], usage)));
    assert_ne!(text(&heard(0)), text(&heard(1)));
    for at in 0..3 {
        assert_eq!(text(&heard(at)), text(&chat_stream(&events, at as u64)));
    }
    server.settle();
}

#[test]
fn answers_that_are_cut_off_say_so_in_every_api() {
    let server = server("");
    let mut body = chat_body("count:50", false, false);
    body["max_tokens"] = json!(5);
    let chat = server.post("/v1/chat/completions", &body).good();
    assert_eq!(chat["choices"][0]["finish_reason"], "length");
    assert_eq!(chat["usage"]["completion_tokens"], 5);
    let mut body = responses_body("count:50", true, true);
    body["max_output_tokens"] = json!(3);
    let events = server.post("/v1/responses", &body).events();
    let (name, last) = events.last().unwrap();
    assert_eq!(name.as_deref(), Some("response.incomplete"));
    assert_eq!(last["response"]["incomplete_details"]["reason"], "max_output_tokens");
    assert_eq!(items_stream(&events).reason, "incomplete");
    let mut body = messages_body("count:50", false, false);
    body["max_tokens"] = json!(5);
    assert_eq!(server.post("/v1/messages", &body).good()["stop_reason"], "max_tokens");
    // A call that is cut off is a JSON object all the same.
    let mut body = chat_body("call it", false, true);
    body["max_tokens"] = json!(30);
    let heard = chat_stream(&server.post("/v1/chat/completions", &body).events(), 0);
    assert_eq!(heard.reason, "length");
    assert!(heard.calls.iter().all(|(_, arguments)| arguments.is_object()));
    server.settle();
}
