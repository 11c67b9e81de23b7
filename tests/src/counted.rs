//! A device that counts the memory that is taken of it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use kiln_cache::device::Peak;
use kiln_runtime::Result;
use kiln_runtime::device::{
    BufferId, Description, Device, HostDevice, KernelId, Launch, ObjectId, Pointer,
};
use kiln_targets::Target;

/// Bytes in buffers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// At this time.
    pub now: u64,
    /// The most there ever were.
    pub most: u64,
}

/// The processor, whose buffers are counted.
#[derive(Debug)]
pub struct Counted {
    host: HostDevice,
    taken: Rc<Cell<Taken>>,
    sizes: BTreeMap<BufferId, u64>,
}

impl Counted {
    /// A device, and where its memory is counted.
    ///
    /// # Errors
    /// If threads cannot be started.
    pub fn new() -> Result<(Self, Rc<Cell<Taken>>)> {
        let taken = Rc::<Cell<Taken>>::default();
        let sizes = BTreeMap::new();
        Ok((Self { host: HostDevice::new()?, taken: Rc::clone(&taken), sizes }, taken))
    }
}

impl Device for Counted {
    fn describe(&self) -> &Description {
        self.host.describe()
    }

    fn supports(&self, target: &Target) -> Result<()> {
        self.host.supports(target)
    }

    fn load_object(&mut self, bytes: &[u8]) -> Result<ObjectId> {
        self.host.load_object(bytes)
    }

    fn unload_object(&mut self, object: ObjectId) -> Result<()> {
        self.host.unload_object(object)
    }

    fn kernel(&mut self, object: ObjectId, symbol: &str) -> Result<KernelId> {
        self.host.kernel(object, symbol)
    }

    fn alloc(&mut self, bytes: u64, red_zone: u32) -> Result<BufferId> {
        let buffer = self.host.alloc(bytes, red_zone)?;
        self.sizes.insert(buffer, bytes);
        let now = self.taken.get().now + bytes;
        self.taken.set(Taken { now, most: self.taken.get().most.max(now) });
        Ok(buffer)
    }

    fn free(&mut self, buffer: BufferId) -> Result<()> {
        self.host.free(buffer)?;
        let taken = self.taken.get();
        let freed = self.sizes.remove(&buffer).unwrap_or_default();
        self.taken.set(Taken { now: taken.now - freed, ..taken });
        Ok(())
    }

    fn write(&mut self, buffer: BufferId, offset: u64, bytes: &[u8]) -> Result<()> {
        self.host.write(buffer, offset, bytes)
    }

    fn read(&self, buffer: BufferId, offset: u64, into: &mut [u8]) -> Result<()> {
        self.host.read(buffer, offset, into)
    }

    fn check_red_zones(&self, buffer: BufferId) -> Result<()> {
        self.host.check_red_zones(buffer)
    }

    fn use_threads(&mut self, threads: u32) -> Result<()> {
        self.host.use_threads(threads)
    }

    fn launch(&mut self, launch: &Launch) -> Result<()> {
        self.host.launch(launch)
    }

    fn run(&mut self, sequence: &[Launch]) -> Result<()> {
        self.host.run(sequence)
    }

    fn copy(&mut self, from: Pointer, to: Pointer, bytes: u64) -> Result<()> {
        self.host.copy(from, to, bytes)
    }

    fn available(&self) -> Option<u64> {
        self.host.available()
    }

    fn time(&mut self, sequence: &[&Launch]) -> Result<Duration> {
        self.host.time(sequence)
    }

    fn canary(&mut self) -> Result<Duration> {
        self.host.canary()
    }

    fn bandwidth(&mut self) -> Result<f64> {
        self.host.bandwidth()
    }

    fn peak(&mut self, arithmetic: Peak) -> Result<f64> {
        self.host.peak(arithmetic)
    }
}
