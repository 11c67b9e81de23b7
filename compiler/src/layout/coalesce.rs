//! Layouts for moving tiles between memory and registers: neighbours in memory go to neighbouring
//! registers first, then to neighbouring lanes, then to waves.

use kiln_targets::{Backend, Target};

use super::{Coord, Layout};
use crate::tile::{Shape, Waves};

/// The layout in which a tile whose coordinate bits rise in memory as `order` says is accessed
/// best. Bits of `order` beyond the tile are ignored; missing ones follow, columns first.
///
/// `bits` is the size of an element in memory.
pub fn coalesced(
    shape: Shape,
    order: &[Coord],
    bits: u32,
    target: &Target,
    waves: Waves,
) -> Layout {
    let mut rising = tile_bits(shape, order).into_iter();
    let lane_bits = target.lanes.trailing_zeros() as usize;
    let wave_bits = waves.count().trailing_zeros() as usize;
    let registers = register_bits(rising.len(), lane_bits + wave_bits, bits, target);
    let register: Vec<Coord> = rising.by_ref().take(registers).collect();
    let lane = (0..lane_bits).map(|_| rising.next()).collect();
    let wave = (0..wave_bits).map(|_| rising.next()).collect();
    Layout { shape, register, chunk: rising.collect(), lane, wave }
}

/// The coordinate bits of the power-of-two part of a tile, in rising memory order.
pub(super) fn tile_bits(shape: Shape, order: &[Coord]) -> Vec<Coord> {
    let limit = shape.map(|size| size.trailing_zeros() as usize);
    let inside = |coord: &Coord| (coord.bit as usize) < limit[coord.axis as usize];
    let mut rising: Vec<Coord> = Vec::new();
    let natural = [2, 1, 0]
        .into_iter()
        .flat_map(|axis| (0..limit[axis]).map(move |bit| Coord::new(axis, bit)));
    for coord in order.iter().copied().filter(inside).chain(natural) {
        if !rising.contains(&coord) {
            rising.push(coord);
        }
    }
    rising
}

/// Register bits per lane: as wide as one access may be, but no wider than keeps every lane busy,
/// and at least one full 32-bit register of elements below a byte.
fn register_bits(total: usize, others: usize, bits: u32, target: &Target) -> usize {
    let widest = match target.backend {
        Backend::AmdGpu => target.max_load_bytes * 8,
        Backend::Host if bits >= 16 => bits,
        Backend::Host => 32,
    };
    let most = (widest / bits).max(1).trailing_zeros() as usize;
    let least = if bits < 8 { (32 / bits).trailing_zeros() as usize } else { 0 };
    total.saturating_sub(others).clamp(least, most.max(least)).min(total)
}
