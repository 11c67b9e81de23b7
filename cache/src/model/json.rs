//! Fields of a JSON configuration, with errors that name field and file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::hash::Digest;
use crate::{Error, Result};

/// Larger files are no configuration.
const SIZE_LIMIT: u64 = 16 << 20;

/// Largest size that a model may have along any axis.
pub(super) const LARGEST: usize = 0xff_ffff;

/// The bytes of a model's file, one more than `limit` at most: whoever gets that many says that the
/// file is too long.
///
/// # Errors
/// If it is no regular file or cannot be read.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let fail = |error| Error::io("read", path, error);
    let file = File::open(path).map_err(fail)?;
    if !file.metadata().map_err(fail)?.is_file() {
        return Err(Error::model(path, "the file", "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// A configuration file in memory.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: PathBuf,
    digest: Digest,
    root: Value,
}

impl ConfigFile {
    /// Reads a directory's `config.json`, or the file itself.
    ///
    /// # Errors
    /// If it cannot be read, is too long or is no JSON object.
    pub fn open(path: &Path) -> Result<Self> {
        let inside = path.is_dir().then(|| path.join("config.json"));
        let path = inside.as_deref().unwrap_or(path);
        Self::parse(path, &read_bounded(path, SIZE_LIMIT)?)
    }

    /// [`ConfigFile::open`] for bytes in memory; `path` is for messages.
    ///
    /// # Errors
    /// As [`ConfigFile::open`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        let fail = |why: String| Error::model(path, "the file", why);
        if bytes.len() as u64 > SIZE_LIMIT {
            return Err(fail("it is far too long for a model's config.json".into()));
        }
        let root: Value = serde_json::from_slice(bytes)
            .map_err(|error| fail(format!("it is not JSON ({error}); expected a config.json")))?;
        if !root.is_object() {
            return Err(fail("it is not a JSON object; expected a config.json".into()));
        }
        Ok(Self { path: path.to_path_buf(), digest: Digest::of(bytes), root })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Digest of its bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The outermost object.
    pub(super) fn root(&self) -> Section<'_> {
        Section { path: &self.path, name: String::new(), value: &self.root }
    }
}

/// One object of a configuration. A field that is null counts as absent.
#[derive(Clone, Debug)]
pub(super) struct Section<'a> {
    path: &'a Path,
    name: String,
    value: &'a Value,
}

impl<'a> Section<'a> {
    /// The value of a field; `None` where it is absent.
    pub(super) fn get(&self, field: &str) -> Option<&'a Value> {
        self.value.get(field).filter(|value| !value.is_null())
    }

    /// An object inside this one; `None` where it is absent.
    pub(super) fn section(&self, field: &str) -> Result<Option<Section<'a>>> {
        match self.get(field) {
            Some(value) if value.is_object() => {
                Ok(Some(Section { path: self.path, name: self.place(field), value }))
            }
            Some(value) => Err(self.unexpected(field, "an object", value)),
            None => Ok(None),
        }
    }

    /// The objects inside this one, in the order of their names.
    pub(super) fn sections(&self) -> Result<Vec<Section<'a>>> {
        let fields = self.value.as_object().into_iter().flatten();
        fields.filter_map(|(field, _)| self.section(field).transpose()).collect()
    }

    /// A size: a whole number from 1 to 16777215.
    pub(super) fn size(&self, field: &str) -> Result<usize> {
        self.optional_size(field)?.ok_or_else(|| self.missing(field))
    }

    /// A size; `None` where it is absent.
    pub(super) fn optional_size(&self, field: &str) -> Result<Option<usize>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        match value.as_u64().and_then(|size| usize::try_from(size).ok()) {
            Some(size @ 1..=LARGEST) => Ok(Some(size)),
            _ => Err(self.unexpected(field, "a whole number from 1 to 16777215", value)),
        }
    }

    /// A list of whole numbers below 16777216; `None` where it is absent. One number is a list.
    pub(super) fn numbers(&self, field: &str) -> Result<Option<Vec<usize>>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let number = |value: &Value| {
            value.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= LARGEST)
        };
        let numbers = match value {
            Value::Array(list) => list.iter().map(number).collect(),
            one => number(one).map(|one| vec![one]),
        };
        let expected = "whole numbers from 0 to 16777215";
        numbers.map(Some).ok_or_else(|| self.unexpected(field, expected, value))
    }

    /// A finite number above zero; `None` where it is absent.
    pub(super) fn positive(&self, field: &str) -> Result<Option<f64>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        match value.as_f64() {
            Some(number) if number.is_finite() && number > 0.0 => Ok(Some(number)),
            _ => Err(self.unexpected(field, "a number above 0", value)),
        }
    }

    /// A text; `None` where it is absent.
    pub(super) fn text(&self, field: &str) -> Result<Option<&'a str>> {
        match self.get(field) {
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => Err(self.unexpected(field, "a text", value)),
            None => Ok(None),
        }
    }

    /// A text that, where it is stated, is one of `known`.
    pub(super) fn one_of(&self, field: &str, known: &[&str]) -> Result<Option<&'a str>> {
        match self.text(field)? {
            Some(text) if !known.contains(&text) => {
                Err(self.fail(field, format!("{} {}", unknown(text), expected(known))))
            }
            found => Ok(found),
        }
    }

    /// A truth value; `None` where it is absent.
    pub(super) fn flag(&self, field: &str) -> Result<Option<bool>> {
        match self.get(field) {
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(value) => Err(self.unexpected(field, "true or false", value)),
            None => Ok(None),
        }
    }

    /// A list of texts; `None` where it is absent.
    pub(super) fn texts(&self, field: &str) -> Result<Option<Vec<&'a str>>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let texts = value.as_array().and_then(|of| of.iter().map(Value::as_str).collect());
        texts.map(Some).ok_or_else(|| self.unexpected(field, "a list of texts", value))
    }

    /// The error of an absent field.
    pub(super) fn missing(&self, field: &str) -> Error {
        self.fail(field, "it is missing")
    }

    /// An error at a field of this object.
    pub(super) fn fail(&self, field: &str, why: impl Into<String>) -> Error {
        Error::model(self.path, self.place(field), why)
    }

    fn unexpected(&self, field: &str, expected: &str, found: &Value) -> Error {
        self.fail(field, format!("expected {expected}, found {}", shortened(&found.to_string())))
    }

    fn place(&self, field: &str) -> String {
        let field = shortened(&field.escape_debug().to_string());
        if self.name.is_empty() { field } else { format!("{}.{field}", self.name) }
    }
}

fn unknown(text: &str) -> String {
    format!("'{}' is not supported;", shortened(&text.escape_debug().to_string()))
}

fn expected(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().map(|text| format!("'{text}'")).collect();
    format!("expected {}", quoted.join(" or "))
}

/// The first characters of a text, for messages of one line.
fn shortened(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    if shown.len() < text.len() { shown + "…" } else { shown }
}
