//! The text of a stream of tokens, as it grows.

use super::tokenizer::Tokenizer;

/// Turns tokens into text one at a time, and holds back characters that are not complete.
///
/// What all calls return, joined, is what [`Tokenizer::decode`] says of all tokens.
#[derive(Clone, Debug)]
pub struct Detokenizer {
    tokenizer: Tokenizer,
    characters: Characters,
}

impl Detokenizer {
    /// A decoder that skips special tokens.
    pub fn new(tokenizer: &Tokenizer) -> Self {
        Self { tokenizer: tokenizer.clone(), characters: Characters::default() }
    }

    /// The text that a token completes.
    pub fn push(&mut self, id: u32) -> String {
        let mut text = String::new();
        if let Some(bytes) = self.tokenizer.bytes(id)
            && !self.tokenizer.is_special(id)
        {
            self.characters.push(bytes, &mut text);
        }
        text
    }

    /// What is left: U+FFFD for a character that was never completed.
    pub fn finish(&mut self) -> String {
        let mut text = String::new();
        self.characters.finish(&mut text);
        text
    }
}

/// Bytes that become characters; up to three are held back while a character is not complete.
#[derive(Clone, Debug, Default)]
pub(super) struct Characters {
    held: Vec<u8>,
}

impl Characters {
    /// Appends the characters that the bytes complete.
    pub(super) fn push(&mut self, bytes: &[u8], text: &mut String) {
        if self.held.is_empty() {
            let held = complete(bytes, text);
            self.held.extend_from_slice(held);
        } else {
            self.held.extend_from_slice(bytes);
            let all = std::mem::take(&mut self.held);
            self.held.extend_from_slice(complete(&all, text));
        }
    }

    /// Appends U+FFFD if a character was begun.
    pub(super) fn finish(&mut self, text: &mut String) {
        if !self.held.is_empty() {
            self.held.clear();
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Appends the characters that bytes hold, U+FFFD for each longest beginning of a character that
/// does not go on (as [`String::from_utf8_lossy`]), and returns a beginning that still may.
fn complete<'b>(bytes: &'b [u8], text: &mut String) -> &'b [u8] {
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return &[];
            }
            Err(error) => {
                let (valid, after) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(valid));
                let Some(bad) = error.error_len() else { return after };
                text.push(char::REPLACEMENT_CHARACTER);
                rest = after.get(bad..).unwrap_or_default();
            }
        }
    }
}

/// The text of all bytes.
pub(super) fn lossy<'b>(pieces: impl Iterator<Item = &'b [u8]>) -> String {
    let (mut text, mut characters) = (String::new(), Characters::default());
    for bytes in pieces {
        characters.push(bytes, &mut text);
    }
    characters.finish(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::fixture;

    proptest! {
        #[test]
        fn pieces_of_any_bytes_join_to_the_lossy_whole(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5), 0..40),
            text in "\\PC{0,12}", cut in 0usize..40,
        ) {
            // Valid text cut anywhere is as likely as noise.
            let bytes = text.as_bytes();
            let at = cut.min(bytes.len());
            for pieces in [pieces.clone(), vec![bytes[..at].to_vec(), bytes[at..].to_vec()]] {
                let whole = pieces.concat();
                let joined = lossy(pieces.iter().map(Vec::as_slice));
                prop_assert_eq!(joined, String::from_utf8_lossy(&whole));
            }
        }

        #[test]
        fn tokens_one_at_a_time_give_the_text_of_all(ids in prop::collection::vec(0u32..1000, 0..60)) {
            let tokenizer = fixture::tokenizer();
            let mut stream = Detokenizer::new(&tokenizer);
            let mut text: String = ids.iter().map(|id| stream.push(*id)).collect();
            text += &stream.finish();
            prop_assert_eq!(text, tokenizer.decode(&ids, true));
        }
    }

    #[test]
    fn no_piece_is_given_before_its_character_is_complete() {
        let tokenizer = fixture::tokenizer();
        let mut stream = Detokenizer::new(&tokenizer);
        let ids: Vec<u32> = "🙂".bytes().map(|byte| fixture::byte(&tokenizer, byte)).collect();
        let pieces: Vec<String> = ids.iter().map(|id| stream.push(*id)).collect();
        assert_eq!(pieces, ["", "", "", "🙂"]);
        assert_eq!(stream.push(ids[0]), "");
        assert_eq!(stream.finish(), "\u{fffd}");
        assert_eq!(stream.finish(), "");
    }
}
