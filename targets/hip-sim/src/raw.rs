//! What C hands in: addresses, strings, and places for results.
//!
//! These types are made by C callers alone, as arguments of the functions that this library exports, and by
//! memory that this library owns. What every SAFETY line relies on is HIP's own contract: a pointer argument
//! is null or points to as much memory as the call says. Null is refused here.

use std::ffi::{CStr, c_char};
use std::mem::{align_of, size_of};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use kiln_sim::memory::Backing;
use memmap2::MmapMut;

use crate::error::{Error, Result};

/// A place where a result goes.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// Stores a result.
    ///
    /// # Errors
    /// If the place is null.
    pub(crate) fn set(self, value: T) -> Result {
        if self.0.is_null() {
            return Err(Error::InvalidValue);
        }
        // SAFETY: the caller of the C function gave a place for a T; it need not be aligned.
        unsafe { self.0.write_unaligned(value) };
        Ok(())
    }

    /// What is stored there now.
    ///
    /// # Errors
    /// If the place is null.
    pub(crate) fn get(self) -> Result<T>
    where
        T: Copy,
    {
        List(self.0.cast_const()).get(0)
    }

    /// The place of a later result in the same row; callers stay inside the row.
    pub(crate) fn at(self, index: usize) -> Self {
        Self(self.0.wrapping_add(index))
    }

    /// Whether no result is wanted.
    pub(crate) fn is_null(&self) -> bool {
        self.0.is_null()
    }
}

impl Out<u8> {
    /// Stores bytes.
    ///
    /// # Errors
    /// If the place is null.
    pub(crate) fn set_bytes(self, bytes: &[u8]) -> Result {
        if self.0.is_null() {
            return Err(Error::InvalidValue);
        }
        // SAFETY: the caller of the C function gave a place for the bytes that the call stores.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.0, bytes.len()) };
        Ok(())
    }
}

/// Values that C keeps one after the other.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct List<T>(*const T);

impl<T: Copy> List<T> {
    /// The list that a number handed in by C means.
    pub(crate) fn of(address: usize) -> Self {
        Self(address as *const T)
    }

    /// Whether there is no list.
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// One of the values.
    ///
    /// # Errors
    /// If there is no list.
    pub(crate) fn get(self, index: usize) -> Result<T> {
        if self.0.is_null() {
            return Err(Error::InvalidValue);
        }
        // SAFETY: the list has as many values as the call says, and callers here stay below that number.
        Ok(unsafe { self.0.add(index).read_unaligned() })
    }
}

/// A string of C.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Text(*const c_char);

impl Text {
    /// The string.
    ///
    /// # Errors
    /// If it is null or not UTF-8.
    pub(crate) fn get(self) -> Result<String> {
        if self.0.is_null() {
            return Err(Error::InvalidValue);
        }
        // SAFETY: the caller of the C function gave a string that ends in zero.
        let text = unsafe { CStr::from_ptr(self.0) };
        text.to_str().map(str::to_owned).map_err(|_| Error::InvalidValue)
    }
}

/// An address in memory that the host and the device share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Place(usize);

impl Place {
    /// The place that a number handed in by C means.
    pub(crate) fn of(address: usize) -> Self {
        Self(address)
    }

    /// The place so many bytes further on.
    pub(crate) fn plus(self, bytes: usize) -> Self {
        Self(self.0.wrapping_add(bytes))
    }

    /// The address as a number.
    pub(crate) fn address(self) -> u64 {
        self.0 as u64
    }

    /// Whether it is null.
    pub(crate) fn is_null(self) -> bool {
        self.0 == 0
    }

    /// A copy of the bytes from here on.
    ///
    /// # Errors
    /// If the place is null.
    pub(crate) fn bytes(self, count: usize) -> Result<Vec<u8>> {
        if self.is_null() {
            return Err(Error::InvalidValue);
        }
        let mut bytes = vec![0; count];
        // SAFETY: the caller of the C function gave the place of at least so many bytes.
        unsafe { ptr::copy_nonoverlapping(self.0 as *const u8, bytes.as_mut_ptr(), count) };
        Ok(bytes)
    }

    /// Stores bytes from here on.
    ///
    /// # Errors
    /// If the place is null.
    pub(crate) fn store(self, bytes: &[u8]) -> Result {
        Out(self.0 as *mut u8).set_bytes(bytes)
    }

