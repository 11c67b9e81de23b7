//! Contexts: the device has one, which is always current.

use super::export;
use crate::error::{Error, Result};
use crate::raw::Out;
use crate::runtime::with;

/// The handle of the device's only context.
const PRIMARY: usize = 0x800;

fn known(context: usize) -> Result {
    if context == PRIMARY { Ok(()) } else { Err(Error::InvalidContext) }
}

fn only(device: i32) -> Result {
    if device == 0 { Ok(()) } else { Err(Error::InvalidDevice) }
}

export! {
    fn hipCtxCreate(to: Out<usize>, _flags: u32, device: i32) {
        only(device)?;
        with(|_| to.set(PRIMARY))
    }

    fn hipCtxDestroy(context: usize) {
        known(context)
    }

    fn hipCtxGetCurrent(to: Out<usize>) {
        to.set(PRIMARY)
    }

    fn hipCtxSetCurrent(context: usize) {
        if context == 0 { Ok(()) } else { known(context) }
    }

    fn hipCtxPushCurrent(context: usize) {
        known(context)
    }

    fn hipCtxPopCurrent(to: Out<usize>) {
        if to.is_null() { Ok(()) } else { to.set(PRIMARY) }
    }

    fn hipCtxGetDevice(to: Out<i32>) {
        to.set(0)
    }

    fn hipCtxGetFlags(to: Out<u32>) {
        to.set(0)
    }

    fn hipCtxSynchronize() {
        with(|runtime| runtime.settled())
    }

    fn hipDevicePrimaryCtxRetain(to: Out<usize>, device: i32) {
        only(device)?;
        with(|_| to.set(PRIMARY))
    }

    fn hipDevicePrimaryCtxRelease(device: i32) {
        only(device)
    }

    fn hipDevicePrimaryCtxGetState(device: i32, flags: Out<u32>, active: Out<i32>) {
        only(device)?;
        flags.set(0)?;
        active.set(1)
    }
}
