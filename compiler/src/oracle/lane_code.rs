//! Lane programs as an executor: what lowering made for any target, without the target.

use super::executor::{ExecutionError, Executor, Launch};
use crate::interpret::Buffers;
use crate::lane::LaneKernel;
use crate::lane::execute::{Call, ExecuteError, LaneMachine};
use kiln_targets::Target;
use std::collections::BTreeMap;

/// The lane program of a kernel.
#[derive(Clone, Debug)]
pub struct LaneCode {
    name: String,
    machine: LaneMachine,
}

impl LaneCode {
    /// Takes the program of a kernel lowered for a target.
    ///
    /// # Errors
    /// If the program breaks the laws of lane IR.
    pub fn new(kernel: LaneKernel, target: &Target) -> Result<LaneCode, ExecuteError> {
        let name = format!("lane code for {}", target.name);
        Ok(LaneCode { name, machine: LaneMachine::new(kernel, target)? })
    }
}

impl Executor for LaneCode {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, launch: Launch<'_>, buffers: &mut Buffers) -> Result<(), ExecutionError> {
        let scalars = BTreeMap::new();
        let call = Call { grid: launch.grid(), dims: launch.dims, scalars: &scalars };
        Ok(self.machine.execute(call, buffers)?)
    }
}
