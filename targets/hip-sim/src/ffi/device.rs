//! Devices: there is one, with the number 0.

use super::export;
use crate::error::{Error, Result};
use crate::memory;
use crate::properties::{Layout, R0000, R0600};
use crate::raw::Out;
use crate::runtime::with;

/// The version of HIP whose interface this is: 6.4.0, as HIP counts.
const VERSION: i32 = 60_400_000;

fn only(device: i32) -> Result {
    if device == 0 { Ok(()) } else { Err(Error::InvalidDevice) }
}

fn properties(to: Out<u8>, device: i32, layout: &Layout) -> Result {
    only(device)?;
    with(|runtime| to.set_bytes(&runtime.properties.structure(layout)))
}

export! {
    fn hipInit(flags: u32) {
        if flags != 0 {
            return Err(Error::InvalidValue);
        }
        with(|_| Ok(()))
    }

    fn hipDriverGetVersion(to: Out<i32>) {
        to.set(VERSION)
    }

    fn hipRuntimeGetVersion(to: Out<i32>) {
        to.set(VERSION)
    }

    fn hipGetDeviceCount(to: Out<i32>) {
        with(|_| to.set(1))
    }

    fn hipGetDevice(to: Out<i32>) {
        with(|_| to.set(0))
    }

    fn hipSetDevice(device: i32) {
        only(device)
    }

    fn hipDeviceGet(to: Out<i32>, number: i32) {
        only(number)?;
        to.set(0)
    }

    fn hipSetDeviceFlags(_flags: u32) {
        Ok(())
    }

    fn hipGetDeviceFlags(to: Out<u32>) {
        to.set(0)
    }

    fn hipDeviceGetName(to: Out<u8>, length: i32, device: i32) {
        only(device)?;
        let length = usize::try_from(length).ok().filter(|length| *length > 0);
        let length = length.ok_or(Error::InvalidValue)?;
        let mut name = with(|runtime| Ok(runtime.properties.name().into_bytes()))?;
        name.truncate(length - 1);
        name.push(0);
        to.set_bytes(&name)
    }

    fn hipDeviceTotalMem(to: Out<usize>, device: i32) {
        only(device)?;
        with(|runtime| to.set(runtime.properties.memory() as usize))
    }

    fn hipDeviceComputeCapability(major: Out<i32>, minor: Out<i32>, device: i32) {
        only(device)?;
        with(|runtime| {
            major.set(runtime.properties.attribute(23)?)?;
            minor.set(runtime.properties.attribute(61)?)
        })
    }

    fn hipDeviceGetAttribute(to: Out<i32>, attribute: i32, device: i32) {
        only(device)?;
        with(|runtime| to.set(runtime.properties.attribute(attribute)?))
    }

    fn hipGetDevicePropertiesR0600(to: Out<u8>, device: i32) {
        properties(to, device, &R0600)
    }

    fn hipGetDevicePropertiesR0000(to: Out<u8>, device: i32) {
        properties(to, device, &R0000)
    }

    /// Programs built before ROCm 6.0 call this one, and so expect the structure of that time.
    fn hipGetDeviceProperties(to: Out<u8>, device: i32) {
        properties(to, device, &R0000)
    }

    fn hipMemGetInfo(free: Out<usize>, total: Out<usize>) {
        with(|runtime| {
            free.set(memory::available() as usize)?;
            total.set(runtime.properties.memory() as usize)
        })
    }

    fn hipDeviceCanAccessPeer(to: Out<i32>, device: i32, peer: i32) {
        only(device)?;
        only(peer)?;
        to.set(0)
    }

    fn hipDeviceGetStreamPriorityRange(least: Out<i32>, greatest: Out<i32>) {
        least.set(0)?;
        greatest.set(0)
    }

    fn hipDeviceSynchronize() {
        with(|runtime| runtime.settled())
    }

    fn hipDeviceReset() {
        with(|runtime| {
            runtime.reset();
            Ok(())
        })
    }
}
