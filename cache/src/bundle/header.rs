//! The fixed-size head of a bundle.

use std::path::Path;

use crate::hash::Digest;
use crate::{Error, Result};

/// Version of the bundle format.
pub const FORMAT_VERSION: u32 = 2;

/// Code objects start at multiples of this, so that they can be mapped.
pub const OBJECT_ALIGNMENT: u64 = 4096;

/// Size of the header in bytes.
pub(super) const HEADER_BYTES: usize = 160;

/// Size of the trailer in bytes: one digest.
pub(super) const TRAILER_BYTES: u64 = 32;

/// Largest manifest or catalogue in bytes; more is not a bundle.
const TEXT_LIMIT: u64 = 256 << 20;

/// A high byte, the name and both line ends: damage by text-mode copying shows at once.
const MAGIC: [u8; 8] = *b"\x93KILN\r\n\x1a";

/// Where the parts are and what the texts hash to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) manifest_bytes: u64,
    pub(super) catalogue_bytes: u64,
    pub(super) file_bytes: u64,
    pub(super) manifest: Digest,
    pub(super) catalogue: Digest,
}

impl Header {
    /// The header of these texts, followed by `object_bytes` of objects.
    pub(super) fn of(manifest: &[u8], catalogue: &[u8], object_bytes: u64) -> Self {
        let mut header = Self {
            manifest_bytes: manifest.len() as u64,
            catalogue_bytes: catalogue.len() as u64,
            file_bytes: 0,
            manifest: Digest::of(manifest),
            catalogue: Digest::of(catalogue),
        };
        header.file_bytes = header.objects_at() + object_bytes + TRAILER_BYTES;
        header
    }

    /// Offset of the catalogue.
    pub(super) fn catalogue_at(&self) -> u64 {
        HEADER_BYTES as u64 + self.manifest_bytes
    }

    /// Offset of the first code object.
    pub(super) fn objects_at(&self) -> u64 {
        (self.catalogue_at() + self.catalogue_bytes).next_multiple_of(OBJECT_ALIGNMENT)
    }

    /// Offset of the trailer.
    pub(super) fn trailer_at(&self) -> u64 {
        self.file_bytes - TRAILER_BYTES
    }

    /// Magic, version, four lengths and offsets, two digests, and the digest of all of these.
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&(HEADER_BYTES as u32).to_le_bytes());
        let lengths = [self.manifest_bytes, self.catalogue_bytes];
        for number in lengths.into_iter().chain([self.objects_at(), self.file_bytes]) {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.resize(64, 0);
        bytes.extend_from_slice(&self.manifest.0);
        bytes.extend_from_slice(&self.catalogue.0);
        bytes.extend_from_slice(&Digest::of(&bytes).0);
        bytes.try_into().expect("the parts of a header should add up to its size")
    }

    /// Reads a header and checks it against itself and against the file's length.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES], length: u64, path: &Path) -> Result<Self> {
        if bytes[..8] != MAGIC {
            return Err(Error::corrupt(path, "it does not begin like a bundle"));
        }
        let found = u32::from_le_bytes(array(bytes, 8));
        if found != FORMAT_VERSION {
            let path = path.to_path_buf();
            return Err(Error::Version { path, found, expected: FORMAT_VERSION });
        }
        if Digest::of(&bytes[..128]).0 != bytes[128..] {
            return Err(Error::corrupt(path, "the header does not match its checksum"));
        }
        let header = Self {
            manifest_bytes: u64::from_le_bytes(array(bytes, 16)),
            catalogue_bytes: u64::from_le_bytes(array(bytes, 24)),
            file_bytes: u64::from_le_bytes(array(bytes, 40)),
            manifest: Digest(array(bytes, 64)),
            catalogue: Digest(array(bytes, 96)),
        };
        header.check(bytes, length, path)?;
        Ok(header)
    }

    /// Lengths within reason, the file as long as promised, and nothing else in the header.
    fn check(&self, bytes: &[u8; HEADER_BYTES], length: u64, path: &Path) -> Result<()> {
        if self.manifest_bytes > TEXT_LIMIT || self.catalogue_bytes > TEXT_LIMIT {
            return Err(Error::corrupt(path, "its manifest or catalogue is absurdly long"));
        }
        if length != self.file_bytes {
            let promised = self.file_bytes;
            let reason = format!("it has {length} bytes where its header promises {promised}");
            return Err(Error::corrupt(path, reason));
        }
        let room = self.objects_at() + TRAILER_BYTES <= self.file_bytes;
        if !room || self.encode() != *bytes {
            return Err(Error::corrupt(path, "the parts of its header contradict each other"));
        }
        Ok(())
    }
}

fn array<const N: usize>(bytes: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("a header field should lie inside the header")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_back_and_any_flipped_bit_is_noticed() {
        let header = Header::of(b"manifest", b"catalogue", 5000);
        let bytes = header.encode();
        let path = Path::new("b.kiln");
        assert_eq!(header.file_bytes, 4096 + 5000 + 32);
        assert_eq!(Header::decode(&bytes, header.file_bytes, path).unwrap(), header);
        assert!(Header::decode(&bytes, header.file_bytes + 1, path).is_err());
        for bit in 0..HEADER_BYTES * 8 {
            let mut bad = bytes;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::decode(&bad, header.file_bytes, path).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn another_version_is_named_with_what_to_do() {
        for version in [1, 9] {
            let mut bytes = Header::of(b"", b"", 0).encode();
            bytes[8] = version;
            let error = Header::decode(&bytes, 4128, Path::new("b.kiln")).unwrap_err().to_string();
            assert!(error.contains(&format!("b.kiln has format version {version}")), "{error}");
            assert!(error.contains("reads version 2") && error.contains("kiln tune"), "{error}");
        }
    }
}
