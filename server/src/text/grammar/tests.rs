use std::collections::BTreeSet;

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::*;
use crate::text::fixture;
use crate::text::output::{Event, Parser};

const LIMIT: Duration = Duration::from_secs(60);

fn stops() -> Vec<u32> {
    let tokenizer = fixture::tokenizer();
    ["<|im_end|>", "<|endoftext|>"].iter().filter_map(|name| tokenizer.special(name)).collect()
}

fn grammars() -> Grammars {
    Grammars::new(&fixture::tokenizer(), &stops()).expect("the fixture should fit")
}

fn allowed(mask: &Mask) -> Vec<u32> {
    (0..fixture::tokenizer().vocabulary()).filter(|id| mask.allows(*id)).collect()
}

/// Samples an answer from the masks: none if it grows longer than `most`. Drafts of random length
/// are taken back now and then, after which the mask has to be what it was.
fn sample(constraint: &mut Constraint, random: &mut ChaCha8Rng, most: usize) -> Option<Vec<u32>> {
    let (stops, mut ids) = (stops(), Vec::new());
    while ids.len() < most {
        let mask = constraint.mask().expect("a mask");
        let choices = allowed(&mask);
        assert!(!choices.is_empty(), "there is no way on");
        if random.random_ratio(1, 8) {
            let drafted = draft(constraint, random);
            constraint.rollback(drafted).expect("drafts are taken back");
            assert_eq!(constraint.mask().expect("a mask"), mask);
        }
        if random.random_ratio(1, 12) {
            ids.extend(nudge(constraint, random));
            continue;
        }
        // Short answers are likelier if their ends are.
        let ends: Vec<u32> = choices.iter().copied().filter(|id| stops.contains(id)).collect();
        let pool = if !ends.is_empty() && random.random_ratio(1, 3) { &ends } else { &choices };
        let id = pool[random.random_range(0..pool.len())];
        constraint.accept(id).expect("the mask allows it");
        if stops.contains(&id) {
            assert!(constraint.finished());
            return Some(ids);
        }
        ids.push(id);
    }
    None
}

fn draft(constraint: &mut Constraint, random: &mut ChaCha8Rng) -> usize {
    let mut drafted = 0;
    for _ in 0..random.random_range(1..6) {
        let choices = allowed(&constraint.mask().expect("a mask"));
        let id = choices[random.random_range(0..choices.len())];
        constraint.accept(id).expect("the mask allows it");
        drafted += 1;
    }
    drafted
}

/// As much as fits of what chance alone would seldom write: ends of reasoning and of values.
fn nudge(constraint: &mut Constraint, random: &mut ChaCha8Rng) -> Vec<u32> {
    let hint = ["</think>", "\n</parameter>\n"][random.random_range(0..2)];
    let ids = fixture::tokenizer().encode_markup(hint);
    ids.into_iter().take_while(|id| constraint.accept(*id).is_ok()).collect()
}

/// Answers of a shape, sampled until there are `count`.
fn answers(shape: &Shape, reasoning: bool, count: usize) -> Vec<Vec<u32>> {
    let compiled = grammars().compile(shape, reasoning, LIMIT).expect("a grammar");
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let tries = (0..count * 40).filter_map(|_| sample(&mut compiled.clone(), &mut random, 160));
    let answers: Vec<Vec<u32>> = tries.take(count).collect();
    assert_eq!(answers.len(), count, "too few answers came to their end");
    answers
}

fn text(ids: &[u32]) -> String {
    fixture::tokenizer().decode(ids, false)
}

fn refused(shape: &Shape) -> String {
    let error = grammars().compile(shape, false, LIMIT).expect_err("a refusal");
    error.to_string()
}

fn tool(name: &str, parameters: Value) -> Tool {
    Tool { name: name.into(), description: None, parameters, strict: true }
}

