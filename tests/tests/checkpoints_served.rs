//! `kiln serve` with checkpoints of other kinds: one that guesses with its own prediction head, and
//! damaged ones.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use kiln_tests::fixture::{Form, Spec, TINY, write};
use kiln_tests::served::{Api, Ask, Served, demo_model};
use kiln_tests::tuned;
use kiln_tests::workspace::root;
use serde_json::{Value, json};

const CHAT: &str = "/v1/chat/completions";
const FLAGS: [&str; 5] = ["--act", "f32", "--exact", "--page", "16"];

/// A tiny checkpoint with a prediction head and with the texts of the fixture, and its bundle; made
/// once, and copied into a directory.
fn predicting(directory: &Path) -> PathBuf {
    static MADE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (made, bundle) = MADE.get_or_init(|| {
        let made = tempfile::tempdir().unwrap();
        // The fixture's tokenizer has so many tokens.
        let spec = Spec { vocabulary: 922, ..TINY[0] };
        assert!(spec.mtp);
        write(made.path(), &spec, Form::Bf16, &mut |_, _| {}).unwrap();
        for file in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"] {
            fs::copy(root().join("tests/fixtures/text").join(file), made.path().join(file))
                .unwrap();
        }
        let bundle = tuned::bundle(made.path(), tuned::host_target().unwrap(), &FLAGS);
        (made, bundle)
    });
    for file in fs::read_dir(made.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), directory.join(file.file_name())).unwrap();
    }
    directory.join(bundle.file_name().unwrap())
}

/// An answer of so many tokens, with what it cost.
fn answer(server: &Served, question: &str, more: &Value) -> (Value, u64) {
    let ask = Ask::new(question, &[], false).with(more.clone());
    let answer = server.post(CHAT, &Api::Chat.body(&ask));
    let details = &answer["usage"]["completion_tokens_details"];
    let count = |name: &str| details[format!("{name}_prediction_tokens")].as_u64().unwrap();
    (answer["choices"].clone(), count("accepted") + count("rejected"))
}

#[test]
fn a_model_guesses_with_its_own_head_over_http_and_its_texts_stay_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let bundle = predicting(directory.path());
    let start = |more: &[&str]| {
        let flags = ["--context", "512", "--served-model-name", "model"];
        Served::start(directory.path(), &bundle, &[&flags, more].concat())
    };
    let asked: Vec<(String, Value)> = (0..4)
        .map(|seed| {
            let heat = if seed == 0 { 0.0 } else { 0.9 };
            let more = json!({"max_tokens": 40, "ignore_eos": true, "temperature": heat,
                "seed": seed, "logprobs": true, "top_logprobs": 1});
            (format!("question {seed}"), more)
        })
        .collect();
    let plain = start(&["--spec", "off"]);
    let expected: Vec<Value> = asked
        .iter()
        .map(|(question, more)| {
            let (said, guessed) = answer(&plain, question, more);
            assert_eq!(guessed, 0);
            said
        })
        .collect();
    drop(plain);
    for more in [&["--spec", "mtp"][..], &["--spec", "mtp", "--spec-tokens", "3"]] {
        let server = start(more);
        let head = "the model's prediction head";
        assert!(server.banner.contains(head), "{}", server.banner);
        let answers: Vec<(Value, u64)> = std::thread::scope(|scope| {
            let server = &server;
            let begun = asked
                .iter()
                .map(|(question, more)| scope.spawn(move || answer(server, question, more)));
            let begun: Vec<_> = begun.collect();
            begun.into_iter().map(|begun| begun.join().unwrap()).collect()
        });
        let guessed: u64 = answers.iter().map(|(_, guessed)| guessed).sum();
        for ((said, _), expected) in answers.iter().zip(&expected) {
            assert_eq!(said, expected, "{more:?}");
        }
        let counts = server.metrics();
        assert!(guessed > 0);
        assert_eq!(counts["vllm:spec_decode_num_draft_tokens_total"], guessed as f64);
        let (question, body) = &asked[0];
        let ask = Ask::new(question, &[], false).with(body.clone());
        let streamed = Api::Chat.streamed(&server, &ask);
        assert_eq!(streamed.text, expected[0][0]["message"]["content"]);
        assert_eq!(server.stop().0, Some(0));
    }
}

/// What `kiln serve` says of a checkpoint that it cannot serve; one line beside those about the loading.
fn refused(model: &Path, more: &[&str]) -> String {
    let mut kiln = Command::new(tuned::program("kiln"));
    kiln.arg("serve").arg(model).args(["--port", "0"]).args(more);
    let done = kiln.output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{said}");
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with("note: weights")).collect();
    assert!(lines.len() == 1 && lines[0].starts_with("error: "), "{said}");
    lines[0].to_owned()
}

#[test]
fn a_head_that_is_asked_to_guess_and_is_not_there_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let bundle = predicting(directory.path());
    let bundle = ["--bundle", bundle.to_str().unwrap()];
    let without = [&bundle[..], &["--spec", "mtp"]].concat();
    assert!(refused(&demo_model(), &without).contains("mtp.*"));
    let both = [&bundle[..], &["--spec", "mtp", "--drafter", "nowhere"]].concat();
    assert!(refused(directory.path(), &both).contains("without --drafter"));
}

/// A file of a checkpoint, or of its bundle, and what is made of it; nothing where it goes missing.
type Damage = (&'static str, fn(Vec<u8>) -> Option<Vec<u8>>);

const DAMAGES: &[Damage] = &[
    ("model.safetensors", |_| None),
    ("model.safetensors", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
    ("model.safetensors", |bytes| Some(bytes[..4].to_vec())),
    // A head of more bytes than there are.
    ("model.safetensors", |mut bytes| {
        bytes[5] = 0x7f;
        Some(bytes)
    }),
    ("config.json", |_| None),
    ("config.json", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
    ("config.json", |bytes| {
        let text = String::from_utf8(bytes).unwrap();
        Some(text.replace("\"hidden_size\": 64", "\"hidden_size\": 96").into_bytes())
    }),
    ("tokenizer.json", |_| None),
    ("tokenizer.json", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
    ("chat_template.jinja", |_| Some(b"{% for %}".to_vec())),
    ("BUNDLE", |_| None),
    ("BUNDLE", |_| Some(Vec::new())),
    ("BUNDLE", |bytes| Some(bytes[..bytes.len() - 1].to_vec())),
    ("BUNDLE", |bytes| Some(bytes[..bytes.len() / 3].to_vec())),
    ("BUNDLE", |mut bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        Some(bytes)
    }),
];

#[test]
fn a_damaged_checkpoint_or_bundle_is_one_line_that_names_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let bundle = predicting(directory.path());
    let flags = ["--bundle", bundle.to_str().unwrap(), "--context", "512"];
    for (at, (name, damage)) in DAMAGES.iter().enumerate() {
        let path = match *name {
            "BUNDLE" => bundle.clone(),
            name => directory.path().join(name),
        };
        let whole = fs::read(&path).unwrap();
        match damage(whole.clone()) {
            Some(bytes) => {
                assert_ne!(bytes, whole, "damage {at} of {name} changes nothing");
                fs::write(&path, bytes).unwrap();
            }
            None => fs::remove_file(&path).unwrap(),
        }
        let said = refused(directory.path(), &flags);
        assert!(said.contains(directory.path().to_str().unwrap()), "damage {at}: {said}");
        assert!(!said.contains("panicked") && said.len() < 1000, "damage {at}: {said}");
        fs::write(&path, whole).unwrap();
    }
    drop(Served::start(directory.path(), &bundle, &["--context", "512"]));
}
