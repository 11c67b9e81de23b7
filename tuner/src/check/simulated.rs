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

/// A linked code object, executed instruction by instruction.
///
/// Every buffer is an allocation of exactly its size: an access beyond it is an error with its
/// place, not a changed byte.
#[derive(Debug)]
pub struct SimulatedCode {
    name: String,
    object: Arc<CodeObject>,
    target: Target,
    groups: Groups,
}

impl SimulatedCode {
    /// Reads a linked object that was compiled for `target`.
    ///
    /// # Errors
    /// If it is no such object.
    pub fn new(linked: &[u8], target: &Target) -> Result<SimulatedCode, ExecutionError> {
        let object = Arc::new(CodeObject::parse(linked)?);
        let name = format!("simulated {}", target.name);
        Ok(SimulatedCode { name, object, target: target.clone(), groups: Groups::All })
    }

    /// The same code, of which only some workgroups run.
    #[must_use]
    pub fn only(&self, groups: Vec<[u32; 3]>) -> SimulatedCode {
        let (name, target) = (self.name.clone(), self.target.clone());
        let groups = Groups::Listed(groups);
        SimulatedCode { name, object: Arc::clone(&self.object), target, groups }
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
        let memory = Arc::new(Memory::new());
        let machine = Machine::new(&self.target, &self.object, Arc::clone(&memory))?;
        let placed = place(launch.program, buffers, &memory)?;
        let kernarg = kernarg(&launch, &placed)?;
        let [x, y, z] = launch.grid().map(u32::try_from);
        let block = self.block(launch.program);
        let mut call = machine::Launch::new(&launch.program.name, [x?, y?, z?], block, kernarg);
        call.groups = self.groups.clone();
        let sanitizer = Sanitizer::new(&self.target);
        machine.run(&call, |_| sanitizer.watch())?;
        let report = sanitizer.report();
        if !report.is_clean() {
            return Err(report.to_string().into());
        }
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
