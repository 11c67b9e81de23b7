//! Long texts, a piece at a time.
//!
//! The library needs about a hundred bytes for every byte of a text. A text is therefore encoded in
//! pieces, and a piece ends where a word of the checkpoint's pre-tokenizer ends, so that the tokens
//! are those of the whole: words are found from the left, and do not depend on what is before them.

use std::ops::Range;

/// How long a piece is, and how long it may become while it holds a single word, in bytes. A word
/// that is longer still is cut after one of its tokens.
pub(super) const SIZES: Range<usize> = (16 << 10)..(4 << 20);

/// A part of a text.
pub(super) enum Found<'t> {
    /// A token.
    Token(u32),
    /// Text that the library has no tokens for.
    Text(&'t str),
}

/// Finds the tokens of a text.
pub(super) fn encode(
    tokenizer: &tokenizers::Tokenizer,
    text: &str,
    sizes: &Range<usize>,
    mut find: impl FnMut(Found<'_>),
) {
    let (mut rest, mut size) = (text, sizes.start);
    while rest.len() > size {
        let piece = &rest[..rest.floor_char_boundary(size)];
        let Ok(encoded) = tokenizer.encode(piece, false) else { break };
        let cut = if size < sizes.end { words(&encoded) } else { tokens(&encoded) };
        let from = cut.map_or(0, |at| encoded.get_offsets()[at].0);
        if from == 0 && size < sizes.end {
            size = (size * 2).min(sizes.end);
            continue;
        }
        let kept = if from == 0 { encoded.len() } else { cut.unwrap_or_default() };
        encoded.get_ids()[..kept].iter().for_each(|id| find(Found::Token(*id)));
        rest = &rest[if from == 0 { piece.len() } else { from }..];
        size = sizes.start;
    }
    match tokenizer.encode_fast(rest, false) {
        Ok(encoded) => encoded.get_ids().iter().for_each(|id| find(Found::Token(*id))),
        Err(_) => find(Found::Text(rest)),
    }
}

/// The first token of the last word but one: more text cannot change what is before it.
fn words(encoded: &tokenizers::Encoding) -> Option<usize> {
    let words = encoded.get_word_ids();
    let before = |at: usize| (1..=at).rev().find(|at| words[*at] != words[*at - 1]);
    before(before(words.len().checked_sub(1)?)?.checked_sub(1)?)
}

/// The first of the last tokens that begins a character.
fn tokens(encoded: &tokenizers::Encoding) -> Option<usize> {
    let offsets = encoded.get_offsets();
    (1..offsets.len()).rev().find(|at| offsets[*at].0 >= offsets[*at - 1].1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::fixture::{self, PIECES};

    fn encoded(tokenizer: &tokenizers::Tokenizer, text: &str, sizes: Range<usize>) -> Vec<u32> {
        let mut ids = Vec::new();
        encode(tokenizer, text, &sizes, |found| match found {
            Found::Token(id) => ids.push(id),
            Found::Text(text) => panic!("{text:?} has no tokens"),
        });
        ids
    }

    fn plain() -> tokenizers::Tokenizer {
        let mut plain =
            tokenizers::Tokenizer::from_file(fixture::directory().join("tokenizer.json"))
                .expect("the fixture should open");
        plain.with_added_vocabulary(tokenizers::AddedVocabulary::new());
        plain.with_post_processor(None::<tokenizers::PostProcessorWrapper>);
        plain
    }

    #[test]
    fn pieces_have_the_tokens_of_the_whole() {
        let plain = plain();
        let strategy = prop::collection::vec(prop::sample::select(PIECES), 0..80);
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        runner
            .run(&(strategy, 8usize..64), |(pieces, size)| {
                let text = pieces.concat();
                let whole = plain.encode_fast(text.as_str(), false).expect("tokens");
                prop_assert_eq!(&encoded(&plain, &text, size..1 << 20), whole.get_ids());
                // Words that are cut keep their text, whatever their tokens are.
                let cut = plain.decode(&encoded(&plain, &text, size..size * 2), false);
                let expect = plain.decode(whole.get_ids(), false);
                prop_assert_eq!(cut.expect("a text"), expect.expect("a text"));
                Ok(())
            })
            .expect("all pieces should fit");
    }
}
