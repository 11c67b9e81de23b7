//! Emission: lane IR to MLIR to LLVM to a relocatable object.
//!
//! Laws:
//! * Nothing is decided here: each lane operation becomes the operations that execute it.
//! * Only this folder knows MLIR and LLVM; nothing of them is visible in its interface.
//! * Code that LLVM cannot select aborts the process. What a target lacks is refused before, but
//!   callers compile in a process that they can afford to lose.
//! * [`emit`] may be called from several threads at once: every call has its own MLIR and LLVM
//!   contexts, and executes on the calling thread only. Its output depends on its arguments alone.

mod address;
mod approx;
mod arith;
mod cast;
mod code;
mod codegen;
mod context;
mod control;
mod elements;
mod emitter;
mod host_memory;
mod kernel_abi;
mod lanes;
mod memory;
mod mma;
mod translate;
mod types;
mod vectors;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use kiln_targets::Target;
use melior::ir::operation::OperationLike;
use melior::ir::{Location, Module};

use crate::lane::LaneKernel;

/// How to emit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// Keep the intermediate texts.
    pub dump: bool,
    /// Least and most waves that should fit on a SIMD of a GPU at once; the least bounds the
    /// vector registers a wave may take. LLVM's choice where absent.
    pub waves_per_eu: Option<(u32, u32)>,
}

/// An emitted kernel.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// Relocatable ELF object; a GPU object or a host object still has to be linked.
    pub object: Vec<u8>,
    /// Assembly text of the same code.
    pub assembly: String,
    /// MLIR before lowering, where asked for.
    pub mlir: Option<String>,
    /// LLVM IR after optimisation, where asked for.
    pub llvm: Option<String>,
    /// Where the time went.
    pub times: Times,
}

/// Time taken by each stage of emission.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// Making a context and building MLIR.
    pub build: Duration,
    /// MLIR passes and translation.
    pub lower: Duration,
    /// LLVM's optimiser.
    pub optimize: Duration,
    /// Code generation, assembly and object.
    pub codegen: Duration,
}

/// Why a kernel could not be emitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// The target cannot execute it.
    #[error("cannot emit for this target: {0}")]
    Unsupported(String),
    /// The kernel breaks a law of its level, or its emission does.
    #[error("cannot lower the kernel: {0}; this is a fault of the compiler, not of the recipe")]
    Lowering(String),
    /// LLVM refused.
    #[error("cannot generate code: {0}; this is a fault of the compiler, not of the recipe")]
    Codegen(String),
}

/// Emits a kernel that [`crate::lane::verify`] accepts for the target.
///
/// # Errors
/// If the target lacks an atom or its machine is unknown to LLVM; or if a stage refuses the code,
/// which is a fault of this crate.
pub fn emit(kernel: &LaneKernel, target: &Target, options: &Options) -> Result<Emitted, EmitError> {
    let mut clock = Clock(Instant::now());
    let mut times = Times::default();
    let context = context::context();
    let reports = context::Reports::of(&context);
    let mut module = Module::new(Location::unknown(&context));
    kernel_abi::emit_kernel(&context, &module, kernel, target)?;
    let mlir = options.dump.then(|| module.as_operation().to_string());
    times.build = clock.lap();
    if !module.as_operation().verify() {
        return Err(EmitError::Lowering(reports.text()));
    }
    context::lower(&context, &mut module, target, &reports)?;
    let llvm = inkwell::context::Context::create();
    let translated =
        translate::translate(&module, &llvm).ok_or_else(|| EmitError::Lowering(reports.text()))?;
    codegen::annotate(&translated, kernel, target, options)?;
    times.lower = clock.lap();
    let machine = codegen::machine(target)?;
    codegen::optimize(&translated, &machine)?;
    times.optimize = clock.lap();
    let llvm = options.dump.then(|| translated.print_to_string().to_string());
    let assembly = codegen::assembly(&translated, &machine)?;
    let object = codegen::object(&translated, &machine)?;
    times.codegen = clock.lap();
    Ok(Emitted { object, assembly, mlir, llvm, times })
}

/// Everything beside kernel, target and options that decides the output, for cache keys.
pub fn toolchain() -> String {
    let (major, minor, patch) = inkwell::support::get_llvm_version();
    format!("llvm {major}.{minor}.{patch} {} emit {REVISION}", codegen::PASSES)
}

/// Raised whenever emission changes the code of an unchanged kernel.
const REVISION: u32 = 1;

/// Measures stages that follow one another.
struct Clock(Instant);

impl Clock {
    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        let taken = now - self.0;
        self.0 = now;
        taken
    }
}
