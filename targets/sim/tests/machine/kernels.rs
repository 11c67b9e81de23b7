//! The code object that the tests launch, compiled once.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use kiln_sim::object::CodeObject;

/// LLVM's prefix: the one that the build names, or Debian's.
const PREFIX: &str = match option_env!("LLVM_SYS_221_PREFIX") {
    Some(prefix) => prefix,
    None => "/usr/lib/llvm-22",
};

/// The kernels of `kernels.c`.
pub(crate) fn object() -> CodeObject {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    CodeObject::parse(BYTES.get_or_init(compile)).expect("clang's object should be readable")
}

fn compile() -> Vec<u8> {
    let directory = tempfile::tempdir().expect("a temporary directory should be there");
    let output = directory.path().join("kernels.hsaco");
    let own = Path::new(PREFIX).join("bin").join("clang");
    let clang = if own.is_file() { own } else { "clang-22".into() };
    let result = Command::new(&clang)
        .args(["-x", "cl", "-cl-std=CL2.0", "-O2"])
        .args(["-target", "amdgcn-amd-amdhsa", "-mcpu=gfx1151", "-nogpulib", "-o"])
        .arg(&output)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machine/kernels.c"))
        .output()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", clang.display()));
    assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
    std::fs::read(&output).expect("clang should have written its output")
}
