//! Files that are either wholly the old ones or wholly the new ones.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Error, Result};

/// Ending of files that are being written; one that outlived its writer is rubbish.
pub(crate) const TEMPORARY: &str = "tmp";

/// Writes a file under a temporary name beside it, syncs it, renames it into place and makes the
/// rename durable.
///
/// After an error the path holds what it held before and the temporary file is gone.
pub(crate) fn write_durable(
    path: &Path,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    write_atomic(path, contents)?;
    sync_directory(path).map_err(|error| Error::io("write", path, error))
}

/// [`write_durable`], but a crash of the machine may undo the rename: for files that can be made
/// again, of which there are many.
pub(crate) fn write_atomic(
    path: &Path,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let temporary = temporary_beside(path)?;
    let written = refuse_special_in_place(path)
        .and_then(|()| write_synced(&temporary, contents))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // The write error is the one worth reporting; the file may not even exist.
        let _ = fs::remove_file(&temporary);
        Error::io("write", path, error)
    })
}

/// Refuses what is there but is no regular file: a directory, a pipe, a device.
pub(crate) fn refuse_special(path: &Path) -> io::Result<()> {
    match fs::metadata(path)?.is_file() {
        true => Ok(()),
        false => Err(io::Error::other("it is not a regular file")),
    }
}

/// A rename would replace a device as readily as a file.
fn refuse_special_in_place(path: &Path) -> io::Result<()> {
    match refuse_special(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        refused => refused,
    }
}

fn write_synced(
    path: &Path,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = BufWriter::new(File::create_new(path)?);
    contents(&mut writer)?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Makes a rename durable.
fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// A name in the same directory that no other writer uses.
fn temporary_beside(path: &Path) -> Result<PathBuf> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let Some(name) = path.file_name() else {
        return Err(Error::io("write", path, io::Error::other("it does not name a file")));
    };
    let mut hidden = OsString::from(".");
    hidden.push(name);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    hidden.push(format!(".{}-{count}.{TEMPORARY}", std::process::id()));
    Ok(path.with_file_name(hidden))
}

/// Creates a directory and its parents.
pub(crate) fn create_directory(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| Error::io("create", path, error))
}

/// The contents of a file, or `None` where there is none.
pub(crate) fn read_if_present(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", path, error)),
    }
}

/// The entries of a directory in order of name; none where there is no directory.
pub(crate) fn list(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", path, error)),
    };
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(|error| Error::io("list", path, error))?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bundle");
        write_durable(&path, |out| out.write_all(b"old")).unwrap();
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = write_atomic(&path, |out| out.write_all(b"new").and(Err(full))).unwrap_err();
        assert!(error.to_string().contains("no space left"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(list(dir.path()).unwrap(), [path]);
    }

    #[test]
    fn an_unwritable_place_is_named() {
        let error = write_atomic(Path::new("/proc/no/such"), |_| Ok(())).unwrap_err().to_string();
        assert!(error.starts_with("cannot write /proc/no/such: "), "{error}");
        assert!(write_atomic(Path::new("/"), |_| Ok(())).is_err());
        let error = write_atomic(Path::new("/dev/null"), |_| Ok(())).unwrap_err().to_string();
        assert!(error.contains("not a regular file"), "{error}");
    }
}
