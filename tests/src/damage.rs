//! Damage to the files of a checkpoint, as disks, downloads and editors do it.
//!
//! * Whatever is drawn comes from the generator that is handed in, so that a failure can be repeated.
//! * Damage need not be noticeable: other weights are weights as well.

#![allow(clippy::unwrap_used, reason = "files of a fixture are as they were written")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rand::Rng;
use rand::seq::{IndexedRandom, IteratorRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

/// The files of a checkpoint, by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The files of a directory.
///
/// # Panics
/// If one cannot be read.
pub fn read(directory: &Path) -> Files {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    let name = |entry: &fs::DirEntry| entry.file_name().into_string().unwrap();
    entries.map(|entry| (name(&entry), fs::read(entry.path()).unwrap())).collect()
}

/// A kind of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// A file ends early.
    Cut,
    /// A file goes on after its end.
    Grown,
    /// One bit is another.
    Flipped,
    /// A character of a text is another one that texts have.
    Mistyped,
    /// Some bytes are any others.
    Overwritten,
    /// Some bytes are those of another place of the file.
    Spliced,
    /// Some bytes are gone.
    Removed,
    /// The length of a file's header is another.
    Length,
    /// A tensor has another type, shape or place, or is listed otherwise.
    Listing,
    /// A field of a configuration, or of the list of files, has another value.
    Field,
    /// Two files have one another's contents.
    Swapped,
    /// A file is not there.
    Lost,
}

/// Whole numbers that sizes and places are mistaken for.
const NUMBERS: [u64; 12] =
    [0, 1, 7, 31, 63, 65, 1 << 20, 0xff_ffff, 1 << 32, 1 << 53, 1 << 63, u64::MAX];

/// Names of element types, and what is none.
const TYPES: [&str; 9] = ["F64", "I64", "F32", "I32", "F16", "BF16", "U8", "F4", ""];

impl Damage {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Cut,
        Self::Grown,
        Self::Flipped,
        Self::Mistyped,
        Self::Overwritten,
        Self::Spliced,
        Self::Removed,
        Self::Length,
        Self::Listing,
        Self::Field,
        Self::Swapped,
        Self::Lost,
    ];

    /// The files that this damage leaves otherwise than they were; `None` for one that is lost.
    pub fn draw(self, files: &Files, random: &mut ChaCha8Rng) -> BTreeMap<String, Option<Vec<u8>>> {
        let any = |random: &mut ChaCha8Rng| files.keys().choose(random).unwrap().clone();
        let one = |name: String, bytes| BTreeMap::from([(name, Some(bytes))]);
        let tensors = files.keys().filter(|name| name.ends_with(".safetensors"));
        match self {
            Self::Length => {
                let name = tensors.choose(random).unwrap();
                one(name.clone(), with_length(&files[name], random))
            }
            Self::Listing => {
                let name = tensors.choose(random).unwrap();
                one(name.clone(), with_listing(&files[name], random))
            }
            Self::Field => {
                let texts = files.keys().filter(|name| name.ends_with(".json"));
                let name = texts.choose(random).unwrap();
                let mut root = serde_json::from_slice(&files[name]).unwrap();
                change_some(&mut root, random);
                one(name.clone(), serde_json::to_vec(&root).unwrap())
            }
            Self::Swapped => {
                let (first, second) = (any(random), any(random));
                let contents = |name: &String| Some(files[name].clone());
                [(first.clone(), contents(&second)), (second, contents(&first))].into()
            }
            Self::Lost => [(any(random), None)].into(),
            _ => {
                let name = any(random);
                let bytes = self.bytes(&name, &files[&name], random);
                one(name, bytes)
            }
        }
    }

    /// Damage that knows nothing of what a file holds.
    fn bytes(self, name: &str, whole: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
        let mut bad = whole.to_vec();
        // Texts are a small part of a file of tensors, and most of what can go wrong.
        let texts = if random.random_ratio(4, 5) { text_bytes(name, whole) } else { whole.len() };
        let at = random.random_range(0..texts);
        let length = random.random_range(1..=32.min(bad.len() - at));
        match self {
            Self::Cut => bad.truncate(at),
            Self::Grown => bad.extend(vec![random.random::<u8>(); length]),
            Self::Flipped => bad[at] ^= 1 << random.random_range(0..8),
            Self::Mistyped => bad[at] = *b"0123456789[]{}\",:".choose(random).unwrap(),
            Self::Overwritten => random.fill(&mut bad[at..at + length]),
            Self::Removed => drop(bad.drain(at..at + length)),
            _ => {
                let from = random.random_range(0..=whole.len() - length);
                bad[at..at + length].copy_from_slice(&whole[from..from + length]);
            }
        }
        bad
    }
}

