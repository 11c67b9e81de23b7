//! The program under test, and bundles for it to read.

#![allow(dead_code, reason = "each test file uses a part of this")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub(crate) mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kiln_cache::bundle::{BundleWriter, Manifest, Model};
use kiln_cache::hash::Digest;
use kiln_cache::vocabulary::{
    Access, ArgKind, Dims, Dtype, Extent, Kernarg, KernelEntry, Operation, Predicate, Provenance,
    Rule, Statics, Table,
};

/// A kernel that reads all of its weights, in the form in which the compiler emits it.
const SOURCE: &str = r#"
typedef unsigned char u8;
typedef unsigned int u32;
typedef struct { const u8 *quants; const void *scales, *zeros; const float *x; float *y; int m, n, k; } Args;
void linear(const u8 *args, u8 *scratch, u32 bx, u32 by, u32 bz) {
    const Args *a = (const Args *)args;
    for (int row = bx * 16; row < (int)bx * 16 + 16 && row < a->n; row++) {
        u32 sum = 0;
        for (int i = 0; i < a->k / 2; i++) sum += a->quants[(unsigned long)row * (a->k / 2) + i];
        for (int m = 0; m < a->m; m++) a->y[(unsigned long)m * a->n + row] = (float)sum;
    }
}
"#;

/// The same kernel for a GPU, in OpenCL C without its library.
const GPU_SOURCE: &str = r#"
kernel void linear(global const uchar *quants, global const void *scales, global const void *zeros,
                   global const float *x, global float *y, int m, int n, int k) {
    int first = __builtin_amdgcn_workgroup_id_x() * 16;
    for (int row = first; row < first + 16 && row < n; row++) {
        uint sum = 0;
        for (int i = 0; i < k / 2; i++) sum += quants[(ulong)row * (k / 2) + i];
        for (int at = 0; at < m; at++) y[(ulong)at * n + row] = (float)sum;
    }
}
"#;

/// The answer of a run: exit code, standard output, standard error.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// The one line that a mistake of the user gets.
    pub(crate) fn mistake(&self) -> &str {
        assert_eq!(self.code, 2, "{}{}", self.out, self.err);
        assert!(self.err.starts_with("error: ") && self.err.ends_with('\n'), "{}", self.err);
        assert_eq!(self.err.lines().count(), 1, "{}", self.err);
        assert!(!self.err.contains("error: error") && !self.err.contains("panicked"));
        self.err.trim_end()
    }

    /// The output of a run that went well.
    pub(crate) fn success(&self) -> &str {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        &self.out
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs `kiln` without anything of the environment that it looks at.
pub(crate) fn kiln(arguments: &[&str]) -> Answer {
    program(Path::new(env!("CARGO_BIN_EXE_kiln"))).args(arguments).output().unwrap().into()
}

/// A command with a known environment.
pub(crate) fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    command.env_remove("KILN_CACHE").env_remove("XDG_CACHE_HOME").env_remove("HOME");
    command.env("PATH", "");
    command
}

/// A bundle for `target` with one operation that covers m = 1 and m = 33.
pub(crate) fn bundle(dir: &Path, target: &str, object: Vec<u8>) -> PathBuf {
    bundle_with_order(dir, target, object, "row_major")
}

/// The same, whose kernel writes its output in memory order `order`.
pub(crate) fn bundle_with_order(dir: &Path, target: &str, object: Vec<u8>, order: &str) -> PathBuf {
    let config_hash = Digest::of(b"config");
    let mut writer = BundleWriter::new(Manifest {
        target: target.to_owned(),
        noise_floor: None,
        model: Model { name: "tiny".into(), config_hash },
        device: Default::default(),
        toolchain: [("kiln".to_owned(), "0.1.0".to_owned())].into(),
        peaks: Default::default(),
    });
    let object = writer.object(object);
    writer.kernel(kernel(object, order));
    let operation = Operation {
        name: "linear_q4".into(),
        attributes: [("out".into(), "f32".into())].into(),
        dims: [("n".into(), 256), ("k".into(), 128)].into(),
    };
    writer.table(Table::new(operation.clone(), vec![rule()]).unwrap());
    for m in [1, 33] {
        writer.request(operation.clone(), [("m".into(), m)].into());
    }
    let path = dir.join("test.kiln");
    writer.write(&path).unwrap();
    path
}

