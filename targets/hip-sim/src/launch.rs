//! Launches: a kernel with everything it needs, and its execution.

use kiln_sim::machine::{self, Cause, LaunchError};

use crate::error::{Error, Result};
use crate::module::Function;
use crate::report;

/// A kernel with everything it needs.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    function: Function,
    launch: machine::Launch,
}

impl Launch {
    /// A launch of a whole grid; `lds` are bytes besides the kernel's own.
    pub(crate) fn new(
        function: Function,
        grid: [u32; 3],
        block: [u32; 3],
        lds: u32,
        kernarg: Vec<u8>,
    ) -> Self {
        let launch = machine::Launch::new(&function.info().name, grid, block, kernarg);
        Self { function, launch: machine::Launch { dynamic_lds: lds, ..launch } }
    }

    /// Executes every workgroup.
    ///
    /// # Errors
    /// If the kernel faults, or the sanitizer objects to it; the report is on the standard error.
    pub(crate) fn run(&self, _strict: bool) -> Result {
        match self.function.machine().run(&self.launch, |_| ()) {
            Ok(_) => Ok(()),
            Err(error) => {
                report::say(&error.to_string());
                Err(code(&error))
            }
        }
    }
}

/// The code of a launch that failed.
fn code(error: &LaunchError) -> Error {
    match error {
        LaunchError::NoKernel { .. } => Error::NotFound,
        LaunchError::Shape { .. } => Error::InvalidConfiguration,
        LaunchError::Allocation(_) => Error::OutOfMemory,
        LaunchError::Fault(fault) => match fault.cause {
            Cause::Memory(_) => Error::IllegalAddress,
            Cause::Budget(_) => Error::LaunchTimeOut,
            _ => Error::LaunchFailure,
        },
    }
}
