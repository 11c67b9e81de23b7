//! Texts and tokens.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use serde_json::Value;
use tokenizers::Tokenizer;

/// More bytes than this are no list of tokens that a model could read.
const LARGEST: u64 = 64 << 20;

/// A checkpoint's tokenizer.
pub(super) struct Words(Tokenizer);

impl Words {
    /// Reads the `tokenizer.json` of a checkpoint; none where there is none.
    pub(super) fn open(model: &Path) -> anyhow::Result<Option<Self>> {
        let path = model.join("tokenizer.json");
        if !path.exists() {
            return Ok(None);
        }
        let read = Tokenizer::from_file(&path).map_err(|error| anyhow!("{error}"));
        Ok(Some(Self(read.with_context(|| format!("cannot read {}", path.display()))?)))
    }

    /// The tokens of a text, as it is.
    pub(super) fn tokens(&self, text: &str) -> anyhow::Result<Vec<u32>> {
        let encoded = self.0.encode(text, false).map_err(|error| anyhow!("{error}"))?;
        Ok(encoded.get_ids().to_vec())
    }

    /// The text of tokens.
    pub(super) fn text(&self, tokens: &[u32]) -> anyhow::Result<String> {
        self.0.decode(tokens, true).map_err(|error| anyhow!("{error}"))
    }
}

/// The text that tokens add to what was shown before: none while a character is not complete.
pub(super) struct Stream<'w> {
    words: &'w Words,
    tokens: Vec<u32>,
    /// Tokens whose text was shown, and how far the next text repeats it.
    shown: usize,
    from: usize,
}

impl<'w> Stream<'w> {
    pub(super) fn new(words: &'w Words) -> Self {
        Self { words, tokens: Vec::new(), shown: 0, from: 0 }
    }

    /// The text that the next token completes.
    pub(super) fn push(&mut self, token: u32) -> anyhow::Result<String> {
        self.tokens.push(token);
        let before = self.words.text(&self.tokens[self.from..self.shown])?;
        let after = self.words.text(&self.tokens[self.from..])?;
        if after.ends_with('\u{fffd}') || after.len() <= before.len() {
            return Ok(String::new());
        }
        // Only the last tokens are decoded again: enough for blanks between words.
        (self.from, self.shown) = (self.shown, self.tokens.len());
        Ok(after.get(before.len()..).unwrap_or_default().to_owned())
    }
}

/// Tokens that end a text: those of the configuration, and those of `generation_config.json`.
pub(crate) fn stops(model: &Path, configured: &[u32]) -> anyhow::Result<Vec<u32>> {
    let path = model.join("generation_config.json");
    let mut stops: BTreeSet<u32> = configured.iter().copied().collect();
    if path.exists() {
        let place = || path.display().to_string();
        let bytes = read(&path)?;
        let config: Value = serde_json::from_slice(&bytes).with_context(place)?;
        let listed = match &config["eos_token_id"] {
            Value::Null => Vec::new(),
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        };
        for token in listed {
            let id = token.as_u64().and_then(|id| u32::try_from(id).ok());
            stops.insert(id.with_context(|| format!("{}: eos_token_id: {token}", place()))?);
        }
    }
    Ok(stops.into_iter().collect())
}

/// The tokens of a file: a JSON list, or numbers with blanks or commas between.
pub(super) fn listed(path: &Path) -> anyhow::Result<Vec<u32>> {
    let bytes = read(path)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| anyhow!("{}: it is not text; expected numbers of tokens", path.display()))?;
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let words = inner.split(|c: char| c.is_whitespace() || c == ',');
    let mut tokens = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        let Ok(token) = word.parse() else {
            let shown: String = word.escape_debug().take(40).collect();
            bail!("{}: '{shown}' is no token; expected numbers", path.display());
        };
        tokens.push(token);
    }
    if tokens.is_empty() {
        bail!("{}: it lists no tokens", path.display());
    }
    Ok(tokens)
}

/// A file of bounded size.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let place = || format!("cannot read {}", path.display());
    let size = fs::metadata(path).with_context(place)?.len();
    if size > LARGEST {
        bail!("{}: {size} bytes are too many", path.display());
    }
    fs::read(path).with_context(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(contents: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().expect("a directory should be made");
        let path = directory.path().join("tokens");
        fs::write(&path, contents).expect("the file should be written");
        (directory, path)
    }

    #[test]
    fn tokens_are_read_from_lists_of_any_kind_and_mistakes_are_named() {
        for text in ["1,2,3", "[1, 2,\n3]\n", " 1 2\t3 "] {
            let (_directory, path) = file(text.as_bytes());
            assert_eq!(listed(&path).expect("a list"), [1, 2, 3]);
        }
        for (bytes, expect) in
            [(&b"1 -2"[..], "'-2'"), (b"", "no tokens"), (b"\xff", "not text"), (b"a", "'a'")]
        {
            let (_directory, path) = file(bytes);
            let error = listed(&path).expect_err("a mistake").to_string();
            assert!(error.contains(expect), "{error}");
        }
    }

    #[test]
    fn stops_are_those_of_both_configurations() {
        let directory = tempfile::tempdir().expect("a directory should be made");
        let path = directory.path().join("generation_config.json");
        assert_eq!(stops(directory.path(), &[7]).expect("stops"), [7]);
        for (text, expect) in [(r#"{"eos_token_id": [9, 7]}"#, vec![7, 9]), ("{}", vec![7])] {
            fs::write(&path, text).expect("the file should be written");
            assert_eq!(stops(directory.path(), &[7]).expect("stops"), expect);
        }
        fs::write(&path, r#"{"eos_token_id": "x"}"#).expect("the file should be written");
        assert!(stops(directory.path(), &[]).is_err());
    }
}
