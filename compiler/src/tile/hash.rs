//! The digest of a program: what caches and reports know it by.

use super::{Program, print};
use sha2::{Digest as _, Sha256};

/// SHA-256 of the canonical text, in hexadecimal. Programs that differ only in locations or in
/// the numbering of their values have equal digests.
pub fn digest(program: &Program) -> String {
    hex::encode(Sha256::digest(print(program)))
}
