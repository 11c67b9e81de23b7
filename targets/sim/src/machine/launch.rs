//! Loading an object and running grids of its kernels.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use kiln_targets::Target;

use super::code::Code;
use super::dispatch::Dispatch;
use super::fault::{Fault, LaunchError};
use super::group::Group;
use super::kernarg;
use super::lanes::LANES;
use super::observer::Observer;
use crate::memory::{Access, Memory, Storage, View};
use crate::object::{CodeObject, KernelInfo};

/// Instructions that a wave may execute unless a launch says otherwise.
pub const BUDGET: u64 = 1 << 31;

/// Which workgroups of a grid run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Groups {
    /// All, in the order of x, then y, then z.
    #[default]
    All,
    /// These, in this order.
    Listed(Vec<[u32; 3]>),
}

/// One launch of a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The kernel's name.
    pub kernel: String,
    /// Workgroups along x, y and z.
    pub grid: [u32; 3],
    /// Work-items of a workgroup along x, y and z.
    pub block: [u32; 3],
    /// Arguments as the kernel reads them. What is missing of the kernel's size is zero; hidden arguments
    /// are the caller's to fill ([`kernarg::fill_hidden`](super::kernarg::fill_hidden)).
    pub kernarg: Vec<u8>,
    /// Bytes of LDS besides the kernel's own.
    pub dynamic_lds: u32,
    /// Which workgroups run.
    pub groups: Groups,
    /// Most instructions of a wave.
    pub budget: u64,
    /// Threads to run workgroups on; zero for as many as the machine has. Workgroups begin in order, and
    /// with one thread they also end in order, which makes float atomics reproducible. A workgroup that waits
    /// for one that begins later waits in vain, and uses up its budget.
    pub threads: usize,
}

impl Launch {
    /// A launch of the whole grid with the usual limits.
    pub fn new(kernel: &str, grid: [u32; 3], block: [u32; 3], kernarg: Vec<u8>) -> Self {
        Self {
            kernel: kernel.to_owned(),
            grid,
            block,
            kernarg,
            dynamic_lds: 0,
            groups: Groups::All,
            budget: BUDGET,
            threads: 0,
        }
    }
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunStats {
    /// Workgroups that ran.
    pub groups: u64,
    /// Waves that ran.
    pub waves: u64,
    /// Instructions executed, counted once a wave.
    pub instructions: u64,
}

/// An object loaded into an address space, ready to run.
#[derive(Debug)]
pub struct Machine {
    code: Arc<Code>,
    base: u64,
    kernels: Vec<KernelInfo>,
    memory: Arc<Memory>,
    limits: Limits,
    /// Whether the image's allocation is the machine's own.
    owned: bool,
}

/// What the chip allows of one workgroup.
#[derive(Debug, Clone, Copy)]
struct Limits {
    lds: u32,
    waves: u32,
}

impl Machine {
    /// Loads `object` into `memory` for the chip that `target` describes.
    ///
    /// # Errors
    /// If the image cannot be allocated.
    pub fn new(
        target: &Target,
        object: &CodeObject,
        memory: Arc<Memory>,
    ) -> Result<Self, LaunchError> {
        let writable = object.segments().iter().any(|segment| segment.writable);
        let access = if writable { Access::ReadWrite } else { Access::Read };
        let size = object.image().len().max(1) as u64;
        let base = memory.allocate("code object", size, access, Storage::Dense)?;
        let mut machine = Self::at(target, object, memory, base);
        machine.owned = true;
        // The allocation has just been made and holds the image.
        let _ = machine.memory.write(base, &object.image_at(base));
        Ok(machine)
    }

    /// As [`Machine::new`] for an object whose image, [`CodeObject::image_at`], the caller has put into an
    /// allocation at `base` and keeps there.
    pub fn at(target: &Target, object: &CodeObject, memory: Arc<Memory>, base: u64) -> Self {
        let image = object.image_at(base);
        let parts = object.code().filter_map(|range| {
            let start = range.start as u64;
            image.get(range).map(|bytes| (base + start, bytes))
        });
        let code = Arc::new(Code::new(parts));
        let limits = Limits { lds: target.lds_bytes_per_group, waves: target.max_waves_per_group };
        Self { code, base, kernels: object.kernels().to_vec(), memory, limits, owned: false }
    }

    /// The same object in a [fork](Memory::fork) of this machine's address space, or another that has its
    /// image at the same place. What of the code was made ready serves both.
    #[must_use]
    pub fn within(&self, memory: Arc<Memory>) -> Self {
        let (code, kernels) = (Arc::clone(&self.code), self.kernels.clone());
        Self { code, kernels, memory, owned: false, ..*self }
    }

    /// The address that the object's image begins at.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// The kernels.
    pub fn kernels(&self) -> &[KernelInfo] {
        &self.kernels
    }

