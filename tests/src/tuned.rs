//! Bundles of tiny models, tuned without search.

#![allow(clippy::unwrap_used, reason = "a suite fails by panicking")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use kiln_targets::Target;

use crate::workspace::root;

/// The best host target of this machine's processor; `None` where it has no AVX2.
pub fn host_target() -> Option<&'static str> {
    Target::native_host_name().ok()
}

/// Tunes the model in a directory for a target and returns the bundle, which lies beside it.
///
/// # Panics
/// If the tuner fails; its last words are in the message.
pub fn bundle(model: &Path, target: &str, flags: &[&str]) -> PathBuf {
    let out = model.join(format!("{}.kiln", flags.join("").replace([',', '-', '/', '.'], "")));
    tune(model, &out, target, flags);
    out
}

/// Tunes the model in a directory for a target into a file.
///
/// # Panics
/// As [`bundle`].
pub fn tune(model: &Path, out: &Path, target: &str, flags: &[&str]) {
    let mut tune = Command::new(program("kiln-tune"));
    // Cargo puts the simulated HIP library where the loader looks: no GPU unless a test asks.
    tune.env("KILN_HIP_LIBRARY", "absent/libamdhip64.so");
    tune.args(["tune", "--unsearched", "--json", "--jobs", "2", "--target", target]);
    tune.arg("--model").arg(model).arg("--out").arg(out).args(flags);
    tune.args(if flags.contains(&"--drafter") { &[][..] } else { &["--drafter", "none"] });
    // What one checkpoint's kernels have in common with another's is compiled once.
    tune.arg("--cache").arg(folder().join("tuned-cache"));
    let done = tune.output().unwrap();
    let words = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{}", &words[words.len().saturating_sub(3000)..]);
}

/// Runs the command and returns what it prints.
///
/// # Panics
/// If it fails; its last words are in the message.
pub fn kiln<A: AsRef<OsStr>>(arguments: &[A]) -> String {
    let done = Command::new(program("kiln")).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Where built programs are.
///
/// # Panics
/// If this program was not built by cargo.
pub fn folder() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors().find(|path| path.ends_with("deps")).unwrap().parent().unwrap().to_path_buf()
}

/// A program of the workspace, built beside the test.
///
/// # Panics
/// If it does not build.
pub fn program(name: &str) -> PathBuf {
    built("--bins").join(name)
}

/// A library of the workspace for programs of any kind, built beside the test.
///
/// # Panics
/// If it does not build.
pub fn library(file: &str) -> PathBuf {
    built("--lib").join(file)
}

/// Builds all programs or all libraries; the folder in which they are. One package alone would be built
/// with other features of what it depends on, and all of that with it.
fn built(part: &'static str) -> PathBuf {
    static BUILT: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let folder = folder();
    // Tests that run at the same time wait for the first one's build.
    let mut built = BUILT.lock().unwrap();
    if built.insert(part) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--workspace", part]);
        cargo.arg("--target-dir").arg(folder.parent().unwrap()).current_dir(root());
        cargo.args(folder.ends_with("release").then_some("--release"));
        assert!(cargo.status().unwrap().success(), "the workspace does not build");
    }
    folder
}