fn tools() -> Vec<Tool> {
    vec![
        tool(
            "strict",
            json!({
                "type": "object", "required": ["kind", "count", "note"],
                "properties": {
                    "kind": { "enum": ["small", "large"] },
                    "count": { "type": "integer", "minimum": 1, "maximum": 12 },
                    "note": { "type": "string" },
                    "flags": { "$ref": "#/$defs/flags" },
                    "maybe": { "type": ["boolean", "null"] },
                },
                "$defs": { "flags": {
                    "type": "array", "items": { "type": "boolean" }, "maxItems": 3 } },
            }),
        ),
        Tool { strict: false, ..tool("free", json!({ "properties": {} })) },
        tool("bare", json!({})),
    ]
}

/// What the parser makes of an answer: its text, and calls with their arguments.
fn parsed(ids: &[u32], reasoning: bool) -> (String, Vec<(String, Value)>) {
    parsed_with(ids, &tools(), reasoning)
}

fn parsed_with(ids: &[u32], tools: &[Tool], reasoning: bool) -> (String, Vec<(String, Value)>) {
    let mut parser = Parser::new(&fixture::tokenizer(), tools, reasoning, &[]);
    let mut events: Vec<Event> = ids.iter().flat_map(|id| parser.push(*id)).collect();
    events.extend(parser.finish());
    let (mut text, mut calls) = (String::new(), Vec::<(String, String)>::new());
    for event in events {
        match event {
            Event::Text(piece) => text += &piece,
            Event::ToolStart { name, .. } => calls.push((name, String::new())),
            Event::ToolArguments { index, json } => calls[index].1 += &json,
            Event::Reasoning(_) | Event::ToolEnd { .. } => {}
        }
    }
    let read = |(name, json): (String, String)| (name, serde_json::from_str(&json).expect("JSON"));
    (text, calls.into_iter().map(read).collect())
}

fn check_strict(arguments: &Value) {
    let keys: BTreeSet<&str> =
        arguments.as_object().expect("an object").keys().map(String::as_str).collect();
    let known = BTreeSet::from(["kind", "count", "note", "flags", "maybe"]);
    assert!(keys.is_subset(&known), "{arguments}");
    assert!(["small", "large"].contains(&arguments["kind"].as_str().expect("a kind")));
    assert!((1..=12).contains(&arguments["count"].as_i64().expect("a count")), "{arguments}");
    assert!(arguments["note"].is_string());
    if keys.contains("flags") {
        let flags = arguments["flags"].as_array().expect("flags");
        assert!(flags.len() <= 3 && flags.iter().all(Value::is_boolean));
    }
    assert!(arguments["maybe"].is_null() || arguments["maybe"].is_boolean());
}

#[test]
fn answers_in_json_are_values_of_their_schema() {
    for ids in answers(&Shape::AnyJson, false, 20) {
        // Numbers may be larger than any that can be stored.
        let text = text(&ids);
        let _: serde::de::IgnoredAny = serde_json::from_str(&text).expect("JSON");
        assert!(text.starts_with('{'));
    }
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["size", "tags"],
        "properties": {
            "size": { "enum": ["s", "m", "l"] },
            "tags": { "type": "array", "items": { "type": "integer" }, "maxItems": 2 },
        },
    });
    for ids in answers(&Shape::Schema(schema), false, 20) {
        let value: Value = serde_json::from_str(&text(&ids)).expect("JSON");
        assert!(["s", "m", "l"].contains(&value["size"].as_str().expect("a size")));
        let tags = value["tags"].as_array().expect("tags");
        assert!(tags.len() <= 2 && tags.iter().all(Value::is_number), "{value}");
        assert_eq!(value.as_object().expect("an object").len(), 2);
    }
}

#[test]
fn choices_and_expressions_are_met_as_a_whole() {
    let choices = ["yes\n", "no \"quoted\" \\ <think>", "é世界🙂"].map(String::from);
    for ids in answers(&Shape::Choice(choices.to_vec()), false, 20) {
        assert!(choices.contains(&text(&ids)));
    }
    for ids in answers(&Shape::Regex("[a-c]{2}/(x|\\d)\n".into()), false, 20) {
        let text = text(&ids);
        let letters: Vec<char> = text.chars().collect();
        let [a, b, '/', last, '\n'] = letters[..] else { panic!("{text:?}") };
        assert!([a, b].iter().all(|c| ('a'..='c').contains(c)));
        assert!(last == 'x' || last.is_numeric());
    }
}

