//! `kiln run`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use common::{Answer, kiln};

/// Kernels in OpenCL C without its library.
const SOURCE: &str = r#"
#define LANE __builtin_amdgcn_workitem_id_x()
#define X __builtin_amdgcn_workgroup_id_x()

kernel void scale(global const float *x, global float *y, float factor, int n) {
    int i = X * 32 + LANE;
    if (i < n) y[i] = x[i] * factor;
}

kernel void bump(global int *x) { x[LANE] += 1; }

// Reads local memory that nobody wrote.
kernel void luck(global float *y) {
    local float part[32];
    if (LANE > 100) part[LANE] = 1.0f;
    __builtin_amdgcn_s_barrier();
    y[LANE] = part[LANE];
}
"#;

/// The compiled kernels.
fn object() -> &'static str {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    let path = PATH.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap().keep();
        let (source, object) = (dir.join("kernels.cl"), dir.join("kernels.hsaco"));
        std::fs::write(&source, SOURCE).unwrap();
        let clang = std::env::var("KILN_CLANG").unwrap_or_else(|_| "clang-22".to_owned());
        let flags = ["-x", "cl", "-cl-std=CL2.0", "-w", "-O2", "-nogpulib"];
        let chip = ["-target", "amdgcn-amd-amdhsa", "-mcpu=gfx1151"];
        let mut command = Command::new(&clang);
        command.args(flags).args(chip).arg(&source).arg("-o").arg(&object);
        assert!(command.status().unwrap().success(), "{clang} should compile the kernels");
        object
    });
    path.to_str().unwrap()
}

/// A `.npy` file as NumPy writes it.
fn npy(path: &Path, descr: &str, shape: &str, elements: &[u8]) -> String {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let prefix = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..]].concat();
    std::fs::write(path, [&prefix, header.as_bytes(), elements].concat()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The elements of a `.npy` file.
fn elements(path: &Path) -> Vec<u8> {
    let file = std::fs::read(path).unwrap();
    let header = usize::from(u16::from_le_bytes([file[8], file[9]]));
    file[10 + header..].to_vec()
}

fn floats(values: impl IntoIterator<Item = f32>) -> Vec<u8> {
    values.into_iter().flat_map(f32::to_le_bytes).collect()
}

fn run(kernel: &str, grid: &str, rest: &[&str]) -> Answer {
    kiln(&[&["run", object(), "--kernel", kernel, "--grid", grid, "--block", "32"], rest].concat())
}

#[test]
fn arrays_go_in_and_come_out() {
    let dir = tempfile::tempdir().unwrap();
    let x = npy(&dir.path().join("x.npy"), "<f4", "(10, 5)", &floats((0..50).map(|i| i as f32)));
    let y = dir.path().join("y.npy");
    let (input, output) = (format!("in:{x}"), format!("out:{}:10x5:f32", y.display()));
    let answer = run("scale", "2", &[&input, &output, "f32:2.5", "i32:50"]);
    let text = answer.success();
    for part in
        ["scale", "gfx1151 (simulated)", "2 x 1 x 1 workgroups of 32 x 1 x 1", "10x5 of f32"]
    {
        assert!(text.contains(part), "{part} should be in\n{text}");
    }
    assert_eq!(elements(&y), floats((0..50).map(|i| i as f32 * 2.5)));
    let ints: Vec<u8> = (0..32i32).flat_map(i32::to_le_bytes).collect();
    let x = npy(&dir.path().join("n.npy"), "<i4", "(32,)", &ints);
    let bumped = dir.path().join("bumped.npy");
    run("bump", "1", &[&format!("inout:{x}:{}", bumped.display())]).success();
    let expected: Vec<u8> = (1..33i32).flat_map(i32::to_le_bytes).collect();
    assert_eq!((elements(&bumped), elements(Path::new(&x))), (expected.clone(), ints));
    run("bump", "1", &[&format!("inout:{x}")]).success();
    assert_eq!(elements(Path::new(&x)), expected);
}

#[test]
fn a_kernel_that_leaves_its_buffers_fails_with_the_place() {
    let dir = tempfile::tempdir().unwrap();
    let x = npy(&dir.path().join("x.npy"), "<f4", "(50,)", &floats((0..50).map(|i| i as f32)));
    let y = dir.path().join("y.npy");
    let (input, output) = (format!("in:{x}"), format!("out:{}:49:f32", y.display()));
    let arguments = [input.as_str(), &output, "f32:1", "i32:50"];
    let answer = run("scale", "2", &arguments);
    assert_eq!(answer.code, 1, "{}", answer.err);
    for part in ["fault", "scale, group (1, 0, 0)", "global_store_b32", "out:"] {
        assert!(answer.out.contains(part), "{part} should be in\n{}", answer.out);
    }
    assert!(!y.exists(), "what a kernel left that did not end is no result");
    let answer = run("scale", "2", &[&["--json"], &arguments[..]].concat());
    let json: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((answer.code, json["strict"].as_bool()), (1, Some(true)));
    assert!(json["fault"].as_str().unwrap().contains("past the end"));
    // An input is there to be read.
    let answer = run("bump", "1", &[&input]);
    assert!(answer.code == 1 && answer.out.contains("may only be read"), "{}", answer.out);
}

#[test]
fn a_kernel_that_only_works_by_luck_is_reported_unless_told_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let y = format!("out:{}:32:f32", dir.path().join("y.npy").display());
    let answer = run("luck", "1", &[&y]);
    assert_eq!(answer.code, 1);
    assert!(answer.out.contains("finding") && answer.out.contains("LDS byte 0"), "{}", answer.out);
    let json = run("luck", "1", &["--json", &y]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert!(!json["findings"].as_array().unwrap().is_empty() && json["fault"].is_null());
    assert!(run("luck", "1", &["--no-strict", &y]).success().contains("--no-strict"));
}

#[test]
fn mistakes_are_one_line_that_says_what_is_wanted() {
    let cases: [(&str, &[&str], &str); 6] = [
        ("absent", &[], "it has scale, bump, luck"),
        ("bump", &[], "1 arguments (a pointer)"),
        ("bump", &["i32:1"], "argument 0 of bump has 8 bytes, not 4"),
        ("bump", &["in:/no/such.npy"], "/no/such.npy"),
        ("bump", &["x"], "argument 'x'"),
        ("bump", &["--target", "x86-64-v3", "null"], "not a GPU"),
    ];
    for (kernel, arguments, expected) in cases {
        let answer = run(kernel, "1", arguments);
        assert!(answer.mistake().contains(expected), "{}", answer.err);
    }
    let answer = kiln(&["run", object(), "--grid", "1", "--block", "32"]);
    assert!(answer.mistake().contains("--kernel"), "{}", answer.err);
    let answer = kiln(&["run", object(), "--grid", "0", "--block", "32"]);
    assert!(answer.mistake().contains("--grid"), "{}", answer.err);
    let too_large = run("bump", "1", &["null", "--lds", "70000"]);
    assert!(too_large.mistake().contains("bytes of LDS"), "{}", too_large.err);
}
