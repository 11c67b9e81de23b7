//! The simulator of a GPU, in this process.
//!
//! - [`Device::launch`] executes every workgroup, under the sanitizer: a kernel that only works by luck fails its
//!   launch. The device goes on after a failed launch.
//! - Times are modelled, never measured.

use std::sync::Arc;
use std::time::Duration;

use kiln_cache::device::Peak;
use kiln_sim::machine::kernarg::fill_hidden;
use kiln_sim::machine::{self, LaunchError, Machine};
use kiln_sim::memory::{Access, AccessError, LARGEST, Memory, Storage};
use kiln_sim::object::CodeObject;
use kiln_sim::strict::Sanitizer;
use kiln_sim::time::{Estimate, estimate};
use kiln_targets::{Backend, DType, Target};

use super::handles::Handles;
use super::{BufferId, Description, Device, KernelId, Launch, ObjectId, Pointer, elf, guard};
use crate::{Error, Result};

/// Buffers up to this size are kept whole, larger ones in pages that exist once written to.
const DENSE_UP_TO: u64 = 64 << 20;

/// A simulated GPU.
#[derive(Debug)]
pub struct SimDevice {
    target: Target,
    description: Description,
    memory: Arc<Memory>,
    objects: Handles<Arc<Code>>,
    kernels: Handles<Kernel>,
    buffers: Handles<Buffer>,
}

/// A loaded object.
#[derive(Debug)]
struct Code {
    object: CodeObject,
    machine: Machine,
}

/// A kernel of an object that it keeps loaded.
#[derive(Debug)]
struct Kernel {
    code: Arc<Code>,
    name: String,
    /// The launches whose times were modelled, apart from where their buffers lie, and the times:
    /// alone, and behind others.
    times: Vec<(Launch, [f64; 2])>,
}

/// Device memory between two red zones.
#[derive(Clone, Copy, Debug)]
struct Buffer {
    /// Address of the first byte, red zone included.
    base: u64,
    bytes: u64,
    red_zone: u64,
}

impl SimDevice {
    /// A device of that chip.
    ///
    /// # Errors
    /// If the target is not a GPU.
    pub fn new(target: Target) -> Result<Self> {
        if target.backend != Backend::AmdGpu {
            let why = format!("{} is not a GPU, which is what the simulator executes", target.name);
            return Err(Error::Unsupported(why));
        }
        Ok(Self {
            description: describe(&target),
            target,
            memory: Arc::new(Memory::new()),
            objects: Handles::new("code object"),
            kernels: Handles::new("kernel"),
            buffers: Handles::new("buffer"),
        })
    }

    fn buffer(&self, buffer: BufferId) -> Result<Buffer> {
        self.buffers.get(buffer.0).copied()
    }

    /// The code of a launch, and the launch as the simulator takes it.
    fn prepare(&self, launch: &Launch) -> Result<(Arc<Code>, machine::Launch)> {
        let kernel = self.kernels.get(launch.kernel.0)?;
        launch.workgroups()?;
        let mut block = Vec::new();
        launch.arguments.resolve(|pointer| self.address(pointer), &mut block)?;
        let code = Arc::clone(&kernel.code);
        let info = code.object.kernel_named(&kernel.name);
        let info = info.expect("a kernel that was found should stay in its object");
        let threads = [launch.threads, 1, 1];
        // What a kernel declares itself is part of the local memory that a launch states.
        let lds = launch.lds_bytes.saturating_sub(info.group_segment);
        fill_hidden(info, launch.grid, threads, lds, &mut block);
        let prepared = machine::Launch::new(&kernel.name, launch.grid, threads, block);
        Ok((code, machine::Launch { dynamic_lds: lds, ..prepared }))
    }

    /// The modelled time of a launch alone, and what it adds to a queue. They do not depend on where the buffers
    /// lie, and are worked out once for all launches that differ in nothing else.
    fn microseconds(&mut self, launch: &Launch) -> Result<[f64; 2]> {
        let (code, prepared) = self.prepare(launch)?;
        let arguments = launch.arguments.with_buffers(|_| BufferId(0));
        let alike = Launch { arguments, ..launch.clone() };
        let kernel = self.kernels.get(launch.kernel.0)?;
        if let Some((_, times)) = kernel.times.iter().find(|(known, _)| *known == alike) {
            return Ok(*times);
        }
        let estimate = self.estimate(&code, &prepared)?;
        let times = [estimate.microseconds, estimate.queued_microseconds];
        self.kernels.get_mut(launch.kernel.0)?.times.push((alike, times));
        Ok(times)
    }

