//! The programs of LLVM that are run rather than linked.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::ObjectError;

/// LLVM's prefix: the one this crate was built against, or Debian's.
const PREFIX: &str = match option_env!("LLVM_SYS_221_PREFIX") {
    Some(prefix) => prefix,
    None => "/usr/lib/llvm-22",
};

/// A program of LLVM 22.
///
/// It is the one named by its environment variable, or else the one in LLVM's prefix (the
/// `LLVM_SYS_221_PREFIX` of the build, `/usr/lib/llvm-22` by default), or else the first in
/// `PATH`, with the suffix `-22` or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `ld.lld`, or the value of `KILN_LLD`.
    Linker,
    /// `llvm-objdump`, or the value of `KILN_OBJDUMP`.
    Disassembler,
    /// `llvm-mc`, or the value of `KILN_MC`.
    Assembler,
}

impl Tool {
    /// Path of the program.
    ///
    /// # Errors
    /// If it is not installed; the message says what to install.
    pub fn find(self) -> Result<PathBuf, ObjectError> {
        let named = std::env::var_os(self.variable());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = self.find_in(named, Path::new(PREFIX), &path)?;
        // The program runs in another directory.
        Ok(std::path::absolute(&found).unwrap_or(found))
    }

    /// Runs the program in a directory and returns what it wrote to its standard output.
    pub(super) fn run<S: AsRef<OsStr>>(
        self,
        directory: &Path,
        arguments: &[S],
    ) -> Result<Vec<u8>, ObjectError> {
        let program = self.find()?;
        let fail = |message: String| ObjectError::Tool { program: self.name().to_owned(), message };
        let output = Command::new(&program)
            .args(arguments)
            .current_dir(directory)
            .env("LC_ALL", "C")
            .output()
            .map_err(|error| fail(format!("cannot run {}: {error}", program.display())))?;
        if output.status.success() { Ok(output.stdout) } else { Err(fail(complaint(&output))) }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Tool::Linker => "ld.lld",
            Tool::Disassembler => "llvm-objdump",
            Tool::Assembler => "llvm-mc",
        }
    }

    const fn variable(self) -> &'static str {
        match self {
            Tool::Linker => "KILN_LLD",
            Tool::Disassembler => "KILN_OBJDUMP",
            Tool::Assembler => "KILN_MC",
        }
    }

    const fn package(self) -> &'static str {
        match self {
            Tool::Linker => "lld-22",
            Tool::Disassembler | Tool::Assembler => "llvm-22",
        }
    }

    fn find_in(
        self,
        named: Option<OsString>,
        prefix: &Path,
        path: &OsStr,
    ) -> Result<PathBuf, ObjectError> {
        let missing = |looked: String| {
            let (program, package, variable) = (self.name(), self.package(), self.variable());
            ObjectError::MissingTool { program, package, variable, looked }
        };
        if let Some(named) = named.filter(|named| !named.is_empty()) {
            let named = PathBuf::from(named);
            let looked = || format!("{} says {}", self.variable(), named.display());
            return if named.is_file() { Ok(named) } else { Err(missing(looked())) };
        }
        let own = prefix.join("bin").join(self.name());
        let names = [format!("{}-22", self.name()), self.name().to_owned()];
        let in_path = std::env::split_paths(path)
            .flat_map(|directory| names.clone().map(|name| directory.join(name)));
        let mut candidates = std::iter::once(own).chain(in_path);
        let looked = || format!("neither in {}/bin nor in PATH", prefix.display());
        candidates.find(|candidate| candidate.is_file()).ok_or_else(|| missing(looked()))
    }
}

fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let text = text.trim();
    if text.is_empty() { output.status.to_string() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_taken_from_its_variable_then_the_prefix_then_the_path() {
        let room = tempfile::tempdir().unwrap();
        let (prefix, path) = (room.path().join("llvm"), room.path().join("path"));
        let put = |file: &Path| {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
            file.to_owned()
        };
        let find = |named: Option<&Path>| {
            let named = named.map(|named| named.as_os_str().to_owned());
            Tool::Linker.find_in(named, &prefix, path.as_os_str())
        };
        let missing = find(None).unwrap_err().to_string();
        assert!(missing.contains("install lld-22, or set KILN_LLD"), "{missing}");
        let plain = put(&path.join("ld.lld"));
        assert_eq!(find(None).unwrap(), plain);
        let versioned = put(&path.join("ld.lld-22"));
        assert_eq!(find(None).unwrap(), versioned);
        let own = put(&prefix.join("bin/ld.lld"));
        assert_eq!(find(None).unwrap(), own);
        let named = put(&room.path().join("mine"));
        assert_eq!(find(Some(&named)).unwrap(), named);
        let wrong = find(Some(Path::new("/nowhere/lld"))).unwrap_err().to_string();
        assert!(wrong.contains("KILN_LLD says /nowhere/lld"), "{wrong}");
    }
}