#[test]
fn reasoning_comes_before_the_shape_and_is_free() {
    let tokenizer = fixture::tokenizer();
    let close = tokenizer.special("</think>").expect("a token");
    let shape = Shape::Choice(vec!["yes".into(), "no".into()]);
    for ids in answers(&shape, true, 20) {
        let end = ids.iter().position(|id| *id == close).expect("the end of reasoning");
        let answer = text(&ids[end + 1..]);
        assert!(["yes", "no"].contains(&answer.trim_start_matches('\n')), "{answer:?}");
        assert!(ids[..end].iter().all(|id| !tokenizer.is_control(*id)));
    }
}

#[test]
fn required_calls_are_calls_of_the_tools_with_arguments_of_their_schemas() {
    for parallel in [false, true] {
        let shape = Shape::Tools { tools: tools(), required: true, named: None, parallel };
        let (mut most, mut names) = (0, BTreeSet::new());
        for ids in answers(&shape, false, 30) {
            let (text, calls) = parsed(&ids, false);
            assert_eq!(text, "");
            most = most.max(calls.len());
            assert!(!calls.is_empty());
            for (name, arguments) in calls {
                match name.as_str() {
                    "strict" => check_strict(&arguments),
                    "bare" => assert_eq!(arguments, json!({})),
                    name => assert_eq!(name, "free"),
                }
                names.insert(name);
            }
        }
        assert_eq!((most > 1, names.len()), (parallel, 3));
    }
}

#[test]
fn a_named_tool_is_called_once_also_after_reasoning() {
    for (name, reasoning) in [("strict", false), ("strict", true), ("bare", true)] {
        let named = Some(name.to_owned());
        let shape = Shape::Tools { tools: tools(), required: true, named, parallel: true };
        for ids in answers(&shape, reasoning, 10) {
            let (text, calls) = parsed(&ids, reasoning);
            assert_eq!((text.as_str(), calls.len(), calls[0].0.as_str()), ("", 1, name));
            if name == "strict" {
                check_strict(&calls[0].1);
            }
        }
    }
}

/// A tool that is not strict, and what its arguments have to be where a call of it is demanded.
fn loose(parameters: Value, holds: fn(&Value) -> bool) -> (Tool, fn(&Value) -> bool) {
    (Tool { strict: false, ..tool("t", parameters) }, holds)
}

#[test]
fn a_call_that_is_demanded_obeys_the_schema_of_a_tool_that_is_not_strict() {
    let cases = [
        loose(
            json!({
                "type": "object", "required": ["count", "size"],
                "properties": {
                    "count": { "type": "integer", "minimum": 3, "maximum": 5 },
                    "size": { "enum": ["s", "l", "</parameter>"] },
                    // What cannot be enforced is free, and the rest is not.
                    "when": { "type": "string", "format": "date" },
                    "flag": { "type": "boolean", "not": { "const": true } },
                },
                "minProperties": 1,
            }),
            |of| {
                of["count"].as_i64().is_some_and(|count| (3..=5).contains(&count))
                    && (of["size"] == "s" || of["size"] == "l")
                    && (of["when"].is_null() || of["when"].is_string())
                    && (of["flag"].is_null() || of["flag"].is_boolean())
            },
        ),
        loose(
            json!({
                "properties": { "a": { "$ref": "#/$defs/n" }, "b": { "type": "boolean" } },
                "anyOf": [{ "required": ["a"] }, { "required": ["b"] }],
                "required": ["other"], "$defs": { "n": { "type": "number", "minimum": 0, "maximum": 9 } },
            }),
            |of| {
                of["other"].is_string()
                    && (of["a"].is_null() || of["a"].is_number())
                    && (of["b"].is_null() || of["b"].is_boolean())
            },
        ),
        loose(json!({ "type": "object", "additionalProperties": { "type": "boolean" } }), |of| {
            of.as_object().is_some_and(|map| map.values().all(Value::is_boolean))
        }),
        loose(json!({ "type": "object" }), Value::is_object),
        loose(json!({ "anyOf": [{ "required": ["x"] }] }), Value::is_object),
        loose(json!({ "type": "object", "properties": {} }), |of| *of == json!({})),
        loose(json!({ "type": "object", "additionalProperties": false }), |of| *of == json!({})),
        loose(Value::Null, |of| *of == json!({})),
    ];
    for (tool, holds) in cases {
        let tools = vec![tool];
        let named = Some("t".to_owned());
        for (required, named) in [(true, None), (false, named)] {
            let shape = Shape::Tools { tools: tools.clone(), required, named, parallel: false };
            for ids in answers(&shape, false, 8) {
                let (text, calls) = parsed_with(&ids, &tools, false);
                assert_eq!((text.as_str(), calls.len()), ("", 1));
                assert!(holds(&calls[0].1), "{}: {}", tools[0].parameters, calls[0].1);
            }
        }
    }
}

