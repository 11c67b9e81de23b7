//! Random contents of buffers.

use kiln_cache::device::Random;

use super::{BufferId, Device};
use crate::Result;

/// Bytes that are drawn; longer buffers repeat them. No power of two, so that repetitions do not fall
/// on the same places of a row.
const DRAWN: u64 = (1 << 20) + 192;

/// Fills the first `bytes` bytes of a buffer with random scalars.
///
/// # Errors
/// If the buffer is shorter, or the device fails.
pub fn fill(device: &mut dyn Device, buffer: BufferId, bytes: u64, random: &Random) -> Result<()> {
    let mut drawn = vec![0; bytes.min(DRAWN) as usize];
    random.fill(&mut drawn);
    let mut offset = 0;
    while offset < bytes {
        let part = &drawn[..(bytes - offset).min(drawn.len() as u64) as usize];
        device.write(buffer, offset, part)?;
        offset += part.len() as u64;
    }
    Ok(())
}
