//! How a kernel is entered, and what it knows on entry.
//!
//! * GPU: an HSA kernel whose parameters are the arguments in order, so that the kernarg segment
//!   has the layout of the kernarg block. Lanes and waves come from the work-item id.
//! * Host: `void name(kernarg, scratch, bx, by, bz)` loads the arguments and calls an inner
//!   function, which is always inlined. The inner function's parameters carry what is known of the
//!   buffers (`noalias`, `readonly`), which inlining turns into alias scopes.

use melior::Context;
use melior::dialect::llvm::r#type::{array, function, void};
use melior::ir::attribute::{
    DenseI32ArrayAttribute, FlatSymbolRefAttribute, StringAttribute, TypeAttribute,
};
use melior::ir::{
    Attribute, Block, BlockLike, BlockRef, Identifier, Location, Module, Region, RegionLike, Type,
};

use super::EmitError;
use super::code::{Code, parse};
use super::emitter::Emitter;
use super::types::{Form, Prim, Val};
use crate::lane::{Arg, ArgKind, LaneKernel};
use kiln_targets::{Backend, Target};

/// Symbol of the GPU's local memory.
const LOCAL: &str = "local";
/// Alignment of local memory in bytes.
const LOCAL_ALIGN: i64 = 64;
const INDEX: Form = Form::scalar(Prim::I32);

/// Values known on entry.
pub(super) struct Abi<'c> {
    /// Arguments in signature order.
    pub(super) args: Vec<Val<'c>>,
    /// Start of local memory, if the kernel has any.
    pub(super) local: Option<Val<'c>>,
    /// Workgroup index along each axis.
    pub(super) block_ids: [Val<'c>; 3],
    /// Index of the wave.
    pub(super) wave_id: Val<'c>,
    /// Index of the lane, lifted.
    pub(super) lane_id: Val<'c>,
}

/// Name of the inner function of a host kernel.
pub(super) fn inner_name(kernel: &LaneKernel) -> String {
    format!("{}.inner", kernel.name)
}

/// Emits a kernel into an empty module.
pub(super) fn emit_kernel<'c>(
    context: &'c Context,
    module: &Module<'c>,
    kernel: &LaneKernel,
    target: &Target,
) -> Result<(), EmitError> {
    match target.backend {
        Backend::AmdGpu => emit_gpu(context, module, kernel, target),
        Backend::Host => emit_host(context, module, kernel, target),
    }
}

fn emit_gpu<'c>(
    context: &'c Context,
    module: &Module<'c>,
    kernel: &LaneKernel,
    target: &Target,
) -> Result<(), EmitError> {
    let forms: Vec<Form> = kernel.args.iter().map(|arg| arg_form(arg, 1)).collect();
    let (region, entry, args) = body(context, &forms);
    let mut code = Code::new(context, entry);
    let local = (kernel.local_bytes() > 0).then(|| {
        let name = FlatSymbolRefAttribute::new(context, LOCAL).into();
        let form = Form::scalar(Prim::Ptr(3));
        code.op("llvm.mlir.addressof", &[], &[("global_name", name)], form)
    });
    let abi = gpu_abi(&mut code, kernel, args, local);
    let mut emitter = Emitter::new(code, abi, kernel, target);
    emitter.block(&kernel.body)?;
    emitter.code.effect("llvm.return", &[], &[]);
    if kernel.local_bytes() > 0 {
        module.body().append_operation(local_memory(context, kernel.local_bytes()));
    }
    define(context, module, &kernel.name, &forms, region, "amdgpu_kernelcc", "external");
    Ok(())
}

fn gpu_abi<'c>(
    code: &mut Code<'c>,
    kernel: &LaneKernel,
    args: Vec<Val<'c>>,
    local: Option<Val<'c>>,
) -> Abi<'c> {
    let block_ids =
        ["x", "y", "z"].map(|axis| code.op(&format!("rocdl.workgroup.id.{axis}"), &[], &[], INDEX));
    let item = code.op("rocdl.workitem.id.x", &[], &[], INDEX);
    if kernel.waves == 1 {
        let wave_id = code.int(INDEX, 0);
        return Abi { args, local, block_ids, wave_id, lane_id: item };
    }
    let wave = code.shift("arith.shrui", item, kernel.lanes.trailing_zeros());
    let wave_id = code.call("llvm.amdgcn.readfirstlane.i32", &[wave], INDEX);
    let lane_id = code.and_const(item, i64::from(kernel.lanes) - 1);
    Abi { args, local, block_ids, wave_id, lane_id }
}

fn emit_host<'c>(
    context: &'c Context,
    module: &Module<'c>,
    kernel: &LaneKernel,
    target: &Target,
) -> Result<(), EmitError> {
    let pointer = Form::scalar(Prim::Ptr(0));
    let mut forms: Vec<Form> = kernel.args.iter().map(|arg| arg_form(arg, 0)).collect();
    forms.extend([pointer, INDEX, INDEX, INDEX]);
    let (region, entry, mut args) = body(context, &forms);
    let mut code = Code::new(context, entry);
    let block_ids = [args.len() - 3, args.len() - 2, args.len() - 1].map(|at| args[at]);
    let local = args[args.len() - 4];
    args.truncate(kernel.args.len());
    let lanes: Vec<i32> = (0..kernel.lanes as i32).collect();
    let abi = Abi {
        args,
        local: Some(local),
        block_ids,
        wave_id: code.int(INDEX, 0),
        lane_id: code.ints(Prim::I32, &lanes),
    };
    let mut emitter = Emitter::new(code, abi, kernel, target);
    emitter.block(&kernel.body)?;
    emitter.code.effect("llvm.return", &[], &[]);
    define(context, module, &inner_name(kernel), &forms, region, "ccc", "internal");
    host_entry(context, module, kernel);
    Ok(())
}

