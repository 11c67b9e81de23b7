//! The processor of this machine.
//!
//! This is the only file with foreign calls. What it relies on:
//! - a code object was written by Kiln's compiler, and checked, before it comes here: its kernels
//!   touch only what their argument block points to and the scratch memory they are given;
//! - the addresses in an argument block are those of live memory, looked up in the same call; what a
//!   kernel writes is never lent to it, because weights are inputs;
//! - processor-specific code is called only after the processor has been asked.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::os::fd::{AsRawFd, FromRawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kiln_cache::device::Peak;
use kiln_targets::Target;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::aligned::AlignedBytes;
use super::handles::Handles;
use super::lent::{Lent, Memory};
#[cfg(target_arch = "x86_64")]
use super::peak;
use super::pool::{Pool, Work};
use super::probe::{READ_BLOCK, Reading, canary};
use super::region::{Region, available_memory};
use super::{BufferId, Description, Device, KernelId, Launch, ObjectId, Pointer, elf, processor};
use crate::{Error, Result};

/// Memory that the bandwidth probe reads: well beyond any cache.
const PROBE_BYTES: u64 = 256 << 20;
/// Steps in a block of a peak burst, and blocks for each thread: some milliseconds together.
const BURST_STEPS: u64 = 2048;
const BURST_BLOCKS: u64 = 128;
/// Times that the canary runs; the fastest counts.
const CANARY_RUNS: usize = 3;

/// A kernel: argument block, scratch memory, workgroup numbers along x, y and z.
type Entry = unsafe extern "C" fn(*const u8, *mut u8, u32, u32, u32);

/// The processor, with threads that walk grids and memory for buffers.
#[derive(Debug)]
pub struct HostDevice {
    description: Description,
    pool: Pool,
    threads: usize,
    objects: Handles<Arc<Object>>,
    kernels: Handles<Symbol>,
    buffers: Handles<Memory>,
    probe: Option<Arc<Region>>,
    block: Vec<u8>,
}

impl HostDevice {
    /// The processor with as many threads as this process may use.
    ///
    /// # Errors
    /// If threads cannot be started.
    pub fn new() -> Result<Self> {
        let description = processor::describe();
        let threads = description.threads as usize;
        let pool = Pool::new(threads).map_err(|error| {
            Error::Unsupported(format!("cannot start {threads} threads: {error}"))
        })?;
        Ok(Self {
            description,
            pool,
            threads,
            objects: Handles::new("code object"),
            kernels: Handles::new("kernel"),
            buffers: Handles::new("buffer"),
            probe: None,
            block: Vec::new(),
        })
    }

    fn run_grid(&mut self, launch: &Launch) -> Result<()> {
        let entry = self.kernels.get(launch.kernel.0)?.entry;
        let blocks = launch.workgroups()?;
        let [x, y, _] = launch.grid.map(u64::from);
        let buffers = &mut self.buffers;
        launch.arguments.resolve(|pointer| address(buffers, pointer), &mut self.block)?;
        let grid = Grid { entry, kernarg: AlignedBytes::copy_of(&self.block), x, y };
        self.pool.run(Box::new(grid), blocks, self.threads, launch.lds_bytes as usize);
        Ok(())
    }

    /// The probe's memory, made on first use and kept.
    fn probe_memory(&mut self) -> Result<Arc<Region>> {
        if let Some(memory) = &self.probe {
            return Ok(Arc::clone(memory));
        }
        let memory = Arc::new(Region::new(PROBE_BYTES, 0)?);
        self.probe = Some(Arc::clone(&memory));
        Ok(memory)
    }
}

impl Device for HostDevice {
    fn describe(&self) -> &Description {
        &self.description
    }

    fn supports(&self, target: &Target) -> Result<()> {
        target.host_supports().map_err(Error::Unsupported)
    }

    fn load_object(&mut self, bytes: &[u8]) -> Result<ObjectId> {
        Ok(ObjectId(self.objects.insert(Arc::new(Object::open(bytes)?))))
    }

    fn unload_object(&mut self, object: ObjectId) -> Result<()> {
        let object = self.objects.remove(object.0)?;
        self.kernels.retain(|symbol| !Arc::ptr_eq(&symbol.object, &object));
        Ok(())
    }

