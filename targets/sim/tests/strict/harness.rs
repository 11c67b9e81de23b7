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
         \t.amdhsa_next_free_vgpr {vgprs}\n\t.amdhsa_next_free_sgpr 32\n.end_amdhsa_kernel\n\
         .amdgpu_metadata\n---\namdhsa.version: [1, 2]\namdhsa.kernels:\n  - .name: {name}\n\
         \x20   .symbol: {name}.kd\n    .kernarg_segment_size: {arguments}\n\
         \x20   .kernarg_segment_align: 8\n    .group_segment_fixed_size: {lds}\n\
         \x20   .private_segment_fixed_size: {scratch}\n    .wavefront_size: 32\n\
         \x20   .sgpr_count: 32\n    .vgpr_count: {vgprs}\n    .max_flat_workgroup_size: 1024\n\
         ...\n.end_amdgpu_metadata\n"
    )
}

/// Assembles and links a listing.
pub(crate) fn assemble(listing: &str) -> Vec<u8> {
    clang(listing, &["-x", "assembler"])
}

/// Compiles C at an optimisation level such as `-O1`.
pub(crate) fn compile(source: &str, level: &str) -> Vec<u8> {
    clang(source, &["-x", "c", "-std=gnu17", "-ffreestanding", "-nogpulib", level])
}

/// Makes a code object of a text.
fn clang(text: &str, language: &[&str]) -> Vec<u8> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("kiln-strict-{}-{number}.hsaco", std::process::id());
    let object: PathBuf = std::env::temp_dir().join(name);
    let clang = std::env::var("KILN_CLANG").unwrap_or_else(|_| "clang-22".to_owned());
    let mut compiler = Command::new(clang)
        .args(["-target", "amdgcn-amd-amdhsa", "-mcpu=gfx1151"])
        .args(language)
        .args(["-", "-o"])
        .arg(&object)
        .stdin(Stdio::piped())
        .spawn()
        .expect("clang-22 should be installed");
    let mut input = compiler.stdin.take().expect("the compiler should read its input");
    input.write_all(text.as_bytes()).expect("the compiler should take the text");
    drop(input);
    let status = compiler.wait().expect("the compiler should end");
    assert!(status.success(), "the text does not compile:\n{text}");
    let bytes = std::fs::read(&object).expect("the compiler should leave an object");
    std::fs::remove_file(&object).expect("the object should be removable");
    bytes
}

/// Runs the launch that `kernel` describes, of the code in `object`, on a chip named `chip`.
pub(crate) fn run(kernel: &Kernel, object: &[u8], chip: &str) -> Outcome {
    let target = Target::builtin(chip).expect("the chip should be known");
    let sanitizer = Sanitizer::new(&target);
    let result = run_under(kernel, object, &target, &sanitizer);
    Outcome { report: sanitizer.report(), result }
}

/// The same under a sanitizer of one's own.
pub(crate) fn run_under(
    kernel: &Kernel,
    object: &[u8],
    target: &Target,
    sanitizer: &Sanitizer,
) -> Result<Vec<u32>, LaunchError> {
    let object = CodeObject::parse(object).expect("the object should be readable");
    let memory = Arc::new(Memory::new());
    let mut arguments = Vec::new();
    let mut last = 0;
    for (index, words) in kernel.buffers.iter().enumerate() {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let (name, size) = (format!("buffer {index}"), bytes.len() as u64);
        let address = memory.allocate(&name, size, Access::ReadWrite, Storage::Dense);
        last = address.expect("the buffer should fit");
        memory.write(last, &bytes).expect("the buffer should be writable");
        arguments.extend(last.to_le_bytes());
    }
    arguments.extend(kernel.scalars.iter().flat_map(|scalar| scalar.to_le_bytes()));
    let machine = Machine::new(target, &object, Arc::clone(&memory));
    let machine = machine.expect("the object should load");
    let shape = Launch::new(kernel.name, [kernel.grid, 1, 1], [kernel.block, 1, 1], arguments);
    let launch = Launch { budget: BUDGET, threads: 1, ..shape };
    machine.run(&launch, |_| sanitizer.watch())?;
    let mut bytes = vec![0; 4 * kernel.expected.len()];
    memory.read(last, &mut bytes).expect("the result should be readable");
    let word = |b: &[u8]| u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
    Ok(bytes.chunks_exact(4).map(word).collect())
}
