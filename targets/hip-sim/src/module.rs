//! Modules: loaded code objects, their kernels, and launches.
//!
//! An object lies in pages of its own, at an address that the host sees as well: its variables are read and
//! written like any other device memory, and keep their values between launches.

use std::sync::{Arc, Mutex, PoisonError};

use kiln_sim::machine::kernarg::fill_hidden;
use kiln_sim::machine::{self, Machine};
use kiln_sim::memory::Access;
use kiln_sim::object::{Arg, ArgKind, CodeObject, KernelInfo};
use kiln_targets::Target;

use crate::error::{Error, Result};
use crate::launch::Launch;
use crate::memory::{Kind, Memory};
use crate::raw::Place;
use crate::report;

/// Argument blocks begin and may end at multiples of this.
const KERNARG_ALIGNMENT: u32 = 16;

/// Launches of a module whose times are remembered.
const MOST_TIMES: usize = 256;

/// What launches may ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Threads of a block.
    pub(crate) threads: u32,
    /// Bytes of LDS of a block.
    pub(crate) lds: u32,
}

impl Limits {
    /// Those of a chip.
    pub(crate) fn of(target: &Target) -> Self {
        Self { threads: target.max_waves_per_group * target.lanes, lds: target.lds_bytes_per_group }
    }
}

/// A loaded code object.
#[derive(Debug)]
pub(crate) struct Module {
    code: Arc<Code>,
    place: Place,
}

/// What launches keep alive.
#[derive(Debug)]
struct Code {
    object: CodeObject,
    machine: Machine,
    /// Launches whose times were modelled, and the times in microseconds.
    times: Mutex<Vec<(machine::Launch, f64)>>,
}

impl Module {
    /// Loads a code object for a chip into new pages.
    ///
    /// # Errors
    /// If it is damaged, for another chip, or memory is short.
    pub(crate) fn load(bytes: &[u8], target: &Target, memory: &mut Memory) -> Result<Self> {
        let object = CodeObject::parse(bytes).map_err(|error| {
            report::say(&format!("cannot load a code object: {error}"));
            Error::InvalidImage
        })?;
        let chip = object.target().rsplit('-').next().and_then(|chip| chip.split(':').next());
        if chip != Some(target.cpu.as_str()) {
            let (found, wanted) = (object.target(), &target.name);
            report::say(&format!("a code object for {found} does not run on {wanted}"));
            return Err(Error::NoBinaryForGpu);
        }
        let writable = object.segments().iter().any(|segment| segment.writable);
        let access = if writable { Access::ReadWrite } else { Access::Read };
        let place = memory.allocate(object.image().len(), Kind::Module, 0, access)?;
        let base = place.address();
        place.store(&object.image_at(base))?;
        let machine = Machine::at(target, &object, memory.space(), base);
        Ok(Self { code: Arc::new(Code { object, machine, times: Mutex::default() }), place })
    }

    /// Gives the pages back.
    ///
    /// # Errors
    /// If they are gone already.
    pub(crate) fn unload(self, memory: &mut Memory) -> Result {
        memory.free(self.place, &[Kind::Module])
    }

    /// Number of kernels.
    pub(crate) fn kernels(&self) -> usize {
        self.code.object.kernels().len()
    }

    /// The kernel of a name.
    pub(crate) fn function(&self, name: &str) -> Option<Function> {
        let kernel = self.code.object.kernels().iter().position(|kernel| kernel.name == name)?;
        Some(Function { code: Arc::clone(&self.code), kernel })
    }

    /// Address and size of a variable.
    pub(crate) fn global(&self, name: &str) -> Option<(u64, usize)> {
        let symbol = self.code.object.symbols().iter().find(|symbol| symbol.name == name)?;
        Some((self.place.address() + symbol.address, symbol.size as usize))
    }
}

/// A kernel of a module.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    code: Arc<Code>,
    kernel: usize,
}

impl Function {
    /// What the object says of the kernel.
    pub(crate) fn info(&self) -> &KernelInfo {
        &self.code.object.kernels()[self.kernel]
    }

    /// What executes it.
    pub(crate) fn machine(&self) -> &Machine {
        &self.code.machine
    }

    /// The object that it comes from.
    pub(crate) fn object(&self) -> &CodeObject {
        &self.code.object
    }