    /// Models one launch. Some workgroups are executed for it, on a copy of the memory.
    ///
    /// # Errors
    /// If the launch is wrong, or the model cannot time it.
    pub fn explain(&self, launch: &Launch) -> Result<Estimate> {
        let (code, prepared) = self.prepare(launch)?;
        self.estimate(&code, &prepared)
    }

    fn estimate(&self, code: &Code, launch: &machine::Launch) -> Result<Estimate> {
        let fork = Arc::new(self.memory.fork());
        let modelled = estimate(&self.target, &code.object, launch, &fork);
        modelled.map_err(|error| Error::Unsupported(error.to_string()))
    }

    /// The address of a place in a buffer.
    fn address(&self, pointer: Pointer) -> Result<u64> {
        let buffer = self.buffer(pointer.buffer)?;
        pointer.inside(buffer.bytes)?;
        Ok(buffer.start() + pointer.plus)
    }

    /// Reads whatever is allocated.
    fn peek(&self, address: u64, into: &mut [u8]) -> Result<()> {
        let fail = |error: AccessError| Error::request(error.to_string());
        if into.is_empty() { Ok(()) } else { self.memory.read(address, into).map_err(fail) }
    }

    /// Writes whatever is allocated.
    fn poke(&self, address: u64, bytes: &[u8]) -> Result<()> {
        let fail = |error: AccessError| Error::request(error.to_string());
        if bytes.is_empty() { Ok(()) } else { self.memory.write(address, bytes).map_err(fail) }
    }
}

impl Device for SimDevice {
    fn describe(&self) -> &Description {
        &self.description
    }

    fn supports(&self, target: &Target) -> Result<()> {
        if *target == self.target {
            return Ok(());
        }
        let (own, other) = (&self.target.name, &target.name);
        Err(Error::Unsupported(format!("the simulator runs code for {own}, not for {other}")))
    }

    fn load_object(&mut self, bytes: &[u8]) -> Result<ObjectId> {
        elf::check_shared_object(bytes, elf::AMDGPU).map_err(Error::Load)?;
        let object = CodeObject::parse(bytes).map_err(|error| Error::Load(error.to_string()))?;
        let machine = Machine::new(&self.target, &object, Arc::clone(&self.memory));
        let machine = machine.map_err(|error| Error::Load(error.to_string()))?;
        Ok(ObjectId(self.objects.insert(Arc::new(Code { object, machine }))))
    }

    fn unload_object(&mut self, object: ObjectId) -> Result<()> {
        let code = self.objects.remove(object.0)?;
        self.kernels.retain(|kernel| !Arc::ptr_eq(&kernel.code, &code));
        Ok(())
    }

    fn kernel(&mut self, object: ObjectId, symbol: &str) -> Result<KernelId> {
        let code = Arc::clone(self.objects.get(object.0)?);
        if code.object.kernel_named(symbol).is_none() {
            let why = format!("it has no symbol '{}'", symbol.escape_debug());
            return Err(Error::Load(why));
        }
        Ok(KernelId(self.kernels.insert(Kernel {
            code,
            name: symbol.to_owned(),
            times: Vec::new(),
        })))
    }

    fn alloc(&mut self, bytes: u64, red_zone: u32) -> Result<BufferId> {
        let red_zone = u64::from(red_zone);
        let whole = bytes.saturating_add(2 * red_zone).max(1);
        let storage = if whole <= DENSE_UP_TO { Storage::Dense } else { Storage::Sparse };
        let name = format!("buffer {}", self.buffers.next());
        let base = self.memory.allocate(&name, whole, Access::ReadWrite, storage);
        let base = base.map_err(|_| Error::OutOfMemory { wanted: whole, available: LARGEST })?;
        let buffer = Buffer { base, bytes, red_zone };
        for at in [0, red_zone + bytes] {
            let mut zone = vec![0; red_zone as usize];
            guard::fill(&mut zone, at as usize);
            self.poke(base + at, &zone)?;
        }
        Ok(BufferId(self.buffers.insert(buffer)))
    }

    fn free(&mut self, buffer: BufferId) -> Result<()> {
        let buffer = self.buffers.remove(buffer.0)?;
        self.memory.free(buffer.base).map_err(|error| Error::request(error.to_string()))
    }

