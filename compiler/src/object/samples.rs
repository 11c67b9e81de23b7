//! Small objects for tests, assembled by LLVM.

use std::io::{Seek as _, Write as _};
use std::process::Command;
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

/// A compiled GPU kernel with a loop: `asm` is its text, `obj` the relocatable object.
pub(crate) fn gpu_compiled(kind: &str) -> Vec<u8> {
    let kind = format!("--filetype={kind}");
    let flags = ["-mtriple=amdgcn-amd-amdhsa", "-mcpu=gfx1151", "-O3", &kind, "-o", "-", "-"];
    llvm("llc", &flags, include_bytes!("fixtures/gemm.ll"))
}

/// A compiled host function with a loop, of the same kinds.
pub(crate) fn host_compiled(kind: &str) -> Vec<u8> {
    let kind = format!("--filetype={kind}");
    let triple = "-mtriple=x86_64-unknown-linux-gnu";
    let flags = [triple, "-mattr=+avx512vnni", "-mcpu=x86-64-v4", "-relocation-model=pic", "-O3"];
    let flags = [&flags[..], &[&kind, "-o", "-", "-"]].concat();
    llvm("llc", &flags, include_bytes!("fixtures/dot.ll"))
}

fn assemble(text: &str, flags: &[&str]) -> Vec<u8> {
    llvm("llvm-mc", &[flags, &["--filetype=obj", "-o", "-", "-"]].concat(), text.as_bytes())
}

/// The output of a program in LLVM's prefix for an input.
pub(crate) fn llvm(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let prefix = option_env!("LLVM_SYS_221_PREFIX").unwrap_or("/usr/lib/llvm-22");
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input).unwrap();
    file.rewind().unwrap();
    let output = Command::new(format!("{prefix}/bin/{program}"))
        .args(arguments)
        .stdin(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