    fn kernel(&mut self, object: ObjectId, symbol: &str) -> Result<KernelId> {
        let object = Arc::clone(self.objects.get(object.0)?);
        let entry = object.entry(symbol)?;
        Ok(KernelId(self.kernels.insert(Symbol { object, entry })))
    }

    fn alloc(&mut self, bytes: u64, red_zone: u32) -> Result<BufferId> {
        let region = Region::new(bytes, red_zone)?;
        Ok(BufferId(self.buffers.insert(Memory::Own(region))))
    }

    fn lend(&mut self, lent: &Lent) -> Result<BufferId> {
        Ok(BufferId(self.buffers.insert(Memory::Lent(lent.clone()))))
    }

    fn free(&mut self, buffer: BufferId) -> Result<()> {
        self.buffers.remove(buffer.0).map(drop)
    }

    fn write(&mut self, buffer: BufferId, offset: u64, bytes: &[u8]) -> Result<()> {
        let part = self.buffers.get_mut(buffer.0)?.part_mut(offset, bytes.len())?;
        part.copy_from_slice(bytes);
        Ok(())
    }

    fn read(&self, buffer: BufferId, offset: u64, into: &mut [u8]) -> Result<()> {
        into.copy_from_slice(self.buffers.get(buffer.0)?.part(offset, into.len())?);
        Ok(())
    }

    fn check_red_zones(&self, buffer: BufferId) -> Result<()> {
        self.buffers.get(buffer.0)?.check_red_zones()
    }

    fn available(&self) -> Option<u64> {
        Some(available_memory())
    }

    fn use_threads(&mut self, threads: u32) -> Result<()> {
        let all = self.pool.threads();
        match threads as usize {
            0 => self.threads = all,
            some if some <= all => self.threads = some,
            some => {
                let why = format!("{some} threads are asked for, this process may use {all}");
                return Err(Error::request(why));
            }
        }
        Ok(())
    }

    fn time(&mut self, sequence: &[&Launch]) -> Result<Duration> {
        let start = Instant::now();
        for launch in sequence {
            self.run_grid(launch)?;
        }
        Ok(start.elapsed())
    }

    fn canary(&mut self) -> Result<Duration> {
        let memory = self.probe_memory()?;
        let times = (0..CANARY_RUNS).map(|_| {
            let start = Instant::now();
            canary(&memory);
            start.elapsed()
        });
        Ok(times.min().unwrap_or_default())
    }

    fn bandwidth(&mut self) -> Result<f64> {
        let memory = self.probe_memory()?;
        let start = Instant::now();
        self.pool.run(Box::new(Reading { memory }), PROBE_BYTES / READ_BLOCK, self.threads, 0);
        Ok(PROBE_BYTES as f64 / start.elapsed().as_secs_f64())
    }

    fn peak(&mut self, arithmetic: Peak) -> Result<f64> {
        let Some(burst) = Burst::of(arithmetic) else {
            let why = format!("this processor has no {arithmetic:?} arithmetic to measure");
            return Err(Error::Unsupported(why));
        };
        let blocks = BURST_BLOCKS * self.threads as u64;
        let operations = blocks * BURST_STEPS * burst.operations;
        let start = Instant::now();
        self.pool.run(Box::new(burst), blocks, self.threads, 0);
        Ok(operations as f64 / start.elapsed().as_secs_f64())
    }
}

/// A loaded shared object.
///
/// The file stays open as long as the library: the system's loader compares names, and the name
/// is made of the file's number, which must not be given to another object meanwhile.
#[derive(Debug)]
struct Object {
    library: Library,
    _file: File,
}

impl Object {
    fn open(bytes: &[u8]) -> Result<Self> {
        elf::check_shared_object(bytes, elf::X86_64).map_err(Error::Load)?;
        let load = |error: &dyn fmt::Display| Error::Load(error.to_string());
        let mut file = anonymous_file().map_err(|error| load(&error))?;
        file.write_all(bytes).map_err(|error| load(&error))?;
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        // SAFETY: loading runs the object's initialisers; objects from the compiler have none.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        Ok(Self { library: library.map_err(|error| load(&error))?, _file: file })
    }

