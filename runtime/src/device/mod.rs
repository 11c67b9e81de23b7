//! Memory, code and launches of one machine.
//!
//! Invariants of every [`Device`]:
//! - handles are never reused: one that outlived its object, kernel or buffer is refused;
//! - work is complete when a call returns;
//! - equal launches on equal memory give equal results, whatever the number of threads.

mod aligned;
mod elf;
mod fill;
mod guard;
mod handles;
// The one place that calls the HIP runtime.
#[allow(unsafe_code, reason = "foreign calls are kept in this one directory")]
mod hip;
// The one place of foreign calls: opening objects, calling kernels, processor-specific code.
#[allow(unsafe_code, reason = "foreign calls are kept in this one file")]
mod host;
mod kind;
mod launch;
mod lent;
#[cfg(target_arch = "x86_64")]
mod peak;
mod pool;
mod probe;
mod processor;
mod region;
mod sim;

use std::collections::BTreeMap;
use std::time::Duration;

use kiln_cache::device::Peak;
use kiln_targets::Target;

pub use fill::fill;
pub use hip::HipDevice;
pub use host::{HostDevice, die_with_parent};
pub use kind::{DeviceKind, open};
pub use launch::{Arguments, Launch, Operands, Pointer};
pub use lent::{Lent, Pages};
pub use sim::SimDevice;

use crate::Result;

/// Bytes that a copy through the host's memory holds at a time.
const COPIED_AT_ONCE: u64 = 4 << 20;

/// A loaded code object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(u32);

/// A symbol of a loaded code object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KernelId(u32);

/// A piece of device memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BufferId(u32);

/// Numbers of handles, for devices that are made elsewhere.
macro_rules! numbered {
    ($($handle:ident),*) => {$(
        impl $handle {
            /// The handle of that number.
            pub const fn new(number: u32) -> Self {
                Self(number)
            }

            /// Its number.
            pub const fn number(self) -> u32 {
                self.0
            }
        }
    )*};
}

numbered!(ObjectId, KernelId, BufferId);

/// What a device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Name for people.
    pub name: String,
    /// `host`, `hip` or `sim`.
    pub backend: &'static str,
    /// What measurements depend on: processor, threads, caches, memory, operating system.
    pub fingerprint: BTreeMap<String, String>,
    /// Threads that launches run on unless told otherwise; 1 for devices without threads.
    pub threads: u32,
    /// Bytes of cache that a cold operand must not fit in.
    pub cache_bytes: u64,
    /// Whether times are computed from a description of the chip instead of measured.
    pub modelled: bool,
}

/// One machine that executes code objects.
pub trait Device {
    /// Who the device is.
    fn describe(&self) -> &Description;

    /// Whether the device executes code built for a target.
    ///
    /// # Errors
    /// Says what is missing.
    fn supports(&self, target: &Target) -> Result<()>;

    /// Loads a linked code object. The code is trusted: it must come from Kiln's compiler, whose
    /// work was checked before it was packed.
    ///
    /// # Errors
    /// If the bytes are not a code object that this device can load.
    fn load_object(&mut self, bytes: &[u8]) -> Result<ObjectId>;

    /// Unloads a code object; its kernels' handles become unknown.
    ///
    /// # Errors
    /// If the handle is unknown.
    fn unload_object(&mut self, object: ObjectId) -> Result<()>;

    /// Looks a kernel up in a loaded object.
    ///
    /// # Errors
    /// If the object has no such symbol.
    fn kernel(&mut self, object: ObjectId, symbol: &str) -> Result<KernelId>;

    /// Makes a buffer of zeros, with `red_zone` guard bytes before and after it.
    ///
    /// # Errors
    /// If the memory is not available.
    fn alloc(&mut self, bytes: u64, red_zone: u32) -> Result<BufferId>;

    /// Makes a buffer of bytes that are lent to the device, which only reads them. One that cannot
    /// read them where they lie takes memory and copies them.
    ///
    /// # Errors
    /// If the memory is not available.
    fn lend(&mut self, lent: &Lent) -> Result<BufferId> {
        lent.copied(self)
    }

    /// Frees a buffer.
    ///
    /// # Errors
    /// If the handle is unknown.
    fn free(&mut self, buffer: BufferId) -> Result<()>;

    /// Copies bytes into a buffer.
    ///
    /// # Errors
    /// If they do not lie inside the buffer.
    fn write(&mut self, buffer: BufferId, offset: u64, bytes: &[u8]) -> Result<()>;

    /// Copies bytes out of a buffer.
    ///
    /// # Errors
    /// If they do not lie inside the buffer.
    fn read(&self, buffer: BufferId, offset: u64, into: &mut [u8]) -> Result<()>;

    /// Compares the guard bytes of a buffer with their pattern.
    ///
    /// # Errors
    /// Names the damaged byte nearest to the buffer.
    fn check_red_zones(&self, buffer: BufferId) -> Result<()>;

    /// Uses this many host threads from now on; 0 means all. Devices without threads ignore it.
    ///
    /// # Errors
    /// If there are fewer.
    fn use_threads(&mut self, threads: u32) -> Result<()>;

    /// Launches and waits.
    ///
    /// # Errors
    /// If a handle is unknown, an argument points outside its buffer, or the launch fails.
    fn launch(&mut self, launch: &Launch) -> Result<()> {
        self.time(&[launch]).map(|_| ())
    }

    /// Launches one after the other and waits for the last.
    ///
    /// # Errors
    /// As [`Device::launch`].
    fn run(&mut self, sequence: &[Launch]) -> Result<()> {
        sequence.iter().try_for_each(|launch| self.launch(launch))
    }

    /// Copies bytes from one buffer, or place in it, to another that they do not overlap.
    ///
    /// # Errors
    /// If they do not lie inside the buffers.
    fn copy(&mut self, from: Pointer, to: Pointer, bytes: u64) -> Result<()> {
        let mut held = vec![0; bytes.min(COPIED_AT_ONCE) as usize];
        let mut done = 0;
        while done < bytes {
            let part = (bytes - done).min(COPIED_AT_ONCE);
            let part = &mut held[..part as usize];
            self.read(from.buffer, from.plus + done, part)?;
            self.write(to.buffer, to.plus + done, part)?;
            done += part.len() as u64;
        }
        Ok(())
    }

    /// Bytes of memory that buffers can still take, where the device can say.
    fn available(&self) -> Option<u64> {
        None
    }

    /// Launches one after the other and waits: the time from the start of the first to the end
    /// of the last, with nothing in between that serving would not do. A device whose times are
    /// modelled works them out and leaves the work undone.
    ///
    /// # Errors
    /// As [`Device::launch`].
    fn time(&mut self, sequence: &[&Launch]) -> Result<Duration>;

    /// Time of a fixed piece of reference work on one thread, for noticing drift.
    ///
    /// # Errors
    /// If the device fails.
    fn canary(&mut self) -> Result<Duration>;

    /// Read bandwidth of memory beyond every cache, one pass, in bytes per second.
    ///
    /// # Errors
    /// If the memory for it is not available.
    fn bandwidth(&mut self) -> Result<f64>;

    /// Peak rate of an arithmetic, one short burst, in operations per second; a multiply-add
    /// counts as two.
    ///
    /// # Errors
    /// If the device has no such arithmetic.
    fn peak(&mut self, arithmetic: Peak) -> Result<f64>;
}
