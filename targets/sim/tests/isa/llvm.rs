//! The programs of LLVM 22, where the compiler's build finds them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// LLVM's prefix: the one that the build names, or Debian's.
const PREFIX: &str = match option_env!("LLVM_SYS_221_PREFIX") {
    Some(prefix) => prefix,
    None => "/usr/lib/llvm-22",
};

const TARGET: [&str; 2] = ["-triple=amdgcn-amd-amdhsa", "-mcpu=gfx1151"];

/// Assembles a text and returns the object file.
pub(crate) fn assemble(text: &str) -> Vec<u8> {
    run("llvm-mc", &[&TARGET[..], &["-filetype=obj", "-o", "-"]].concat(), text.as_bytes())
}

/// Compiles C for gfx1151 and returns the linked code object.
pub(crate) fn compile(source: &str, options: &[&str]) -> Vec<u8> {
    let room = tempfile::tempdir().unwrap();
    let output = room.path().join("kernel.hsaco");
    let target = ["--target=amdgcn-amd-amdhsa", "-mcpu=gfx1151", "-nogpulib", "-x", "c", "-"];
    let arguments = [options, &target[..], &["-o", output.to_str().unwrap()]].concat();
    run("clang", &arguments, source.as_bytes());
    std::fs::read(output).unwrap()
}

/// Links one object file into a code object.
pub(crate) fn link(object: &[u8]) -> Vec<u8> {
    link_all(&[object])
}

/// Links object files into one code object.
pub(crate) fn link_all(objects: &[&[u8]]) -> Vec<u8> {
    let room = tempfile::tempdir().unwrap();
    let path = |name: &str| room.path().join(name).to_str().unwrap().to_owned();
    let mut arguments = vec!["-shared".to_owned(), "-o".to_owned(), path("linked")];
    for (index, object) in objects.iter().enumerate() {
        arguments.push(path(&format!("part{index}.o")));
        std::fs::write(arguments.last().unwrap(), object).unwrap();
    }
    run("ld.lld", &arguments.iter().map(String::as_str).collect::<Vec<_>>(), b"");
    std::fs::read(path("linked")).unwrap()
}

/// Every instruction of an object file by LLVM's disassembler: address and text.
pub(crate) fn disassemble(object: &[u8]) -> Vec<(u64, String)> {
    let listing = run("llvm-objdump", &["-d", "--no-show-raw-insn", "-"], object);
    let listing = String::from_utf8(listing).unwrap();
    listing.lines().filter_map(instruction).collect()
}

/// A line like `<tab>s_nop 0     // 000000001234:`.
fn instruction(line: &str) -> Option<(u64, String)> {
    let (text, rest) = line.strip_prefix('\t')?.split_once("// ")?;
    let address = rest.split(':').next()?;
    Some((u64::from_str_radix(address, 16).ok()?, text.trim().to_owned()))
}

fn run(name: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(find(name))
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn find(name: &str) -> PathBuf {
    let own = Path::new(PREFIX).join("bin").join(name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path)
        .flat_map(|directory| [format!("{name}-22"), name.to_owned()].map(|n| directory.join(n)));
    std::iter::once(own)
        .chain(in_path)
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| panic!("{name} of LLVM 22 is needed, in {PREFIX}/bin or in PATH"))
}
