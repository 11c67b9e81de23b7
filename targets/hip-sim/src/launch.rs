//! Launches: a kernel with everything it needs, its execution, and its modelled time.

use std::sync::Arc;

use kiln_sim::machine::{self, Cause, LaunchError};
use kiln_sim::memory::Memory as Space;
use kiln_sim::strict::Sanitizer;
use kiln_sim::time::{TimeError, estimate};
use kiln_targets::Target;

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

    /// Executes every workgroup, under the sanitizer if `strict` names the chip.
    ///
    /// # Errors
    /// If the kernel faults, or the sanitizer objects to it; the report is on the standard error.
    pub(crate) fn run(&self, strict: Option<&Target>) -> Result {
        let machine = self.function.machine();
        let Some(target) = strict else {
            let done = machine.run(&self.launch, |_| ());
            return done.map(drop).map_err(failed);
        };
        let sanitizer = Sanitizer::new(target);
        let done = machine.run(&self.launch, |_| sanitizer.watch());
        let report = sanitizer.report();
        if !report.is_clean() {
            report::say(&report.to_string());
        }
        done.map_err(failed)?;
        if report.is_clean() { Ok(()) } else { Err(Error::LaunchFailure) }
    }

    /// Microseconds that the launch would take, by the model; not a number where the model has no answer.
    /// Memory stays as it is. Launches that are alike take the same time.
    pub(crate) fn microseconds(&self, target: &Target, space: &Space) -> f64 {
        self.function.known_time(&self.launch, || {
            let fork = Arc::new(space.fork());
            match estimate(target, self.function.object(), &self.launch, &fork) {
                Ok(estimate) => estimate.microseconds,
                // The run itself is about to report what is wrong.
                Err(TimeError::Launch(_)) => f64::NAN,
                Err(error) => {
                    report::say(&format!("no time for {}: {error}", self.launch.kernel));
                    f64::NAN
                }
            }
        })
    }
}

/// Reports a launch that failed; its code.
fn failed(error: LaunchError) -> Error {
    report::say(&error.to_string());
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
