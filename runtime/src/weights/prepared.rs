//! What kernels read, kept in a file as they read it, so that a device maps it in place of loading.
//!
//! Laws:
//! - the file is one of tensors in the safetensors format: an array is a tensor of bytes, named after
//!   what it holds;
//! - a name says all that the array depends on: which tensors of which files, as they were at what time,
//!   and how a kernel wants them. A file fits if it has all arrays that are wanted by their names, so that
//!   nothing stale is ever read;
//! - a file is written beside its place and moved there when it is complete; one that was not written
//!   here is never replaced;
//! - every array has a digest, which opening does not check, because that would read all of them.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use kiln_cache::hash::{Digest, Digester};
use serde_json::{Value, json};

use super::header::{length, tensor, written};
use super::shard::{Shard, Tensor};
use super::{Progress, Sink};
use crate::{Error, Result};

/// The metadata that says by which law a file was written. Another way to bring weights into the order
/// of kernels is another law.
const LAW: (&str, &str) = ("kiln_prepared_weights", "1");

/// Where arrays begin: at a page, and large ones at a huge page.
const PAGE: usize = 4096;
const HUGE_PAGE: usize = 2 << 20;

/// Names of the gaps between arrays begin like this, and nothing else does.
const GAP: &str = "gap ";

/// An array that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Array {
    /// What it holds, and all that this depends on.
    pub(super) name: String,
    /// Its size.
    pub(super) bytes: u64,
}

/// Brings the array of that number into a sink, in ascending order.
pub(super) type Fill<'f> = dyn FnMut(usize, &mut Sink<'_>) -> Result<()> + 'f;

/// Opens the file if it is there and has all arrays that are wanted.
///
/// # Errors
/// If a file is there that was not written by [`write`], or it cannot be read.
pub(super) fn open(path: &Path, wanted: &[Array]) -> Result<Option<Shard>> {
    if !path.try_exists().map_err(|error| Error::io("read", path, error))? {
        return Ok(None);
    }
    let shard = Shard::open(path).map_err(|error| foreign(path, &error.to_string()))?;
    let Some(law) = shard.metadata(LAW.0) else {
        return Err(foreign(path, "it was not written by Kiln"));
    };
    let has = |array: &Array| {
        let found = shard.tensor(&array.name);
        found.is_some_and(|found| found.size() as u64 == array.bytes && is_aligned(&found))
    };
    if law != LAW.1 || !wanted.iter().all(has) {
        return Ok(None);
    }
    shard.prefer_huge_pages();
    Ok(Some(shard))
}

/// Writes a file of these arrays in place of the one that is there.
///
/// # Errors
/// If another process is writing it, the disk is full, or what `fill` refuses.
pub(super) fn write(path: &Path, arrays: &[Array], fill: &mut Fill<'_>) -> Result<()> {
    let partial = beside(path);
    let fail = |error| Error::io("write", &partial, error);
    let file = File::options().create(true).write(true).truncate(false).open(&partial);
    let mut file = file.map_err(fail)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let why = "another process is preparing weights there; start again when it is done";
            return Err(Error::model(&partial, "the file", why));
        }
        Err(TryLockError::Error(error)) => return Err(fail(error)),
    }
    let done = complete(&mut file, &partial, arrays, fill);
    let done = done.and_then(|()| fs::rename(&partial, path).map_err(fail));
    if done.is_err() {
        // Nobody can use what is there of it.
        let _ = fs::remove_file(&partial);
    }
    done
}

/// Checks the digest of every array; the number of arrays, and their bytes.
///
/// # Errors
/// If the file is none of prepared weights, or an array is not what was written.
pub fn verify(path: &Path, report: &mut dyn FnMut(Progress)) -> Result<(usize, u64)> {
    let shard = Shard::open(path)?;
    if shard.metadata(LAW.0).is_none() {
        return Err(foreign(path, "it was not written by Kiln"));
    }
    let arrays = || shard.tensors().filter(|tensor| !tensor.name().starts_with(GAP));
    let mut progress = Progress { bytes: 0, total: arrays().map(|of| of.size() as u64).sum() };
    for array in arrays() {
        let stated = shard.metadata(array.name());
        if stated != Some(&Digest::of(array.bytes()).to_string()) {
            let why =
                "its bytes are not those that were written; remove the file, and it is made anew";
            return Err(Error::model(path, tensor(array.name()), why));
        }
        array.release(0..array.size());
        progress.bytes += array.size() as u64;
        report(progress);
    }
    Ok((arrays().count(), progress.total))
}

