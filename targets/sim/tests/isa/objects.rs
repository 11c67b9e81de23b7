//! What a launch must know of a kernel, read from files that clang and the assembler made.

use kiln_sim::object::{ArgKind, CodeObject, Round, UserSgpr};

use crate::compiled::KERNELS;
use crate::llvm;

fn compiled(name: &str) -> CodeObject {
    let (_, source) = KERNELS.iter().find(|(kernel, _)| *kernel == name).unwrap();
    CodeObject::parse(&llvm::compile(source, &["-O2"])).unwrap()
}

#[test]
fn kernels_and_their_arguments_are_those_of_the_source() {
    let object = compiled("arithmetic");
    assert_eq!(object.target(), "amdgcn-amd-amdhsa--gfx1151");
    let mut names: Vec<&str> = object.kernels().iter().map(|k| k.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["doubles", "floats", "integers", "longs"]);
    // (int *y, const int *x, int a, unsigned b)
    let integers = object.kernel_named("integers").unwrap();
    let explicit = &integers.args[..4];
    let places: Vec<(u32, u32)> = explicit.iter().map(|arg| (arg.offset, arg.size)).collect();
    assert_eq!(places, [(0, 8), (8, 8), (16, 4), (20, 4)]);
    let kinds: Vec<&str> = explicit.iter().map(|arg| arg.kind.name()).collect();
    assert_eq!(kinds, ["global_buffer", "global_buffer", "by_value", "by_value"]);
    assert!(integers.kernarg_size >= 24 && integers.wave32);
    assert!(object.kernel_named("nothing").is_none());
}

#[test]
fn a_descriptor_says_how_waves_start() {
    let object = compiled("control");
    let branches = object.kernel_named("branches").unwrap();
    let descriptor = &branches.descriptor;
    let registers: Vec<UserSgpr> = descriptor.user_sgprs().collect();
    assert!(registers.contains(&UserSgpr::KernargPointer));
    let counted: u32 = registers.iter().map(|register| register.count()).sum();
    assert_eq!(counted, descriptor.user_sgpr_count());
    assert!(descriptor.workgroup_ids()[0], "the source reads the id along x");
    assert_eq!(descriptor.round_f32(), Round::NearestEven);
    let denormals = descriptor.denormals_f16_f64();
    assert!(denormals.keep_inputs && denormals.keep_outputs);
    assert!(descriptor.vgprs() >= branches.vgprs);
    let stack = object.kernel_named("stack").unwrap();
    assert!(stack.private_segment >= 160, "forty integers live on the stack");
    assert!(stack.descriptor.has_scratch());
}

