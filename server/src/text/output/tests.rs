mod cases;

use proptest::prelude::*;
use serde_json::{Value, json};

use self::cases::{CALL, CASES, Case, G};
use super::*;
use crate::text::fixture;

/// What the events of an answer add up to.
#[derive(Clone, Debug, Default, PartialEq)]
struct Folded {
    reasoning: String,
    text: String,
    /// Names and arguments.
    calls: Vec<(String, String)>,
    stopped: Option<usize>,
}

/// Adds events up, and checks that calls begin, grow and end in order.
fn fold(events: impl IntoIterator<Item = Event>) -> Folded {
    let (mut folded, mut open) = (Folded::default(), None);
    for event in events {
        match event {
            Event::Reasoning(text) => folded.reasoning += &text,
            Event::Text(text) => folded.text += &text,
            Event::ToolStart { index, name } => {
                assert_eq!((index, open), (folded.calls.len(), None));
                folded.calls.push((name, String::new()));
                open = Some(index);
            }
            Event::ToolArguments { index, json } => {
                assert_eq!(open, Some(index));
                folded.calls[index].1 += &json;
            }
            Event::ToolEnd { index } => {
                assert_eq!(open.take(), Some(index));
                let arguments: Value = serde_json::from_str(&folded.calls[index].1)
                    .unwrap_or_else(|error| panic!("{}: {error}", folded.calls[index].1));
                assert!(arguments.is_object());
            }
        }
    }
    assert_eq!(open, None, "a call was left open");
    folded
}

fn tools() -> Vec<Tool> {
    let tool = |name: &str, properties: Value| Tool {
        name: name.into(),
        description: None,
        parameters: json!({ "type": "object", "properties": properties }),
        strict: false,
    };
    vec![
        tool(
            "f",
            json!({
                "s": { "type": "string" }, "i": { "type": "integer" }, "b": { "type": "boolean" },
                "n": { "type": ["string", "null"] }, "a": { "type": "array" },
                "o": { "type": "object" }, "x": { "type": "number" },
            }),
        ),
        tool("g", json!({})),
    ]
}

fn read(ids: &[u32], tools: &[Tool], reasoning: bool, stop: &[&str]) -> Folded {
    let stop: Vec<String> = stop.iter().map(|&stop| stop.to_owned()).collect();
    let mut parser = Parser::new(&fixture::tokenizer(), tools, reasoning, &stop);
    let mut events: Vec<Event> = ids.iter().flat_map(|id| parser.push(*id)).collect();
    events.extend(parser.finish());
    assert_eq!(parser.finish(), [], "the end comes once");
    Folded { stopped: parser.stopped(), ..fold(events) }
}

/// The tokens of markup, with letters in tokens as `choose` cuts them.
fn cut(markup: &str, mut choose: impl FnMut(usize) -> usize) -> Vec<u32> {
    let tokenizer = fixture::tokenizer();
    let mut ids = Vec::new();
    for id in tokenizer.encode_markup(markup) {
        let mut rest = tokenizer.bytes(id).expect("a token");
        if tokenizer.is_control(id) {
            ids.push(id);
            continue;
        }
        while !rest.is_empty() {
            let fits: Vec<u32> = (0..tokenizer.vocabulary())
                .filter(|id| !tokenizer.is_control(*id))
                .filter(|id| tokenizer.bytes(*id).is_some_and(|bytes| rest.starts_with(bytes)))
                .collect();
            let chosen = fits[choose(fits.len()) % fits.len()];
            rest = &rest[tokenizer.bytes(chosen).expect("a token").len()..];
            ids.push(chosen);
        }
    }
    ids
}

fn expected(case: &Case) -> Folded {
    let (_, _, reasoning, text, calls) = *case;
    let calls = calls.iter().map(|(name, json)| ((*name).to_owned(), (*json).to_owned()));
    Folded { reasoning: reasoning.into(), text: text.into(), calls: calls.collect(), stopped: None }
}

