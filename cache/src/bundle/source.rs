//! Where a bundle's bytes come from.
//!
//! The format can be mapped, but this reader copies: another process that truncates or rewrites a
//! mapped file would kill the server (SIGBUS) or change code after it was checked. A bundle is a
//! few megabytes, each byte is read at most once, and no `unsafe` is needed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::file::refuse_special;
use crate::{Error, Result};

/// An open file, or bytes in memory.
#[derive(Debug)]
pub(super) enum Source {
    File(File),
    Memory(Vec<u8>),
}

impl Source {
    /// Opens a regular file; others may never end, or never begin.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let opened = refuse_special(path).and_then(|()| File::open(path));
        opened.map(Self::File).map_err(|error| Error::io("open", path, error))
    }

    /// Length in bytes.
    pub(super) fn length(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Memory(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// Fills `into` with the bytes at `offset`; fewer bytes than that are an error.
    pub(super) fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        match self {
            Self::File(file) => file.read_exact_at(into, offset),
            Self::Memory(bytes) => {
                let start = usize::try_from(offset).ok();
                let end = start.and_then(|start| start.checked_add(into.len()));
                let part = start.zip(end).and_then(|(start, end)| bytes.get(start..end));
                let part = part.ok_or(io::ErrorKind::UnexpectedEof)?;
                into.copy_from_slice(part);
                Ok(())
            }
        }
    }
}