    /// Copies bytes from another place to this one; the two may overlap.
    ///
    /// # Errors
    /// If one of them is null.
    pub(crate) fn copy_from(self, from: Self, count: usize) -> Result {
        if self.is_null() || from.is_null() {
            return Err(Error::InvalidValue);
        }
        // SAFETY: the caller of the C function gave places of so many bytes each. No kernel runs
        // meanwhile: work is done in the order of the calls.
        unsafe { ptr::copy(from.0 as *const u8, self.0 as *mut u8, count) };
        Ok(())
    }

    /// Repeats a pattern of one, two or four bytes from here on.
    ///
    /// # Errors
    /// If the place is null.
    pub(crate) fn fill(self, pattern: &[u8], times: usize) -> Result {
        if self.is_null() {
            return Err(Error::InvalidValue);
        }
        let count = pattern.len() * times;
        // SAFETY: the caller of the C function gave a place of so many bytes, and no kernel runs meanwhile.
        let bytes = unsafe { std::slice::from_raw_parts_mut(self.0 as *mut u8, count) };
        match pattern {
            [byte] => bytes.fill(*byte),
            _ => bytes.chunks_exact_mut(pattern.len()).for_each(|to| to.copy_from_slice(pattern)),
        }
        Ok(())
    }
}

/// Memory behind addresses that kernels use: pages of this library, or pages that C registered.
#[derive(Debug)]
pub(crate) struct Words {
    /// The first word's address, a multiple of its size.
    address: usize,
    count: usize,
    /// The pages, where they are this library's own.
    _pages: Option<MmapMut>,
}

impl Words {
    /// New pages of zeros.
    ///
    /// # Errors
    /// If the system has no memory left.
    pub(crate) fn allocated(bytes: usize) -> Result<(Place, Arc<dyn Backing>)> {
        let length = bytes.next_multiple_of(size_of::<AtomicU32>());
        let pages = MmapMut::map_anon(length).map_err(|_| Error::OutOfMemory)?;
        let address = pages.as_ptr() as usize;
        let count = length / size_of::<AtomicU32>();
        Ok((Place(address), Arc::new(Self { address, count, _pages: Some(pages) })))
    }

    /// Memory of the C program, which keeps it until it unregisters it.
    pub(crate) fn registered(place: Place, bytes: usize) -> Arc<dyn Backing> {
        // The words that hold the first and the last byte lie in the same pages as those bytes.
        let address = place.0 - place.0 % align_of::<AtomicU32>();
        let count = (place.0 - address + bytes).div_ceil(size_of::<AtomicU32>());
        Arc::new(Self { address, count, _pages: None })
    }
}

impl Backing for Words {
    fn readable(&self, first: usize) -> &[AtomicU32] {
        let Some(count) = self.count.checked_sub(first) else { return &[] };
        // SAFETY: the words are those of pages that this value owns, or of memory that the C program
        // registered and keeps; both are aligned, initialised, and used by kernels through atomics alone.
        unsafe { std::slice::from_raw_parts((self.address as *const AtomicU32).add(first), count) }
    }

    fn writable(&self, first: usize) -> &[AtomicU32] {
        self.readable(first)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[test]
    fn pages_are_seen_at_their_address_by_host_and_kernels() {
        let (place, words) = Words::allocated(10).unwrap();
        assert_eq!(place.address() % 4096, 0);
        assert_eq!(words.readable(0).len(), 3);
        place.fill(&[1, 2], 5).unwrap();
        assert_eq!(words.readable(1)[0].load(Relaxed), 0x0201_0201);
        words.writable(2)[0].store(7, Relaxed);
        assert_eq!(place.bytes(10).unwrap(), [1, 2, 1, 2, 1, 2, 1, 2, 7, 0]);
        assert!(words.readable(3).is_empty() && words.readable(9).is_empty());
    }

    #[test]
    fn registered_memory_may_begin_and_end_anywhere() {
        let memory = [0u32; 4].map(AtomicU32::new);
        let place = Place(memory.as_ptr() as usize + 3);
        let words = Words::registered(place, 6);
        assert_eq!(words.readable(0).len(), 3);
        words.writable(2)[0].store(9, Relaxed);
        assert_eq!(memory[2].load(Relaxed), 9);
    }

    #[test]
    fn null_is_refused_everywhere() {
        let null = Place::default();
        assert_eq!(null.bytes(1), Err(Error::InvalidValue));
        assert_eq!(null.fill(&[0], 1), Err(Error::InvalidValue));
        assert_eq!(null.copy_from(null, 1), Err(Error::InvalidValue));
        assert_eq!(Out::<i32>(ptr::null_mut()).set(1), Err(Error::InvalidValue));
        assert_eq!(Text(ptr::null()).get(), Err(Error::InvalidValue));
    }
}