    /// The time of a launch that was modelled before, else what `model` says.
    pub(crate) fn known_time(&self, launch: &machine::Launch, model: impl FnOnce() -> f64) -> f64 {
        let mut times = self.code.times.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, time)) = times.iter().find(|(known, _)| known == launch) {
            return *time;
        }
        if times.len() >= MOST_TIMES {
            times.clear();
        }
        let time = model();
        times.push((launch.clone(), time));
        time
    }

    /// Whether it is one of a module's.
    pub(crate) fn is_of(&self, module: &Module) -> bool {
        Arc::ptr_eq(&self.code, &module.code)
    }

    /// Whether it may be launched without arguments.
    pub(crate) fn is_without_arguments(&self) -> bool {
        self.explicit().next().is_none()
    }

    fn explicit(&self) -> impl Iterator<Item = &Arg> {
        let by_caller = |arg: &&Arg| matches!(arg.kind, ArgKind::ByValue | ArgKind::GlobalBuffer);
        self.info().args.iter().filter(by_caller)
    }

    /// The argument block, from a pointer to each argument.
    ///
    /// # Errors
    /// If one of them is null.
    pub(crate) fn gather(&self, place: impl Fn(usize) -> Result<Place>) -> Result<Vec<u8>> {
        let mut block = vec![0; self.info().kernarg_size as usize];
        for (index, arg) in self.explicit().enumerate() {
            let bytes = place(index)?.bytes(arg.size as usize)?;
            let at = arg.offset as usize;
            let to = block.get_mut(at..at + bytes.len()).ok_or(Error::InvalidImage)?;
            to.copy_from_slice(&bytes);
        }
        Ok(block)
    }

    /// A launch of this kernel.
    ///
    /// # Errors
    /// If a limit of the chip or of the kernel is exceeded, or the block is too long.
    pub(crate) fn launch(
        &self,
        limits: &Limits,
        grid: [u32; 3],
        block: [u32; 3],
        lds: u32,
        mut kernarg: Vec<u8>,
    ) -> Result<Launch> {
        let info = self.info();
        let threads = block.iter().try_fold(1u32, |all, extent| all.checked_mul(*extent));
        let fits = threads.is_some_and(|threads| threads <= self.most_threads(limits));
        if grid.contains(&0) || block.contains(&0) || !fits {
            return Err(Error::InvalidConfiguration);
        }
        if grid.iter().map(|extent| u128::from(*extent)).product::<u128>() > u32::MAX.into() {
            return Err(Error::InvalidConfiguration);
        }
        if info.required_workgroup_size.is_some_and(|required| required != block) {
            return Err(Error::InvalidConfiguration);
        }
        if info.group_segment.checked_add(lds).is_none_or(|lds| lds > limits.lds) {
            return Err(Error::LaunchOutOfResources);
        }
        // A C structure of the arguments may end in padding.
        if kernarg.len() > info.kernarg_size.next_multiple_of(KERNARG_ALIGNMENT) as usize {
            return Err(Error::InvalidValue);
        }
        kernarg.resize(info.kernarg_size as usize, 0);
        fill_hidden(info, grid, block, lds, &mut kernarg);
        Ok(Launch::new(self.clone(), grid, block, lds, kernarg))
    }

    /// Most threads of a block.
    pub(crate) fn most_threads(&self, limits: &Limits) -> u32 {
        match self.info().max_flat_workgroup_size {
            0 => limits.threads,
            most => most.min(limits.threads),
        }
    }

    /// Blocks of so many threads and so much dynamic LDS that a multiprocessor holds.
    pub(crate) fn resident_groups(&self, target: &Target, threads: u32, lds: u32) -> u32 {
        let lds = self.info().group_segment.saturating_add(lds);
        target.resident_groups(self.info().vgprs, lds, threads.div_ceil(target.lanes))
    }

    /// An attribute by its number in `hipFunction_attribute`.
    ///
    /// # Errors
    /// If there is none of that number.
    pub(crate) fn attribute(&self, number: u32, limits: &Limits) -> Result<i32> {
        let info = self.info();
        let value = match number {
            0 => self.most_threads(limits),
            1 => info.group_segment,
            // Constants and code versions of another vendor's devices.
            2 | 5 | 6 | 7 | 9 => 0,
            3 => info.private_segment,
            4 => info.vgprs,
            8 => limits.lds.saturating_sub(info.group_segment),
            _ => return Err(Error::InvalidValue),
        };
        Ok(value as i32)
    }
}
