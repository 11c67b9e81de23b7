//! The small vocabulary and template on which the tests of this room run.

use std::path::PathBuf;
use std::sync::LazyLock;

use super::tokenizer::Tokenizer;

/// The folder that stands in for a checkpoint.
pub(crate) fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/text")
}

pub(crate) fn tokenizer() -> Tokenizer {
    static READ: LazyLock<Tokenizer> =
        LazyLock::new(|| Tokenizer::open(&directory()).expect("the fixture should open"));
    READ.clone()
}

/// The token of one byte.
pub(crate) fn byte(tokenizer: &Tokenizer, byte: u8) -> u32 {
    let ids = 0..tokenizer.vocabulary();
    ids.into_iter()
        .find(|id| tokenizer.bytes(*id) == Some(&[byte]))
        .expect("every byte should have a token")
}

/// Pieces of text that matter to tokenizers, templates and parsers.
pub(crate) const PIECES: &[&str] = &[
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "<|image_pad|>",
    "<|audio_pad|>",
    "<function=",
    "</function>",
    "<parameter=",
    "</parameter>",
    "<",
    "</",
    "|",
    ">",
    "\n",
    "\n\n",
    " ",
    "  ",
    "\t",
    "\r\n",
    "a",
    "the",
    "Paris",
    "1",
    "42",
    "-1.5e3",
    "true",
    "null",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "é",
    "e\u{301}",
    "世界",
    "🙂",
    "👩‍👩‍👧‍👦",
    "नमस्ते",
    "\u{fdd0}",
    "\u{feff}",
    "\0",
    "\u{1c}",
    "```",
    "~~~",
    "'s",
    "'S",
    "=",
    "f",
    "x",
];
