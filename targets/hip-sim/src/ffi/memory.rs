//! Memory that kernels may use.

use kiln_sim::memory::Access;

use super::export;
use crate::error::{Error, Result};
use crate::memory::{Allocation, Kind};
use crate::raw::{Out, Place};
use crate::runtime::with;

/// What `hipPointerGetAttributes` stores.
#[repr(C)]
struct PointerAttributes {
    memory_type: u32,
    device: i32,
    device_pointer: Place,
    host_pointer: Place,
    is_managed: i32,
    flags: u32,
}

fn allocate(to: Out<Place>, bytes: usize, kind: Kind, flags: u32) -> Result {
    with(|runtime| {
        runtime.usable()?;
        match bytes {
            0 => to.set(Place::default()),
            _ => to.set(runtime.memory.allocate(bytes, kind, flags, Access::ReadWrite)?),
        }
    })
}

fn free(place: Place, kinds: &[Kind]) -> Result {
    if place.is_null() {
        return Ok(());
    }
    with(|runtime| runtime.memory.free(place, kinds))
}

fn find(place: Place) -> Result<Allocation> {
    with(|runtime| runtime.memory.find(place.address()).copied().ok_or(Error::InvalidValue))
}

export! {
    fn hipMalloc(to: Out<Place>, bytes: usize) {
        allocate(to, bytes, Kind::Device, 0)
    }

    fn hipExtMallocWithFlags(to: Out<Place>, bytes: usize, flags: u32) {
        allocate(to, bytes, Kind::Device, flags)
    }

    fn hipMallocAsync(to: Out<Place>, bytes: usize, stream: usize) {
        with(|runtime| runtime.streams.get(stream).map(drop))?;
        allocate(to, bytes, Kind::Device, 0)
    }

    fn hipMallocManaged(to: Out<Place>, bytes: usize, flags: u32) {
        allocate(to, bytes, Kind::Managed, flags)
    }

    fn hipHostMalloc(to: Out<Place>, bytes: usize, flags: u32) {
        allocate(to, bytes, Kind::Host, flags)
    }

    fn hipHostAlloc(to: Out<Place>, bytes: usize, flags: u32) {
        allocate(to, bytes, Kind::Host, flags)
    }

    fn hipMallocHost(to: Out<Place>, bytes: usize) {
        allocate(to, bytes, Kind::Host, 0)
    }

    fn hipMemAllocHost(to: Out<Place>, bytes: usize) {
        allocate(to, bytes, Kind::Host, 0)
    }

    fn hipFree(place: Place) {
        free(place, &[Kind::Device, Kind::Managed])
    }

    fn hipFreeAsync(place: Place, stream: usize) {
        with(|runtime| runtime.streams.get(stream).map(drop))?;
        free(place, &[Kind::Device])
    }

    fn hipHostFree(place: Place) {
        free(place, &[Kind::Host])
    }

    fn hipFreeHost(place: Place) {
        free(place, &[Kind::Host])
    }

    fn hipHostRegister(place: Place, bytes: usize, flags: u32) {
        with(|runtime| {
            runtime.usable()?;
            runtime.memory.register(place, bytes, flags)
        })
    }

    fn hipHostUnregister(place: Place) {
        let registered = &[Kind::Registered];
        with(|runtime| runtime.memory.free(place, registered))
            .map_err(|_| Error::HostMemoryNotRegistered)
    }

    /// Host and device see one memory at one address.
    fn hipHostGetDevicePointer(to: Out<Place>, place: Place, flags: u32) {
        if flags != 0 || find(place)?.kind == Kind::Device {
            return Err(Error::InvalidValue);
        }
        to.set(place)
    }

    fn hipHostGetFlags(to: Out<u32>, place: Place) {
        to.set(find(place)?.flags)
    }

    fn hipMemGetAddressRange(start: Out<u64>, bytes: Out<usize>, place: Place) {
        let found = find(place)?;
        if !start.is_null() {
            start.set(found.start)?;
        }
        if bytes.is_null() { Ok(()) } else { bytes.set(found.bytes as usize) }
    }

    fn hipMemPtrGetInfo(place: Place, bytes: Out<usize>) {
        let found = find(place)?;
        if found.start == place.address() { bytes.set(found.bytes as usize) } else { Err(Error::InvalidValue) }
    }

    fn hipPointerGetAttributes(to: Out<PointerAttributes>, place: Place) {
        let found = find(place)?;
        let host = matches!(found.kind, Kind::Host | Kind::Registered | Kind::Managed);
        to.set(PointerAttributes {
            memory_type: found.kind.memory_type(),
            device: 0,
            device_pointer: place,
            host_pointer: if host { place } else { Place::default() },
            is_managed: i32::from(found.kind == Kind::Managed),
            flags: found.flags,
        })
    }

    /// Managed memory is where both sides see it already.
    fn hipMemPrefetchAsync(place: Place, bytes: usize, _device: i32, stream: usize) {
        with(|runtime| {
            runtime.streams.get(stream)?;
            runtime.memory.check(place, bytes, true)
        })
    }

    /// As `hipMemPrefetchAsync`: there is nothing to be advised about.
    fn hipMemAdvise(place: Place, bytes: usize, _advice: u32, _device: i32) {
        with(|runtime| runtime.memory.check(place, bytes, true))
    }
}
