//! Parts in global memory: their images, and which wave wrote which byte.

use super::local::Site;
use crate::lane::{Arg, ArgKind};

/// The image of a part during one call.
pub(super) struct Image<'b> {
    name: String,
    bytes: &'b mut [u8],
    /// For every byte 1 more than the number of the wave that wrote it, 0 if none did; empty for
    /// parts that are only read.
    writers: Vec<u32>,
}

impl<'b> Image<'b> {
    pub(super) fn new(arg: &Arg, bytes: &'b mut [u8]) -> Image<'b> {
        let written = arg.kind != ArgKind::Input;
        let writers = vec![0; if written { bytes.len() } else { 0 }];
        Image { name: arg.name.clone(), bytes, writers }
    }

    pub(super) fn read(&self, at: i64, into: &mut [u8], site: Site) -> Result<(), String> {
        let start = self.start(at, into.len())?;
        let end = start + into.len();
        if !self.writers.is_empty() {
            let other = |writer: &u32| *writer != 0 && *writer != site.unique + 1;
            if let Some(by) = self.writers[start..end].iter().position(other) {
                let (name, at) = (&self.name, start + by);
                return Err(format!("byte {at} of `{name}` was written by another wave"));
            }
        }
        into.copy_from_slice(&self.bytes[start..end]);
        Ok(())
    }

    pub(super) fn write(&mut self, at: i64, from: &[u8], site: Site) -> Result<(), String> {
        let start = self.start(at, from.len())?;
        for (at, byte) in (start..).zip(from) {
            let (old, writer) = (&mut self.bytes[at], &mut self.writers[at]);
            if *writer != 0 && *writer != site.unique + 1 && *old != *byte {
                let name = &self.name;
                return Err(format!("byte {at} of `{name}` has another value by another wave"));
            }
            *old = *byte;
            *writer = site.unique + 1;
        }
        Ok(())
    }

    /// The first byte of an access, if all of it is inside.
    fn start(&self, at: i64, width: usize) -> Result<usize, String> {
        let (name, size) = (&self.name, self.bytes.len());
        let end = at + width as i64;
        let outside = || format!("bytes {at}..{end} of `{name}`, which has {size}");
        let start = usize::try_from(at).map_err(|_| outside())?;
        if start + width <= size { Ok(start) } else { Err(outside()) }
    }
}