/// The function that the runtime calls.
fn host_entry<'c>(context: &'c Context, module: &Module<'c>, kernel: &LaneKernel) {
    let pointer = Form::scalar(Prim::Ptr(0));
    let forms = [pointer, pointer, INDEX, INDEX, INDEX];
    let (region, entry, given) = body(context, &forms);
    let mut code = Code::new(context, entry);
    let mut operands = Vec::new();
    for arg in &kernel.args {
        operands.push(kernarg(&mut code, given[0], arg));
    }
    operands.extend(&given[1..]);
    let callee = FlatSymbolRefAttribute::new(context, &inner_name(kernel)).into();
    let segments = DenseI32ArrayAttribute::new(context, &[operands.len() as i32, 0]).into();
    let bundles = DenseI32ArrayAttribute::new(context, &[]).into();
    let attributes =
        [("callee", callee), ("operandSegmentSizes", segments), ("op_bundle_sizes", bundles)];
    code.effect("llvm.call", &operands, &attributes);
    code.effect("llvm.return", &[], &[]);
    define(context, module, &kernel.name, &forms, region, "ccc", "external");
}

/// One argument from the kernarg block.
fn kernarg<'c>(code: &mut Code<'c>, block: Val<'c>, arg: &Arg) -> Val<'c> {
    let form = arg_form(arg, 0);
    let indices = DenseI32ArrayAttribute::new(code.context, &[arg.offset as i32]).into();
    let byte = code.type_attribute(Form::scalar(Prim::I8));
    let attributes = [("rawConstantIndices", indices), ("elem_type", byte)];
    let place = code.op("llvm.getelementptr", &[block], &attributes, block.form);
    let align = code.i64_attribute((form.prim.bits() / 8).into());
    code.op("llvm.load", &[place], &[("alignment", align)], form)
}

/// What an argument is passed as, buffers as pointers into an address space.
fn arg_form(arg: &Arg, space: u32) -> Form {
    Form::scalar(match arg.kind {
        ArgKind::Input | ArgKind::Output | ArgKind::InOut => Prim::Ptr(space),
        ArgKind::Dim => Prim::I32,
        ArgKind::Scalar => Prim::F32,
    })
}

/// A function body of one block, with its parameters.
fn body<'c>(context: &'c Context, forms: &[Form]) -> (Region<'c>, BlockRef<'c, 'c>, Vec<Val<'c>>) {
    let unknown = Location::unknown(context);
    let typed: Vec<_> = forms.iter().map(|form| (form.mlir(context), unknown)).collect();
    let region = Region::new();
    let entry = region.append_block(Block::new(&typed));
    let parameters = forms.iter().enumerate().map(|(at, form)| {
        let raw = entry.argument(at).expect("a function should have its parameters").into();
        Val { raw, form: *form }
    });
    let parameters = parameters.collect();
    (region, entry, parameters)
}

/// Appends a function without result to the module.
fn define<'c>(
    context: &'c Context,
    module: &Module<'c>,
    name: &str,
    forms: &[Form],
    region: Region<'c>,
    convention: &str,
    linkage: &str,
) {
    let parameters: Vec<Type> = forms.iter().map(|form| form.mlir(context)).collect();
    let signature = function(void(context), &parameters, false);
    let attributes: [(&str, Attribute); 4] = [
        ("sym_name", StringAttribute::new(context, name).into()),
        ("function_type", TypeAttribute::new(signature).into()),
        ("CConv", parse(context, &format!("#llvm.cconv<{convention}>"))),
        ("linkage", parse(context, &format!("#llvm.linkage<{linkage}>"))),
    ];
    module.body().append_operation(top_level(context, "llvm.func", &attributes, region));
}

/// The GPU's local memory.
fn local_memory(context: &Context, bytes: u32) -> melior::ir::Operation<'_> {
    let byte = Form::scalar(Prim::I8).mlir(context);
    let attributes: [(&str, Attribute); 5] = [
        ("sym_name", StringAttribute::new(context, LOCAL).into()),
        ("global_type", TypeAttribute::new(array(byte, bytes)).into()),
        ("linkage", parse(context, "#llvm.linkage<internal>")),
        ("addr_space", parse(context, "3 : i32")),
        ("alignment", parse(context, &format!("{LOCAL_ALIGN} : i64"))),
    ];
    top_level(context, "llvm.mlir.global", &attributes, Region::new())
}

fn top_level<'c>(
    context: &'c Context,
    name: &str,
    attributes: &[(&str, Attribute<'c>)],
    region: Region<'c>,
) -> melior::ir::Operation<'c> {
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, attribute)| (Identifier::new(context, name), *attribute))
        .collect();
    melior::ir::operation::OperationBuilder::new(name, Location::unknown(context))
        .add_attributes(&attributes)
        .add_regions([region])
        .build()
        .expect("a known operation should build")
}
