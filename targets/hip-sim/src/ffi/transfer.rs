//! Copies and fills.

use super::export;
use crate::error::{Error, Result};
use crate::graph::{Pattern, Work};
use crate::raw::Place;
use crate::runtime::with;

/// Numbers of `hipMemcpyKind`.
const HOST_TO_DEVICE: u32 = 1;
const DEVICE_TO_HOST: u32 = 2;
const DEVICE_TO_DEVICE: u32 = 3;

fn copy(to: Place, from: Place, bytes: usize, kind: u32, stream: usize) -> Result {
    with(|runtime| runtime.submit(stream, Work::Copy { to, from, bytes, kind }))
}

/// A copy that is complete when the call returns, and so cannot be captured.
fn copy_now(to: Place, from: Place, bytes: usize, kind: u32) -> Result {
    with(|runtime| {
        runtime.settled()?;
        runtime.submit(0, Work::Copy { to, from, bytes, kind })
    })
}

fn fill(to: Place, value: u32, size: usize, times: usize, stream: usize) -> Result {
    let pattern = Pattern::new(value, size)?;
    // The pattern's bytes must be countable; what lies outside the allocation is refused later.
    size.checked_mul(times).ok_or(Error::InvalidValue)?;
    with(|runtime| runtime.submit(stream, Work::Fill { to, pattern, times }))
}

fn fill_now(to: Place, value: u32, size: usize, times: usize) -> Result {
    with(|runtime| runtime.settled())?;
    fill(to, value, size, times, 0)
}

export! {
    fn hipMemcpy(to: Place, from: Place, bytes: usize, kind: u32) {
        copy_now(to, from, bytes, kind)
    }

    fn hipMemcpyWithStream(to: Place, from: Place, bytes: usize, kind: u32, stream: usize) {
        with(|runtime| runtime.settled())?;
        copy(to, from, bytes, kind, stream)
    }

    fn hipMemcpyAsync(to: Place, from: Place, bytes: usize, kind: u32, stream: usize) {
        copy(to, from, bytes, kind, stream)
    }

    fn hipMemcpyHtoD(to: Place, from: Place, bytes: usize) {
        copy_now(to, from, bytes, HOST_TO_DEVICE)
    }

    fn hipMemcpyDtoH(to: Place, from: Place, bytes: usize) {
        copy_now(to, from, bytes, DEVICE_TO_HOST)
    }

    fn hipMemcpyDtoD(to: Place, from: Place, bytes: usize) {
        copy_now(to, from, bytes, DEVICE_TO_DEVICE)
    }

    fn hipMemcpyHtoDAsync(to: Place, from: Place, bytes: usize, stream: usize) {
        copy(to, from, bytes, HOST_TO_DEVICE, stream)
    }

    fn hipMemcpyDtoHAsync(to: Place, from: Place, bytes: usize, stream: usize) {
        copy(to, from, bytes, DEVICE_TO_HOST, stream)
    }

    fn hipMemcpyDtoDAsync(to: Place, from: Place, bytes: usize, stream: usize) {
        copy(to, from, bytes, DEVICE_TO_DEVICE, stream)
    }

    fn hipMemset(to: Place, value: i32, bytes: usize) {
        fill_now(to, value as u32, 1, bytes)
    }

    fn hipMemsetAsync(to: Place, value: i32, bytes: usize, stream: usize) {
        fill(to, value as u32, 1, bytes, stream)
    }

    fn hipMemsetD8(to: Place, value: u8, times: usize) {
        fill_now(to, value.into(), 1, times)
    }

    fn hipMemsetD8Async(to: Place, value: u8, times: usize, stream: usize) {
        fill(to, value.into(), 1, times, stream)
    }

    fn hipMemsetD16(to: Place, value: u16, times: usize) {
        fill_now(to, value.into(), 2, times)
    }

    fn hipMemsetD16Async(to: Place, value: u16, times: usize, stream: usize) {
        fill(to, value.into(), 2, times, stream)
    }

    fn hipMemsetD32(to: Place, value: i32, times: usize) {
        fill_now(to, value as u32, 4, times)
    }

    fn hipMemsetD32Async(to: Place, value: i32, times: usize, stream: usize) {
        fill(to, value as u32, 4, times, stream)
    }
}