#[test]
fn calls_that_are_not_required_come_after_any_text() {
    let shape = Shape::Tools { tools: tools(), required: false, named: None, parallel: true };
    let mut counts = BTreeSet::new();
    let compiled = grammars().compile(&shape, false, LIMIT).expect("a grammar");
    let open = fixture::tokenizer().special("<tool_call>").expect("a token");
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for at in 0..60 {
        let mut constraint = compiled.clone();
        let mut start = fixture::tokenizer().encode("Let me see.\n");
        if at % 2 == 0 {
            start.push(open);
        }
        start.iter().for_each(|id| constraint.accept(*id).expect("text is free"));
        if let Some(rest) = sample(&mut constraint, &mut random, 160) {
            let (_, calls) = parsed(&[start, rest].concat(), false);
            counts.insert(calls.len().min(2));
            for (name, arguments) in calls {
                if name == "strict" {
                    check_strict(&arguments);
                }
            }
        }
    }
    assert_eq!(counts, BTreeSet::from([0, 1, 2]));
}

#[test]
fn tokens_outside_the_mask_are_refused_and_change_nothing() {
    let shape = Shape::Choice(vec!["yes".into()]);
    let mut constraint = grammars().compile(&shape, false, LIMIT).expect("a grammar");
    let mask = constraint.mask().expect("a mask");
    let tokenizer = fixture::tokenizer();
    for id in (0..tokenizer.vocabulary() + 10).filter(|id| !mask.allows(*id)) {
        assert!(constraint.accept(id).is_err());
    }
    assert_eq!(constraint.mask().expect("a mask"), mask);
    let ids: Vec<u32> = "yes".bytes().map(|byte| fixture::byte(&tokenizer, byte)).collect();
    ids.iter().for_each(|id| constraint.accept(*id).expect("it fits"));
    assert!(constraint.finished());
    assert_eq!(allowed(&constraint.mask().expect("a mask")), {
        let mut stops = stops();
        stops.sort_unstable();
        stops
    });
    constraint.accept(stops()[1]).expect("the end fits");
    assert!(constraint.accept(ids[0]).is_err() && constraint.rollback(5).is_err());
    constraint.rollback(4).expect("all is taken back");
    assert_eq!(constraint.mask().expect("a mask"), mask);
}

#[test]
fn grammars_that_cannot_be_met_are_refused_with_the_reason() {
    let strict = |parameters: Value| Shape::Tools {
        tools: vec![tool("t", parameters)],
        required: true,
        named: None,
        parallel: false,
    };
    let deep = (0..80).fold(json!({}), |inner, _| json!({ "properties": { "a": inner } }));
    let named = Some("none".to_owned());
    let cases = [
        (Shape::Schema(json!([])), "is an object"),
        (Shape::Schema(json!({ "type": "nothing" })), "cannot be used"),
        (Shape::Schema(json!({ "if": {} })), "cannot be used"),
        (Shape::Schema(json!({ "$ref": "https://example.org/schema" })), "cannot be used"),
        (Shape::Schema(deep), "nested more deeply"),
        (Shape::Schema(json!({ "enum": ["x".repeat(1 << 20)] })), "the most is"),
        (Shape::Regex("(".into()), "cannot be used"),
        (Shape::Regex("a".repeat(1 << 20)), "the most is"),
        (Shape::Choice(vec![]), "nothing to choose"),
        (Shape::Tools { tools: tools(), required: true, named, parallel: false }, "no tool 'none'"),
        (Shape::Tools { tools: vec![], required: true, named: None, parallel: false }, "no tools"),
        (strict(json!({ "properties": { "a>b": {} } })), "cannot be the name"),
        (strict(json!({ "anyOf": [] })), "cannot be strict"),
        (strict(json!({ "minProperties": 1 })), "'minProperties' at the top"),
        (
            strict(json!({ "properties": { "a": { "type": "string", "pattern": "x" } } })),
            "'pattern'",
        ),
        (strict(json!({ "required": ["a"] })), "required parameter 'a'"),
    ];
    for (shape, expect) in cases {
        let error = refused(&shape);
        assert!(error.contains(expect), "{error}");
        assert!(error.len() < 600, "{error}");
    }
    assert!(Grammars::new(&fixture::tokenizer(), &[]).is_err());
    assert!(Grammars::new(&fixture::tokenizer(), &[1 << 20]).is_err());
}

