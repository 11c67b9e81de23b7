//! The server with a real model behind it: the small one that the repository brings along, with its
//! drafter, and kernels out of a bundle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Read;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread;

use kiln_tests::served::{Api, Ask, Said, Served, demo_bundle, demo_model};
use serde_json::{Value, json};

/// The bundle, made once.
fn bundle() -> PathBuf {
    static MADE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let bundle = demo_bundle(directory.path());
        (directory, bundle)
    });
    made.1.clone()
}

fn server(more: &[&str]) -> Served {
    Served::start(&demo_model(), &bundle(), &[&["--context", "2048"], more].concat())
}

fn tool(name: &str, description: &str, parameters: Value) -> Value {
    let required: Vec<&String> = parameters.as_object().unwrap().keys().collect();
    let parameters = json!({"type": "object", "properties": parameters, "required": required});
    json!({"name": name, "description": description, "parameters": parameters})
}

fn weather() -> Value {
    let city = json!({"city": {"type": "string", "description": "The city"}});
    tool("get_weather", "Get the current weather of a city", city)
}

fn time() -> Value {
    let city = json!({"city": {"type": "string", "description": "The city"}});
    tool("get_time", "Get the local time of a city", city)
}

fn timer() -> Value {
    let minutes = json!({"minutes": {"type": "integer", "description": "Length in minutes"}});
    tool("set_timer", "Start a timer", minutes)
}

const WEATHER: &str = "What is the weather in Auckland?";

/// Waits for what has to become true.
fn until(holds: impl Fn() -> bool) {
    while !holds() {
        thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn idle(server: &Served) -> bool {
    let now = server.metrics();
    ["vllm:num_requests_running", "vllm:num_requests_waiting", "kiln:slots_used"]
        .iter()
        .all(|name| now[*name] == 0.0)
}

#[test]
fn a_tool_is_called_in_every_api_whole_and_streamed_with_reasoning_and_without() {
    let server = server(&[]);
    assert!(server.banner.contains("DFlash of "), "{}", server.banner);
    for thinking in [true, false] {
        let ask = Ask::new(WEATHER, &[time(), weather()], thinking);
        let mut all = Vec::new();
        for api in Api::ALL {
            let whole = api.whole(&server, &ask);
            assert_eq!(api.streamed(&server, &ask), whole, "{api:?}");
            all.push(whole);
        }
        for said in &all {
            assert_eq!(said.called(), [("get_weather", json!({"city": "Auckland"}))]);
            assert_eq!(said.reasoning.trim().is_empty(), !thinking, "{said:?}");
            assert!(!said.text.contains("<tool_call>") && !said.reasoning.contains("<tool_call>"));
        }
        assert!(all.iter().all(|said| said.reasoning == all[0].reasoning), "{all:?}");
    }
}

#[test]
fn the_result_of_a_call_is_told() {
    let server = server(&[]);
    let call = json!({"id": "call_1", "type": "function",
        "function": {"name": "get_weather", "arguments": "{\"city\": \"Auckland\"}"}});
    let messages = json!([
        {"role": "user", "content": WEATHER},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1",
            "content": "{\"temperature\": 17, \"condition\": \"cloudy\"}"},
    ]);
    let ask = Ask::new("", &[weather()], false).with(json!({"messages": messages}));
    let said = Api::Chat.streamed(&server, &ask);
    assert!(said.calls.is_empty() && said.text.contains("17") && said.text.contains("cloudy"));
}

#[test]
fn an_answer_has_the_form_that_its_schema_describes() {
    let server = server(&[]);
    let schema = json!({"type": "object", "additionalProperties": false,
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"},
            "city": {"enum": ["Rome", "Oslo"]}},
        "required": ["name", "age", "city"]});
    let question = "Lena is 21 years old and lives in Rome. Answer in JSON with the fields name, \
                    age and city.";
    let form = json!({"name": "person", "schema": schema, "strict": true});
    let chat = json!({"response_format": {"type": "json_schema", "json_schema": form}});
    let mut flat = form.clone();
    flat["type"] = json!("json_schema");
    let responses = json!({"text": {"format": flat}});
    for (api, more) in [(Api::Chat, chat), (Api::Responses, responses)] {
        for (thinking, heat) in [(true, 0.0), (false, 1.5)] {
            let mut ask = Ask::new(question, &[], thinking).with(more.clone());
            ask.more["temperature"] = json!(heat);
            ask.more["seed"] = json!(3);
            let said = api.streamed(&server, &ask);
            let value: Value = serde_json::from_str(&said.text).unwrap();
            let fields: Vec<&String> = value.as_object().unwrap().keys().collect();
            assert!(["name", "age", "city"].iter().all(|name| value.get(*name).is_some()));
            assert!(fields.len() == 3 && value["name"].is_string() && value["age"].is_i64());
            assert!(value["city"] == "Rome" || value["city"] == "Oslo", "{value}");
            assert!(heat > 0.0 || value == json!({"name": "Lena", "age": 21, "city": "Rome"}));
        }
    }
}