/// Whether a file says that it is one of prepared weights.
pub fn is_prepared(path: &Path) -> bool {
    Shard::open(path).is_ok_and(|shard| shard.metadata(LAW.0).is_some())
}

/// Why a file is not replaced.
fn foreign(path: &Path, why: &str) -> Error {
    let why = format!(
        "{why}; it is no file of prepared weights and is left as it is; name another, or remove it"
    );
    Error::model(path, "the file", why)
}

/// The name under which a file is written.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn is_aligned(array: &Tensor<'_>) -> bool {
    array.range().start.is_multiple_of(PAGE)
}

/// Writes all of a file: its header, the arrays, and the header again with their digests.
fn complete(file: &mut File, path: &Path, arrays: &[Array], fill: &mut Fill<'_>) -> Result<()> {
    let fail = |error| Error::io("write", path, error);
    let mut digests = vec![Digest([0; 32]); arrays.len()];
    let (blank, places) = header(arrays, &digests);
    file.set_len(0).map_err(fail)?;
    file.set_len(places.last().map_or(blank.len(), |(_, end)| *end) as u64).map_err(fail)?;
    for (number, ((start, end), digest)) in places.iter().zip(&mut digests).enumerate() {
        let (mut digester, mut next) = (Digester::default(), *start as u64);
        fill(number, &mut |offset, bytes| {
            if *start as u64 + offset != next || next + bytes.len() as u64 > *end as u64 {
                return Err(Error::request("an array is written out of order, or too long"));
            }
            file.seek(SeekFrom::Start(next)).map_err(fail)?;
            file.write_all(bytes).map_err(fail)?;
            digester.update(bytes);
            next += bytes.len() as u64;
            Ok(())
        })?;
        if next != *end as u64 {
            let (name, wanted) = (&arrays[number].name, arrays[number].bytes);
            let why = format!("{name}: {} bytes were loaded of {wanted}", next - *start as u64);
            return Err(Error::request(why));
        }
        *digest = digester.finish();
    }
    let (header, _) = header(arrays, &digests);
    file.seek(SeekFrom::Start(0)).map_err(fail)?;
    file.write_all(&header).map_err(fail)?;
    file.sync_all().map_err(fail)
}

/// The header of a file, and where its arrays begin and end.
fn header(arrays: &[Array], digests: &[Digest]) -> (Vec<u8>, Vec<(usize, usize)>) {
    let mut first = PAGE;
    loop {
        let (text, places) = outline(arrays, digests, first);
        let least = length(&text);
        if least <= first {
            return (written(text, first), places);
        }
        first = least.next_multiple_of(PAGE);
    }
}

/// The text of a header, and where arrays begin and end, in a file whose tensors begin at `first`.
fn outline(arrays: &[Array], digests: &[Digest], first: usize) -> (String, Vec<(usize, usize)>) {
    let mut metadata = BTreeMap::from([(LAW.0, LAW.1.to_owned())]);
    let named = arrays.iter().map(|array| array.name.as_str());
    metadata.extend(named.zip(digests.iter().map(Digest::to_string)));
    let mut entries = serde_json::Map::new();
    entries.insert("__metadata__".to_owned(), json!(metadata));
    let entry = |start: usize, end: usize| -> Value {
        let offsets = json!([start - first, end - first]);
        json!({ "dtype": "U8", "shape": [end - start], "data_offsets": offsets })
    };
    let (mut end, mut places) = (first, Vec::new());
    for array in arrays {
        let alignment = if array.bytes >= HUGE_PAGE as u64 { HUGE_PAGE } else { PAGE };
        let start = end.next_multiple_of(alignment);
        if start > end {
            entries.insert(format!("{GAP}{}", places.len()), entry(end, start));
        }
        end = start + array.bytes as usize;
        entries.insert(array.name.clone(), entry(start, end));
        places.push((start, end));
    }
    (Value::Object(entries).to_string(), places)
}
