//! Exchange between lanes over the wires of the local data share, which touches no memory.

use super::Wave;
use super::lanes::{LANES, Lanes, active};
use super::step::Step;

/// Exchange by the pattern in the offset: any of each four lanes, or a mask of and, or and xor of 32; with
/// the top bits set, a rotation or a Fourier order (RDNA3.5 ISA, `DS_SWIZZLE_B32`). Inactive sources read
/// as zero.
pub(super) fn swizzle(wave: &mut Wave, s: &Step) {
    let pattern = s.inst.imm as u32 & 0xffff;
    let from = |lane: u32| match pattern {
        p if p >= 0xe000 => fourier(lane, p & 0x1f),
        p if p >= 0xc000 => {
            let (mask, amount, left) = (p & 0x1f, p >> 5 & 0x1f, p >> 10 & 1 == 0);
            let moved = if left { lane.wrapping_add(amount) } else { lane.wrapping_sub(amount) };
            lane & mask | moved & !mask & 0x1f
        }
        p if p & 0x8000 != 0 => lane & !3 | p >> (2 * (lane & 3)) & 3,
        p => (lane & p & 0x1f | p >> 5 & 0x1f) ^ p >> 10 & 0x1f,
    };
    let (source, exec) = (wave.value(s, 0, false), wave.exec());
    let out = Lanes::from_fn(|lane| {
        let from = from(lane as u32) as usize % LANES;
        if exec >> from & 1 == 1 { source.0[from] } else { 0 }
    });
    wave.vgprs[usize::from(s.dst)].blend(&out, exec);
}

/// The lane in bit-reversed order within blocks of 32, 16, 8, 4 or 2 lanes; the leading ones of the five
/// bits of `mask` keep as many of the lane's leading bits.
fn fourier(lane: u32, mask: u32) -> u32 {
    let kept = (mask << 27).leading_ones().min(5);
    let block = 0x1f >> kept;
    let reversed = (lane & block).reverse_bits() >> (27 + kept);
    if block == 0 { lane } else { lane & !block | reversed }
}

/// Each active lane sends its value to the lane that its address names; the highest sender wins. Lanes that
/// nobody sends to read zero.
pub(super) fn permute(wave: &mut Wave, s: &Step) {
    let (address, value) = (lane_addresses(wave, s), wave.value(s, 1, false));
    let exec = wave.exec();
    let mut out = Lanes::ZERO;
    for lane in active(exec) {
        out.0[address[lane]] = value.0[lane];
    }
    wave.vgprs[usize::from(s.dst)].blend(&out, exec);
}

/// Each active lane reads the value of the lane that its address names; of inactive lanes it is zero.
pub(super) fn backward_permute(wave: &mut Wave, s: &Step) {
    let (address, value) = (lane_addresses(wave, s), wave.value(s, 1, false));
    let exec = wave.exec();
    let out = Lanes::from_fn(|lane| {
        let from = address[lane];
        if exec >> from & 1 == 1 { value.0[from] } else { 0 }
    });
    wave.vgprs[usize::from(s.dst)].blend(&out, exec);
}

/// Lanes by their address in bytes, modulo the wave.
fn lane_addresses(wave: &Wave, s: &Step) -> [usize; LANES] {
    let offset = s.inst.imm as u32 & 0xffff;
    wave.value(s, 0, false).0.map(|address| (address.wrapping_add(offset) / 4) as usize % LANES)
}
