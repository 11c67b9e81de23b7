//! Compiling the corpus, for the chip and for the host.

use std::path::{Path, PathBuf};

use crate::llvm::{CPU, run, tool};

/// What both sides need so that the same source means the same: no contraction of sums and products
/// that the source does not ask for, and integers that wrap.
const COMMON: [&str; 3] = ["-ffp-contract=off", "-fwrapv", "-fno-strict-aliasing"];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// The code object of a source.
pub(super) fn object(directory: &Path, file: &str, level: &str) -> Vec<u8> {
    let source = sources().join(file);
    let (cpu, level) = (format!("-mcpu={CPU}"), format!("-O{level}"));
    let source = source.to_string_lossy();
    let mut arguments = vec!["--target=amdgcn-amd-amdhsa", &cpu, "-nogpulib", "-ffreestanding"];
    let language = if file.ends_with(".cl") { "-std=cl2.0" } else { "-std=gnu23" };
    arguments.push(language);
    arguments.extend(COMMON);
    arguments.extend([level.as_str(), &source, "-o", "kernels.hsaco"]);
    run(&tool("clang"), directory, &arguments);
    std::fs::read(directory.join("kernels.hsaco")).expect("the compiler should have written")
}

/// The program that runs kernels on the host.
pub(super) fn host(directory: &Path) -> PathBuf {
    let files = super::FILES.iter().map(|file| sources().join(file));
    let own = ["fibers.c", "wave.c"].iter().map(|file| sources().join("host").join(file));
    let mut arguments: Vec<String> =
        ["-std=gnu23", "-O1", "-mfma", "-mf16c", "-mavx2"].map(str::to_owned).to_vec();
    arguments.extend(COMMON.map(str::to_owned));
    // Halves are rounded after every operation, as on the chip.
    arguments.extend(["-Xclang", "-ffloat16-excess-precision=none"].map(str::to_owned));
    // The host reads OpenCL C as C: the header hides what differs.
    arguments.extend(["-x", "c"].map(str::to_owned));
    arguments.extend(files.chain(own).map(|path| path.to_string_lossy().into_owned()));
    arguments.extend(["-o", "host", "-lm"].map(str::to_owned));
    run(&tool("clang"), directory, &arguments);
    directory.join("host")
}
