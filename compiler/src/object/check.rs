//! Static checks: does a code object do what its kernel asked for.

use kiln_targets::{Backend, Target};

use super::{Descriptor, HostInfo, KernelInfo};
use crate::lane::{ArgKind, Block, LaneKernel, Op};

/// What a kernel asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Lanes of a wave.
    pub lanes: u32,
    /// Lanes of a workgroup.
    pub threads: u32,
    /// Bytes of the kernarg block.
    pub kernarg_bytes: u32,
    /// Offset and size of every argument.
    pub args: Vec<(u32, u32)>,
    /// Bytes of local memory.
    pub lds_bytes: u32,
    /// Whether private memory (spills, arrays) is tolerated.
    pub scratch: bool,
    /// Axes of the grid whose index is used.
    pub axes: [bool; 3],
}

impl Expected {
    /// What lane IR asks for; private memory is not tolerated.
    pub fn of(kernel: &LaneKernel) -> Expected {
        let mut axes = [false; 3];
        used_axes(&kernel.body, &mut axes);
        let size = |kind| if matches!(kind, ArgKind::Dim | ArgKind::Scalar) { 4 } else { 8 };
        Expected {
            lanes: kernel.lanes,
            threads: kernel.lanes * kernel.waves,
            kernarg_bytes: kernel.kernarg_bytes,
            args: kernel.args.iter().map(|arg| (arg.offset, size(arg.kind))).collect(),
            lds_bytes: kernel.local_bytes(),
            scratch: false,
            axes,
        }
    }
}

/// Compares the descriptor and the metadata of a GPU kernel with each other, with what was
/// asked for and with the target.
///
/// # Errors
/// Every disagreement.
pub fn check_descriptor(
    kernel: &KernelInfo,
    expected: &Expected,
    target: &Target,
) -> Result<(), Vec<String>> {
    let mut problems = Problems(Vec::new());
    waves(kernel, expected, target, &mut problems);
    arguments(kernel, expected, &mut problems);
    memory(kernel, expected, target, &mut problems);
    registers(kernel, target, &mut problems);
    entry(kernel, &mut problems);
    if problems.0.is_empty() { Ok(()) } else { Err(problems.0) }
}

/// That a host function is self-contained: no calls out of its file, no writable data.
///
/// # Errors
/// Every symbol and section that should not be there.
pub fn check_host(info: &HostInfo) -> Result<(), Vec<String>> {
    let mut problems = Problems(Vec::new());
    let (undefined, writable) = (info.undefined.join(", "), info.writable.join(", "));
    problems.require(undefined.is_empty(), || format!("calls out of its object: {undefined}"));
    problems.require(writable.is_empty(), || format!("has writable data: {writable}"));
    problems.require(!info.code.is_empty(), || "has no code".to_owned());
    if problems.0.is_empty() { Ok(()) } else { Err(problems.0) }
}

struct Problems(Vec<String>);

impl Problems {
    fn require(&mut self, holds: bool, why: impl FnOnce() -> String) {
        if !holds {
            self.0.push(why());
        }
    }

    fn equal(&mut self, what: &str, found: u32, wanted: u32) {
        self.require(found == wanted, || format!("{what} is {found}, should be {wanted}"));
    }
}

fn waves(kernel: &KernelInfo, expected: &Expected, target: &Target, problems: &mut Problems) {
    let (metadata, descriptor) = (&kernel.metadata, &kernel.descriptor);
    problems.require(target.backend == Backend::AmdGpu, || format!("{} is no GPU", target.name));
    problems.equal("the wave size of the note", metadata.wavefront_size, expected.lanes);
    let lanes = if descriptor.is_wave32() { 32 } else { 64 };
    problems.equal("the wave size of the descriptor", lanes, expected.lanes);
    let most = metadata.max_flat_workgroup_size;
    problems.require(expected.threads <= most, || {
        format!("compiled for groups of {most} lanes, launched with {}", expected.threads)
    });
    for (axis, (given, used)) in descriptor.workgroup_ids().iter().zip(expected.axes).enumerate() {
        let name = ["x", "y", "z"][axis];
        problems.require(*given || !used, || format!("workgroup id {name} is used but not given"));
    }
}

