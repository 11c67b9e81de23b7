//! Digests, and keys that can say what they were made of.
//!
//! - A [`Digest`] is a SHA-256 and is written as 64 lower-case hex digits.
//! - A [`Key`] is the digest of named fields. Names and values are length-prefixed before they
//!   are hashed, so that no two different sets of fields collide by concatenation, and fields are
//!   sorted by name, so that the order in which they were given does not matter.
//! - A key keeps its fields: a later miss can name the field that changed.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::{Error, Result};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first twelve hex digits: enough for people and for tables.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..6])
    }
}

/// A digest of bytes that come piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Digester(Sha256);

impl Digester {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all of them.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.short())
    }
}

impl FromStr for Digest {
    type Err = Error;

    /// Reads exactly 64 lower-case hex digits.
    fn from_str(text: &str) -> Result<Self> {
        let mut bytes = [0; 32];
        let canonical = !text.bytes().any(|b| b.is_ascii_uppercase());
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) if canonical => Ok(Self(bytes)),
            _ => Err(Error::invalid(
                format!("digest '{}'", text.escape_debug()),
                "expected 64 lower-case hex digits",
            )),
        }
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A digest together with the named fields it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The digest of the fields, under which a value is stored.
    pub digest: Digest,
    /// The fields by name; long values appear as `sha256:<hex>`.
    pub fields: BTreeMap<String, String>,
}

impl Key {
    /// Whether the digest is that of the fields; false for a key that was tampered with.
    pub fn is_consistent(&self) -> bool {
        digest_of_fields(&self.fields) == self.digest
    }
}

/// Collects the fields of a [`Key`].
#[derive(Clone, Debug, Default)]
pub struct KeyBuilder {
    fields: BTreeMap<String, String>,
}

impl KeyBuilder {
    /// A key with no fields yet. `domain` keeps keys of different purposes apart.
    pub fn new(domain: &str) -> Self {
        Self::default().field("domain", domain)
    }

    /// Adds a field whose value is kept as it is: versions, names, dims.
    ///
    /// # Panics
    /// If the name was given before: each field should be named once.
    pub fn field(mut self, name: &str, value: impl fmt::Display) -> Self {
        let previous = self.fields.insert(name.to_owned(), value.to_string());
        assert!(previous.is_none(), "key field '{name}' should be named once");
        self
    }

    /// Adds a field whose value is long, such as program text: its digest is kept.
    pub fn content(self, name: &str, value: &[u8]) -> Self {
        self.field(name, format_args!("sha256:{}", Digest::of(value)))
    }

    /// The finished key.
    pub fn finish(self) -> Key {
        Key { digest: digest_of_fields(&self.fields), fields: self.fields }
    }
}

/// Hashes the number of fields, then each name and value behind its length.
fn digest_of_fields(fields: &BTreeMap<String, String>) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update((fields.len() as u64).to_le_bytes());
    for part in fields.iter().flat_map(|(name, value)| [name, value]) {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    Digest(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_of_known_text_is_the_published_one() {
        let expect = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").to_string(), expect);
    }

    #[test]
    fn a_digest_reads_back_and_refuses_anything_but_64_lower_case_digits() {
        let digest = Digest::of(b"kiln");
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        let upper = digest.to_string().to_uppercase();
        for bad in ["", "ab", &upper, &"g".repeat(64), &"a".repeat(63), &"a".repeat(66)] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_do_not_collide_by_concatenation() {
        let one = KeyBuilder::new("t").field("ab", "c").finish();
        let two = KeyBuilder::new("t").field("a", "bc").finish();
        let three = KeyBuilder::new("t").field("a", "b").field("c", "").finish();
        assert_ne!(one.digest, two.digest);
        assert_ne!(two.digest, three.digest);
    }

    #[test]
    fn the_order_of_fields_does_not_matter_but_the_domain_does() {
        let one = KeyBuilder::new("t").field("a", 1).field("b", 2).finish();
        let two = KeyBuilder::new("t").field("b", 2).field("a", 1).finish();
        assert_eq!(one, two);
        assert_ne!(one.digest, KeyBuilder::new("u").field("a", 1).field("b", 2).finish().digest);
    }

    #[test]
    fn a_key_whose_field_was_altered_is_not_consistent() {
        let mut key = KeyBuilder::new("t").field("llvm", "22.1.7").content("ir", b"x").finish();
        assert!(key.is_consistent());
        key.fields.insert("llvm".into(), "22.1.8".into());
        assert!(!key.is_consistent());
    }
}
