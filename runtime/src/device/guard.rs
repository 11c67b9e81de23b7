//! The bounds of a buffer: what lies inside, and guard bytes before and after it.

use crate::{Error, Result};

/// Guard bytes at even and odd places: a NaN in every float format, so that reading them shows,
/// and not what a kernel that writes zeros, ones or NaN would leave there.
const GUARD: [u8; 2] = [0xa5, 0xff];

/// Refuses bytes that do not lie inside a buffer of `size` bytes; the offset, otherwise.
pub(super) fn inside(size: u64, offset: u64, bytes: usize) -> Result<u64> {
    match offset.checked_add(bytes as u64) {
        Some(end) if end <= size => Ok(offset),
        _ => Err(Error::request(format!(
            "{bytes} bytes at offset {offset} do not lie inside the buffer of {size} bytes"
        ))),
    }
}

/// Writes guard bytes, the first of which stands at place `first`.
pub(super) fn fill(bytes: &mut [u8], first: usize) {
    for (at, byte) in (first..).zip(bytes) {
        *byte = GUARD[at % 2];
    }
}

/// Names the damaged guard byte that is nearest to the buffer between `before` and `after`; each
/// comes with the place of its first byte.
pub(super) fn check(before: (usize, &[u8]), after: (usize, &[u8])) -> Result<()> {
    let damaged = |(_, (at, byte)): &(u64, (usize, &u8))| **byte != GUARD[at % 2];
    let before = (1..).zip((before.0..).zip(before.1).collect::<Vec<_>>().into_iter().rev());
    let before = before.into_iter().find(damaged).map(|found| ("before", found));
    let after = (1..).zip((after.0..).zip(after.1)).find(damaged).map(|found| ("after", found));
    match before.into_iter().chain(after).min_by_key(|(_, (distance, _))| *distance) {
        None => Ok(()),
        Some((side, (distance, (at, found)))) => {
            Err(Error::RedZone { side, distance, expected: GUARD[at % 2], found: *found })
        }
    }
}
