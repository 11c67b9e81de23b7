//! A C program that uses nothing but HIP's module API runs on the simulated device.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use object::{Object, ObjectSymbol};

/// What the program needs: itself, the library and the kernels.
struct Room {
    program: PathBuf,
    library: PathBuf,
    kernels: PathBuf,
}

impl Room {
    /// Compiled once for all tests of this file.
    fn get() -> &'static Self {
        static ROOM: OnceLock<Room> = OnceLock::new();
        ROOM.get_or_init(|| {
            let dir = tempfile::tempdir().unwrap().keep();
            let (program, kernels) = (dir.join("program"), dir.join("kernels.hsaco"));
            let gpu = ["-x", "cl", "-cl-std=CL2.0", "-w", "-O2", "-nogpulib"];
            let chip = ["-target", "amdgcn-amd-amdhsa", "-mcpu=gfx1151"];
            compile(&[&gpu[..], &chip].concat(), "kernels.cl", &kernels, &[]);
            compile(&["-O1", "-Wall", "-Wextra", "-Werror"], "program.c", &program, &["-ldl"]);
            Self { program, library: library(), kernels }
        })
    }

    fn run(&self, mode: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(&self.program);
        command.arg(&self.library).arg(&self.kernels).args(mode);
        command.env_remove("KILN_SIM_STRICT").env_remove("KILN_SIM_TARGET");
        command.envs(environment.iter().copied()).output().unwrap()
    }
}

/// The library, which Cargo builds beside this program.
fn library() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("libamdhip64.so")
}

fn compile(flags: &[&str], source: &str, output: &Path, libraries: &[&str]) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(source);
    let clang = std::env::var("KILN_CLANG").unwrap_or_else(|_| "clang-22".to_owned());
    let mut command = Command::new(&clang);
    command.args(flags).arg(&source).arg("-o").arg(output).args(libraries);
    let status = command.status().unwrap_or_else(|error| panic!("{clang} should run: {error}"));
    assert!(status.success(), "{clang} should compile {}", source.display());
}

fn assert_passed(output: &Output) {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
}

#[test]
fn a_program_of_the_module_api_passes_all_its_checks() {
    let output = Room::get().run(&[], &[]);
    assert_passed(&output);
    let err = String::from_utf8(output.stderr).unwrap();
    for name in ["hipMalloc3D", "hipTexRefSetFormat", "hipIpcGetMemHandle"] {
        assert!(err.contains(&format!("{name} is not supported")), "{err}");
    }
}

#[test]
fn faults_and_findings_are_reported_and_stay_until_the_device_is_reset() {
    let output = Room::get().run(&["fault"], &[]);
    assert_passed(&output);
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("overrun") && err.contains("global_store_b32"), "{err}");
    assert!(err.contains("hipMalloc #"), "{err}");
    assert!(err.contains("unwritten +0x") && err.contains("LDS byte 0"), "{err}");
}

#[test]
fn without_the_sanitizer_a_kernel_may_be_lucky_but_not_wild() {
    let output = Room::get().run(&["fault"], &[("KILN_SIM_STRICT", "0")]);
    assert_passed(&output);
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("overrun") && !err.contains("unwritten"), "{err}");
}

#[test]
fn a_target_that_is_no_gpu_leaves_no_device() {
    for (name, reason) in [("x86-64-v3", "not a GPU"), ("z80", "z80")] {
        let output = Room::get().run(&[], &[("KILN_SIM_TARGET", name)]);
        assert!(!output.status.success());
        let [out, err] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(out.contains("hipErrorNoDevice") && err.contains(reason), "{out}\n{err}");
    }
}

#[test]
fn every_function_of_the_module_api_can_be_found() {
    let library = fs::read(library()).unwrap();
    let file = object::File::parse(&*library).unwrap();
    let exported: BTreeSet<&str> =
        file.dynamic_symbols().filter(|s| s.is_definition()).map(|s| s.name().unwrap()).collect();
    let names = include_str!("names.txt").lines().filter(|line| !line.starts_with('#'));
    let missing: Vec<&str> = names.filter(|name| !exported.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
