//! Carrying a cache to another machine.
//!
//! ```text
//! line      `kiln export 1`
//! repeated  kind (1 byte: 0 object, 1 artifact, 2 measurement, 3 decision), digest (32), length (u64), file
//! end       kind 255, then the sha256 of everything before it
//! ```

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::disk::{OBJECTS, Quarantined, Store};
use super::entry::{Entry, Layer, Origin};
use super::list::write_quarantined;
use super::record::{Artifact, Decision, Measurement, Record};
use super::sealed::unseal;
use crate::file::write_durable;
use crate::hash::Digest;
use crate::text::size;
use crate::{Error, Result};

const HEAD: &[u8] = b"kiln export 1\n";
const END: u8 = 255;

/// What an export wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Files written into the archive.
    pub files: usize,
    /// Size of these files in bytes.
    pub bytes: u64,
    /// Files that failed their check and are not in the archive.
    pub quarantined: Vec<Quarantined>,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Objects and entries that are new here.
    pub added: usize,
    /// Objects and entries that were here already; what was here stays.
    pub kept: usize,
    /// Files of the archive that failed their check, and why.
    pub refused: Vec<String>,
}

impl Store {
    /// Writes every intact object and entry into one file, atomically.
    ///
    /// # Errors
    /// If the cache cannot be read or the file not be written.
    pub fn export(&self, path: impl AsRef<Path>) -> Result<Exported> {
        let quarantined = self.verify()?.quarantined;
        let mut exported = Exported { files: 0, bytes: 0, quarantined };
        let mut items = Vec::new();
        for (kind, directory) in DIRECTORIES {
            let digests = self.digests(directory)?.into_iter();
            items.extend(digests.map(|digest| (kind, digest, self.path(directory, &digest))));
        }
        write_durable(path.as_ref(), |out| {
            let mut out = Hashing { to: out, hasher: Sha256::new() };
            out.write_all(HEAD)?;
            for (kind, digest, path) in &items {
                let file = fs::read(path)
                    .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
                write_item(&mut out, *kind, digest, &file)?;
                exported.files += 1;
                exported.bytes += file.len() as u64;
            }
            out.write_all(&[END])?;
            let digest = out.hasher.finalize();
            out.to.write_all(&digest)
        })?;
        Ok(exported)
    }

    /// Takes over what an export wrote. Every file is checked, entries are marked as imported, and
    /// what is here already stays.
    ///
    /// # Errors
    /// If the archive is damaged, before anything is taken over; or if the cache cannot be written.
    pub fn import(&self, path: impl AsRef<Path>) -> Result<Imported> {
        let path = path.as_ref();
        let fail = |error| Error::io("read", path, error);
        let mut file = File::open(path).map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        check_archive(&mut file, length, path)?;
        file.rewind().map_err(fail)?;
        let mut reader = BufReader::new(file);
        reader.seek_relative(HEAD.len() as i64).map_err(fail)?;
        let mut imported = Imported::default();
        while let Some(item) = read_item(&mut reader, length, path)? {
            self.take_over(&item, &mut imported)?;
        }
        Ok(imported)
    }

    fn take_over(&self, item: &Item, imported: &mut Imported) -> Result<()> {
        let Item { kind, digest, file } = item;
        let (directory, checked) = match kind {
            1 => (Layer::Artifact.name(), mark::<Artifact>(digest, file)),
            2 => (Layer::Measurement.name(), mark::<Measurement>(digest, file)),
            3 => (Layer::Decision.name(), mark::<Decision>(digest, file)),
            _ => (OBJECTS, check_object(digest, file)),
        };
        let here = match Layer::ALL.into_iter().find(|layer| layer.name() == directory) {
            Some(layer) => self.entry::<Value>(layer, digest)?.is_some(),
            None => self.object(digest)?.is_some(),
        };
        match checked {
            Err(reason) => {
                imported.refused.push(format!("{directory} {}: {reason}", digest.short()))
            }
            Ok(_) if here => imported.kept += 1,
            Ok(file) => {
                self.write(directory, digest, &file)?;
                imported.added += 1;
            }
        }
        Ok(())
    }
}