#[test]
fn a_call_that_is_demanded_is_made_whatever_was_asked() {
    let server = server(&[]);
    let strict = |strict: bool| {
        let mut timer = timer();
        timer["strict"] = json!(strict);
        timer
    };
    let named = || json!({"type": "function", "function": {"name": "set_timer"}});
    for (choice, tools) in [
        (json!("required"), vec![strict(true)]),
        (json!("required"), vec![strict(false)]),
        (named(), vec![weather(), strict(true)]),
        (named(), vec![weather(), strict(false)]),
    ] {
        let more = json!({"tool_choice": choice, "temperature": 1.2, "seed": 5, "max_tokens": 600});
        let said = Api::Chat.streamed(&server, &Ask::new("hello", &tools, false).with(more));
        let called = said.called();
        assert!(!called.is_empty() && called.iter().all(|(name, _)| *name == "set_timer"));
        assert!(called.iter().all(|(_, of)| of["minutes"].is_i64()), "{called:?}");
    }
}

#[test]
fn three_streams_at_a_time_have_each_its_own_call() {
    let server = server(&[]);
    let asks = [
        (Api::Chat, "What is the weather in Oslo?", weather(), json!({"city": "Oslo"})),
        (Api::Responses, "What time is it in Cairo?", time(), json!({"city": "Cairo"})),
        (Api::Messages, "Set a timer for 10 minutes.", timer(), json!({"minutes": 10})),
    ];
    for thinking in [true, false] {
        thread::scope(|scope| {
            for (api, question, tool, arguments) in &asks {
                let server = &server;
                scope.spawn(move || {
                    let ask = Ask::new(question, std::slice::from_ref(tool), thinking);
                    let said = api.streamed(server, &ask);
                    let name = tool["name"].as_str().unwrap();
                    assert_eq!(said.called(), [(name, arguments.clone())], "{said:?}");
                });
            }
        });
    }
    until(|| idle(&server));
}