#[test]
fn every_field_of_a_descriptor_is_where_the_assembler_puts_it() {
    let source = ".amdhsa_code_object_version 5
.text
.globl f
.p2align 8
.type f,@function
f: s_endpgm
.size f, 4
.rodata
.amdhsa_kernel f
.amdhsa_group_segment_fixed_size 4864
.amdhsa_private_segment_fixed_size 48
.amdhsa_kernarg_size 40
.amdhsa_user_sgpr_dispatch_ptr 1
.amdhsa_user_sgpr_kernarg_segment_ptr 1
.amdhsa_user_sgpr_private_segment_size 1
.amdhsa_enable_private_segment 1
.amdhsa_system_sgpr_workgroup_id_x 1
.amdhsa_system_sgpr_workgroup_id_y 0
.amdhsa_system_sgpr_workgroup_id_z 1
.amdhsa_system_sgpr_workgroup_info 1
.amdhsa_system_vgpr_workitem_id 2
.amdhsa_next_free_vgpr 143
.amdhsa_next_free_sgpr 18
.amdhsa_float_round_mode_32 3
.amdhsa_float_round_mode_16_64 1
.amdhsa_float_denorm_mode_32 0
.amdhsa_float_denorm_mode_16_64 2
.amdhsa_dx10_clamp 0
.amdhsa_ieee_mode 0
.amdhsa_fp16_overflow 1
.amdhsa_workgroup_processor_mode 0
.amdhsa_wavefront_size32 1
.end_amdhsa_kernel
.amdgpu_metadata
amdhsa.version: [1, 2]
amdhsa.target: amdgcn-amd-amdhsa--gfx1151
amdhsa.kernels:
  - .name: f
    .symbol: f.kd
    .kernarg_segment_size: 40
    .kernarg_segment_align: 8
    .group_segment_fixed_size: 4864
    .private_segment_fixed_size: 48
    .wavefront_size: 32
    .sgpr_count: 20
    .vgpr_count: 143
    .max_flat_workgroup_size: 96
    .reqd_workgroup_size: [32, 3, 1]
    .uniform_work_group_size: 1
    .args:
      - { .name: n, .offset: 0, .size: 4, .value_kind: by_value }
      - { .offset: 8, .size: 4, .value_kind: hidden_block_count_x }
      - { .offset: 12, .size: 2, .value_kind: hidden_group_size_y }
      - { .offset: 16, .size: 8, .value_kind: hidden_heap_v1 }
.end_amdgpu_metadata
";
    let object = CodeObject::parse(&llvm::link(&llvm::assemble(source))).unwrap();
    let [kernel] = object.kernels() else { panic!("{:?}", object.kernels()) };
    assert_eq!((kernel.group_segment, kernel.private_segment, kernel.kernarg_size), (4864, 48, 40));
    assert_eq!((kernel.vgprs, kernel.sgprs, kernel.max_flat_workgroup_size), (143, 20, 96));
    assert_eq!(kernel.required_workgroup_size, Some([32, 3, 1]));
    assert!(kernel.uniform_workgroup_size && kernel.wave32);
    let kinds: Vec<ArgKind> = kernel.args.iter().map(|arg| arg.kind.clone()).collect();
    let heap = ArgKind::Other("hidden_heap_v1".to_owned());
    let wanted = [ArgKind::ByValue, ArgKind::HiddenBlockCountX, ArgKind::HiddenGroupSizeY, heap];
    assert_eq!(kinds, wanted);
    assert_eq!(kernel.args[0].name, "n");
    let descriptor = &kernel.descriptor;
    let registers: Vec<UserSgpr> = descriptor.user_sgprs().collect();
    let pointers = [UserSgpr::DispatchPointer, UserSgpr::KernargPointer];
    assert_eq!(registers, [&pointers[..], &[UserSgpr::PrivateSegmentSize]].concat());
    assert_eq!(descriptor.user_sgpr_count(), 5);
    assert_eq!(descriptor.workgroup_ids(), [true, false, true]);
    assert!(descriptor.workgroup_info() && descriptor.has_scratch());
    assert_eq!((descriptor.workitem_axes(), descriptor.vgprs()), (3, 144));
    assert_eq!((descriptor.round_f32(), descriptor.round_f16_f64()), (Round::Zero, Round::Up));
    let (single, other) = (descriptor.denormals_f32(), descriptor.denormals_f16_f64());
    assert!(!single.keep_inputs && !single.keep_outputs);
    assert!(!other.keep_inputs && other.keep_outputs);
    assert!(!descriptor.dx10_clamp() && !descriptor.ieee() && descriptor.f16_overflow());
    assert!(!descriptor.wgp_mode());
    let first = &object.image()[kernel.entry as usize..][..4];
    assert_eq!(first, 0xbfb0_0000u32.to_le_bytes(), "the entry is the first instruction");
}

#[test]
fn an_image_is_relocated_to_where_it_is_loaded() {
    let source = "
#define GLOBAL __attribute__((address_space(1)))
GLOBAL int shown[8];
static GLOBAL int hidden[8];
GLOBAL int *GLOBAL table[3] = {shown, shown + 3, hidden + 1};
__attribute__((amdgpu_kernel)) void f(int n) { *table[n] += hidden[n] + shown[n]; }";
    let object = CodeObject::parse(&llvm::compile(source, &["-O2"])).unwrap();
    let place = |name: &str| {
        let symbol = object.symbols().iter().find(|symbol| symbol.name == name).unwrap();
        assert!(!symbol.is_function);
        symbol.address
    };
    let base = 0x7f12_3456_0000u64;
    let image = object.image_at(base);
    assert_eq!(image.len(), object.image().len());
    let table = place("table") as usize;
    let values: Vec<u64> = image[table..table + 24]
        .chunks_exact(8)
        .map(|value| u64::from_le_bytes(value.try_into().unwrap()))
        .collect();
    let wanted = [place("shown"), place("shown") + 12, place("hidden") + 4];
    assert_eq!(values, wanted.map(|address| base + address));
}

#[test]
fn kernels_of_several_linked_parts_are_all_found() {
    let part = |name: &str| {
        let source = format!("__attribute__((amdgpu_kernel)) void {name}(int n) {{}}");
        llvm::compile(&source, &["-O1", "-c"])
    };
    let linked = llvm::link_all(&[&part("first"), &part("second")]);
    let object = CodeObject::parse(&linked).unwrap();
    let names: Vec<&str> = object.kernels().iter().map(|kernel| kernel.name.as_str()).collect();
    assert_eq!(names, ["first", "second"]);
}

#[test]
fn files_that_are_no_code_objects_are_refused_with_a_reason() {
    let reason = |bytes: &[u8]| CodeObject::parse(bytes).unwrap_err().to_string();
    assert!(reason(b"").contains("malformed"));
    assert!(reason(b"\x7fELF").contains("malformed"));
    let relocatable = llvm::assemble("s_endpgm");
    assert!(reason(&relocatable).contains("is it linked?"), "{}", reason(&relocatable));
    let bare = llvm::link(&relocatable);
    assert!(reason(&bare).contains("no AMDGPU metadata note"), "{}", reason(&bare));
}
