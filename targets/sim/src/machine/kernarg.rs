//! The arguments that the compiler adds to a kernel's own.

use super::lower::{PRIVATE_APERTURE, SHARED_APERTURE};
use crate::object::{ArgKind, KernelInfo};

/// Fills in the hidden arguments of a launch, and the offsets of dynamic LDS; the others stay as they are.
/// `kernarg` grows to the size that the kernel asks for.
///
/// Every workgroup of the grid is full, so that remainders and global offsets are zero.
pub fn fill_hidden(
    kernel: &KernelInfo,
    grid: [u32; 3],
    block: [u32; 3],
    dynamic_lds: u32,
    kernarg: &mut Vec<u8>,
) {
    let size = (kernel.kernarg_size as usize).min(LARGEST);
    if kernarg.len() < size {
        kernarg.resize(size, 0);
    }
    let dimensions = (1..=3).rev().find(|&d| grid[d - 1] > 1 || block[d - 1] > 1).unwrap_or(1);
    for arg in &kernel.args {
        let value = match arg.kind {
            ArgKind::HiddenBlockCountX => grid[0],
            ArgKind::HiddenBlockCountY => grid[1],
            ArgKind::HiddenBlockCountZ => grid[2],
            ArgKind::HiddenGroupSizeX => block[0],
            ArgKind::HiddenGroupSizeY => block[1],
            ArgKind::HiddenGroupSizeZ => block[2],
            ArgKind::HiddenGridDims => dimensions as u32,
            ArgKind::HiddenDynamicLdsSize => dynamic_lds,
            ArgKind::HiddenPrivateBase => PRIVATE_APERTURE,
            ArgKind::HiddenSharedBase => SHARED_APERTURE,
            ArgKind::DynamicSharedPointer => kernel.group_segment,
            _ => continue,
        };
        let (at, bytes) = (arg.offset as usize, u64::from(value).to_le_bytes());
        let size = (arg.size as usize).min(bytes.len());
        if let Some(place) = kernarg.get_mut(at..at.saturating_add(size)) {
            place.copy_from_slice(&bytes[..size]);
        }
    }
}

/// Most bytes of arguments.
pub(super) const LARGEST: usize = 1 << 20;
