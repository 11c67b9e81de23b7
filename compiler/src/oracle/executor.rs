//! Whatever can run a kernel on memory images.

use crate::interpret::{Buffers, RunError, extent, run};
use crate::tile::Program;
use std::collections::BTreeMap;

/// Why an executor gave up; its text is shown as it is.
pub type ExecutionError = Box<dyn std::error::Error + Send + Sync>;

/// One call of a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The program that the kernel was compiled from: parts in ABI order, dims, grid.
    pub program: &'a Program,
    /// Value of each dim by name.
    pub dims: &'a BTreeMap<String, u64>,
}

impl Launch<'_> {
    /// Values of the program's dims in ABI order; a missing one is 0.
    pub fn sizes(&self) -> Vec<i64> {
        let size = |name: &String| self.dims.get(name).map_or(0, |size| *size as i64);
        self.program.dims.iter().map(size).collect()
    }

    /// Workgroups along each of the three axes, fastest first.
    pub fn grid(&self) -> [u64; 3] {
        let sizes = self.sizes();
        let mut grid = [1; 3];
        for (axis, of) in grid.iter_mut().zip(&self.program.grid) {
            *axis = extent(*of, &sizes).unsigned_abs();
        }
        grid
    }
}

/// Runs kernels: the interpreter, lane code, host code or a device.
///
/// Each part's image lies at [`Buffer::offset`](crate::interpret::Buffer::offset) within guarded
/// memory; an executor that copies memory copies all of it, so that writes outside are seen.
pub trait Executor {
    /// What it is, in reports.
    fn name(&self) -> &str;

    /// Runs one call to its end; the buffers then hold what it wrote.
    ///
    /// # Errors
    /// If the call cannot be made or does not end well.
    fn run(&mut self, launch: Launch<'_>, buffers: &mut Buffers) -> Result<(), ExecutionError>;
}

/// The tile-IR interpreter as an executor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interpreter;

impl Executor for Interpreter {
    fn name(&self) -> &str {
        "interpreter"
    }

    fn run(&mut self, launch: Launch<'_>, buffers: &mut Buffers) -> Result<(), ExecutionError> {
        run(launch.program, launch.dims, buffers).map_err(|error: RunError| error.into())
    }
}
