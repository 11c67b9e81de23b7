//! A safetensors file of logits, written as they come.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;
use tempfile::NamedTempFile;

/// The file in the making; it gets its name when it is complete.
pub(super) struct LogitsFile {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl LogitsFile {
    /// Begins a file of a row of `width` logits after each of these tokens.
    pub(super) fn create(path: &Path, tokens: &[u32], width: usize) -> anyhow::Result<Self> {
        let place = || format!("cannot write {}", path.display());
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let file = NamedTempFile::new_in(parent.unwrap_or(Path::new("."))).with_context(place)?;
        let mut made = Self { path: path.to_path_buf(), file: BufWriter::new(file) };
        let ids = 4 * tokens.len() as u64;
        let end = ids + 4 * tokens.len() as u64 * width as u64;
        let header = json!({
            "tokens": { "dtype": "I32", "shape": [tokens.len()], "data_offsets": [0, ids] },
            "logits": { "dtype": "F32", "shape": [tokens.len(), width], "data_offsets": [ids, end] },
        });
        let mut text = header.to_string();
        text += &" ".repeat(text.len().next_multiple_of(8) - text.len());
        made.write(&(text.len() as u64).to_le_bytes())?;
        made.write(text.as_bytes())?;
        tokens.iter().try_for_each(|token| made.write(&(*token as i32).to_le_bytes()))?;
        Ok(made)
    }

    /// Adds the next row.
    pub(super) fn row(&mut self, logits: &[f32]) -> anyhow::Result<()> {
        let bytes: Vec<u8> = logits.iter().flat_map(|logit| logit.to_le_bytes()).collect();
        self.write(&bytes)
    }

    /// Gives the file its name.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let place = format!("cannot write {}", self.path.display());
        let file = self.file.into_inner().map_err(|error| error.into_error());
        let file = file.with_context(|| place.clone())?;
        file.as_file().sync_all().with_context(|| place.clone())?;
        file.persist(&self.path).map(drop).context(place)
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let place = || format!("cannot write {}", self.path.display());
        self.file.write_all(bytes).with_context(place)
    }
}