/// The header of a safetensors file and the bytes after it.
pub fn split(file: &[u8]) -> (Map<String, Value>, &[u8]) {
    let (header, data) = file[8..].split_at(text_bytes("", file) - 8);
    (serde_json::from_slice(header).unwrap(), data)
}

/// A safetensors file of a header and bytes.
pub fn join(header: &Map<String, Value>, data: &[u8]) -> Vec<u8> {
    let text = serde_json::to_vec(header).unwrap();
    [&(text.len() as u64).to_le_bytes(), &text[..], data].concat()
}

/// Bytes of a file that are text: all of a JSON file, a safetensors file's header.
fn text_bytes(name: &str, file: &[u8]) -> usize {
    if name.ends_with(".json") {
        return file.len();
    }
    8 + u64::from_le_bytes(file[..8].try_into().unwrap()) as usize
}

fn with_length(file: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let own = text_bytes("", file) as u64 - 8;
    let near = [own - 1, own + 1, own + 8, file.len() as u64 - 8, file.len() as u64 - 7];
    let far = [100_000_000, 100_000_001, random.random()];
    let length = near.iter().chain(&far).chain(&NUMBERS).choose(random).unwrap();
    [&length.to_le_bytes(), &file[8..]].concat()
}

fn with_listing(file: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let (mut header, data) = split(file);
    let names = header.keys().filter(|name| !name.starts_with("__"));
    let names: Vec<String> = names.cloned().choose_multiple(random, 2);
    let mut tensor = header[&names[0]].clone();
    let number = json!(NUMBERS.choose(random).unwrap());
    match random.random_range(0..7) {
        0 => tensor["dtype"] = json!(TYPES.choose(random).unwrap()),
        1 => tensor["shape"].as_array_mut().unwrap().push(number),
        2 => drop(tensor["shape"].as_array_mut().unwrap().pop()),
        3 => tensor["shape"][0] = number,
        4 => tensor["data_offsets"][random.random_range(0..2)] = number,
        5 => tensor["data_offsets"] = header[names.last().unwrap()]["data_offsets"].clone(),
        _ => {
            let moved = header.remove(&names[0]).unwrap();
            header.insert(names.last().unwrap().clone(), moved);
            return join(&header, data);
        }
    }
    header.insert(names[0].clone(), tensor);
    join(&header, data)
}

/// Changes a value somewhere inside another.
fn change_some(at: &mut Value, random: &mut ChaCha8Rng) {
    let inner = match at {
        Value::Object(fields) => fields.values_mut().choose(random),
        Value::Array(items) => items.iter_mut().choose(random),
        _ => None,
    };
    match inner {
        Some(inner) if random.random_ratio(9, 10) => change_some(inner, random),
        _ => *at = other(at, random),
    }
}

/// A value that does not belong where another is.
fn other(own: &Value, random: &mut ChaCha8Rng) -> Value {
    let number = *NUMBERS.choose(random).unwrap();
    match random.random_range(0..10) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(1e308),
        3 => json!([]),
        4 => json!({}),
        5 => json!("../\u{7}config.json"),
        6 => json!([own, own]),
        7 => json!("x".repeat(100_000)),
        _ => json!(number),
    }
}