/// What the reference stack's own script looks at in streamed responses.
#[test]
fn the_five_checks_of_the_reference_stack_pass() {
    let server = server(&[]);
    let check = |question: &str, tools: &[Value], thinking: bool| -> Said {
        let mut ask = Ask::new(question, tools, thinking);
        if !tools.is_empty() {
            ask.more["tool_choice"] = json!("auto");
        }
        let events = server.stream("/v1/responses", &Api::Responses.body(&ask));
        let kinds = |kind: &'static str| {
            events.iter().filter(move |(name, _)| name.as_deref() == Some(kind))
        };
        assert!(
            events
                .iter()
                .all(|(name, data)| data == "[DONE]" || data["type"] == **name.as_ref().unwrap())
        );
        let added = kinds("response.output_item.added").count();
        assert!(added > 0 && kinds("response.output_item.done").count() == added);
        let said = Api::Responses.fold(&events);
        assert_eq!(said.reasoning.is_empty(), !thinking, "{said:?}");
        assert!(!said.text.contains("<tool_call>") && !said.reasoning.contains("<tool_call>"));
        let done = kinds("response.output_item.done").map(|(_, data)| &data["item"]);
        let calls = done.filter(|item| item["type"] == "function_call");
        let calls: Vec<(String, String)> = calls
            .map(|item| {
                let text = |name: &str| item[name].as_str().unwrap().to_owned();
                (text("name"), text("arguments"))
            })
            .collect();
        assert_eq!(calls, said.calls);
        said
    };
    let plain = check("What is kiln?", &[], false);
    assert!(plain.text.contains("Kiln") && plain.calls.is_empty(), "{plain:?}");
    let one = check(WEATHER, &[weather()], false);
    assert_eq!(one.called(), [("get_weather", json!({"city": "Auckland"}))]);
    let several = check("What time is it in Oslo?", &[weather(), time(), timer()], false);
    assert_eq!(several.called(), [("get_time", json!({"city": "Oslo"}))]);
    let both = check("What is the weather in Oslo and Rome?", &[weather()], false);
    let cities = ["Oslo", "Rome"].map(|city| ("get_weather", json!({"city": city})));
    assert_eq!(both.called(), cities);
    let thought = check("What is 17 + 25?", &[], true);
    assert!(thought.text.contains("42"), "{thought:?}");
}

/// Requests in which everything that a sampler minds has its part.
fn varied() -> Vec<Value> {
    let chat = |question: &str, thinking: bool, more: Value| {
        Api::Chat.body(&Ask::new(question, &[], thinking).with(more))
    };
    let tools = Api::Chat.body(&Ask::new(WEATHER, &[weather(), time()], true));
    let demanded = Ask::new("hello", &[timer()], false)
        .with(json!({"tool_choice": "required", "temperature": 1.0, "seed": 9}));
    let schema = json!({"type": "object", "properties": {"result": {"type": "integer"}},
        "required": ["result"], "additionalProperties": false});
    let form = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
    vec![
        tools,
        Api::Chat.body(&demanded),
        chat("Count from 1 to 40.", true, json!({})),
        chat("What is 127 + 385?", true, json!({"temperature": 0.9, "top_p": 0.9, "seed": 4})),
        chat("Count from 1 to 30.", false, json!({"logprobs": true, "top_logprobs": 3})),
        chat("What is 21 + 8? Answer as JSON with the key result.", true, {
            json!({"response_format": form, "temperature": 0.7, "top_k": 20, "seed": 8})
        }),
        chat("Count from 5 to 25.", false, {
            json!({"presence_penalty": 0.4, "frequency_penalty": 0.3, "repetition_penalty": 1.1,
                "logit_bias": {"300": -5, "301": 2}, "temperature": 1.1, "seed": 6})
        }),
        chat("hello", false, json!({"min_tokens": 40, "n": 2, "temperature": 1.0, "seed": 2})),
    ]
}

#[test]
fn texts_are_the_same_with_guesses_and_without_side_by_side() {
    let plain = server(&["--spec", "off"]);
    assert!(plain.banner.contains("none: it is off"), "{}", plain.banner);
    let bodies = varied();
    let without = |body: &Value| -> Value {
        let answer = plain.post("/v1/chat/completions", body);
        let details = &answer["usage"]["completion_tokens_details"];
        assert_eq!(details["accepted_prediction_tokens"], 0);
        answer["choices"].clone()
    };
    let expected: Vec<Value> = bodies.iter().map(without).map(stripped).collect();
    for more in [&[][..], &["--spec-tokens", "5"]] {
        let guessing = server(more);
        let before = guessing.metrics();
        let side_by_side = thread::scope(|scope| {
            let ask = |body| {
                let guessing = &guessing;
                scope.spawn(move || guessing.post("/v1/chat/completions", body))
            };
            let asked: Vec<_> = bodies.iter().map(ask).collect();
            asked.into_iter().map(|answer| answer.join().unwrap()).collect::<Vec<Value>>()
        });
        let (mut accepted, mut rejected) = (0, 0);
        for ((found, expected), body) in side_by_side.iter().zip(&expected).zip(&bodies) {
            assert_eq!(stripped(found["choices"].clone()), *expected, "{body}");
            let details = &found["usage"]["completion_tokens_details"];
            accepted += details["accepted_prediction_tokens"].as_u64().unwrap();
            rejected += details["rejected_prediction_tokens"].as_u64().unwrap();
        }
        assert!(accepted > 0);
        assert_counted(&before, &guessing.metrics(), (accepted, rejected));
    }
}

