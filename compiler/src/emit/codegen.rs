//! From the LLVM module to assembly and a relocatable object.

use std::sync::Once;

use inkwell::OptimizationLevel;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::module::Module;
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{
    CodeModel, FileType, InitializationConfig, RelocMode, Target as LlvmTarget, TargetMachine,
    TargetMachineOptions, TargetTriple,
};
use inkwell::values::{FunctionValue, InstructionOpcode};
use kiln_targets::{Backend, Target};

use super::kernel_abi::inner_name;
use super::{EmitError, Options};
use crate::lane::{ArgKind, LaneKernel};

/// The LLVM pipeline.
pub(super) const PASSES: &str = "default<O3>";

/// The machine that code is generated for.
pub(super) fn machine(target: &Target) -> Result<TargetMachine, EmitError> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        LlvmTarget::initialize_amd_gpu(&InitializationConfig::default());
        LlvmTarget::initialize_x86(&InitializationConfig::default());
    });
    let triple = TargetTriple::create(&target.triple);
    let llvm = LlvmTarget::from_triple(&triple)
        .map_err(|error| EmitError::Unsupported(format!("triple `{}`: {error}", target.triple)))?;
    let options = TargetMachineOptions::new()
        .set_cpu(&target.cpu)
        .set_features(&target.feature_string())
        .set_level(OptimizationLevel::Aggressive)
        .set_reloc_mode(RelocMode::PIC)
        .set_code_model(CodeModel::Default);
    llvm.create_target_machine_from_options(&triple, options).ok_or_else(|| {
        EmitError::Unsupported(format!("LLVM has no machine for target {}", target.name))
    })
}

/// Marks the functions of a kernel with what the code generator should know.
///
/// # Errors
/// If the module lacks the kernel's symbol.
pub(super) fn annotate(
    module: &Module,
    kernel: &LaneKernel,
    target: &Target,
    options: &Options,
) -> Result<(), EmitError> {
    let find = |name: &str| {
        module.get_function(name).ok_or_else(|| {
            EmitError::Lowering(format!("`{name}` is missing from the translated module"))
        })
    };
    let entry = find(&kernel.name)?;
    let body = match target.backend {
        Backend::AmdGpu => {
            gpu_attributes(entry, kernel, options);
            entry
        }
        Backend::Host => {
            let inner = find(&inner_name(kernel))?;
            for function in [entry, inner] {
                host_attributes(function, target);
            }
            // Without it, registers are kept across two cache lines each, where one load of such a
            // register costs as much as many.
            flag(entry, AttributeLoc::Function, "alignstack", (4 * target.lanes).into());
            flag(inner, AttributeLoc::Function, "alwaysinline", 0);
            let scratch = AttributeLoc::Param(kernel.args.len() as u32);
            flag(inner, scratch, "noalias", 0);
            flag(inner, scratch, "align", 64);
            inner
        }
    };
    for (at, arg) in kernel.args.iter().enumerate() {
        buffer_attributes(body, AttributeLoc::Param(at as u32), arg.kind);
    }
    mark_in_bounds(body)
}

/// Marks all address arithmetic as staying in its buffer, which MLIR's interface cannot express.
fn mark_in_bounds(function: FunctionValue) -> Result<(), EmitError> {
    let instructions = function.get_basic_block_iter().flat_map(|block| block.get_instructions());
    instructions
        .filter(|instruction| instruction.get_opcode() == InstructionOpcode::GetElementPtr)
        .try_for_each(|instruction| instruction.set_in_bounds_flag(true))
        .map_err(|error| EmitError::Lowering(error.to_string()))
}

fn buffer_attributes(function: FunctionValue, at: AttributeLoc, kind: ArgKind) {
    flag(function, at, "noundef", 0);
    match kind {
        ArgKind::Dim | ArgKind::Scalar => return,
        ArgKind::Input => flag(function, at, "readonly", 0),
        ArgKind::Output | ArgKind::InOut => {}
    }
    flag(function, at, "noalias", 0);
}

/// Nothing implicit is passed or used, the workgroup size is known and every workgroup is whole.
fn gpu_attributes(function: FunctionValue, kernel: &LaneKernel, options: &Options) {
    let threads = kernel.lanes * kernel.waves;
    text(function, "amdgpu-flat-work-group-size", &format!("{threads},{threads}"));
    text(function, "uniform-work-group-size", "true");
    if let Some((least, most)) = options.waves_per_eu {
        text(function, "amdgpu-waves-per-eu", &format!("{least},{most}"));
    }
    // Quiet minima and maxima need no canonicalisation when signalling NaN is not signalled.
    text(function, "amdgpu-ieee", "false");
    const UNUSED: [&str; 14] = [
        "implicitarg-ptr",
        "dispatch-ptr",
        "queue-ptr",
        "dispatch-id",
        "workitem-id-y",
        "workitem-id-z",
        "hostcall-ptr",
        "heap-ptr",
        "default-queue",
        "completion-action",
        "multigrid-sync-arg",
        "flat-scratch-init",
        "lds-kernel-id",
        "agpr",
    ];
    UNUSED.iter().for_each(|name| text(function, &format!("amdgpu-no-{name}"), ""));
    flag(function, AttributeLoc::Function, "nounwind", 0);
    flag(function, AttributeLoc::Function, "norecurse", 0);
}

fn host_attributes(function: FunctionValue, target: &Target) {
    text(function, "target-cpu", &target.cpu);
    text(function, "target-features", &target.feature_string());
    text(function, "prefer-vector-width", &(32 * target.lanes).to_string());
    text(function, "min-legal-vector-width", &(32 * target.lanes).to_string());
    text(function, "frame-pointer", "none");
    text(function, "no-builtins", "");
    flag(function, AttributeLoc::Function, "nounwind", 0);
}

fn text(function: FunctionValue, key: &str, value: &str) {
    let context = function.get_type().get_context();
    function.add_attribute(AttributeLoc::Function, context.create_string_attribute(key, value));
}

fn flag(function: FunctionValue, at: AttributeLoc, name: &str, value: u64) {
    let context = function.get_type().get_context();
    let kind = Attribute::get_named_enum_kind_id(name);
    function.add_attribute(at, context.create_enum_attribute(kind, value));
}

/// Checks and optimises a module for a machine.
///
/// Loops are neither unrolled nor vectorised: how much a pass does was decided above.
pub(super) fn optimize(module: &Module, machine: &TargetMachine) -> Result<(), EmitError> {
    module.set_triple(&machine.get_triple());
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    module.verify().map_err(|error| EmitError::Lowering(error.to_string()))?;
    let options = PassBuilderOptions::create();
    options.set_loop_unrolling(false);
    options.set_loop_vectorization(false);
    options.set_loop_interleaving(false);
    options.set_loop_slp_vectorization(false);
    module
        .run_passes(PASSES, machine, options)
        .map_err(|error| EmitError::Codegen(error.to_string()))
}

/// Assembly text of a module.
pub(super) fn assembly(module: &Module, machine: &TargetMachine) -> Result<String, EmitError> {
    let bytes = generate(&module.clone(), machine, FileType::Assembly)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The relocatable object of a module.
pub(super) fn object(module: &Module, machine: &TargetMachine) -> Result<Vec<u8>, EmitError> {
    generate(module, machine, FileType::Object)
}

fn generate(
    module: &Module,
    machine: &TargetMachine,
    kind: FileType,
) -> Result<Vec<u8>, EmitError> {
    let buffer = machine
        .write_to_memory_buffer(module, kind)
        .map_err(|error| EmitError::Codegen(error.to_string()))?;
    Ok(buffer.as_slice().to_vec())
}
