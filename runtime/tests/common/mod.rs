//! Devices and kernels for tests: the same kernels, compiled from a few lines of C for the host and
//! from a few lines of OpenCL C for a GPU.

#![allow(dead_code, reason = "each test file uses a part of this")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use kiln_runtime::device::{Device, HipDevice, HostDevice, SimDevice};
use kiln_targets::Target;

/// The chip that GPU kernels are compiled for and simulated on.
pub(crate) const GPU: &str = "gfx1151";

/// A device under test, with what differs between devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The processor of this machine.
    Host,
    /// The simulator, in this process.
    Sim,
    /// HIP, whose library is the simulated one.
    Hip,
}

impl Subject {
    /// The device, in this process.
    pub(crate) fn device(self) -> Box<dyn Device> {
        match self {
            Self::Host => Box::new(HostDevice::new().unwrap()),
            Self::Sim => Box::new(SimDevice::new(Target::builtin(GPU).unwrap()).unwrap()),
            Self::Hip => Box::new(HipDevice::with_library(&hip_library()).unwrap()),
        }
    }

    /// The process that owns the device.
    pub(crate) fn process(self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiln-device"));
        match self {
            Self::Host => {}
            Self::Sim => drop(command.args(["--device", "sim", "--target", GPU])),
            Self::Hip => {
                command.args(["--device", "hip"]).env("KILN_HIP_LIBRARY", hip_library());
            }
        }
        command
    }

    /// Name of a target whose code the device runs, if there is one.
    pub(crate) fn target(self) -> Option<&'static str> {
        match self {
            Self::Host => Target::native_host_name().ok(),
            Self::Sim | Self::Hip => Some(GPU),
        }
    }

    /// Threads of a workgroup.
    pub(crate) fn threads(self) -> u32 {
        match self {
            Self::Host => 1,
            Self::Sim | Self::Hip => 32,
        }
    }

    /// A path of the kernels, compiled once for each test program.
    pub(crate) fn object_path(self) -> &'static Path {
        static HOST: OnceLock<PathBuf> = OnceLock::new();
        static DEVICE: OnceLock<PathBuf> = OnceLock::new();
        match self {
            Self::Host => HOST.get_or_init(|| compile("kernels.c", &HOST_FLAGS)),
            Self::Sim | Self::Hip => DEVICE.get_or_init(|| compile("kernels.cl", &GPU_FLAGS)),
        }
    }

    /// The kernels.
    pub(crate) fn object(self) -> Vec<u8> {
        std::fs::read(self.object_path()).unwrap()
    }
}

const HOST_FLAGS: [&str; 6] =
    ["-O2", "-ffreestanding", "-nostdlib", "-shared", "-fPIC", "-fuse-ld=lld"];
const GPU_FLAGS: [&str; 9] = [
    "-O2",
    "-x",
    "cl",
    "-cl-std=CL2.0",
    "-w",
    "-nogpulib",
    "-target",
    "amdgcn-amd-amdhsa",
    "-mcpu=gfx1151",
];

fn compile(source: &str, flags: &[&str]) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common").join(source);
    let object = tempfile::tempdir().unwrap().keep().join("kernels.so");
    let clang = std::env::var("KILN_CLANG").unwrap_or_else(|_| "clang-22".to_owned());
    let status = Command::new(&clang).args(flags).arg("-o").arg(&object).arg(&source).status();
    let status = status.unwrap_or_else(|error| panic!("{clang} should run: {error}"));
    assert!(status.success(), "{clang} should compile {}", source.display());
    object
}

/// The simulated HIP runtime, which Cargo builds beside this program.
pub(crate) fn hip_library() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.with_file_name("libamdhip64.so")
}

/// An argument block from 4-byte words; pointers take two.
pub(crate) fn block(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Little-endian words.
pub(crate) fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}