    fn write(&mut self, buffer: BufferId, offset: u64, bytes: &[u8]) -> Result<()> {
        self.poke(self.buffer(buffer)?.part(offset, bytes.len())?, bytes)
    }

    fn read(&self, buffer: BufferId, offset: u64, into: &mut [u8]) -> Result<()> {
        self.peek(self.buffer(buffer)?.part(offset, into.len())?, into)
    }

    fn check_red_zones(&self, buffer: BufferId) -> Result<()> {
        let buffer = self.buffer(buffer)?;
        let mut zones = [0, 1].map(|_| vec![0; buffer.red_zone as usize]);
        let end = buffer.red_zone + buffer.bytes;
        for (zone, at) in zones.iter_mut().zip([0, end]) {
            self.peek(buffer.base + at, zone)?;
        }
        guard::check((0, &zones[0]), (end as usize, &zones[1]))
    }

    fn use_threads(&mut self, _threads: u32) -> Result<()> {
        Ok(())
    }

    fn launch(&mut self, launch: &Launch) -> Result<()> {
        let (code, launch) = self.prepare(launch)?;
        let sanitizer = Sanitizer::new(&self.target);
        code.machine.run(&launch, |_| sanitizer.watch()).map_err(failed)?;
        let report = sanitizer.report();
        if report.is_clean() { Ok(()) } else { Err(Error::Launch(report.to_string())) }
    }

    /// The sum of the modelled times, all but the first of launches that queue. Some workgroups are executed
    /// for them, on a copy of the memory.
    fn time(&mut self, sequence: &[&Launch]) -> Result<Duration> {
        let times = sequence.iter().enumerate().map(|(at, launch)| {
            let [first, queued] = self.microseconds(launch)?;
            Ok(if at == 0 { first } else { queued })
        });
        let total = times.sum::<Result<f64>>()?;
        Ok(Duration::from_secs_f64(total / 1e6))
    }

    fn canary(&mut self) -> Result<Duration> {
        let microseconds = self.target.timing.launch_us.unwrap_or(0.0);
        Ok(Duration::from_secs_f64(microseconds / 1e6))
    }

    /// The figure of the chip's file.
    fn bandwidth(&mut self) -> Result<f64> {
        let stated = self.target.timing.dram_gbps.map(|rate| rate * 1e9);
        stated.ok_or_else(|| self.unstated("memory bandwidth"))
    }

    /// The figure that follows from the chip's file.
    fn peak(&mut self, arithmetic: Peak) -> Result<f64> {
        let [factor, sum] = match arithmetic {
            Peak::MatrixF16 => [DType::F16, DType::F32],
            Peak::MatrixI8 => [DType::I8, DType::I32],
            Peak::MatrixI4 => [DType::I4, DType::I32],
            Peak::FmaF32 => [DType::F32, DType::F32],
            Peak::Dot4I8 => return Err(self.unstated("rate of byte products outside matrices")),
        };
        let atom = self.target.atom_for(factor, factor, sum).ok();
        let rate = atom.and_then(|atom| {
            Some(self.target.timing.atom_rate_hz(&atom.name)? * atom.operations() as f64)
        });
        rate.ok_or_else(|| self.unstated("rate of that arithmetic"))
    }
}

impl SimDevice {
    fn unstated(&self, what: &str) -> Error {
        Error::Unsupported(format!("the file of {} does not state a {what}", self.target.name))
    }
}

impl Buffer {
    /// Address of the first byte between the red zones.
    fn start(self) -> u64 {
        self.base + self.red_zone
    }

    /// The address of some bytes.
    fn part(self, offset: u64, bytes: usize) -> Result<u64> {
        Ok(self.start() + guard::inside(self.bytes, offset, bytes)?)
    }
}

fn failed(error: LaunchError) -> Error {
    match error {
        LaunchError::Fault(fault) => Error::Launch(fault.to_string()),
        other => Error::request(other.to_string()),
    }
}

fn describe(target: &Target) -> Description {
    let fingerprint = [("chip", target.name.as_str()), ("simulator", env!("CARGO_PKG_VERSION"))];
    Description {
        name: format!("{} (simulated)", target.description),
        backend: "sim",
        fingerprint: fingerprint.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        threads: 1,
        // Nothing is measured, so that nothing has to be cold.
        cache_bytes: 0,
        modelled: true,
    }
}
