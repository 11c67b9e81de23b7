//! Device memory, lane by lane.

use std::sync::atomic::Ordering::Relaxed;

use super::atomic::Atomic;
use super::element::{Data, Element};
use super::fault::Stop;
use super::lanes::{LANES, Lanes, active};
use crate::memory::{Run, View};

/// Loads an element for each lane of `mask`.
#[inline(always)]
pub(super) fn load(
    view: &View,
    element: Element,
    mask: u32,
    addresses: &[u64; LANES],
    out: &mut [Lanes],
) -> Result<(), Stop> {
    match element.bytes {
        4 => load_words::<1>(view, mask, addresses, out),
        8 => load_words::<2>(view, mask, addresses, out),
        12 => load_words::<3>(view, mask, addresses, out),
        16 => load_words::<4>(view, mask, addresses, out),
        _ => load_small(view, element, mask, addresses, out),
    }
}

fn load_words<const N: usize>(
    view: &View,
    mask: u32,
    addresses: &[u64; LANES],
    out: &mut [Lanes],
) -> Result<(), Stop> {
    let Some(out) = out.first_chunk_mut::<N>() else { return Ok(()) };
    let mut run = Run::EMPTY;
    for lane in active(mask) {
        let address = addresses[lane];
        let words = match run.words::<N>(address) {
            Some(words) => Some(words),
            None => {
                let found = view.run(address, 4 * N as u32, false);
                run = found.map_err(|error| Stop::memory(lane, error))?;
                run.words::<N>(address)
            }
        };
        match words {
            Some(words) => {
                for i in 0..N {
                    out[i].0[lane] = words[i].load(Relaxed);
                }
            }
            None => load_bytes(view, lane, address, 4 * N, out)?,
        }
    }
    Ok(())
}

/// Bytes that are unaligned or do not lie together.
#[cold]
fn load_bytes(
    view: &View,
    lane: usize,
    address: u64,
    size: usize,
    out: &mut [Lanes],
) -> Result<(), Stop> {
    let mut bytes = [0; 16];
    view.read(address, &mut bytes[..size]).map_err(|error| Stop::memory(lane, error))?;
    for (lanes, chunk) in out.iter_mut().zip(bytes.as_chunks::<4>().0).take(size.div_ceil(4)) {
        lanes.0[lane] = u32::from_le_bytes(*chunk);
    }
    Ok(())
}

fn load_small(
    view: &View,
    element: Element,
    mask: u32,
    addresses: &[u64; LANES],
    out: &mut [Lanes],
) -> Result<(), Stop> {
    let Some(out) = out.first_mut() else { return Ok(()) };
    let mut run = Run::EMPTY;
    for lane in active(mask) {
        let (address, size) = (addresses[lane], element.bytes);
        if !run.covers(address, u64::from(size)) {
            run = view.run(address, size, false).map_err(|error| Stop::memory(lane, error))?;
        }
        let old = out.0[lane];
        let within = address % 4 + u64::from(size) <= 4;
        out.0[lane] = match run.word_of(address) {
            Some((word, shift)) if within => element.extend(word.load(Relaxed) >> shift, old),
            _ => {
                let mut bytes = [0; 4];
                let slice = &mut bytes[..size as usize];
                view.read(address, slice).map_err(|error| Stop::memory(lane, error))?;
                element.extend(u32::from_le_bytes(bytes), old)
            }
        };
    }
    Ok(())
}

/// Stores an element for each lane of `mask`, lowest lane first.
#[inline(always)]
pub(super) fn store(
    view: &View,
    element: Element,
    mask: u32,
    addresses: &[u64; LANES],
    data: &[Lanes],
) -> Result<(), Stop> {
    match element.bytes {
        4 => store_words::<1>(view, mask, addresses, data),
        8 => store_words::<2>(view, mask, addresses, data),
        12 => store_words::<3>(view, mask, addresses, data),
        16 => store_words::<4>(view, mask, addresses, data),
        _ => active(mask).try_for_each(|lane| {
            let bytes = element.stored(data.first().map_or(0, |data| data.0[lane])).to_le_bytes();
            let stored = view.write(addresses[lane], &bytes[..element.bytes as usize]);
            stored.map_err(|error| Stop::memory(lane, error))
        }),
    }
}

fn store_words<const N: usize>(
    view: &View,
    mask: u32,
    addresses: &[u64; LANES],
    data: &[Lanes],
) -> Result<(), Stop> {
    let Some(data) = data.first_chunk::<N>() else { return Ok(()) };
    let mut run = Run::EMPTY;
    for lane in active(mask) {
        let address = addresses[lane];
        let words = match run.words::<N>(address) {
            Some(words) => Some(words),
            None => {
                let found = view.run(address, 4 * N as u32, true);
                run = found.map_err(|error| Stop::memory(lane, error))?;
                run.words::<N>(address)
            }
        };
        match words {
            Some(words) => {
                for i in 0..N {
                    words[i].store(data[i].0[lane], Relaxed);
                }
            }
            None => store_bytes(view, lane, address, 4 * N, data)?,
        }
    }
    Ok(())
}

#[cold]
fn store_bytes(
    view: &View,
    lane: usize,
    address: u64,
    size: usize,
    data: &[Lanes],
) -> Result<(), Stop> {
    let mut bytes = [0; 16];
    for (chunk, lanes) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(data) {
        *chunk = lanes.0[lane].to_le_bytes();
    }
    view.write(address, &bytes[..size]).map_err(|error| Stop::memory(lane, error))
}

/// Updates a value for each lane of `mask`, lowest lane first, and gives what was there.
pub(super) fn update(
    view: &View,
    (operation, bytes): (Atomic, u32),
    mask: u32,
    addresses: &[u64; LANES],
    operands: [&[u64; LANES]; 2],
) -> Result<Data, Stop> {
    let mut old_values = [Lanes::ZERO; 4];
    for lane in active(mask) {
        let (address, a, b) = (addresses[lane], operands[0][lane], operands[1][lane]);
        let old = if bytes == 8 {
            view.update64(address, |old| operation.apply64(old, a, b))
        } else {
            view.update32(address, |old| operation.apply32(old, a as u32, b as u32)).map(u64::from)
        };
        let old = old.map_err(|error| Stop::memory(lane, error))?;
        old_values[0].0[lane] = old as u32;
        old_values[1].0[lane] = (old >> 32) as u32;
    }
    Ok(old_values)
}
