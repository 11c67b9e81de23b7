//! Writing a bundle.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::catalogue::{Catalogue, Covered, ObjectEntry};
use super::header::{Header, OBJECT_ALIGNMENT};
use super::manifest::Manifest;
use crate::file::write_durable;
use crate::hash::Digest;
use crate::vocabulary::{Dims, KernelEntry, Operation, Table};
use crate::{Error, Result};

/// Collects the contents of a bundle; the order in which they are given does not matter.
#[derive(Clone, Debug)]
pub struct BundleWriter {
    manifest: Manifest,
    /// Digest of each object by the number handed out for it.
    handles: Vec<Digest>,
    objects: BTreeMap<Digest, Vec<u8>>,
    kernels: Vec<KernelEntry>,
    tables: Vec<Table>,
    requests: Vec<(Operation, Dims)>,
}

impl BundleWriter {
    /// A bundle with nothing in it but its manifest.
    pub fn new(manifest: Manifest) -> Self {
        Self {
            manifest,
            handles: Vec::new(),
            objects: BTreeMap::new(),
            kernels: Vec::new(),
            tables: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// Adds a code object and returns the number for [`KernelEntry::object`]; equal objects are
    /// stored once. The number holds for this writer; the file has its own.
    pub fn object(&mut self, bytes: Vec<u8>) -> u32 {
        let digest = Digest::of(&bytes);
        let position = self.handles.iter().position(|known| *known == digest);
        let handle = position.unwrap_or_else(|| {
            self.handles.push(digest);
            self.objects.insert(digest, bytes);
            self.handles.len() - 1
        });
        handle as u32
    }

    /// Adds a kernel.
    pub fn kernel(&mut self, kernel: KernelEntry) {
        self.kernels.push(kernel);
    }

    /// Adds the decision table of an operation.
    pub fn table(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// Notes that requests with these free dims must be covered; asking twice is asking once.
    pub fn request(&mut self, operation: Operation, free: Dims) {
        self.requests.push((operation, free));
    }

    /// The bundle's bytes.
    ///
    /// # Errors
    /// If the contents contradict each other: a name used twice, an unknown kernel or object, a
    /// request without a table, a launch that dims do not determine, an empty object.
    pub fn encode(&self) -> Result<Vec<u8>> {
        self.manifest.validate()?;
        let catalogue = self.catalogue()?;
        catalogue.validate()?;
        let text = |error: String| Error::invalid("bundle", error);
        let manifest = toml::to_string(&self.manifest).map_err(|error| text(error.to_string()))?;
        let listing = reread(&catalogue)?;
        let header = Header::of(manifest.as_bytes(), &listing, catalogue.object_bytes());
        let mut bytes = Vec::with_capacity(header.file_bytes as usize);
        bytes.extend_from_slice(&header.encode());
        bytes.extend_from_slice(manifest.as_bytes());
        bytes.extend_from_slice(&listing);
        for object in self.objects.values() {
            bytes.resize(bytes.len().next_multiple_of(OBJECT_ALIGNMENT as usize), 0);
            bytes.extend_from_slice(object);
        }
        bytes.resize(header.trailer_at() as usize, 0);
        let trailer = Digest::of(&bytes);
        bytes.extend_from_slice(&trailer.0);
        Ok(bytes)
    }

    /// Writes the bundle in place of whatever the path holds, atomically.
    ///
    /// # Errors
    /// As [`BundleWriter::encode`], or if the path cannot be written; then it is unchanged.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<Digest> {
        let bytes = self.encode()?;
        write_durable(path.as_ref(), |out| out.write_all(&bytes))?;
        let trailer = bytes.last_chunk().expect("a bundle should end in its trailer");
        Ok(Digest(*trailer))
    }

    fn catalogue(&self) -> Result<Catalogue> {
        let mut tables = self.tables.clone();
        tables.sort_by(|a, b| a.operation().cmp(b.operation()));
        Ok(Catalogue {
            kernels: self.numbered_kernels()?,
            objects: self.placed_objects(),
            coverage: self.coverage(&tables)?,
            tables,
        })
    }

    /// The kernels by name, with the file's object numbers.
    fn numbered_kernels(&self) -> Result<Vec<KernelEntry>> {
        let order: Vec<&Digest> = self.objects.keys().collect();
        let mut kernels = self.kernels.clone();
        kernels.sort_by(|a, b| a.name.cmp(&b.name));
        for kernel in &mut kernels {
            let Some(digest) = self.handles.get(kernel.object as usize) else {
                let what = format!("kernel {}", kernel.name);
                return Err(Error::invalid(what, "its code object was not added"));
            };
            let place = order.binary_search(&digest);
            kernel.object = place.expect("every handle should have its object") as u32;
        }
        Ok(kernels)
    }

    fn placed_objects(&self) -> Vec<ObjectEntry> {
        let mut offset = 0u64;
        let place = |(&sha256, bytes): (&Digest, &Vec<u8>)| {
            let entry = ObjectEntry { offset, bytes: bytes.len() as u64, sha256 };
            offset = (offset + entry.bytes).next_multiple_of(OBJECT_ALIGNMENT);
            entry
        };
        self.objects.iter().map(place).collect()
    }

    fn coverage(&self, tables: &[Table]) -> Result<Vec<Covered>> {
        let cover = |(operation, dims): &(Operation, Dims)| {
            let Ok(table) = tables.binary_search_by(|table| table.operation().cmp(operation))
            else {
                return Err(Error::invalid(operation.to_string(), "no table covers it"));
            };
            let rule = tables[table].position(dims) as u32;
            Ok(Covered { table: table as u32, dims: dims.clone(), rule })
        };
        let mut coverage = self.requests.iter().map(cover).collect::<Result<Vec<_>>>()?;
        coverage.sort();
        coverage.dedup();
        Ok(coverage)
    }
}

/// The catalogue's text, after making sure that it reads back as what was meant: a parameter or a
/// name without a faithful text form is refused here and not by the reader.
fn reread(catalogue: &Catalogue) -> Result<Vec<u8>> {
    let text = to_json(catalogue)?;
    match serde_json::from_slice::<Catalogue>(&text) {
        Ok(read) if read == *catalogue => Ok(text),
        Ok(_) => Err(Error::invalid("catalogue", "it does not read back as it was written")),
        Err(error) => Err(Error::invalid("catalogue", error.to_string())),
    }
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::invalid("catalogue", error.to_string()))
}
