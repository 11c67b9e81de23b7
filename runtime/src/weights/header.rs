//! The header of a safetensors file: names, types, shapes and places of its tensors.
//!
//! A file is eight bytes of header length (little-endian), the header (JSON), then the tensors'
//! bytes. Laws, those of the format:
//! - every tensor has as many bytes as its type and shape say, inside the file;
//! - tensors neither overlap nor leave gaps, and the last one ends with the file.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};

use super::Element;
use super::message::{quoted, reason};
use crate::{Error, Result};

/// The longest header that the format allows, in bytes.
const LONGEST: u64 = 100_000_000;

/// Bytes of the header's length.
const LENGTH: usize = 8;

/// The key that holds no tensor but texts for people.
const METADATA: &str = "__metadata__";

/// One tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    /// Place in the file, in bytes from its beginning.
    pub(super) range: Range<usize>,
}

/// What a header says.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) entries: BTreeMap<String, Entry>,
    /// Texts for people, and of those who wrote the file.
    pub(super) metadata: BTreeMap<String, String>,
}

/// Reads the header of a whole file and checks it; `path` is for messages.
pub(super) fn read(path: &Path, file: &[u8]) -> Result<Header> {
    read_of(path, file, file.len())
}

/// The same for a file of so many bytes, of which the first are there.
pub(super) fn read_of(path: &Path, file: &[u8], size: usize) -> Result<Header> {
    let fail = |why: String| Error::model(path, "the header", why);
    let Some((length, rest)) = file.split_first_chunk::<LENGTH>() else {
        return Err(fail(format!("the file of {size} bytes ends before it begins")));
    };
    let length = u64::from_le_bytes(*length);
    if length > LONGEST {
        return Err(fail(format!("{length} bytes are too many; this is no safetensors file")));
    }
    let length = length as usize;
    let Some(text) = rest.get(..length) else {
        let why = format!("it takes {length} bytes, the file has {size}; it is truncated");
        return Err(fail(why));
    };
    let start = LENGTH + length;
    let mut listing = Listing::default();
    let mut json = serde_json::Deserializer::from_slice(text);
    let parsed = listing.deserialize(&mut json).and_then(|()| json.end());
    if let Err(error) = parsed {
        let place = listing.current.map_or_else(|| "the header".to_owned(), |name| tensor(&name));
        return Err(Error::model(path, place, reason(&error.to_string())));
    }
    let mut entries = BTreeMap::new();
    for (name, raw) in listing.tensors {
        let entry = raw.place(start, size);
        let entry = entry.map_err(|why| Error::model(path, tensor(&name), why))?;
        entries.insert(name, entry);
    }
    check_places(path, &entries, start..size)?;
    Ok(Header { entries, metadata: listing.metadata })
}

/// How messages name a tensor.
pub(super) fn tensor(name: &str) -> String {
    format!("tensor {}", quoted(name))
}

/// Bytes of a file before its tensors, where its header is that text.
pub(super) fn length(text: &str) -> usize {
    LENGTH + text.len()
}

/// The beginning of a file: its header's length, and the header, padded with spaces so that the file's
/// tensors begin at `start`, which is no less than [`length`].
pub(super) fn written(mut text: String, start: usize) -> Vec<u8> {
    text.extend(std::iter::repeat_n(' ', start - length(&text)));
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// Neighbours in the file have to touch, from the header to the end.
fn check_places(path: &Path, entries: &BTreeMap<String, Entry>, data: Range<usize>) -> Result<()> {
    let mut order: Vec<(&String, &Range<usize>)> =
        entries.iter().map(|(name, entry)| (name, &entry.range)).collect();
    order.sort_by_key(|(_, range)| (range.start, range.end));
    let mut end = data.start;
    let mut last = "the header".to_owned();
    for (name, range) in order {
        if range.start < end {
            let why = format!("its bytes overlap those of {last}");
            return Err(Error::model(path, tensor(name), why));
        }
        if range.start > end {
            let why = format!("{} bytes before it belong to no tensor", range.start - end);
            return Err(Error::model(path, tensor(name), why));
        }
        end = range.end;
        last = tensor(name);
    }
    match data.end - end {
        0 => Ok(()),
        spare => {
            let why = format!("{spare} bytes after it belong to no tensor");
            Err(Error::model(path, last, why))
        }
    }
}

/// One tensor as the header writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    dtype: String,
    shape: Vec<u64>,
    /// Begin and end, from the end of the header.
    data_offsets: (u64, u64),
}

impl Raw {
    /// Checks what the tensor says of itself; `start` is where the header ends, `length` that of
    /// the file.
    fn place(self, start: usize, length: usize) -> std::result::Result<Entry, String> {
        let Some(element) = Element::named(&self.dtype) else {
            return Err(format!("its type {} is not known", quoted(&self.dtype)));
        };
        let size = |product: Option<u64>, extent: &u64| product?.checked_mul(*extent);
        let bytes = self.shape.iter().fold(Some(element.bytes() as u64), size);
        let (begin, end) = self.data_offsets;
        let shape = self.shape.iter().map(|extent| usize::try_from(*extent).ok()).collect();
        let (Some(bytes), Some(shape)) = (bytes, shape) else {
            return Err("its shape has too many elements".to_owned());
        };
        if begin > end {
            return Err(format!("it ends at {end}, before it begins at {begin}"));
        }
        if end - begin != bytes {
            let has = end - begin;
            return Err(format!("its type and shape take {bytes} bytes, its place has {has}"));
        }
        let there = (length - start) as u64;
        if end > there {
            return Err(format!("it ends at byte {end} of {there}; the file is truncated"));
        }
        Ok(Entry { element, shape, range: start + begin as usize..start + end as usize })
    }
}

/// The header while it is read.
#[derive(Default)]
struct Listing {
    tensors: BTreeMap<String, Raw>,
    metadata: BTreeMap<String, String>,
    /// The tensor being read, for the message if it cannot be.
    current: Option<String>,
}

impl<'de> DeserializeSeed<'de> for &mut Listing {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> std::result::Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Listing {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            self.current = Some(name.clone());
            if name == METADATA {
                self.metadata = map.next_value()?;
            } else {
                let raw = map.next_value()?;
                if self.tensors.insert(name, raw).is_some() {
                    return Err(A::Error::custom("it is listed twice"));
                }
            }
            self.current = None;
        }
        Ok(())
    }
}