fn arguments(kernel: &KernelInfo, expected: &Expected, problems: &mut Problems) {
    let (metadata, descriptor) = (&kernel.metadata, &kernel.descriptor);
    // The compiler leaves out the padding after the last argument.
    let padded = |bytes: u32| bytes.next_multiple_of(8);
    let wanted = padded(expected.kernarg_bytes);
    problems.equal("the padded kernarg size of the note", padded(metadata.kernarg_bytes), wanted);
    let described = padded(descriptor.kernarg_bytes);
    problems.equal("the padded kernarg size of the descriptor", described, wanted);
    let found: Vec<_> = metadata.args.iter().map(|arg| (arg.offset, arg.size)).collect();
    problems.require(found == expected.args, || {
        format!("arguments are at (offset, size) {found:?}, should be at {:?}", expected.args)
    });
    let hidden = metadata.args.iter().find(|arg| arg.value_kind.starts_with("hidden_"));
    if let Some(arg) = hidden {
        problems.0.push(format!("reads `{}`, which no launch provides", arg.value_kind));
    }
    problems.require(expected.args.is_empty() || descriptor.has_kernarg_pointer(), || {
        "the address of the arguments is not given".to_owned()
    });
}

fn memory(kernel: &KernelInfo, expected: &Expected, target: &Target, problems: &mut Problems) {
    let (metadata, descriptor) = (&kernel.metadata, &kernel.descriptor);
    problems.equal("local memory of the note", metadata.lds_bytes, expected.lds_bytes);
    problems.equal("local memory of the descriptor", descriptor.lds_bytes, expected.lds_bytes);
    let most = target.lds_bytes_per_group;
    problems.require(metadata.lds_bytes <= most, || format!("local memory exceeds {most} bytes"));
    if expected.scratch {
        return;
    }
    problems.equal("private memory of the note", metadata.scratch_bytes, 0);
    problems.equal("private memory of the descriptor", descriptor.scratch_bytes, 0);
    let free = !descriptor.has_scratch() && !descriptor.has_dynamic_stack();
    problems.require(free, || "private memory is set up, though none is used".to_owned());
}

fn registers(kernel: &KernelInfo, target: &Target, problems: &mut Problems) {
    let used = kernel.metadata.vgprs;
    let wanted = Descriptor::vgprs_for(used);
    let given = kernel.descriptor.vgprs();
    // LLVM may reserve more than are used, so that no more waves fit than the launch asks for.
    problems.require((wanted..=target.max_vgprs).contains(&given), || {
        let most = target.max_vgprs;
        format!("vector registers of the descriptor is {given}, should be {wanted} to {most}")
    });
    let (most, granule) = (target.max_vgprs, target.vgpr_granule);
    problems.require(used <= most, || format!("{used} vector registers, a wave names {most}"));
    let allotted = used.next_multiple_of(granule);
    problems.require(allotted <= target.vgprs_per_simd, || {
        format!("{allotted} vector registers are more than a SIMD has")
    });
    let (sgprs, most) = (kernel.metadata.sgprs, target.sgprs + RESERVED_SGPRS);
    problems.require(sgprs <= most, || format!("{sgprs} scalar registers, a wave has {most}"));
}

/// VCC, which the note counts besides the registers that a wave can name.
const RESERVED_SGPRS: u32 = 2;

fn entry(kernel: &KernelInfo, problems: &mut Problems) {
    let (entry, text) = (kernel.entry, &kernel.text);
    problems.require(entry == kernel.function, || {
        format!("the entry {entry:#x} is not the function at {:#x}", kernel.function)
    });
    problems.require(text.contains(&entry), || format!("the entry {entry:#x} is not code"));
    problems.require(entry.is_multiple_of(256), || {
        format!("the entry {entry:#x} is not aligned to 256 bytes")
    });
}

