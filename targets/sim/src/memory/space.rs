//! The registry of allocations that a host keeps.

use std::sync::{Arc, PoisonError, RwLock};

use super::{Access, AccessError, Allocation, AllocationError, Backing, Dense, Sparse, View};

/// The least distance between two allocations that [`Memory::allocate`] places, in bytes.
pub const GUARD: u64 = 1 << 20;

/// The most bytes of one allocation.
pub const LARGEST: u64 = 1 << 40;

/// The most bytes that are kept dense; larger allocations are sparse whatever was asked for.
pub const LARGEST_DENSE: u64 = 1 << 30;

/// Where [`Memory::allocate`] begins: above every address that a user process on x86-64 can have, so that
/// host memory can be registered at its own address beside simulated memory.
pub const FIRST_ADDRESS: u64 = 1 << 47;

/// Allocations begin at multiples of this, in bytes.
const ALIGNMENT: u64 = 1 << 12;

/// How the bytes of an allocation are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// All at once, if it is no more than [`LARGEST_DENSE`] bytes. Fastest.
    Dense,
    /// In pages that exist once written to. For address ranges of which little is used.
    Sparse,
}

/// A simulated 64-bit address space.
///
/// ```
/// use kiln_sim::memory::{Access, Memory, Storage};
/// let memory = Memory::new();
/// let base = memory.allocate("x", 6, Access::ReadWrite, Storage::Dense)?;
/// memory.write(base, &[1, 2, 3])?;
/// let mut bytes = [0; 4];
/// memory.read(base + 1, &mut bytes)?;
/// assert_eq!(bytes, [2, 3, 0, 0]);
/// assert!(memory.read(base + 4, &mut bytes).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Memory(RwLock<State>);

#[derive(Debug)]
struct State {
    view: View,
    next: u64,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// A space without allocations.
    pub fn new() -> Self {
        Self(RwLock::new(State { view: View::empty(), next: FIRST_ADDRESS }))
    }

    /// Makes an allocation of zeros and returns its address, a multiple of 4096.
    ///
    /// # Errors
    /// If `size` is zero or more than [`LARGEST`].
    pub fn allocate(
        &self,
        name: &str,
        size: u64,
        access: Access,
        storage: Storage,
    ) -> Result<u64, AllocationError> {
        checked_size(name, size)?;
        let backing: Arc<dyn Backing> = match storage {
            Storage::Dense if size <= LARGEST_DENSE => Arc::new(Dense::new(size)),
            Storage::Dense | Storage::Sparse => Arc::new(Sparse::new(size)),
        };
        self.place(name, size, access, backing)
    }

    /// Makes an allocation of what is behind `backing` and returns its address, a multiple of 4096.
    ///
    /// # Errors
    /// If `size` is zero or more than [`LARGEST`].
    pub fn place(
        &self,
        name: &str,
        size: u64,
        access: Access,
        backing: Arc<dyn Backing>,
    ) -> Result<u64, AllocationError> {
        checked_size(name, size)?;
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let base = state.next;
        state.next = (base + size + GUARD).next_multiple_of(ALIGNMENT);
        state.insert(Allocation::new(name, base, size, access, backing))?;
        Ok(base)
    }

    /// Makes `backing` appear at `base`.
    ///
    /// # Errors
    /// If `size` is zero or too large, or another allocation meets the range.
    pub fn register(
        &self,
        name: &str,
        base: u64,
        size: u64,
        access: Access,
        backing: Arc<dyn Backing>,
    ) -> Result<(), AllocationError> {
        checked_size(name, size)?;
        if base.checked_add(size).is_none() {
            return Err(AllocationError::Size {
                name: name.to_owned(),
                size,
                limit: u64::MAX - base,
            });
        }
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.insert(Allocation::new(name, base, size, access, backing))
    }

    /// Ends the allocation that begins at `base`. Views taken before keep it.
    ///
    /// # Errors
    /// If none does.
    pub fn free(&self, base: u64) -> Result<(), AllocationError> {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut all = state.view.allocations().to_vec();
        let Ok(at) = all.binary_search_by_key(&base, Allocation::base) else {
            return Err(AllocationError::NotAllocated { base });
        };
        all.remove(at);
        state.view = state.view.with(all);
        Ok(())
    }

    /// A space with the same allocations and contents, whose writes stay its own. What is written to this
    /// one later may or may not be seen by the other.
    pub fn fork(&self) -> Self {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let allocations = state.view.allocations().iter().map(Allocation::fork).collect();
        Self(RwLock::new(State { view: View::empty().with(allocations), next: state.next }))
    }

    /// The allocations as they are now.
    pub fn view(&self) -> View {
        self.0.read().unwrap_or_else(PoisonError::into_inner).view.clone()
    }

    /// Copies bytes out.
    ///
    /// # Errors
    /// If no allocation covers all of them.
    pub fn read(&self, address: u64, bytes: &mut [u8]) -> Result<(), AccessError> {
        self.view().read(address, bytes)
    }

    /// Copies bytes in, even where kernels may only read.
    ///
    /// # Errors
    /// If no allocation covers all of them.
    pub fn write(&self, address: u64, bytes: &[u8]) -> Result<(), AccessError> {
        self.view().write_as_host(address, bytes)
    }
}

impl State {
    fn insert(&mut self, new: Allocation) -> Result<(), AllocationError> {
        let mut all = self.view.allocations().to_vec();
        let at = all.partition_point(|a| a.base() < new.base());
        let mut neighbours = at.checked_sub(1).map(|i| &all[i]).into_iter().chain(all.get(at));
        if let Some(other) = neighbours.find(|a| meets(a, &new)) {
            return Err(AllocationError::Overlap {
                name: new.name().to_owned(),
                base: new.base(),
                size: new.size(),
                other: other.name().to_owned(),
            });
        }
        all.insert(at, new);
        self.view = self.view.with(all);
        Ok(())
    }
}

fn meets(a: &Allocation, b: &Allocation) -> bool {
    a.base() < b.end() && b.base() < a.end()
}

fn checked_size(name: &str, size: u64) -> Result<(), AllocationError> {
    if (1..=LARGEST).contains(&size) {
        return Ok(());
    }
    Err(AllocationError::Size { name: name.to_owned(), size, limit: LARGEST })
}
