//! Small objects for tests, assembled by LLVM.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use kiln_targets::Target;

use super::link;

/// A GPU kernel in assembly: two buffers, one dim, 1 KiB of local memory.
const GPU: &str = include_str!("fixtures/scale.s");

/// Bytes of its code.
pub(crate) const GPU_CODE_BYTES: usize = 16;

/// A function that needs nothing.
pub(crate) const HOST_LEAF: &str = "
    .text
    .globl leaf
    .type leaf,@function
leaf:
    leal 1(%rdi), %eax
    retq
    .size leaf, .-leaf
";

/// A function that calls out, in a file with writable data.
pub(crate) const HOST_CALLER: &str = "
    .text
    .globl leaf
    .type leaf,@function
leaf:
    jmp memcpy@PLT
    .size leaf, .-leaf
    .data
    .quad 1
    .bss
    .zero 8
";

/// The GPU kernel, assembled.
pub(crate) fn gpu_relocatable() -> Vec<u8> {
    static OBJECT: LazyLock<Vec<u8>> =
        LazyLock::new(|| assemble(GPU, &["--triple=amdgcn-amd-amdhsa", "--mcpu=gfx1151"]));
    OBJECT.clone()
}

/// The GPU kernel, linked.
pub(crate) fn gpu_linked() -> Vec<u8> {
    link(&[&gpu_relocatable()], &Target::builtin("gfx1151").unwrap()).unwrap()
}

/// A host function, assembled.
pub(crate) fn host_relocatable(text: &str) -> Vec<u8> {
    assemble(text, &["--triple=x86_64-unknown-linux-gnu"])
}

/// A host function, linked.
pub(crate) fn host_linked(text: &str) -> Vec<u8> {
    link(&[&host_relocatable(text)], &Target::builtin("x86-64-v3").unwrap()).unwrap()
}

/// Assembles text with the `llvm-mc` beside the linker.
fn assemble(text: &str, flags: &[&str]) -> Vec<u8> {
    let prefix = option_env!("LLVM_SYS_221_PREFIX").unwrap_or("/usr/lib/llvm-22");
    let mut child = Command::new(format!("{prefix}/bin/llvm-mc"))
        .args(flags)
        .args(["--filetype=obj", "-o", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}
