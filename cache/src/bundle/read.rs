//! Opening and checking a bundle.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::catalogue::{Catalogue, Covered};
use super::header::{FORMAT_VERSION, HEADER_BYTES, Header, TRAILER_BYTES};
use super::manifest::Manifest;
use super::source::Source;
use crate::hash::Digest;
use crate::vocabulary::{KernelEntry, Operation, Table};
use crate::{Error, Result};

/// Bytes hashed at a time when a whole file is verified.
const CHUNK: usize = 1 << 20;

/// An open bundle whose header, manifest and catalogue have been checked.
#[derive(Debug)]
pub struct Bundle {
    path: PathBuf,
    source: Source,
    header: Header,
    manifest: Manifest,
    catalogue: Catalogue,
    objects: Vec<OnceLock<Box<[u8]>>>,
}

/// What a full verification looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Format version.
    pub format: u32,
    /// Size of the file.
    pub bytes: u64,
    /// Digest of everything before the trailer: the bundle's identity.
    pub sha256: Digest,
    /// Number of kernels.
    pub kernels: usize,
    /// Number of code objects.
    pub objects: usize,
    /// Number of covered requests.
    pub covered: usize,
}

impl Bundle {
    /// Opens a bundle and checks everything but the code itself.
    ///
    /// # Errors
    /// If the file cannot be read, is not a bundle of this version, fails a checksum, or if its
    /// kernels, objects, tables and coverage contradict each other.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::read(Source::open(path)?, path)
    }

    /// [`Bundle::open`] for bytes in memory; `path` is for messages only.
    ///
    /// # Errors
    /// As [`Bundle::open`].
    pub fn from_bytes(bytes: Vec<u8>, path: impl AsRef<Path>) -> Result<Self> {
        Self::read(Source::Memory(bytes), path.as_ref())
    }

    fn read(source: Source, path: &Path) -> Result<Self> {
        let length = source.length().map_err(|error| Error::io("read", path, error))?;
        if length < HEADER_BYTES as u64 {
            return Err(Error::corrupt(path, "it is too short for a bundle"));
        }
        let mut head = [0; HEADER_BYTES];
        read_at(&source, path, 0, &mut head)?;
        let header = Header::decode(&head, length, path)?;
        let (manifest, catalogue) = read_texts(&source, path, &header)?;
        let objects = catalogue.objects.iter().map(|_| OnceLock::new()).collect();
        let path = path.to_path_buf();
        Ok(Self { path, source, header, manifest, catalogue, objects })
    }

    /// The file it was opened from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was tuned, for what, and with what.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Every kernel, sorted by name.
    pub fn kernels(&self) -> &[KernelEntry] {
        &self.catalogue.kernels
    }

    /// The kernel called `name`.
    pub fn kernel(&self, name: &str) -> Option<&KernelEntry> {
        self.catalogue.kernel(name)
    }

    /// Every decision table, sorted by operation.
    pub fn tables(&self) -> &[Table] {
        &self.catalogue.tables
    }

    /// The decision table of an operation.
    pub fn table(&self, operation: &Operation) -> Option<&Table> {
        let tables = &self.catalogue.tables;
        let found = tables.binary_search_by(|table| table.operation().cmp(operation));
        found.ok().map(|index| &tables[index])
    }

    /// Every request that the bundle was asked to cover.
    pub fn coverage(&self) -> &[Covered] {
        &self.catalogue.coverage
    }

    /// Number of code objects.
    pub fn object_count(&self) -> usize {
        self.objects.len()
    }

    /// The code object at `index`, read and checked on first use.
    ///
    /// # Errors
    /// If there is no such object, it cannot be read, or its bytes fail their checksum.
    pub fn object(&self, index: u32) -> Result<&[u8]> {
        let what = || format!("code object {index} of {}", self.path.display());
        let Some(cell) = self.objects.get(index as usize) else {
            return Err(Error::invalid(what(), "there is no such object"));
        };
        if let Some(bytes) = cell.get() {
            return Ok(bytes);
        }
        let bytes = self.read_object(index as usize)?;
        Ok(cell.get_or_init(|| bytes))
    }

    fn read_object(&self, index: usize) -> Result<Box<[u8]>> {
        let entry = &self.catalogue.objects[index];
        let mut bytes = vec![0; entry.bytes as usize].into_boxed_slice();
        let offset = self.header.objects_at() + entry.offset;
        read_at(&self.source, &self.path, offset, &mut bytes)?;
        if Digest::of(&bytes) != entry.sha256 {
            let reason = format!("code object {index} does not match its checksum");
            return Err(Error::corrupt(&self.path, reason));
        }
        Ok(bytes)
    }

    /// Checks every byte of the file: the trailer and every code object.
    ///
    /// # Errors
    /// If the file cannot be read or any checksum fails.
    pub fn verify(&self) -> Result<Verified> {
        let sha256 = self.hash_before_trailer()?;
        let mut trailer = [0; TRAILER_BYTES as usize];
        read_at(&self.source, &self.path, self.header.trailer_at(), &mut trailer)?;
        if sha256.0 != trailer {
            let reason = "its contents do not match the checksum at its end";
            return Err(Error::corrupt(&self.path, reason));
        }
        for index in 0..self.objects.len() {
            self.read_object(index)?;
        }
        Ok(Verified {
            format: FORMAT_VERSION,
            bytes: self.header.file_bytes,
            sha256,
            kernels: self.kernels().len(),
            objects: self.objects.len(),
            covered: self.coverage().len(),
        })
    }

    fn hash_before_trailer(&self) -> Result<Digest> {
        let mut hasher = Sha256::new();
        let mut chunk = vec![0; CHUNK];
        let mut offset = 0;
        while offset < self.header.trailer_at() {
            let left = self.header.trailer_at() - offset;
            let part = &mut chunk[..left.min(CHUNK as u64) as usize];
            read_at(&self.source, &self.path, offset, part)?;
            hasher.update(&*part);
            offset += part.len() as u64;
        }
        Ok(Digest(hasher.finalize().into()))
    }
}

