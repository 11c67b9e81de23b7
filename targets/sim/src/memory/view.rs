//! The allocations as a run sees them.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Access, AccessError, Allocation, Nearest, Problem, Run};

/// How many locks 64-bit atomic operations are spread over.
const LOCKS: usize = 64;

/// The allocations of a space at one moment, in order of address.
///
/// Views are cheap to clone. Bytes are shared with the space and with every other view; an allocation that
/// is freed while a view holds it goes on existing for that view.
#[derive(Debug, Clone)]
pub struct View {
    allocations: Arc<[Allocation]>,
    locks: Arc<[Mutex<()>; LOCKS]>,
}

impl View {
    pub(super) fn empty() -> Self {
        Self { allocations: Arc::new([]), locks: Arc::new([const { Mutex::new(()) }; LOCKS]) }
    }

    /// The same locks over other allocations.
    pub(super) fn with(&self, allocations: Vec<Allocation>) -> Self {
        Self { allocations: allocations.into(), locks: Arc::clone(&self.locks) }
    }

    /// All allocations, in order of address.
    pub fn allocations(&self) -> &[Allocation] {
        &self.allocations
    }

    /// The allocation that holds `address`.
    pub fn find(&self, address: u64) -> Option<&Allocation> {
        let after = self.allocations.partition_point(|a| a.base() <= address);
        let candidate = &self.allocations[after.checked_sub(1)?];
        candidate.covers(address, 1).then_some(candidate)
    }

    /// Whether the `size` bytes at each of the addresses, of which `lanes` says which count, lie in one
    /// allocation that kernels may only read.
    pub(crate) fn is_constant(&self, lanes: u32, addresses: &[u64; 32], size: u32) -> bool {
        let first = addresses.get(lanes.trailing_zeros() as usize);
        let Some(allocation) = first.and_then(|first| self.find(*first)) else { return false };
        let covered = |(lane, address): (usize, &u64)| {
            lanes >> lane & 1 == 0 || allocation.covers(*address, u64::from(size))
        };
        allocation.access() == Access::Read && addresses.iter().enumerate().all(covered)
    }