fn kernel(object: u32, order: &str) -> KernelEntry {
    let size = |(dim, by): (&str, u64)| Extent::ceil_div(dim, by);
    let weight = |part: &str, dtype: Dtype, bits, by| ArgKind::Buffer {
        format: "awq_g32_asym".into(),
        part: part.into(),
        dtype,
        bits,
        shape: [("n", 1), ("k", by)].map(size),
        order: "row_major".into(),
        access: Access::In,
    };
    let plain = |columns, order: &str, access| ArgKind::Buffer {
        format: "f32".into(),
        part: "values".into(),
        dtype: Dtype::F32,
        bits: 32,
        shape: [("m", 1), (columns, 1)].map(size),
        order: order.into(),
        access,
    };
    let args = [
        ("w.quants", weight("quants", Dtype::U8, 4, 1)),
        ("w.scales", weight("scales", Dtype::Bf16, 16, 32)),
        ("w.zeros", weight("zeros", Dtype::U8, 4, 32)),
        ("x", plain("k", "row_major", Access::In)),
        ("y", plain("n", order, Access::Out)),
        ("m", ArgKind::Dim),
        ("n", ArgKind::Dim),
        ("k", ArgKind::Dim),
    ];
    KernelEntry {
        name: "linear_any".into(),
        recipe: "mmvq_q4".into(),
        params: [("rows".to_owned(), 16.into())].into(),
        object,
        symbol: "linear".into(),
        threads: 1,
        geometry: [Extent::ceil_div("n", 16), Extent::constant(1), Extent::constant(1)],
        kernarg: Kernarg::lay_out(args.map(|(name, kind)| (name.to_owned(), kind))),
        lds_bytes: 0,
        statics: Statics {
            vgprs: 8,
            sgprs: 6,
            lds_bytes: 0,
            spills: 0,
            scratch_bytes: 0,
            code_bytes: 256,
            isa_hash: Digest::of(b"isa"),
        },
    }
}

fn rule() -> Rule {
    Rule {
        when: Predicate::always(),
        kernel: "linear_any".into(),
        inputs: [("x".to_owned(), "f32".to_owned())].into(),
        provenance: Provenance::Modelled,
        time_us: Some(12.5),
        interval: None,
        roofline: Some(0.5),
        bound: Some("memory".into()),
        error: 0.003,
        dims: Dims::from([("m".to_owned(), 1)]),
    }
}

/// The kernel above as a shared object.
pub(crate) fn compiled(dir: &Path) -> Vec<u8> {
    let flags = ["-O2", "-ffreestanding", "-nostdlib", "-shared", "-fPIC", "-fuse-ld=lld"];
    compile(dir, "linear.c", SOURCE, &flags)
}

/// The kernel above as a code object for gfx1151.
pub(crate) fn compiled_for_gpu(dir: &Path) -> Vec<u8> {
    let language = ["-x", "cl", "-cl-std=CL2.0", "-w", "-O2", "-nogpulib"];
    let chip = ["-target", "amdgcn-amd-amdhsa", "-mcpu=gfx1151"];
    compile(dir, "linear.cl", GPU_SOURCE, &[&language[..], &chip].concat())
}

fn compile(dir: &Path, name: &str, text: &str, flags: &[&str]) -> Vec<u8> {
    let (source, object) = (dir.join(name), dir.join("linear.so"));
    std::fs::write(&source, text).unwrap();
    let clang = std::env::var("KILN_CLANG").unwrap_or_else(|_| "clang-22".to_owned());
    let status = Command::new(&clang).args(flags).arg("-o").arg(&object).arg(&source).status();
    assert!(status.unwrap().success(), "{clang} should compile the test kernel");
    std::fs::read(object).unwrap()
}

/// Runs a command that has to succeed.
pub(crate) fn succeed(command: &mut Command) {
    let done = command.output().expect("the command should start");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {said}");
}

/// A Python with packages of its own, fetched with its own client.
pub(crate) fn python(directory: &Path, packages: &[&str]) -> PathBuf {
    let place = directory.join("python");
    succeed(Command::new("python3").args(["-m", "venv"]).arg(&place));
    let python = place.join("bin/python");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    succeed(Command::new(&python).args(pip).args(packages));
    python
}
