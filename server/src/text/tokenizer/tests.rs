use std::fs;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::text::fixture::{self, PIECES};

/// The library with its control tokens in place, as its publishers use it.
fn published() -> &'static tokenizers::Tokenizer {
    static READ: LazyLock<tokenizers::Tokenizer> = LazyLock::new(|| {
        tokenizers::Tokenizer::from_file(fixture::directory().join("tokenizer.json"))
            .expect("the fixture should open")
    });
    &READ
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn markup_has_the_tokens_that_the_library_gives(text in text()) {
        // The last control token is known from the configuration alone.
        prop_assume!(!text.contains("<|audio_pad|>"));
        let expect = published().encode(text.as_str(), false).expect("tokens");
        let tokenizer = fixture::tokenizer();
        let ids = tokenizer.encode_markup(&text);
        prop_assert_eq!(&ids, expect.get_ids());
        for skip in [false, true] {
            prop_assert_eq!(tokenizer.decode(&ids, skip), published().decode(&ids, skip).expect("text"));
        }
    }

    #[test]
    fn no_text_of_a_client_has_control_tokens_and_all_of_it_comes_back(text in text()) {
        let tokenizer = fixture::tokenizer();
        let ids = tokenizer.encode(&text);
        prop_assert!(ids.iter().all(|id| !tokenizer.is_control(*id)));
        let nfc = published().get_normalizer().map(|normalizer| {
            let mut text = tokenizers::NormalizedString::from(text.as_str());
            tokenizers::Normalizer::normalize(normalizer, &mut text).expect("a text");
            text.get().to_owned()
        });
        prop_assert_eq!(Some(tokenizer.decode(&ids, true)), nfc);
    }

    #[test]
    fn no_ids_are_beyond_decoding(ids in prop::collection::vec(any::<u32>(), 0..20)) {
        let _ = fixture::tokenizer().decode(&ids, false);
    }
}

#[test]
fn control_tokens_of_both_files_are_known() {
    let tokenizer = fixture::tokenizer();
    let think = tokenizer.special("<think>").expect("it should be known");
    let pad = tokenizer.special("<|audio_pad|>").expect("it should be known");
    assert_eq!(tokenizer.vocabulary(), pad + 1);
    assert_eq!(tokenizer.bytes(think), Some(&b"<think>"[..]));
    assert_eq!((tokenizer.is_control(think), tokenizer.is_special(think)), (true, false));
    assert_eq!((tokenizer.is_control(pad), tokenizer.is_special(pad)), (true, true));
    assert_eq!(tokenizer.encode_markup("a<|audio_pad|>b")[1], pad);
    assert_eq!(tokenizer.special("<nothing>"), None);
    assert_eq!(tokenizer.bytes(pad + 1), None);
}

#[test]
fn long_runs_of_one_letter_keep_all_their_text() {
    let tokenizer = fixture::tokenizer();
    for piece in [" ", "\n", "a", "!", "\t \n", "é", "1", "<", "\u{301}"] {
        let text = piece.repeat(200_000);
        let ids = tokenizer.encode(&text);
        assert!(tokenizer.decode(&ids, true) == text, "{piece:?}");
    }
}

#[test]
fn damaged_checkpoints_are_refused_with_the_file_and_the_reason() {
    let whole = fs::read_to_string(fixture::directory().join("tokenizer.json")).expect("a file");
    let cases = [
        (whole[..whole.len() / 2].to_owned(), "cannot be read"),
        (String::new(), "cannot be read"),
        (whole.replacen("\"lstrip\": false", "\"lstrip\": true", 1), "takes part of the text"),
        (whole.replacen("\"vocab\": {", "\"vocab\": {\"→\": 5000, ", 1), "not of a byte-level"),
        (whole.replacen("\"vocab\": {", "\"vocab\": {\"zzzz\": 4000000000, ", 1), "largest id"),
    ];
    for (contents, expect) in cases {
        let directory = tempfile::tempdir().expect("a directory should be made");
        fs::write(directory.path().join("tokenizer.json"), contents).expect("a file");
        let error = Tokenizer::open(directory.path()).expect_err("a mistake").to_string();
        assert!(error.contains("tokenizer.json: ") && error.contains(expect), "{error}");
    }
    let nowhere = tempfile::tempdir().expect("a directory should be made");
    assert!(Tokenizer::open(nowhere.path()).is_err());
}
