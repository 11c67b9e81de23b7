//! Scalar loads: whole words for the wave.

use super::Wave;
use super::fault::{Cause, Stop};
use super::lanes::LANES;
use super::observer::{MemoryEvent, Observer, Space, Touch};
use super::step::{Source, Step};
use super::vector_memory::Descriptor;
use crate::memory::View;
use std::sync::atomic::Ordering::Relaxed;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScalarOp {
    /// Loads so many words from an address.
    Load(u8),
    /// The same through a buffer descriptor.
    BufferLoad(u8),
    /// Asks whether an address could be translated; nothing comes of it.
    Probe,
}

/// The operation that a mnemonic names.
pub(super) fn find(name: &str) -> Option<ScalarOp> {
    let words = || -> Option<u8> {
        let bits: u32 = name.rsplit_once("_b")?.1.parse().ok()?;
        u8::try_from(bits / 32).ok()
    };
    if name.starts_with("s_load_b") {
        words().map(ScalarOp::Load)
    } else if name.starts_with("s_buffer_load_b") {
        words().map(ScalarOp::BufferLoad)
    } else {
        name.starts_with("s_atc_probe").then_some(ScalarOp::Probe)
    }
}

/// Executes a load. The low two bits of addresses are ignored, as the hardware does.
pub(super) fn run<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    op: ScalarOp,
    view: &View,
    observer: &mut O,
) -> Result<(), Stop> {
    let offset = i64::from(s.inst.imm).wrapping_add(i64::from(wave.scalar32(s.src[1])));
    let (address, wanted, present) = match op {
        ScalarOp::Probe => return Ok(()),
        ScalarOp::Load(words) => {
            let base = wave.scalar64(s.src[0]) & !3;
            (base.wrapping_add_signed(offset) & !3, words, words)
        }
        ScalarOp::BufferLoad(words) => {
            let Source::Scalar(first) = s.src[0] else { return Ok(()) };
            let buffer = Descriptor::read(wave, first);
            let offset = (offset as u64) & !3;
            let words_left = buffer.bytes().saturating_sub(offset) / 4;
            let present = words_left.min(u64::from(words)) as u8;
            (buffer.base.wrapping_add(offset) & !3, words, present)
        }
    };
    let size = 4 * u32::from(present);
    if O::ACTIVE && present > 0 {
        let (space, touch) = (Space::Scalar, Touch::Load);
        let addresses = [address; LANES];
        let constant = view.is_constant(1, &addresses, size);
        let addresses = &addresses;
        observer.memory(wave, &MemoryEvent { space, touch, lanes: 1, addresses, size, constant });
    }
    let mut loaded = [0; 16];
    read_words(view, address, &mut loaded[..usize::from(present)])?;
    for (i, word) in loaded.iter().take(usize::from(wanted)).enumerate() {
        wave.set_sgpr(usize::from(s.sdst) + i, *word);
    }
    Ok(())
}

fn read_words(view: &View, address: u64, words: &mut [u32]) -> Result<(), Stop> {
    if words.is_empty() {
        return Ok(());
    }
    let size = 4 * words.len() as u32;
    let refuse = |error| Stop::from(Cause::Memory(error));
    let run = view.run(address, size, false).map_err(refuse)?;
    if run.covers(address, u64::from(size)) {
        for (i, word) in words.iter_mut().enumerate() {
            if let Some([value]) = run.words::<1>(address + 4 * i as u64) {
                *word = value.load(Relaxed);
            }
        }
        return Ok(());
    }
    let mut bytes = [0; 64];
    view.read(address, &mut bytes[..size as usize]).map_err(refuse)?;
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*chunk);
    }
    Ok(())
}
