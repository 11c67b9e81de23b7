//! The only place that speaks to the simulator.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kiln_sim::isa::Inst;
use kiln_sim::machine::{
    Fault, GroupInfo, Initial, Launch, Machine, MemoryEvent, Observer, Wave, kernarg,
};
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::{Arg, ArgKind, CodeObject};
use kiln_sim::strict::{Sanitizer, Watch};
use kiln_targets::Target;

/// Most instructions of a wave: the tests are small.
const BUDGET: u64 = 4_000_000;

/// The shape of a launch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Workgroups.
    pub(crate) grid: [u32; 3],
    /// Work-items of a workgroup.
    pub(crate) block: [u32; 3],
    /// Bytes of LDS besides the kernel's own.
    pub(crate) dynamic_lds: u32,
}

impl Shape {
    pub(crate) fn flat(groups: u32, items: u32) -> Shape {
        Shape { grid: [groups, 1, 1], block: [items, 1, 1], dynamic_lds: 0 }
    }
}

/// An object in an address space of its own.
pub(crate) struct Session {
    machine: Machine,
    target: Target,
    /// Bytes of the object's image.
    size: usize,
}

impl Session {
    pub(crate) fn load(object: &[u8]) -> Session {
        let target = Target::builtin(crate::llvm::CPU).expect("the target should be built in");
        let object = CodeObject::parse(object).expect("the object should load");
        let size = object.image().len();
        let machine = Machine::new(&target, &object, Arc::new(Memory::new()));
        Session { machine: machine.expect("the object should find memory"), target, size }
    }

    /// Names of the kernels.
    pub(crate) fn kernels(&self) -> Vec<String> {
        self.machine.kernels().iter().map(|kernel| kernel.name.clone()).collect()
    }

    pub(crate) fn allocate(&self, bytes: usize) -> u64 {
        let memory = self.machine.memory();
        let base = memory.allocate("buffer", bytes as u64, Access::ReadWrite, Storage::Dense);
        base.expect("a buffer should find memory")
    }

    pub(crate) fn free(&self, base: u64) {
        self.machine.memory().free(base).expect("a buffer should be known");
    }

    pub(crate) fn write(&self, address: u64, bytes: &[u8]) {
        self.machine.memory().write(address, bytes).expect("a buffer should be writable");
    }

    pub(crate) fn read(&self, address: u64, bytes: usize) -> Vec<u8> {
        let mut read = vec![0; bytes];
        self.machine.memory().read(address, &mut read).expect("a buffer should be readable");
        read
    }

    /// Runs a grid, watched strictly, and gives the addresses, in the object, of what it executed. Of the
    /// arguments the kernel gets as many bytes as it declares.
    pub(crate) fn launch(
        &self,
        kernel: &str,
        shape: Shape,
        arguments: &[u8],
    ) -> Result<Vec<u64>, String> {
        let arguments = self.arguments(kernel, shape, arguments);
        let mut launch = Launch::new(kernel, shape.grid, shape.block, arguments);
        launch.dynamic_lds = shape.dynamic_lds;
        launch.budget = BUDGET;
        launch.threads = 1;
        let executed: Vec<AtomicBool> =
            (0..self.size.div_ceil(4)).map(|_| AtomicBool::new(false)).collect();
        let strict = Sanitizer::new(&self.target);
        let trace =
            |_| Trace { base: self.machine.base(), executed: &executed, strict: strict.watch() };
        self.machine.run(&launch, trace).map_err(|error| error.to_string())?;
        if !strict.report().is_clean() {
            return Err(strict.report().to_string());
        }
        let marks = executed.iter().enumerate();
        Ok(marks.filter(|(_, m)| m.load(Ordering::Relaxed)).map(|(at, _)| 4 * at as u64).collect())
    }

    /// What the kernel declares of the arguments, and the hidden ones.
    fn arguments(&self, kernel: &str, shape: Shape, given: &[u8]) -> Vec<u8> {
        let Shape { grid, block, dynamic_lds } = shape;
        let mut arguments = given.to_vec();
        if let Some(info) = self.machine.kernels().iter().find(|info| info.name == kernel) {
            let own = |arg: &&Arg| matches!(arg.kind, ArgKind::GlobalBuffer | ArgKind::ByValue);
            let ends = info.args.iter().filter(own).map(|arg| arg.offset + arg.size);
            arguments.truncate(ends.max().unwrap_or(0) as usize);
            kernarg::fill_hidden(info, grid, block, dynamic_lds, &mut arguments);
        }
        arguments
    }
}

/// Marks what is executed, and has it watched strictly.
struct Trace<'e> {
    base: u64,
    executed: &'e [AtomicBool],
    strict: Watch<'e>,
}

impl Observer for Trace<'_> {
    fn group_start(&mut self, group: &GroupInfo<'_>) {
        self.strict.group_start(group);
    }

    fn wave_start(&mut self, wave: &Wave, initial: Initial) {
        self.strict.wave_start(wave, initial);
    }

    fn memory(&mut self, wave: &Wave, event: &MemoryEvent<'_>) {
        self.strict.memory(wave, event);
    }

    fn barrier(&mut self, wave: &Wave) {
        self.strict.barrier(wave);
    }

    fn barrier_released(&mut self) {
        self.strict.barrier_released();
    }

    fn wave_end(&mut self, wave: &Wave) {
        self.strict.wave_end(wave);
    }

    fn fault(&mut self, wave: &Wave, fault: &Fault) {
        self.strict.fault(wave, fault);
    }

    fn group_end(&mut self) {
        self.strict.group_end();
    }

    fn issue(&mut self, wave: &Wave, pc: u64, inst: &Inst) {
        self.strict.issue(wave, pc, inst);
        let at = (pc - self.base) as usize / 4;
        if let Some(mark) = self.executed.get(at) {
            mark.store(true, Ordering::Relaxed);
        }
    }
}