fn used_axes(block: &Block, axes: &mut [bool; 3]) {
    for inst in &block.insts {
        match &inst.op {
            Op::BlockId(axis) => {
                if let Some(used) = axes.get_mut(*axis as usize) {
                    *used = true;
                }
            }
            Op::Loop { body, .. } => used_axes(body, axes),
            Op::If { then, .. } => used_axes(then, axes),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::{Arg, Builder, Elt, Local, Ty};
    use crate::object::{read_gpu, read_host, samples};
    use kiln_targets::DType;

    fn kernel() -> LaneKernel {
        let mut builder = Builder::default();
        builder.open();
        builder.push(Op::BlockId(1), Ty::uniform(Elt::Num(DType::I32)));
        let then = builder.close();
        let condition = crate::lane::Value(0);
        builder.insert(Op::If { condition, then }, vec![]);
        let (body, types) = builder.finish();
        let arg = |name: &str, kind, offset| Arg { name: name.into(), kind, offset };
        LaneKernel {
            name: "scale".into(),
            lanes: 32,
            waves: 4,
            args: vec![
                arg("x", ArgKind::Input, 0),
                arg("y", ArgKind::Output, 8),
                arg("m", ArgKind::Dim, 16),
            ],
            kernarg_bytes: 24,
            locals: vec![Local { name: "slot".into(), bytes: 1024, offset: 0 }],
            types,
            body,
        }
    }

    fn sample() -> KernelInfo {
        read_gpu(&samples::gpu_linked()).unwrap().kernel("scale").unwrap().clone()
    }

    #[test]
    fn the_sample_is_what_its_kernel_asked_for() {
        let expected = Expected::of(&kernel());
        assert_eq!(expected.axes, [false, true, false]);
        let target = Target::builtin("gfx1151").unwrap();
        assert_eq!(check_descriptor(&sample(), &expected, &target), Ok(()));
    }

    #[test]
    fn every_disagreement_is_found() {
        let target = Target::builtin("gfx1151").unwrap();
        let broken = |why: &str, change: &dyn Fn(&mut KernelInfo, &mut Expected)| {
            let (mut info, mut expected) = (sample(), Expected::of(&kernel()));
            change(&mut info, &mut expected);
            let problems = check_descriptor(&info, &expected, &target).expect_err(why);
            assert!(problems.iter().any(|problem| problem.contains(why)), "{why}: {problems:?}");
        };
        broken("wave size of the note", &|info, _| info.metadata.wavefront_size = 64);
        broken("wave size of the descriptor", &|info, _| info.descriptor.properties &= !(1 << 10));
        broken("launched with 256", &|_, expected| expected.threads = 256);
        broken("workgroup id z is used", &|_, expected| expected.axes[2] = true);
        broken("kernarg size of the note is 24, should be 32", &|_, expected| {
            expected.kernarg_bytes = 28;
        });
        broken("kernarg size of the descriptor", &|info, _| info.descriptor.kernarg_bytes = 0);
        broken("arguments are at", &|_, expected| expected.args[2] = (20, 4));
        broken("which no launch provides", &|info, _| {
            info.metadata.args[0].value_kind = "hidden_block_count_x".into();
        });
        broken("address of the arguments", &|info, _| info.descriptor.properties &= !(1 << 3));
        broken("local memory of the note", &|_, expected| expected.lds_bytes = 0);
        broken("local memory of the descriptor", &|info, _| info.descriptor.lds_bytes = 0);
        broken("private memory of the note", &|info, _| info.metadata.scratch_bytes = 16);
        broken("private memory of the descriptor", &|info, _| info.descriptor.scratch_bytes = 16);
        broken("private memory is set up", &|info, _| info.descriptor.rsrc2 |= 1);
        broken("vector registers of the descriptor", &|info, _| info.metadata.vgprs = 25);
        broken("a wave names 256", &|info, _| info.metadata.vgprs = 257);
        broken("scalar registers, a wave has", &|info, _| info.metadata.sgprs = 128);
        broken("is not the function", &|info, _| info.entry += 256);
        broken("is not code", &|info, _| info.text = 0..1);
        broken("not aligned to 256", &|info, _| info.entry += 4);
    }

    #[test]
    fn a_host_function_must_be_self_contained() {
        let leaf = read_host(&samples::host_linked(samples::HOST_LEAF), "leaf").unwrap();
        assert_eq!(check_host(&leaf), Ok(()));
        let caller = samples::host_relocatable(samples::HOST_CALLER);
        let problems = check_host(&read_host(&caller, "leaf").unwrap()).unwrap_err();
        let wanted = ["calls out of its object: memcpy", "has writable data: .bss, .data"];
        assert_eq!(problems, wanted);
    }
}
