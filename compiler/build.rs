//! Fingerprints the compiler's own sources, so that kernels cached by another build of it are not
//! taken for this one's.

use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest, Sha256};

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    collect(Path::new("src"), &mut files)?;
    files.sort();
    let mut hash = Sha256::new();
    for file in &files {
        let content = fs::read(file)?;
        hash.update(file.to_string_lossy().as_bytes());
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    let digest: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    print(&format!("cargo::rustc-env=KILN_COMPILER_SOURCES={digest}"));
    print("cargo::rerun-if-changed=src");
    Ok(())
}

/// All source files below a folder except tests, which change no kernel.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let tests = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !tests {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") && !tests {
            files.push(path);
        }
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the way a build script speaks to cargo")]
fn print(line: &str) {
    println!("{line}");
}
