//! From the MLIR module to the LLVM module, across two bindings of one shared LLVM library.
#![allow(unsafe_code, reason = "neither binding wraps the translation between them")]

use inkwell::context::Context;
use inkwell::module::Module;
use melior::ir::Module as MlirModule;

/// The LLVM module of an MLIR module that holds only LLVM-dialect functions and globals; `None` if
/// the translation fails, which is reported to the MLIR context's diagnostic handlers.
pub(super) fn translate<'l>(module: &MlirModule, context: &'l Context) -> Option<Module<'l>> {
    // SAFETY: the operation is alive for the call, and the context is a valid LLVM context of the
    // same LLVM library that MLIR is linked with; the bindings only differ in the pointee's name.
    let raw = unsafe {
        mlir_sys::mlirTranslateModuleToLLVMIR(module.as_operation().to_raw(), context.raw().cast())
    };
    if raw.is_null() {
        return None;
    }
    // SAFETY: the module is valid, was made in `context`, outlives the MLIR module, and is owned
    // by nothing else.
    Some(unsafe { Module::new(raw.cast()) })
}
