//! The asking side's buffers: equal copies with chosen contents.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use kiln_cache::device::{Buffer, Fill};

use crate::device::{BufferId, Device};
use crate::{Error, Result};

/// Guard bytes come in multiples of this.
const RED_ZONE_STEP: u32 = 256;
/// Bytes moved at a time between a buffer and a file.
const CHUNK: usize = 1 << 20;

/// Buffers by the asking side's ids.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// The copies of each, at least one.
    copies: BTreeMap<u32, Vec<BufferId>>,
}

impl Buffers {
    /// Makes every copy of a buffer; after an error none is left.
    pub(super) fn alloc(&mut self, device: &mut dyn Device, buffer: &Buffer) -> Result<()> {
        let id = buffer.id;
        if self.copies.contains_key(&id) {
            return Err(Error::request(format!("buffer {id} exists already")));
        }
        if buffer.copies == 0 || !buffer.red_zone.is_multiple_of(RED_ZONE_STEP) {
            let why = "needs at least one copy, and red zones of a multiple of 256 bytes";
            return Err(Error::request(format!("buffer {id} {why}")));
        }
        let mut copies = Vec::new();
        match make(device, buffer, &mut copies) {
            Ok(()) => {
                self.copies.insert(id, copies);
                Ok(())
            }
            Err(error) => {
                copies.into_iter().try_for_each(|copy| device.free(copy))?;
                Err(error)
            }
        }
    }

    /// Frees a buffer.
    pub(super) fn free(&mut self, device: &mut dyn Device, id: u32) -> Result<()> {
        let copies = self.copies.remove(&id).ok_or_else(|| unknown(id))?;
        copies.into_iter().try_for_each(|copy| device.free(copy))
    }

    /// The copies of a buffer.
    pub(super) fn copies(&self, id: u32) -> Result<&[BufferId]> {
        self.copies.get(&id).map(Vec::as_slice).ok_or_else(|| unknown(id))
    }

    /// One copy of a buffer.
    pub(super) fn copy(&self, id: u32, copy: u32) -> Result<BufferId> {
        let copies = self.copies(id)?;
        copies.get(copy as usize).copied().ok_or_else(|| {
            Error::request(format!("buffer {id} has {} copies, not number {copy}", copies.len()))
        })
    }

    /// Checks the red zones of every copy.
    pub(super) fn check_red_zones(&self, device: &dyn Device, id: u32) -> Result<()> {
        self.copies(id)?.iter().try_for_each(|copy| device.check_red_zones(*copy))
    }
}

/// Copies a part of a buffer into a new file; the file is removed if it cannot be completed.
pub(super) fn save(
    device: &dyn Device,
    from: BufferId,
    offset: u64,
    bytes: u64,
    path: &Path,
) -> Result<()> {
    let refused = |error| Error::request(format!("cannot write {}: {error}", path.display()));
    let file = File::create_new(path).map_err(refused)?;
    let saved = copy_out(device, from, offset, bytes, file)
        .and_then(|written: std::io::Result<()>| written.map_err(refused));
    if saved.is_err() {
        // The reason why it could not be completed is the one worth reporting.
        let _ = fs::remove_file(path);
    }
    saved
}

fn copy_out(
    device: &dyn Device,
    from: BufferId,
    offset: u64,
    bytes: u64,
    file: File,
) -> Result<std::io::Result<()>> {
    let mut writer = BufWriter::new(file);
    let mut chunk = vec![0; CHUNK];
    let mut done = 0;
    while done < bytes {
        let part = &mut chunk[..(bytes - done).min(CHUNK as u64) as usize];
        device.read(from, offset.saturating_add(done), part)?;
        if let Err(error) = writer.write_all(part) {
            return Ok(Err(error));
        }
        done += part.len() as u64;
    }
    Ok(writer.flush())
}

fn make(device: &mut dyn Device, buffer: &Buffer, copies: &mut Vec<BufferId>) -> Result<()> {
    for _ in 0..buffer.copies {
        copies.push(device.alloc(buffer.bytes, buffer.red_zone)?);
    }
    if buffer.fill == Fill::Zero {
        return Ok(());
    }
    let contents = contents(buffer)?;
    copies.iter().try_for_each(|copy| device.write(*copy, 0, &contents))
}

/// What a copy holds; the buffers exist already, so that the size is known to be reasonable.
fn contents(buffer: &Buffer) -> Result<Vec<u8>> {
    let bytes = buffer.bytes as usize;
    match &buffer.fill {
        Fill::Zero => Ok(vec![0; bytes]),
        Fill::Byte(value) => Ok(vec![*value; bytes]),
        Fill::Random(random) => {
            let mut contents = vec![0; bytes];
            random.fill(&mut contents);
            Ok(contents)
        }
        Fill::Integers(integers) if integers.len().checked_mul(4) == Some(bytes) => {
            Ok(integers.iter().flat_map(|integer| integer.to_le_bytes()).collect())
        }
        Fill::Integers(integers) => {
            let count = integers.len();
            Err(Error::request(format!("{count} integers do not fill {bytes} bytes")))
        }
        Fill::File { path } => read_exactly(path, bytes),
    }
}

fn read_exactly(path: &Path, bytes: usize) -> Result<Vec<u8>> {
    let refused = |why: String| Error::request(format!("cannot use {}: {why}", path.display()));
    let length = fs::metadata(path).map_err(|error| refused(error.to_string()))?.len();
    if length != bytes as u64 {
        return Err(refused(format!("it has {length} bytes, the buffer {bytes}")));
    }
    let contents = fs::read(path).map_err(|error| refused(error.to_string()))?;
    if contents.len() != bytes {
        return Err(refused("it changed while it was read".to_owned()));
    }
    Ok(contents)
}

fn unknown(id: u32) -> Error {
    Error::request(format!("buffer {id} is unknown"))
}
