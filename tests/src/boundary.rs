//! Which files may name what: laws 5 and 7, and where `unsafe` may stand.
//!
//! * Only code counts. A comment may explain a neighbour, and a message may name it.
//! * Rules are data: a word, and the paths that may use it.

use crate::Violation;
use crate::rust_source::{Keep, blank, words};
use crate::workspace::SourceFile;

/// Words that only some files may use.
#[derive(Debug, Clone, Copy)]
pub struct Boundary {
    /// The words, as identifiers in Rust code.
    pub words: &'static [&'static str],
    /// Prefixes of the paths that may use them.
    pub allowed: &'static [&'static str],
    /// Why, for the message.
    pub reason: &'static str,
}

/// Law 7: who may name the compiler's back ends and the HIP bindings.
pub const BACK_ENDS: &[Boundary] = &[
    Boundary {
        words: &["inkwell", "llvm_sys", "melior", "mlir_sys"],
        allowed: &["compiler/src/emit/", "compiler/src/object/"],
        reason: "only compiler/src/emit and compiler/src/object may use LLVM and MLIR",
    },
    Boundary {
        words: &["cubecl_hip_sys", "hip_sys"],
        allowed: &["runtime/src/device/hip/", "targets/hip-sim/"],
        reason: "only runtime/src/device/hip/ may use HIP (and the simulated HIP, in its tests)",
    },
];

/// Where `unsafe` may stand: files at the edge to foreign code, each entry with its need.
pub const UNSAFE: Boundary = Boundary {
    words: &["unsafe"],
    allowed: &[
        // Loads shared objects and calls their kernels.
        "runtime/src/device/host.rs",
        // Calls the HIP runtime, a C library that is found at run time.
        "runtime/src/device/hip/",
        // Follow the pointers of C programs, and give the library's functions the names that C knows.
        "targets/hip-sim/src/raw.rs",
        "targets/hip-sim/src/ffi/",
        // Maps checkpoints, and gives pages that were read back to the operating system.
        "runtime/src/weights/map.rs",
        // Hands MLIR's translation, which melior does not wrap, to inkwell.
        "compiler/src/emit/translate.rs",
        // Calls emitted kernels in the tests of emission, which may not see the runtime.
        "compiler/src/emit/tests/run.rs",
        // Counts what a server allocates, for the soak alone.
        "tests/src/bin/kiln-counted.rs",
    ],
    reason: "unsafe code belongs in the modules that the list in tests/src/boundary.rs names",
};

/// Every use of a boundary's words outside the paths it allows.
pub fn kept_within(files: &[SourceFile], boundary: &Boundary) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|f| f.is_rust()) {
        if boundary.allowed.iter().any(|prefix| file.path.starts_with(prefix)) {
            continue;
        }
        for (line, word) in words(&blank(&file.text, Keep::Code)) {
            if boundary.words.contains(&word) {
                let what = format!("uses `{word}`: {}", boundary.reason);
                violations.push(Violation::new(format!("{}:{line}", file.path), what));
            }
        }
    }
    violations
}

/// What a decision on a chip's name looks like: an operator before the literal.
const BEFORE: &[&str] = &["==", "!=", "starts_with(", "contains(", "ends_with(", "|"];
/// The same, with the operator after the literal.
const AFTER: &[&str] = &["==", "!=", "=>", "|"];
/// How the names of chips begin.
const CHIPS: &[&str] = &["\"gfx", "\"x86-64-v"];

/// Law 5: every place outside tests where code decides by the name of a chip.
pub fn no_chip_names_in_decisions(files: &[SourceFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|f| f.is_rust() && !is_test(&f.path)) {
        let code = blank(&file.text, Keep::CodeAndStrings);
        let shipped = code.split("#[cfg(test)]").next().unwrap_or_default();
        for (index, line) in shipped.lines().enumerate() {
            if decides_on_a_chip(line) {
                let what = "decides by the name of a chip: ask the target's data instead";
                violations.push(Violation::new(format!("{}:{}", file.path, index + 1), what));
            }
        }
    }
    violations
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

fn decides_on_a_chip(line: &str) -> bool {
    CHIPS.iter().flat_map(|chip| line.match_indices(chip)).any(|(at, _)| {
        let before = line[..at].trim_end();
        let literal_end = line[at + 1..].find('"').map_or(line.len(), |end| at + end + 2);
        let after = line[literal_end..].trim_start();
        BEFORE.iter().any(|op| before.ends_with(op)) || AFTER.iter().any(|op| after.starts_with(op))
    })
}