/// Choices without the names of their calls, which nobody else has.
fn stripped(mut choices: Value) -> Value {
    for choice in choices.as_array_mut().unwrap() {
        let calls = choice["message"].get_mut("tool_calls").and_then(Value::as_array_mut);
        calls.into_iter().flatten().for_each(|call| call["id"] = Value::Null);
    }
    choices
}

/// The numbers under the names that dashboards and scripts read are those that clients were told.
fn assert_counted(
    before: &std::collections::BTreeMap<String, f64>,
    after: &std::collections::BTreeMap<String, f64>,
    (accepted, rejected): (u64, u64),
) {
    let rise = |name: &str| after[name] - before.get(name).copied().unwrap_or(0.0);
    let drafted = rise("vllm:spec_decode_num_draft_tokens_total");
    assert_eq!(drafted, (accepted + rejected) as f64);
    assert_eq!(rise("vllm:spec_decode_num_accepted_tokens_total"), accepted as f64);
    let drafts = rise("vllm:spec_decode_num_drafts_total");
    assert!(drafts > 0.0 && drafted >= drafts);
    let places = after.keys().filter(|name| name.contains("accepted_tokens_per_pos_total"));
    let by_place: Vec<f64> = places.map(|name| rise(name)).collect();
    assert_eq!(by_place.iter().sum::<f64>(), accepted as f64);
    let first = rise("vllm:spec_decode_num_accepted_tokens_per_pos_total position=\"0\"");
    assert!(by_place.iter().all(|count| *count <= first) && first <= drafts);
}

#[test]
fn a_prompt_whose_beginning_is_remembered_is_not_read_again_and_says_so() {
    let server = server(&["--chunk", "64"]);
    let ask = Ask::new(WEATHER, &[weather(), time(), timer()], false);
    for api in Api::ALL {
        let once = || {
            let answer = server.post(api.path(), &api.body(&ask));
            let usage = &answer["usage"];
            let number = |value: &Value| value.as_u64().unwrap();
            let details = |name: &str| {
                let cached = number(&usage[format!("{name}_tokens_details")]["cached_tokens"]);
                (number(&usage[format!("{name}_tokens")]), cached)
            };
            let (all, cached) = match api {
                Api::Chat => details("prompt"),
                Api::Responses => details("input"),
                Api::Messages => {
                    let cached = number(&usage["cache_read_input_tokens"]);
                    (number(&usage["input_tokens"]) + cached, cached)
                }
            };
            (api.read(&answer), all, cached)
        };
        let before = server.metrics();
        let (first, all, _) = once();
        let (second, again, cached) = once();
        assert_eq!((first, all), (second, again));
        // Whole chunks of what comes before the last token.
        assert_eq!(cached, (all - 1) / 64 * 64);
        let after = server.metrics();
        let rise = |name: &str| after[name] - before[name];
        assert_eq!(rise("vllm:prefix_cache_queries_total"), 2.0 * all as f64);
        assert!(rise("vllm:prefix_cache_hits_total") >= cached as f64 && cached > 0);
    }
}

/// An answer that goes on until somebody ends it.
fn endless() -> Value {
    let more = json!({"ignore_eos": true, "max_tokens": 1900, "stream": true});
    Api::Chat.body(&Ask::new("Count from 1 to 40.", &[], true).with(more))
}