    /// A run that covers `size` bytes at `address`, or only their beginning where words do not lie together.
    ///
    /// # Errors
    /// If no allocation covers all of them, or it may only be read and `write` is set.
    pub fn run(&self, address: u64, size: u32, write: bool) -> Result<Run<'_>, AccessError> {
        let allocation = self.covering(address, size, write)?;
        if write && allocation.access() == Access::Read {
            return Err(self.refuse(Problem::ReadOnly, address, size, write));
        }
        Ok(run_of(allocation, address, write))
    }

    /// Copies bytes out, whatever their alignment.
    ///
    /// # Errors
    /// If no allocation covers all of them.
    pub fn read(&self, address: u64, bytes: &mut [u8]) -> Result<(), AccessError> {
        let allocation = self.covering(address, short(bytes.len()), false)?;
        let (mut at, mut rest) = (address, bytes);
        while !rest.is_empty() {
            let run = run_of(allocation, at, false);
            let count = rest.len().min(usize::try_from(run.end() - at).unwrap_or(usize::MAX));
            if count == 0 {
                return Err(self.refuse(Problem::PastTheEnd, at, short(rest.len()), false));
            }
            let (now, later) = rest.split_at_mut(count);
            run.read(at, now);
            (at, rest) = (at + count as u64, later);
        }
        Ok(())
    }

    /// Copies bytes in, whatever their alignment.
    ///
    /// # Errors
    /// If no allocation covers all of them, or kernels may only read it.
    pub fn write(&self, address: u64, bytes: &[u8]) -> Result<(), AccessError> {
        let allocation = self.covering(address, short(bytes.len()), true)?;
        if allocation.access() == Access::Read {
            return Err(self.refuse(Problem::ReadOnly, address, short(bytes.len()), true));
        }
        self.write_into(allocation, address, bytes)
    }

    /// Copies bytes in, as a host may even where kernels only read.
    pub(super) fn write_as_host(&self, address: u64, bytes: &[u8]) -> Result<(), AccessError> {
        let allocation = self.covering(address, short(bytes.len()), true)?;
        self.write_into(allocation, address, bytes)
    }

    fn write_into(
        &self,
        allocation: &Allocation,
        address: u64,
        bytes: &[u8],
    ) -> Result<(), AccessError> {
        let (mut at, mut rest) = (address, bytes);
        while !rest.is_empty() {
            let run = run_of(allocation, at, true);
            let count = rest.len().min(usize::try_from(run.end() - at).unwrap_or(usize::MAX));
            if count == 0 {
                return Err(self.refuse(Problem::PastTheEnd, at, short(rest.len()), true));
            }
            run.write(at, &rest[..count]);
            (at, rest) = (at + count as u64, &rest[count..]);
        }
        Ok(())
    }

    /// Replaces a 32-bit word by `f` of it in one step and returns what it was.
    ///
    /// # Errors
    /// If the address is no multiple of four, not allocated, or may only be read.
    pub fn update32(&self, address: u64, f: impl Fn(u32) -> u32) -> Result<u32, AccessError> {
        self.aligned(address, 4)?;
        let run = self.run(address, 4, true)?;
        let Some([word]) = run.words::<1>(address) else {
            return Err(self.refuse(Problem::PastTheEnd, address, 4, true));
        };
        let mut old = word.load(Relaxed);
        while let Err(seen) = word.compare_exchange_weak(old, f(old), Relaxed, Relaxed) {
            old = seen;
        }
        Ok(old)
    }

    /// Replaces a 64-bit word by `f` of it, while no other 64-bit update of it runs, and returns what it was.
    ///
    /// # Errors
    /// If the address is no multiple of eight, not allocated, or may only be read.
    pub fn update64(&self, address: u64, f: impl Fn(u64) -> u64) -> Result<u64, AccessError> {
        self.aligned(address, 8)?;
        let run = self.run(address, 8, true)?;
        let lock = &self.locks[(address / 8) as usize % LOCKS];
        let _guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let Some([low, high]) = run.words::<2>(address) else {
            return Err(self.refuse(Problem::PastTheEnd, address, 8, true));
        };
        let old = u64::from(low.load(Relaxed)) | u64::from(high.load(Relaxed)) << 32;
        let new = f(old);
        low.store(new as u32, Relaxed);
        high.store((new >> 32) as u32, Relaxed);
        Ok(old)
    }

    fn aligned(&self, address: u64, alignment: u32) -> Result<(), AccessError> {
        if address.is_multiple_of(u64::from(alignment)) {
            return Ok(());
        }
        Err(self.refuse(Problem::Misaligned { alignment }, address, alignment, true))
    }

    fn covering(&self, address: u64, size: u32, write: bool) -> Result<&Allocation, AccessError> {
        match self.find(address) {
            Some(found) if found.covers(address, u64::from(size)) => Ok(found),
            Some(_) => Err(self.refuse(Problem::PastTheEnd, address, size, write)),
            None => Err(self.refuse(Problem::Unregistered, address, size, write)),
        }
    }

    fn refuse(&self, problem: Problem, address: u64, size: u32, write: bool) -> AccessError {
        AccessError { problem, write, address, size, nearest: self.nearest(address) }
    }

    /// The allocation whose first or last byte is nearest to `address`.
    pub fn nearest(&self, address: u64) -> Option<Nearest> {
        let after = self.allocations.partition_point(|a| a.base() <= address);
        let before = after.checked_sub(1).map(|at| &self.allocations[at]);
        let next = self.allocations.get(after);
        let distance =
            |a: &Allocation| address.saturating_sub(a.end()).max(a.base().saturating_sub(address));
        let nearest = before.into_iter().chain(next).min_by_key(|a| distance(a))?;
        Some(Nearest {
            name: nearest.name().to_owned(),
            base: nearest.base(),
            size: nearest.size(),
        })
    }
}

/// The run of `allocation` that begins at the word of `address`, which it covers.
fn run_of(allocation: &Allocation, address: u64, write: bool) -> Run<'_> {
    let first_word = allocation.base() & !3;
    let word = (address - first_word) / 4;
    let backing = allocation.backing();
    let words =
        if write { backing.writable(word as usize) } else { backing.readable(word as usize) };
    let origin = first_word + 4 * word;
    Run::new(origin, origin.max(allocation.base()), allocation.end(), words)
}

fn short(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
