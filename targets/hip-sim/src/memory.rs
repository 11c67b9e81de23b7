//! Allocations: what the device may touch, and what copies are checked against.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use kiln_sim::memory::{Access, AllocationError, Backing, Memory as Space};

use crate::error::{Error, Result};
use crate::raw::{Place, Words};

/// `hipHostRegisterReadOnly`.
const READ_ONLY: u32 = 8;

/// How an allocation came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `hipMalloc`.
    Device,
    /// `hipHostMalloc`.
    Host,
    /// `hipMallocManaged`.
    Managed,
    /// `hipHostRegister`: the pages are the program's.
    Registered,
    /// The image of a loaded module, variables included.
    Module,
}

impl Kind {
    /// `hipMemoryType`.
    pub(crate) fn memory_type(self) -> u32 {
        match self {
            Self::Host | Self::Registered => 1,
            Self::Device | Self::Module => 2,
            Self::Managed => 3,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Device => "hipMalloc",
            Self::Host => "hipHostMalloc",
            Self::Managed => "hipMallocManaged",
            Self::Registered => "hipHostRegister",
            Self::Module => "module",
        }
    }
}

/// A range of addresses that kernels may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allocation {
    pub(crate) start: u64,
    pub(crate) bytes: u64,
    pub(crate) kind: Kind,
    pub(crate) flags: u32,
}

/// All allocations.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    space: Arc<Space>,
    /// By first address.
    allocations: BTreeMap<u64, Allocation>,
    /// Number of allocations so far, for their names in reports.
    made: u64,
}

impl Memory {
    /// What kernels run on.
    pub(crate) fn space(&self) -> Arc<Space> {
        Arc::clone(&self.space)
    }

    /// Allocates zeros and returns where they are.
    ///
    /// # Errors
    /// If there is not so much memory.
    pub(crate) fn allocate(
        &mut self,
        bytes: usize,
        kind: Kind,
        flags: u32,
        access: Access,
    ) -> Result<Place> {
        if bytes as u64 > available() {
            return Err(Error::OutOfMemory);
        }
        let (place, words) = Words::allocated(bytes)?;
        self.add(place, bytes, (kind, flags), access, words).map_err(|_| Error::OutOfMemory)?;
        Ok(place)
    }

    /// Lets kernels use memory of the program.
    ///
    /// # Errors
    /// If a part of it is allocated or registered already.
    pub(crate) fn register(&mut self, place: Place, bytes: usize, flags: u32) -> Result {
        if place.is_null() || bytes == 0 {
            return Err(Error::InvalidValue);
        }
        let words = Words::registered(place, bytes);
        let kind = (Kind::Registered, flags);
        let access = if flags & READ_ONLY == 0 { Access::ReadWrite } else { Access::Read };
        self.add(place, bytes, kind, access, words).map_err(|_| Error::HostMemoryAlreadyRegistered)
    }

    fn add(
        &mut self,
        place: Place,
        bytes: usize,
        (kind, flags): (Kind, u32),
        access: Access,
        words: Arc<dyn Backing>,
    ) -> std::result::Result<(), AllocationError> {
        let (start, bytes) = (place.address(), bytes as u64);
        let name = format!("{} #{}", kind.name(), self.made);
        self.space.register(&name, start, bytes, access, words)?;
        self.made += 1;
        self.allocations.insert(start, Allocation { start, bytes, kind, flags });
        Ok(())
    }

    /// Releases the allocation that begins at a place.
    ///
    /// # Errors
    /// If none of these kinds does.
    pub(crate) fn free(&mut self, place: Place, kinds: &[Kind]) -> Result {
        let start = place.address();
        let found = self.allocations.get(&start).filter(|found| kinds.contains(&found.kind));
        found.ok_or(Error::InvalidValue)?;
        self.allocations.remove(&start);
        self.space.free(start).map_err(|_| Error::InvalidValue)
    }

    /// The allocation that an address lies in.
    pub(crate) fn find(&self, address: u64) -> Option<&Allocation> {
        let (_, found) = self.allocations.range(..=address).next_back()?;
        (address - found.start < found.bytes).then_some(found)
    }

    /// Checks that bytes which begin in an allocation also end there.
    ///
    /// # Errors
    /// If they run past its end, or, with `device`, do not begin in an allocation.
    pub(crate) fn check(&self, place: Place, bytes: usize, device: bool) -> Result {
        match self.find(place.address()) {
            Some(found) if place.address() - found.start + bytes as u64 <= found.bytes => Ok(()),
            Some(_) => Err(Error::InvalidValue),
            None if device => Err(Error::InvalidDevicePointer),
            None => Ok(()),
        }
    }
}

/// Memory of the whole machine, which an APU shares with its host.
pub(crate) fn total() -> u64 {
    meminfo("MemTotal:").unwrap_or(1 << 34)
}

/// Memory that can be allocated.
pub(crate) fn available() -> u64 {
    meminfo("MemAvailable:").unwrap_or(1 << 34)
}

fn meminfo(key: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked_against_the_allocation_they_begin_in() {
        let mut memory = Memory::default();
        let place = memory.allocate(100, Kind::Device, 0, Access::ReadWrite).unwrap();
        assert_eq!(memory.find(place.address() + 99).unwrap().start, place.address());
        assert!(memory.find(place.address() + 100).is_none());
        assert_eq!(memory.check(place, 100, true), Ok(()));
        assert_eq!(memory.check(place, 101, false), Err(Error::InvalidValue));
        assert_eq!(memory.free(place, &[Kind::Host]), Err(Error::InvalidValue));
        memory.free(place, &[Kind::Device]).unwrap();
        assert_eq!(memory.check(place, 1, true), Err(Error::InvalidDevicePointer));
        assert_eq!(memory.check(place, 1, false), Ok(()));
    }

    #[test]
    fn more_memory_than_the_machine_has_is_refused() {
        assert_eq!(
            Memory::default().allocate(1 << 50, Kind::Device, 0, Access::ReadWrite),
            Err(Error::OutOfMemory)
        );
        assert!(available() <= total());
    }
}