#[test]
fn answers_are_taken_apart_however_their_tokens_cut_them() {
    for case in CASES {
        let (reasoning, markup, ..) = *case;
        // As the tokenizer cuts, byte by byte, and in the longest tokens first.
        for ids in [fixture::tokenizer().encode_markup(markup), cut(markup, |_| 0)] {
            assert_eq!(read(&ids, &tools(), reasoning, &[]), expected(case), "{markup:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_cut_of_every_case_reads_the_same(
        case in prop::sample::select(CASES), choices in prop::collection::vec(any::<usize>(), 64),
    ) {
        let mut at = 0;
        let ids = cut(case.1, |_| {
            at += 1;
            choices[at % choices.len()]
        });
        prop_assert_eq!(read(&ids, &tools(), case.0, &[]), expected(&case));
    }

    #[test]
    fn every_beginning_of_every_case_is_read_to_an_end(
        case in prop::sample::select(CASES), keep in any::<prop::sample::Index>(),
        stop in prop::collection::vec(prop::sample::select(fixture::PIECES), 0..3),
    ) {
        let ids = cut(case.1, |_| 0);
        let kept = &ids[..keep.index(ids.len() + 1)];
        read(kept, &tools(), case.0, &stop);
    }

    #[test]
    fn any_mixture_of_markup_reads_the_same_in_every_cut(
        pieces in prop::collection::vec(prop::sample::select(fixture::PIECES), 0..40),
        reasoning in any::<bool>(), with_tools in any::<bool>(),
        stop in prop::collection::vec(prop::sample::select(&["\n\n", "the", "<", "</think>", "世"][..]), 0..2),
        choices in prop::collection::vec(any::<usize>(), 16),
    ) {
        let markup = pieces.concat();
        let tools = if with_tools { tools() } else { Vec::new() };
        let mut at = 0;
        let chosen = cut(&markup, |_| {
            at += 1;
            choices[at % choices.len()]
        });
        let whole = read(&fixture::tokenizer().encode_markup(&markup), &tools, reasoning, &stop);
        prop_assert_eq!(read(&chosen, &tools, reasoning, &stop), whole);
    }

    #[test]
    fn no_tokens_lead_to_a_panic_or_to_broken_arguments(
        ids in prop::collection::vec(any::<u16>(), 0..200), reasoning in any::<bool>(),
    ) {
        let ids: Vec<u32> = ids.into_iter().map(|id| u32::from(id) % 1000).collect();
        read(&ids, &tools(), reasoning, &["a", "\n"]);
    }
}

#[test]
fn stop_strings_end_the_answer_wherever_they_fall() {
    let cases: &[(bool, &str, &[&str], Folded)] = &[
        (
            false,
            "one two three",
            &["two"],
            Folded { text: "one ".into(), stopped: Some(0), ..Folded::default() },
        ),
        (
            false,
            "one two",
            &["x", "e t"],
            Folded { text: "on".into(), stopped: Some(1), ..Folded::default() },
        ),
        (
            false,
            "a <functional",
            &["<func"],
            Folded { text: "a ".into(), stopped: Some(0), ..Folded::default() },
        ),
        (
            false,
            "a <function=f",
            &["=f"],
            Folded { text: "a <function".into(), stopped: Some(0), ..Folded::default() },
        ),
        (
            true,
            "two</think>one two",
            &["two"],
            Folded {
                reasoning: "two".into(),
                text: "one ".into(),
                stopped: Some(0),
                ..Folded::default()
            },
        ),
        (
            true,
            "why</think>so",
            &["</think>"],
            Folded { reasoning: "why".into(), text: "so".into(), ..Folded::default() },
        ),
        (
            false,
            "so<tool_call>x",
            &["<tool_call>"],
            Folded { text: "so".into(), stopped: Some(0), ..Folded::default() },
        ),
        (false, "ab", &["", "abc"], Folded { text: "ab".into(), ..Folded::default() }),
        (
            false,
            "é世\n世界",
            &["世界"],
            Folded { text: "é世\n".into(), stopped: Some(0), ..Folded::default() },
        ),
        (
            false,
            "a\n\nb",
            &["\n\n"],
            Folded { text: "a".into(), stopped: Some(0), ..Folded::default() },
        ),
    ];
    for (reasoning, markup, stop, expect) in cases {
        for ids in [fixture::tokenizer().encode_markup(markup), cut(markup, |_| 0)] {
            assert_eq!(&read(&ids, &tools(), *reasoning, stop), expect, "{markup:?} {stop:?}");
        }
    }
    let call = "<tool_call><function=f><parameter=s>Paris\nx</parameter></function></tool_call>";
    let read = read(&fixture::tokenizer().encode_markup(call), &tools(), false, &["Par", "\n"]);
    assert_eq!((read.stopped, &*read.calls[0].1), (None, r#"{"s":"Paris\nx"}"#));
}

#[test]
fn without_tools_calls_are_text_and_plain_completions_have_no_markup() {
    let ids = fixture::tokenizer().encode_markup(CALL);
    assert_eq!(read(&ids, &[], false, &[]).text, CALL);
    let mut parser = Parser::plain(&fixture::tokenizer(), &["</tool".into()]);
    let markup = format!(" a</think>\n{G}");
    let ids = fixture::tokenizer().encode_markup(&markup);
    let mut events: Vec<Event> = ids.iter().flat_map(|id| parser.push(*id)).collect();
    events.extend(parser.finish());
    assert_eq!(parser.stopped(), Some(0));
    assert_eq!(fold(events).text, markup.split("</tool").next().expect("a text"));
}

#[test]
fn arguments_and_text_are_passed_on_as_they_come() {
    let tokenizer = fixture::tokenizer();
    let mut parser = Parser::new(&tokenizer, &tools(), true, &[]);
    let mut seen = Vec::new();
    for id in cut("why</think>so <tool_call><function=f><parameter=s>Par", |_| 0) {
        seen.push(parser.push(id).len());
    }
    // All but blanks, tags and names is passed on with the letter that completes it.
    let text = |text: &str| text.len();
    let expect: Vec<usize> = [
        vec![1; text("why")],
        vec![0],
        vec![1, 1, 0],
        vec![0; text("<tool_call>").min(1) + text("<function=f")],
        vec![1],
        vec![0; text("<parameter=s")],
        vec![1; text(">Par")],
    ]
    .concat();
    assert_eq!(seen, expect);
}

#[test]
fn long_answers_of_one_kind_take_time_in_proportion() {
    for piece in ["<", "</", "\n", " ", "<function=", "</function>\n", "`", "a", "{"] {
        for start in [
            "",
            "<tool_call>",
            "<tool_call><function=f><parameter=s>",
            "<tool_call><function=g></function>",
        ] {
            let markup = format!("{start}{}", piece.repeat(20_000));
            let ids = fixture::tokenizer().encode_markup(&markup);
            read(&ids, &tools(), false, &["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "\n\n\n\n\n\nx"]);
        }
    }
}