    /// The address space.
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// Runs a launch. `observe` makes the observer of each workgroup, which lives until the workgroup ends;
    /// `|_| ()` watches nothing.
    ///
    /// # Errors
    /// If the launch does not fit the kernel or the chip, or a wave cannot go on. Of several faults it is
    /// the first one seen; workgroups that had begun have written what they wrote.
    pub fn run<O: Observer>(
        &self,
        launch: &Launch,
        observe: impl Fn([u32; 3]) -> O + Sync,
    ) -> Result<RunStats, LaunchError> {
        let kernel = self.kernel(&launch.kernel)?;
        let waves = self.check(kernel, launch)?;
        let dispatch = Dispatch::new(&self.memory, self.base, kernel, launch)?;
        let job = Job {
            machine: self,
            kernel,
            launch,
            dispatch: &dispatch,
            view: self.memory.view(),
            waves,
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            fault: Mutex::new(None),
            instructions: AtomicU64::new(0),
        };
        let count = job.count();
        let available = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if launch.threads == 0 { available() } else { launch.threads };
        if threads.min(count) <= 1 {
            job.work(&observe);
        } else {
            std::thread::scope(|scope| {
                for _ in 0..threads.min(count) {
                    scope.spawn(|| job.work(&observe));
                }
            });
        }
        if let Some(fault) = job.fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(LaunchError::Fault(Box::new(fault)));
        }
        let (groups, waves) = (count as u64, count as u64 * u64::from(waves));
        Ok(RunStats { groups, waves, instructions: job.instructions.into_inner() })
    }

    fn kernel(&self, name: &str) -> Result<&KernelInfo, LaunchError> {
        self.kernels.iter().find(|kernel| kernel.name == name).ok_or_else(|| {
            let known = self.kernels.iter().map(|kernel| kernel.name.clone()).collect();
            LaunchError::NoKernel { name: name.to_owned(), known }
        })
    }

    /// Checks the shape of a launch and gives the waves of a workgroup.
    fn check(&self, kernel: &KernelInfo, launch: &Launch) -> Result<u32, LaunchError> {
        let problem =
            |problem: String| Err(LaunchError::Shape { kernel: kernel.name.clone(), problem });
        if !kernel.wave32 {
            return problem("it was compiled for waves of 64 lanes; compile it for 32".to_owned());
        }
        let items = launch.block.iter().map(|&n| u64::from(n)).product::<u64>();
        let most = match kernel.max_flat_workgroup_size {
            0 => u64::from(self.limits.waves) * LANES as u64,
            limit => u64::from(limit).min(u64::from(self.limits.waves) * LANES as u64),
        };
        if items == 0 || items > most {
            return problem(format!("{items} work-items a group; it takes 1 to {most}"));
        }
        if let Some(required) = kernel.required_workgroup_size.filter(|r| *r != launch.block) {
            return problem(format!(
                "groups of {:?}; it was compiled for {required:?}",
                launch.block
            ));
        }
        let lds = u64::from(kernel.group_segment) + u64::from(launch.dynamic_lds);
        if lds > u64::from(self.limits.lds) {
            return problem(format!(
                "{lds} bytes of LDS; the chip has {} a group",
                self.limits.lds
            ));
        }
        if launch.kernarg.len() > kernarg::LARGEST {
            return problem(format!("{} bytes of arguments", launch.kernarg.len()));
        }
        if launch.grid.iter().map(|&n| u128::from(n)).product::<u128>() > u128::from(u32::MAX) {
            return problem(format!("a grid of {:?} groups; it takes up to 2^32 - 1", launch.grid));
        }
        if let Groups::Listed(listed) = &launch.groups {
            let outside = listed.iter().find(|id| (0..3).any(|axis| id[axis] >= launch.grid[axis]));
            if let Some(id) = outside {
                return problem(format!("group {id:?} is not in the grid of {:?}", launch.grid));
            }
        }
        Ok((items as u32).div_ceil(LANES as u32))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if self.owned {
            // A host may have freed it already, and then there is nothing left to do.
            let _ = self.memory.free(self.base);
        }
    }
}

/// One run, shared by its threads.
struct Job<'a> {
    machine: &'a Machine,
    kernel: &'a KernelInfo,
    launch: &'a Launch,
    dispatch: &'a Dispatch<'a>,
    view: View,
    waves: u32,
    next: AtomicUsize,
    stop: AtomicBool,
    fault: Mutex<Option<Fault>>,
    instructions: AtomicU64,
}

impl Job<'_> {
    fn count(&self) -> usize {
        match &self.launch.groups {
            Groups::All => self.launch.grid.iter().map(|&n| n as usize).product(),
            Groups::Listed(listed) => listed.len(),
        }
    }

    fn id(&self, index: usize) -> [u32; 3] {
        match &self.launch.groups {
            Groups::Listed(listed) => listed[index],
            Groups::All => {
                let [x, y, _] = self.launch.grid.map(|n| n as usize);
                [index % x, index / x % y, index / x / y].map(|n| n as u32)
            }
        }
    }

    /// Runs workgroups until there are none left or one fails.
    fn work<O: Observer>(&self, observe: &(impl Fn([u32; 3]) -> O + Sync)) {
        let count = self.count();
        let mut group = Group::new(
            &self.machine.code,
            &self.view,
            self.kernel,
            self.launch,
            self.dispatch,
            self.waves,
        );
        while !self.stop.load(Relaxed) {
            let index = self.next.fetch_add(1, Relaxed);
            if index >= count {
                return;
            }
            let id = self.id(index);
            match group.run(id, &mut observe(id)) {
                Ok(instructions) => {
                    self.instructions.fetch_add(instructions, Relaxed);
                }
                Err(fault) => {
                    self.stop.store(true, Relaxed);
                    let mut first = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert(*fault);
                }
            }
        }
    }
}