/// Reads manifest and catalogue, compares their checksums and checks what they claim.
fn read_texts(source: &Source, path: &Path, header: &Header) -> Result<(Manifest, Catalogue)> {
    let mut text = vec![0; (header.manifest_bytes + header.catalogue_bytes) as usize];
    read_at(source, path, HEADER_BYTES as u64, &mut text)?;
    let (manifest, catalogue) = text.split_at(header.manifest_bytes as usize);
    if Digest::of(manifest) != header.manifest {
        return Err(Error::corrupt(path, "the manifest does not match its checksum"));
    }
    if Digest::of(catalogue) != header.catalogue {
        return Err(Error::corrupt(path, "the catalogue does not match its checksum"));
    }
    let manifest = parse_manifest(manifest).map_err(|reason| Error::corrupt(path, reason))?;
    let catalogue: Catalogue = serde_json::from_slice(catalogue)
        .map_err(|error| Error::corrupt(path, format!("the catalogue: {error}")))?;
    let checked = manifest.validate().and_then(|()| catalogue.validate());
    checked.map_err(|error| Error::corrupt(path, error.to_string()))?;
    let room = header.trailer_at() - header.objects_at();
    if catalogue.object_bytes() != room {
        return Err(Error::corrupt(path, "its code objects do not fill the room they are given"));
    }
    Ok((manifest, catalogue))
}

/// Reads the manifest's TOML; the error is one line.
fn parse_manifest(bytes: &[u8]) -> std::result::Result<Manifest, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "the manifest is not text".to_owned())?;
    toml::from_str(text)
        .map_err(|error: toml::de::Error| format!("the manifest: {}", error.message()))
}

/// Reads from the source; a file that became shorter since it was opened is damaged.
fn read_at(source: &Source, path: &Path, offset: u64, into: &mut [u8]) -> Result<()> {
    source.read_at(offset, into).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::corrupt(path, "it ends before its contents do"),
        _ => Error::io("read", path, error),
    })
}
