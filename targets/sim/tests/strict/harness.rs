//! Assembles kernels and runs them under the sanitizer.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use kiln_sim::machine::{Launch, LaunchError, Machine};
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::CodeObject;
use kiln_sim::strict::{Report, Sanitizer};
use kiln_targets::Target;

use crate::kernels::Kernel;

/// What a run gave: findings, and the last buffer if the kernel came to its end.
pub(crate) struct Outcome {
    pub(crate) report: Report,
    pub(crate) result: Result<Vec<u32>, LaunchError>,
}

/// Instructions that a wave of these kernels may execute.
const BUDGET: u64 = 1 << 16;

/// The kernel with a descriptor, ready for the assembler.
pub(crate) fn listing(kernel: &Kernel) -> String {
    let Kernel { name, text, lds, scratch, vgprs, .. } = kernel;
    let arguments = 8 * kernel.buffers.len() + 4 * kernel.scalars.len();
    let private = u32::from(*scratch > 0);
    format!(
        ".amdgcn_target \"amdgcn-amd-amdhsa--gfx1151\"\n.amdhsa_code_object_version 5\n.text\n\
         .globl {name}\n.p2align 8\n.type {name},@function\n{text}\
         .section .rodata,\"a\",@progbits\n.p2align 6\n.amdhsa_kernel {name}\n\
         \t.amdhsa_group_segment_fixed_size {lds}\n\
         \t.amdhsa_private_segment_fixed_size {scratch}\n\
         \t.amdhsa_enable_private_segment {private}\n\
         \t.amdhsa_kernarg_size {arguments}\n\
         \t.amdhsa_user_sgpr_count 2\n\t.amdhsa_user_sgpr_kernarg_segment_ptr 1\n\
         \t.amdhsa_wavefront_size32 1\n\t.amdhsa_system_sgpr_workgroup_id_x 1\n\
         \t.amdhsa_next_free_vgpr {vgprs}\n\t.amdhsa_next_free_sgpr 16\n.end_amdhsa_kernel\n\
         .amdgpu_metadata\n---\namdhsa.version: [1, 2]\namdhsa.kernels:\n  - .name: {name}\n\
         \x20   .symbol: {name}.kd\n    .kernarg_segment_size: {arguments}\n\
         \x20   .kernarg_segment_align: 8\n    .group_segment_fixed_size: {lds}\n\
         \x20   .private_segment_fixed_size: {scratch}\n    .wavefront_size: 32\n\
         \x20   .sgpr_count: 16\n    .vgpr_count: {vgprs}\n    .max_flat_workgroup_size: 1024\n\
         ...\n.end_amdgpu_metadata\n"
    )
}

/// Assembles and links a listing.
pub(crate) fn assemble(listing: &str) -> Vec<u8> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("kiln-strict-{}-{number}.hsaco", std::process::id());
    let object: PathBuf = std::env::temp_dir().join(name);
    let clang = std::env::var("KILN_CLANG").unwrap_or_else(|_| "clang-22".to_owned());
    let mut assembler = Command::new(clang)
        .args(["-x", "assembler", "-target", "amdgcn-amd-amdhsa", "-mcpu=gfx1151"])
        .args(["-", "-o"])
        .arg(&object)
        .stdin(Stdio::piped())
        .spawn()
        .expect("clang-22 should be installed");
    let mut input = assembler.stdin.take().expect("the assembler should read its input");
    input.write_all(listing.as_bytes()).expect("the assembler should take the listing");
    drop(input);
    let status = assembler.wait().expect("the assembler should end");
    assert!(status.success(), "the listing does not assemble:\n{listing}");
    let bytes = std::fs::read(&object).expect("the assembler should leave an object");
    std::fs::remove_file(&object).expect("the object should be removable");
    bytes
}

/// Runs the launch that `kernel` describes, of the code in `object`, on a chip named `chip`.
pub(crate) fn run(kernel: &Kernel, object: &[u8], chip: &str) -> Outcome {
    let target = Target::builtin(chip).expect("the chip should be known");
    let object = CodeObject::parse(object).expect("the object should be readable");
    let memory = Arc::new(Memory::new());
    let mut arguments = Vec::new();
    let mut last = 0;
    for (index, words) in kernel.buffers.iter().enumerate() {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let name = format!("buffer {index}");
        let size = bytes.len() as u64;
        last = memory
            .allocate(&name, size, Access::ReadWrite, Storage::Dense)
            .expect("the buffer should fit");
        memory.write(last, &bytes).expect("the buffer should be writable");
        arguments.extend(last.to_le_bytes());
    }
    arguments.extend(kernel.scalars.iter().flat_map(|scalar| scalar.to_le_bytes()));
    let machine =
        Machine::new(&target, &object, Arc::clone(&memory)).expect("the object should load");
    let sanitizer = Sanitizer::new(&target);
    let shape = Launch::new(kernel.name, [kernel.grid, 1, 1], [kernel.block, 1, 1], arguments);
    let launch = Launch { budget: BUDGET, threads: 1, ..shape };
    let result = machine.run(&launch, |_| sanitizer.watch()).map(|_| {
        let mut bytes = vec![0; 4 * kernel.expected.len()];
        memory.read(last, &mut bytes).expect("the result should be readable");
        let word = |b: &[u8]| u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        bytes.chunks_exact(4).map(word).collect()
    });
    Outcome { report: sanitizer.report(), result }
}