/// Objects before the artifacts that refer to them.
const DIRECTORIES: [(u8, &str); 4] =
    [(0, OBJECTS), (1, "artifact"), (2, "measurement"), (3, "decision")];

/// One file of an archive.
struct Item {
    kind: u8,
    digest: Digest,
    file: Vec<u8>,
}

fn write_item(out: &mut impl Write, kind: u8, digest: &Digest, file: &[u8]) -> io::Result<()> {
    out.write_all(&[kind])?;
    out.write_all(&digest.0)?;
    out.write_all(&(file.len() as u64).to_le_bytes())?;
    out.write_all(file)
}

/// The next file of an archive, or `None` at its end.
fn read_item(from: &mut impl Read, limit: u64, path: &Path) -> Result<Option<Item>> {
    let torn = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::corrupt(path, "it ends before its contents do"),
        _ => Error::io("read", path, error),
    };
    let (mut kind, mut digest, mut length) = ([0], [0; 32], [0; 8]);
    from.read_exact(&mut kind).map_err(torn)?;
    if kind[0] == END {
        return Ok(None);
    }
    from.read_exact(&mut digest).map_err(torn)?;
    from.read_exact(&mut length).map_err(torn)?;
    let length = u64::from_le_bytes(length);
    if length > limit || usize::from(kind[0]) >= DIRECTORIES.len() {
        return Err(Error::corrupt(path, "a file in it has an impossible kind or length"));
    }
    let mut file = vec![0; length as usize];
    from.read_exact(&mut file).map_err(torn)?;
    Ok(Some(Item { kind: kind[0], digest: Digest(digest), file }))
}

/// Compares head and checksum of a whole archive.
fn check_archive(file: &mut File, length: u64, path: &Path) -> Result<()> {
    let fail = |error| Error::io("read", path, error);
    let Some(body) = length.checked_sub(32).filter(|body| *body > HEAD.len() as u64) else {
        return Err(Error::corrupt(path, "it is too short for a cache export"));
    };
    let mut head = vec![0; HEAD.len()];
    file.read_exact(&mut head).map_err(fail)?;
    if head != HEAD {
        return Err(Error::corrupt(path, "it does not begin like a cache export of version 1"));
    }
    let mut hashing = Hashing { to: io::sink(), hasher: Sha256::new() };
    hashing.hasher.update(&head);
    io::copy(&mut Read::by_ref(file).take(body - HEAD.len() as u64), &mut hashing).map_err(fail)?;
    let mut trailer = Vec::new();
    file.read_to_end(&mut trailer).map_err(fail)?;
    match hashing.hasher.finalize().as_slice() == trailer {
        true => Ok(()),
        false => Err(Error::corrupt(path, "its contents do not match the checksum at its end")),
    }
}

fn check_object(digest: &Digest, file: &[u8]) -> std::result::Result<Vec<u8>, String> {
    match unseal(OBJECTS, file)? {
        (_, actual) if actual == *digest => Ok(file.to_vec()),
        _ => Err("it is another object than its name says".into()),
    }
}

/// The file of an entry after it has been marked as imported.
fn mark<R: Record>(digest: &Digest, file: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let mut entry: Entry<R> = Entry::decode(R::LAYER, digest, file)?;
    entry.origin = Origin::Imported;
    entry.encode(R::LAYER).map_err(|error| error.to_string())
}

/// Hashes what passes through.
struct Hashing<W> {
    to: W,
    hasher: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exported {} files, {}", self.files, size(self.bytes))?;
        write_quarantined(f, &self.quarantined)
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "imported {}, kept {} that were here already", self.added, self.kept)?;
        self.refused.iter().try_for_each(|reason| writeln!(f, "refused {reason}"))
    }
}
