//! One allocation: a named range of addresses and the words behind it.

use std::fmt;
use std::sync::Arc;

use super::Backing;
use super::overlay::Overlay;

/// What kernels may do with an allocation. Hosts may always do both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Kernels may only read: code, constants.
    Read,
    /// Kernels may read and write.
    ReadWrite,
}

/// A named range of addresses.
#[derive(Clone)]
pub struct Allocation {
    name: Arc<str>,
    base: u64,
    size: u64,
    access: Access,
    backing: Arc<dyn Backing>,
}

impl Allocation {
    pub(super) fn new(
        name: &str,
        base: u64,
        size: u64,
        access: Access,
        backing: Arc<dyn Backing>,
    ) -> Self {
        Self { name: name.into(), base, size, access, backing }
    }

    /// The same allocation with the same contents, whose writes stay its own.
    pub(super) fn fork(&self) -> Self {
        let words = (self.base % 4 + self.size).div_ceil(4);
        let words = usize::try_from(words).unwrap_or(usize::MAX);
        let backing = Arc::new(Overlay::new(Arc::clone(&self.backing), words));
        Self { backing, ..self.clone() }
    }

    /// The name that messages use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the first byte.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// How many bytes belong to it.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The address after the last byte.
    pub fn end(&self) -> u64 {
        self.base + self.size
    }

    /// What kernels may do with it.
    pub fn access(&self) -> Access {
        self.access
    }

    /// Whether all of `size` bytes at `address` belong to it.
    pub fn covers(&self, address: u64, size: u64) -> bool {
        address >= self.base && size <= self.size && address - self.base <= self.size - size
    }

    /// The words behind it. Word 0 holds the byte at `base` rounded down to a multiple of four.
    pub(super) fn backing(&self) -> &dyn Backing {
        &*self.backing
    }
}

impl fmt::Debug for Allocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{:#x}, +{:#x}) {:?}", self.name, self.base, self.size, self.access)
    }
}