#[test]
fn grammars_that_explode_end_in_an_error() {
    let blown = ["(a{1,900}){1,900}", "((a|b){0,300}c){0,300}", "(.*a){400}"];
    for regex in blown {
        let shape = Shape::Regex(regex.into());
        let Ok(mut constraint) = grammars().compile(&shape, false, LIMIT) else { continue };
        let mut random = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..200 {
            let Ok(mask) = constraint.mask() else { break };
            let choices = allowed(&mask);
            constraint.accept(choices[random.random_range(0..choices.len())]).expect("it fits");
        }
    }
}

#[test]
fn compiling_ends_at_its_limit_and_not_too_much_of_it_goes_on_unseen() {
    let grammars = grammars();
    let shape = Shape::Choice(vec!["yes".into()]);
    let mut held = Vec::new();
    for _ in 0..MOST_ABANDONED {
        let (release, wait) = mpsc::channel::<()>();
        held.push(release);
        let outcome = grammars.within(Duration::from_millis(1), move |_| {
            // It ends when its sender is gone.
            let _ = wait.recv();
            Err(TextError::Request("released".into()))
        });
        let error = outcome.map(|_| ()).expect_err("nobody lets it end");
        assert!(error.to_string().contains("too long to compile"), "{error}");
    }
    let error = grammars.compile(&shape, false, LIMIT).expect_err("too many run");
    assert!(error.to_string().contains("too many grammars"), "{error}");
    held.clear();
    while grammars.compile(&shape, false, LIMIT).is_err() {
        thread::yield_now();
    }
}

#[test]
fn constraints_go_to_other_threads() {
    fn sent<T: Send + 'static>() {}
    sent::<Constraint>();
    sent::<Grammars>();
}

/// Schemas of the right words in any order.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..300).prop_map(Value::from),
        prop::sample::select(
            &["string", "object", "integer", "array", "#/$defs/a", "#", "a", "^a+$", "date", ""][..]
        )
        .prop_map(Value::from),
    ];
    let keys = prop::sample::select(
        &[
            "type",
            "properties",
            "items",
            "anyOf",
            "oneOf",
            "allOf",
            "enum",
            "const",
            "$ref",
            "$defs",
            "required",
            "pattern",
            "minLength",
            "maximum",
            "minItems",
            "maxItems",
            "format",
            "not",
            "additionalProperties",
            "prefixItems",
            "x-guidance",
            "a",
            "b",
        ][..],
    );
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((keys.clone().prop_map(str::to_owned), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_schema_leads_to_a_panic_or_to_a_dead_end_at_once(schema in schema(), strict in any::<bool>()) {
        let shape = if strict {
            let tools = vec![tool("t", json!({ "properties": { "p": schema } }))];
            Shape::Tools { tools, required: true, named: None, parallel: true }
        } else {
            Shape::Schema(schema)
        };
        match grammars().compile(&shape, false, LIMIT) {
            Ok(mut constraint) => prop_assert!(!allowed(&constraint.mask().expect("a mask")).is_empty()),
            Err(error) => prop_assert!(matches!(error, TextError::Request(_)), "{}", error),
        }
    }
}
