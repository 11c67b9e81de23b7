//! The store's directory, and reading and writing single files of it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::entry::{Entry, Layer, Origin};
use super::record::Record;
use super::sealed::{seal, unseal};
use crate::file::{create_directory, list, read_if_present, write_atomic};
use crate::hash::{Digest, Key};
use crate::{Error, Result};

/// Kind of, and directory for, bytes under their own digest.
pub(super) const OBJECTS: &str = "objects";

/// Directory for files that failed a check.
pub(super) const QUARANTINE: &str = "quarantine";

/// A file that failed a check and was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Where it lay.
    pub path: PathBuf,
    /// What was wrong with it.
    pub reason: String,
}

/// An open cache.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    pub(super) in_use: File,
    damage: Mutex<Vec<Quarantined>>,
}

impl Store {
    /// Opens a cache, making it where there is none. Waits while another process collects garbage.
    ///
    /// # Errors
    /// If the directory cannot be made, written or locked.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref().to_path_buf();
        create_directory(&root)?;
        let path = root.join("in-use");
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(&path);
        let in_use = file.map_err(|error| Error::io("open", &path, error))?;
        in_use.lock_shared().map_err(|error| Error::io("lock", &path, error))?;
        Ok(Self { root, in_use, damage: Mutex::default() })
    }

    /// The cache's directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of the cache's journal.
    pub fn journal_directory(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// Keeps bytes under their digest, which is returned.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn put_object(&self, bytes: &[u8]) -> Result<Digest> {
        let digest = Digest::of(bytes);
        if self.object(&digest)?.is_none() {
            self.write(OBJECTS, &digest, &seal(OBJECTS, bytes))?;
        }
        Ok(digest)
    }

    /// The bytes kept under a digest; `None` where they are absent or damaged.
    ///
    /// # Errors
    /// If an existing file cannot be read.
    pub fn object(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        self.read_checked(OBJECTS, digest, |file| match unseal(OBJECTS, file)? {
            (body, actual) if actual == *digest => Ok(body.to_vec()),
            _ => Err("it is another object than its name says".into()),
        })
    }

    /// Keeps a value under its key, in place of what was there.
    ///
    /// # Errors
    /// If it cannot be written, or would not read back.
    pub fn put<R: Record>(&self, key: &Key, value: &R) -> Result<()> {
        let entry = Entry { origin: Origin::Local, key: key.clone(), value: value.clone() };
        self.write(R::LAYER.name(), &key.digest, &entry.encode(R::LAYER)?)
    }

    /// The value kept under a key; `None` where it, or an object it refers to, is absent or it is
    /// damaged.
    ///
    /// # Errors
    /// If an existing file cannot be read.
    pub fn get<R: Record>(&self, key: &Key) -> Result<Option<R>> {
        let entry: Option<Entry<R>> = self.entry(R::LAYER, &key.digest)?;
        Ok(entry.map(|entry| entry.value).filter(|value| {
            value.objects().iter().all(|object| self.path(OBJECTS, object).is_file())
        }))
    }

    /// Every intact value of a layer with its key, in the order of digests: for looking values up
    /// by parts of their keys.
    ///
    /// # Errors
    /// If an existing file cannot be read.
    pub fn entries<R: Record>(&self) -> Result<Vec<(Key, R)>> {
        let mut entries = Vec::new();
        for digest in self.digests(R::LAYER.name())? {
            let entry: Option<Entry<R>> = self.entry(R::LAYER, &digest)?;
            entries.extend(entry.map(|entry| (entry.key, entry.value)));
        }
        Ok(entries)
    }

    /// Every damaged file met since the last call.
    pub fn take_damage(&self) -> Vec<Quarantined> {
        std::mem::take(&mut *self.damage.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The entry under a digest; damaged ones are set aside and absent.
    pub(super) fn entry<T: DeserializeOwned>(
        &self,
        layer: Layer,
        digest: &Digest,
    ) -> Result<Option<Entry<T>>> {
        self.read_checked(layer.name(), digest, |file| Entry::decode(layer, digest, file))
    }

    /// The digests that a directory has files for, in order. Names that are no digests are not
    /// files of the store.
    pub(super) fn digests(&self, directory: &str) -> Result<Vec<Digest>> {
        let mut digests = Vec::new();
        for shard in list(&self.root.join(directory))? {
            if shard.is_dir() {
                digests.extend(list(&shard)?.iter().filter_map(|path| digest_of_path(path)));
            }
        }
        Ok(digests)
    }

    /// `directory/ab/cdef…`
    pub(super) fn path(&self, directory: &str, digest: &Digest) -> PathBuf {
        let hex = digest.to_string();
        self.root.join(directory).join(&hex[..2]).join(&hex[2..])
    }

    /// Writes a file of the store atomically.
    pub(super) fn write(&self, directory: &str, digest: &Digest, file: &[u8]) -> Result<()> {
        let path = self.path(directory, digest);
        create_directory(path.parent().expect("a file of the store should have a directory"))?;
        write_atomic(&path, |out| out.write_all(file))
    }

    /// Reads a file of the store; one that fails its check is set aside and absent.
    fn read_checked<T>(
        &self,
        directory: &str,
        digest: &Digest,
        check: impl FnOnce(&[u8]) -> std::result::Result<T, String>,
    ) -> Result<Option<T>> {
        let path = self.path(directory, digest);
        let Some(file) = read_if_present(&path)? else {
            return Ok(None);
        };
        match check(&file) {
            Ok(value) => Ok(Some(value)),
            Err(reason) => self.set_aside(directory, &path, reason).map(|()| None),
        }
    }

    /// Moves a damaged file out of the way and remembers it.
    fn set_aside(&self, directory: &str, path: &Path, reason: String) -> Result<()> {
        let quarantine = self.root.join(QUARANTINE);
        create_directory(&quarantine)?;
        let name = digest_of_path(path).map(|digest| digest.to_string()).unwrap_or_default();
        match fs::rename(path, quarantine.join(format!("{directory}-{name}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io("quarantine", path, error));
            }
            _ => {}
        }
        let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
        damage.push(Quarantined { path: path.to_path_buf(), reason });
        Ok(())
    }
}

/// The digest that a file's last two path components spell.
fn digest_of_path(path: &Path) -> Option<Digest> {
    let shard = path.parent()?.file_name()?.to_str()?;
    let rest = path.file_name()?.to_str()?;
    format!("{shard}{rest}").parse().ok()
}
