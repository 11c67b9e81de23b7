//! MLIR contexts and the lowering to the LLVM dialect.

use std::cell::RefCell;
use std::rc::Rc;

use kiln_targets::{Backend, Target};
use melior::Context;
use melior::dialect::DialectRegistry;
use melior::ir::Module;
use melior::pass::PassManager;
use melior::utility::{
    parse_pass_pipeline, register_all_dialects, register_all_llvm_translations, register_all_passes,
};

use super::EmitError;

const DIALECTS: [&str; 5] = ["arith", "scf", "llvm", "rocdl", "amdgpu"];

/// A context that executes on the calling thread only.
pub(super) fn context() -> Context {
    register_all_passes();
    let registry = DialectRegistry::new();
    register_all_dialects(&registry);
    let context = Context::new_with_registry(&registry, false);
    register_all_llvm_translations(&context);
    for dialect in DIALECTS {
        context.get_or_load_dialect(dialect);
    }
    context
}

/// The passes from what is emitted to the LLVM dialect.
pub(super) fn pipeline(target: &Target) -> String {
    let barriers = match target.backend {
        Backend::AmdGpu => format!("convert-amdgpu-to-rocdl{{chipset={}}},", target.cpu),
        Backend::Host => String::new(),
    };
    // A log of what could be taken back holds every operation behind every branch: gigabytes for a
    // thousand guarded loads. Nothing is ever taken back.
    let branches = "convert-scf-to-cf{allow-pattern-rollback=false}";
    let rest = "convert-cf-to-llvm,convert-arith-to-llvm,reconcile-unrealized-casts";
    format!("builtin.module({barriers}{branches},{rest})")
}

/// What MLIR has reported.
pub(super) struct Reports(Rc<RefCell<Vec<String>>>);

impl Reports {
    /// Collects the reports of a context.
    pub(super) fn of(context: &Context) -> Reports {
        let reports = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&reports);
        context.attach_diagnostic_handler(move |diagnostic| {
            sink.borrow_mut().push(diagnostic.to_string());
            true
        });
        Reports(reports)
    }

    /// All reports so far, as the cause of a failure.
    pub(super) fn text(&self) -> String {
        match self.0.borrow().as_slice() {
            [] => "no reason was given".to_owned(),
            reports => reports.join("; "),
        }
    }
}

/// Lowers a module in place.
pub(super) fn lower(
    context: &Context,
    module: &mut Module,
    target: &Target,
    reports: &Reports,
) -> Result<(), EmitError> {
    let passes = PassManager::new(context);
    let pipeline = pipeline(target);
    parse_pass_pipeline(passes.as_operation_pass_manager(), &pipeline)
        .map_err(|error| EmitError::Lowering(format!("pipeline `{pipeline}`: {error}")))?;
    passes.run(module).map_err(|_| EmitError::Lowering(reports.text()))
}