    fn entry(&self, symbol: &str) -> Result<Entry> {
        let missing = || Error::Load(format!("it has no symbol '{}'", symbol.escape_debug()));
        if symbol.is_empty() || symbol.contains('\0') {
            return Err(missing());
        }
        // SAFETY: the symbols of an object from the compiler are kernels, which have this type;
        // a null address is refused below, before anything could call it.
        let found = unsafe { self.library.get::<Option<Entry>>(symbol.as_bytes()) };
        let entry = found.map_err(|_| missing())?;
        (*entry).ok_or_else(missing)
    }
}

/// A kernel of an object that it keeps loaded.
#[derive(Debug)]
struct Symbol {
    object: Arc<Object>,
    entry: Entry,
}

/// Every workgroup of a launch, x fastest.
struct Grid {
    entry: Entry,
    kernarg: AlignedBytes,
    x: u64,
    y: u64,
}

impl Work for Grid {
    fn run(&self, blocks: Range<u64>, scratch: &mut [u8]) {
        let kernarg = self.kernarg.as_slice().as_ptr();
        let scratch = scratch.as_mut_ptr();
        for block in blocks {
            let (row, bx) = (block / self.x, block % self.x);
            let (bz, by) = (row / self.y, row % self.y);
            // SAFETY: the kernel's object is loaded until the launch is over, its pointers were
            // taken from live buffers for this launch, and the scratch memory is this thread's.
            unsafe { (self.entry)(kernarg, scratch, bx as u32, by as u32, bz as u32) };
        }
    }
}

/// Arithmetic to be done as fast as the processor can.
struct Burst {
    run: unsafe fn(u64) -> i32,
    /// Operations in a step.
    operations: u64,
}

impl Work for Burst {
    fn run(&self, blocks: Range<u64>, _scratch: &mut [u8]) {
        for _ in blocks {
            // SAFETY: `Burst::of` has asked the processor for the features of the function.
            std::hint::black_box(unsafe { (self.run)(BURST_STEPS) });
        }
    }
}

impl Burst {
    /// The fastest way that this processor has.
    #[cfg(target_arch = "x86_64")]
    fn of(arithmetic: Peak) -> Option<Self> {
        use std::is_x86_feature_detected as has;
        let burst = |run, operations| Some(Self { run, operations });
        let wide = has!("avx512f");
        match arithmetic {
            Peak::Dot4I8 if wide && has!("avx512vnni") => burst(peak::dot4_512, peak::DOT4_512),
            Peak::Dot4I8 if has!("avxvnni") => burst(peak::dot4_256, peak::DOT4_256),
            Peak::Dot4I8 if has!("avx2") => burst(peak::dot2_256, peak::DOT2_256),
            Peak::FmaF32 if wide => burst(peak::fma_512, peak::FMA_512),
            Peak::FmaF32 if has!("fma") => burst(peak::fma_256, peak::FMA_256),
            _ => None,
        }
    }

    /// The fastest way that this processor has.
    #[cfg(not(target_arch = "x86_64"))]
    fn of(_arithmetic: Peak) -> Option<Self> {
        None
    }
}

/// Asks the system to end this process when the thread that started it ends, so that nobody is
/// left with a device that no one will use again.
pub fn die_with_parent() {
    // SAFETY: the call has no memory arguments.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// A file in memory that disappears when it is closed.
fn anonymous_file() -> std::io::Result<File> {
    // SAFETY: the name is a string that ends in zero.
    let number = unsafe { libc::memfd_create(c"kiln-object".as_ptr(), libc::MFD_CLOEXEC) };
    if number < 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the number is that of the file opened above, which nothing else owns.
    Ok(unsafe { File::from_raw_fd(number) })
}

/// The address of a place in a buffer.
fn address(buffers: &mut Handles<Memory>, pointer: Pointer) -> Result<u64> {
    let memory = buffers.get_mut(pointer.buffer.0)?;
    pointer.inside(memory.len())?;
    Ok(memory.address() + pointer.plus)
}