#[test]
fn clients_that_go_free_everything_and_change_no_other_text() {
    let server = server(&[]);
    let ask = Ask::new("Count from 1 to 40.", &[], true);
    let expected = Api::Chat.whole(&server, &ask);
    let running = thread::scope(|scope| {
        let other = scope.spawn(|| (0..3).map(|_| Api::Chat.streamed(&server, &ask)).collect());
        for bytes in [0, 300, 700, 1500, 2600, 4000] {
            let mut leaving = server.open("/v1/chat/completions", &endless());
            leaving.read_exact(&mut vec![0; bytes]).unwrap();
        }
        let texts: Vec<Said> = other.join().unwrap();
        texts
    });
    assert!(running.iter().all(|said| *said == expected));
    until(|| idle(&server));
    let counts = server.metrics();
    let ended =
        |reason: &str| counts[&format!("vllm:request_success_total finished_reason=\"{reason}\"")];
    let all = ["abort", "error", "length", "stop"].map(ended);
    assert_eq!(all.iter().sum::<f64>(), counts["kiln:requests_admitted_total"]);
    assert!(ended("abort") > 0.0 && ended("error") == 0.0);
    assert_eq!(Api::Chat.whole(&server, &ask), expected);
}

#[test]
fn a_server_that_is_told_to_stop_ends_its_streams_and_itself() {
    let server = server(&["--drain", "0"]);
    let mut streams: Vec<_> =
        (0..3).map(|_| server.open("/v1/chat/completions", &endless())).collect();
    for stream in &mut streams {
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
    }
    let (code, said) = server.stop();
    assert_eq!(code, Some(0), "{said}");
    for mut stream in streams {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("the server is shutting down"), "{rest}");
        assert!(rest.ends_with("data: [DONE]\n\n\r\n0\r\n\r\n"), "{rest}");
    }
}

#[test]
fn an_engine_whose_step_takes_longer_than_it_may_is_replaced_by_one_that_serves() {
    // No step may take any time, so that sooner or later one is seen that does.
    let server = server(&["--step-limit", "0"]);
    let path = "/v1/chat/completions";
    let rebuilds = || server.metrics()["kiln:engine_rebuilds_total"];
    let short = Ask::new("What is kiln?", &[], false).with(json!({"max_tokens": 4}));
    let answered = || loop {
        if let (200, text) = server.ask(path, &Api::Chat.body(&short)) {
            return Api::Chat.read(&serde_json::from_str(&text).unwrap());
        }
    };
    let expected = answered();
    loop {
        let before = rebuilds();
        let (status, text) = server.ask(path, &endless());
        if status == 200 && rebuilds() > before {
            assert!(text.contains("the engine does not answer"), "{text}");
            assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
            break;
        }
    }
    until(|| server.get("/health").0 == 200);
    assert_eq!(answered(), expected);
}

#[test]
fn a_drafter_without_kernels_in_the_bundle_is_said_and_a_wanted_one_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let alone = directory.path().join("alone.kiln");
    let flags = ["--act", "f32", "--exact", "--drafter", "none"];
    let target = kiln_tests::tuned::host_target().unwrap();
    kiln_tests::tuned::tune(&demo_model(), &alone, target, &flags);
    let server = Served::start(&demo_model(), &alone, &["--context", "2048"]);
    assert!(server.banner.contains("has no kernels for it; tune with --drafter"));
    let said = Api::Chat.whole(&server, &Ask::new("What is kiln?", &[], false));
    assert!(said.text.contains("Kiln"), "{said:?}");
    let mut kiln = std::process::Command::new(kiln_tests::tuned::program("kiln"));
    kiln.arg("serve").arg(demo_model()).args(["--port", "0", "--spec", "dflash", "--bundle"]);
    let refused = kiln.arg(&alone).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("has no kernels for it"));
}
