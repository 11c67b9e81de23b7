//! The programs of LLVM that the tests run, found as the compiler finds its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// LLVM's prefix: the one that the build names, or Debian's.
const PREFIX: &str = match option_env!("LLVM_SYS_221_PREFIX") {
    Some(prefix) => prefix,
    None => "/usr/lib/llvm-22",
};

/// The chip for which everything here is compiled.
pub(crate) const CPU: &str = "gfx1151";

/// Path of a program: in LLVM's prefix, or whatever `PATH` finds under its versioned name.
pub(crate) fn tool(name: &str) -> PathBuf {
    let own = Path::new(PREFIX).join("bin").join(name);
    if own.is_file() { own } else { PathBuf::from(format!("{name}-22")) }
}

/// Runs a program in `directory` and returns its standard output; a failure ends the test with the
/// program's own words.
pub(crate) fn run<S: AsRef<OsStr>>(program: &Path, directory: &Path, arguments: &[S]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .env("LC_ALL", "C")
        .output()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
    assert!(
        output.status.success(),
        "{} failed with {}:\n{}",
        program.display(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Assembles a text into a code object.
pub(crate) fn assemble(directory: &Path, name: &str, text: &str) -> Vec<u8> {
    let (source, relocatable, linked) =
        (format!("{name}.s"), format!("{name}.o"), format!("{name}.hsaco"));
    std::fs::write(directory.join(&source), text).expect("the source should be writable");
    let cpu = format!("-mcpu={CPU}");
    let arguments =
        ["-triple=amdgcn-amd-amdhsa", &cpu, "-filetype=obj", "-o", &relocatable, &source];
    run(&tool("llvm-mc"), directory, &arguments);
    run(&tool("ld.lld"), directory, &["-shared", "-o", &linked, &relocatable]);
    std::fs::read(directory.join(&linked)).expect("the linker should have written its output")
}

/// Mnemonics of an object's code as LLVM's disassembler names them, by address.
///
/// A kernel in OpenCL C has a second body for calls from other kernels. Nothing calls it, and it is left out.
pub(crate) fn mnemonics(directory: &Path, object: &str) -> Vec<(u64, String)> {
    let text = run(&tool("llvm-objdump"), directory, &["-d", object]);
    let functions = text.split("\n\n").filter(|f| !f.contains("<__clang_ocl_kern_imp_"));
    functions.flat_map(str::lines).filter_map(instruction).collect()
}

/// Address and mnemonic of a line such as `\tv_mov_b32_e32 v0, v1 // 000000001900: 7E000301`.
fn instruction(line: &str) -> Option<(u64, String)> {
    let (code, comment) = line.strip_prefix('\t')?.split_once("// ")?;
    let address = u64::from_str_radix(comment.split(':').next()?, 16).ok()?;
    let text = code.trim();
    let first = text.split_whitespace().next()?.to_owned();
    // The two halves of a dual instruction are executed together and counted apart.
    let second = text.split_once(" :: ").and_then(|(_, half)| half.split_whitespace().next());
    Some((address, second.map_or(first.clone(), |half| format!("{first} {half}"))))
}

/// The opcodes of an instruction's mnemonic: one, or the two of a dual instruction.
pub(crate) fn opcodes(mnemonic: &str) -> impl Iterator<Item = String> {
    mnemonic.split(' ').map(str::to_owned)
}

/// Mnemonics at the addresses, of all that are known by address.
pub(crate) fn names_at(
    names: &[(u64, String)],
    addresses: impl IntoIterator<Item = u64>,
) -> impl Iterator<Item = &str> {
    addresses.into_iter().filter_map(|address| {
        let at = names.binary_search_by_key(&address, |(known, _)| *known).ok()?;
        Some(names[at].1.as_str())
    })
}
