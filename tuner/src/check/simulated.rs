//! GPU machine code on the simulator, as the oracle's executor.
//!
//! Execution is strict: a kernel that gives the right numbers by luck fails with the sanitizer's
//! findings.

use std::sync::Arc;

use kiln_compiler::interpret::Buffers;
use kiln_compiler::oracle::{ExecutionError, Executor, Launch};
use kiln_compiler::tile::{Part, Program, Role};
use kiln_sim::machine::{self, Groups, Machine};
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::CodeObject;
use kiln_sim::strict::Sanitizer;
use kiln_targets::Target;

/// A linked code object, executed instruction by instruction. Copies share the object.
///
/// Every buffer is an allocation of exactly its size: an access beyond it is an error with its
/// place, not a changed byte.
#[derive(Clone, Debug)]
pub struct SimulatedCode {
    name: String,
    /// The object in a memory of its own, of which every launch has a fork.
    machine: Arc<Machine>,
    target: Arc<Target>,
    threads: usize,
}

impl SimulatedCode {
    /// Reads a linked object that was compiled for `target`.
    ///
    /// # Errors
    /// If it is no such object.
    pub fn new(linked: &[u8], target: &Target) -> Result<SimulatedCode, ExecutionError> {
        let object = CodeObject::parse(linked)?;
        let machine = Arc::new(Machine::new(target, &object, Arc::new(Memory::new()))?);
        let (name, target) = (format!("simulated {}", target.name), Arc::new(target.clone()));
        Ok(SimulatedCode { name, machine, target, threads: 0 })
    }

    /// The same code, whose workgroups run on so many threads; zero for as many as there are
    /// processors.
    #[must_use]
    pub fn on_threads(self, threads: usize) -> SimulatedCode {
        SimulatedCode { threads, ..self }
    }

    /// A memory for one launch: it holds the code.
    pub(super) fn memory(&self) -> Arc<Memory> {
        Arc::new(self.machine.memory().fork())
    }

    /// Runs some workgroups of a launch, whose parts are at these addresses, in ABI order.
    pub(super) fn launch(
        &self,
        launch: &Launch<'_>,
        groups: Groups,
        memory: &Arc<Memory>,
        addresses: &[u64],
    ) -> Result<(), ExecutionError> {
        let machine = self.machine.within(Arc::clone(memory));
        let kernarg = kernarg(launch, addresses)?;
        let [x, y, z] = launch.grid().map(u32::try_from);
        let block = self.block(launch.program);
        let mut call = machine::Launch::new(&launch.program.name, [x?, y?, z?], block, kernarg);
        (call.groups, call.threads) = (groups, self.threads);
        let sanitizer = Sanitizer::new(&self.target);
        machine.run(&call, |_| sanitizer.watch())?;
        let report = sanitizer.report();
        if report.is_clean() { Ok(()) } else { Err(report.to_string().into()) }
    }

    /// Work-items of a workgroup.
    fn block(&self, program: &Program) -> [u32; 3] {
        [self.target.lanes * program.waves.count(), 1, 1]
    }
}

impl Executor for SimulatedCode {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, launch: Launch<'_>, buffers: &mut Buffers) -> Result<(), ExecutionError> {
        let memory = self.memory();
        let placed = place(launch.program, buffers, &memory)?;
        self.launch(&launch, Groups::All, &memory, &placed)?;
        for (part, address) in launch.program.parts.iter().zip(placed) {
            if let (Some(buffer), true) = (buffers.get_mut(&part.name), part.role != Role::Input) {
                memory.read(address, buffer.bytes_mut())?;
            }
        }
        Ok(())
    }
}

/// Gives every part an allocation that holds its image; their addresses in ABI order.
fn place(
    program: &Program,
    buffers: &Buffers,
    memory: &Memory,
) -> Result<Vec<u64>, ExecutionError> {
    let place = |part: &Part| {
        let buffer = buffers.get(&part.name);
        let buffer = buffer.ok_or_else(|| format!("no buffer is called `{}`", part.name))?;
        let bytes = buffer.bytes();
        let access = if part.role == Role::Input { Access::Read } else { Access::ReadWrite };
        let address = memory.allocate(&part.name, bytes.len() as u64, access, Storage::Dense)?;
        memory.write(address, bytes)?;
        Ok(address)
    };
    program.parts.iter().map(place).collect()
}

/// The argument block: pointers in ABI order, then the dims.
fn kernarg(launch: &Launch<'_>, pointers: &[u64]) -> Result<Vec<u8>, ExecutionError> {
    let mut block: Vec<u8> = pointers.iter().flat_map(|pointer| pointer.to_le_bytes()).collect();
    for size in launch.sizes() {
        block.extend(i32::try_from(size)?.to_le_bytes());
    }
    Ok(block)
}
