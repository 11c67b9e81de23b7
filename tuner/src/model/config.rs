//! Reading fields of a JSON configuration, with errors that name them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Error, Result};

/// Larger files are no configuration.
const SIZE_LIMIT: u64 = 16 << 20;

/// Largest size a model may have along any axis.
const LARGEST: u64 = 0xff_ffff;

/// A configuration file in memory.
#[derive(Clone, Debug)]
pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    root: Value,
}

impl ConfigFile {
    /// Reads the `config.json` of a model directory, or the file itself.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let path = if path.is_dir() { path.join("config.json") } else { path.to_path_buf() };
        let mut bytes = Vec::new();
        let file = File::open(&path).map_err(|error| Error::io("read", &path, error))?;
        let read = file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes);
        read.map_err(|error| Error::io("read", &path, error))?;
        Self::parse(path, bytes)
    }

    /// [`ConfigFile::open`] for bytes in memory; `path` is for messages.
    pub(super) fn parse(path: PathBuf, bytes: Vec<u8>) -> Result<Self> {
        let fail = |why: String| Error::config(&path, "the file", why);
        if bytes.len() as u64 > SIZE_LIMIT {
            return Err(fail("it is far too long for a model's config.json".into()));
        }
        let root: Value = serde_json::from_slice(&bytes)
            .map_err(|error| fail(format!("it is not JSON ({error}); expected a config.json")))?;
        if !root.is_object() {
            return Err(fail("it is not a JSON object; expected a config.json".into()));
        }
        Ok(Self { path, bytes, root })
    }

    /// The outermost object.
    pub(super) fn root(&self) -> Section<'_> {
        Section { path: &self.path, name: String::new(), value: &self.root }
    }
}

/// One object of a configuration.
#[derive(Clone, Debug)]
pub(super) struct Section<'a> {
    path: &'a Path,
    name: String,
    value: &'a Value,
}

impl<'a> Section<'a> {
    /// The value of a field; `None` where it is absent or null.
    pub(super) fn get(&self, field: &str) -> Option<&'a Value> {
        self.value.get(field).filter(|value| !value.is_null())
    }

    /// An object inside this one; `None` where it is absent or null.
    pub(super) fn section(&self, field: &str) -> Result<Option<Section<'a>>> {
        match self.get(field) {
            Some(value) if value.is_object() => {
                Ok(Some(Section { path: self.path, name: self.place(field), value }))
            }
            Some(value) => Err(self.unexpected(field, "an object", value)),
            None => Ok(None),
        }
    }

    /// The objects inside an object, by name.
    pub(super) fn sections(&self) -> Result<Vec<Section<'a>>> {
        let fields = self.value.as_object().into_iter().flatten();
        fields.filter_map(|(field, _)| self.section(field).transpose()).collect()
    }

    /// A size: a whole number from 1 to 16777215.
    pub(super) fn size(&self, field: &str) -> Result<u64> {
        let value = self.get(field).ok_or_else(|| self.missing(field))?;
        match value.as_u64() {
            Some(size @ 1..=LARGEST) => Ok(size),
            _ => Err(self.unexpected(field, "a whole number from 1 to 16777215", value)),
        }
    }

    /// A number of things; 0 where it is absent or null.
    pub(super) fn count(&self, field: &str) -> Result<u64> {
        let Some(value) = self.get(field) else { return Ok(0) };
        match value.as_u64() {
            Some(count @ 0..=LARGEST) => Ok(count),
            _ => Err(self.unexpected(field, "a whole number from 0 to 16777215", value)),
        }
    }

    /// A finite number above zero.
    pub(super) fn positive(&self, field: &str) -> Result<f64> {
        let value = self.get(field).ok_or_else(|| self.missing(field))?;
        match value.as_f64() {
            Some(number) if number.is_finite() && number > 0.0 => Ok(number),
            _ => Err(self.unexpected(field, "a number above 0", value)),
        }
    }

    /// A text; `None` where it is absent or null.
    pub(super) fn text(&self, field: &str) -> Result<Option<&'a str>> {
        match self.get(field) {
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => Err(self.unexpected(field, "a text", value)),
            None => Ok(None),
        }
    }

    /// A truth value; `None` where it is absent or null.
    pub(super) fn flag(&self, field: &str) -> Result<Option<bool>> {
        match self.get(field) {
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(value) => Err(self.unexpected(field, "true or false", value)),
            None => Ok(None),
        }
    }

    /// A list of texts; `None` where it is absent or null.
    pub(super) fn texts(&self, field: &str) -> Result<Option<Vec<&'a str>>> {
        let Some(value) = self.get(field) else { return Ok(None) };
        let texts = value.as_array().and_then(|of| of.iter().map(Value::as_str).collect());
        texts.map(Some).ok_or_else(|| self.unexpected(field, "a list of texts", value))
    }

    /// Length of a list that is not empty; `None` where it is absent or null.
    pub(super) fn length(&self, field: &str) -> Result<Option<u64>> {
        match self.get(field) {
            Some(Value::Array(list)) if !list.is_empty() => Ok(Some(list.len() as u64)),
            Some(value) => Err(self.unexpected(field, "a list that is not empty", value)),
            None => Ok(None),
        }
    }

    /// The error of an absent field.
    pub(super) fn missing(&self, field: &str) -> Error {
        Error::config(self.path, self.place(field), "it is missing")
    }

    /// An error at a field of this object.
    pub(super) fn fail(&self, field: &str, why: impl Into<String>) -> Error {
        Error::config(self.path, self.place(field), why)
    }

    fn unexpected(&self, field: &str, expected: &str, found: &Value) -> Error {
        let found = found.to_string();
        let shown: String = found.chars().take(40).collect();
        let dots = if shown.len() < found.len() { "…" } else { "" };
        self.fail(field, format!("expected {expected}, found {shown}{dots}"))
    }

    fn place(&self, field: &str) -> String {
        if self.name.is_empty() { field.to_owned() } else { format!("{}.{field}", self.name) }
    }
}
