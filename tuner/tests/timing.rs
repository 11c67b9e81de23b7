//! The timing model on kernels whose speed is published: a copy and a loop of matrix instructions.

use std::path::Path;
use std::sync::Arc;

use kiln_sim::machine::Launch;
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::CodeObject;
use kiln_sim::time::{Estimate, Resource, estimate};
use kiln_targets::Target;
use kiln_tuner::calibrate::read_object;

/// Published copy bandwidth of the Radeon 8060S in bytes per microsecond (lhl, hardware-test).
const COPY: f64 = 215.0e3;

/// Published rates of int8 matrix loops on it, in operations per microsecond.
const RATES: [f64; 2] = [55.0e6, 59.4e6];

/// How far a modelled figure may be from a published one.
const MARGIN: f64 = 0.1;

fn chip() -> Target {
    Target::builtin("gfx1151").expect("the target should be there")
}

fn object(name: &str) -> CodeObject {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/timing");
    read_object(&folder.join(name), &chip()).expect("the text should assemble")
}

fn model(object: &CodeObject, launch: &Launch, memory: &Arc<Memory>) -> Estimate {
    estimate(&chip(), object, launch, memory).expect("the kernel should run")
}

fn copy(bytes: u64) -> Estimate {
    let memory = Arc::new(Memory::new());
    let buffer = |name| {
        memory
            .allocate(name, bytes, Access::ReadWrite, Storage::Sparse)
            .expect("there should be room")
    };
    let arguments = [buffer("from"), buffer("to")].map(u64::to_le_bytes).concat();
    let launch = Launch::new("copy", [(bytes / 4096) as u32, 1, 1], [256, 1, 1], arguments);
    model(&object("copy.s"), &launch, &memory)
}

fn rate(groups: u32, rounds: u32) -> Estimate {
    let memory = Arc::new(Memory::new());
    let arguments = rounds.to_le_bytes().to_vec();
    let launch = Launch::new("rate", [groups, 1, 1], [256, 1, 1], arguments);
    model(&object("rate.s"), &launch, &memory)
}

#[test]
fn a_copy_reaches_the_published_bandwidth() {
    let bytes = 1 << 28;
    let estimate = copy(bytes);
    let speed = 2.0 * bytes as f64 / estimate.microseconds;
    assert!((speed / COPY - 1.0).abs() < MARGIN, "{:.1} GB/s", speed / 1e3);
    assert_eq!(estimate.binding, Resource::Memory);
    let traffic = estimate.sampled.traffic;
    assert_eq!((traffic.read_bytes, traffic.written_bytes), (bytes as f64, bytes as f64));
}

#[test]
fn a_loop_of_matrix_instructions_reaches_the_published_rate() {
    let (groups, rounds) = (640, 200);
    let estimate = rate(groups, rounds);
    // 8 waves of 16 instructions a round, each 16 x 16 x 16 products and sums.
    let ops = f64::from(groups) * 8.0 * f64::from(rounds) * 16.0 * 2.0 * 4096.0;
    let speed = ops / estimate.microseconds;
    let within = RATES[0] * (1.0 - MARGIN)..RATES[1] * (1.0 + MARGIN);
    assert!(within.contains(&speed), "{:.1} T/s", speed / 1e6);
    assert_eq!(estimate.binding, Resource::Waves);
}

#[test]
fn twice_the_work_takes_twice_the_time() {
    let of = |estimate: Estimate| estimate.microseconds - 8.0;
    let copies = of(copy(1 << 29)) / of(copy(1 << 28));
    assert!((copies - 2.0).abs() < 0.05, "{copies}");
    let loops = of(rate(640, 200)) / of(rate(640, 100));
    assert!((loops - 2.0).abs() < 0.05, "{loops}");
}

#[test]
fn one_workgroup_more_than_fits_starts_another_round() {
    let fits = rate(160, 200).microseconds;
    let more = rate(161, 200).microseconds;
    assert!(more > 1.1 * fits, "{fits} {more}");
}

#[test]
fn a_kernel_that_is_not_there_is_named() {
    let memory = Arc::new(Memory::new());
    let launch = Launch::new("absent", [1, 1, 1], [32, 1, 1], Vec::new());
    let target = Target::builtin("gfx1151").unwrap();
    let error = estimate(&target, &object("copy.s"), &launch, &memory).unwrap_err().to_string();
    assert!(error.contains("absent") && error.contains("copy"), "{error}");
    let other = Target::builtin("gfx1100").unwrap();
    let launch = Launch::new("copy", [1, 1, 1], [32, 1, 1], Vec::new());
    let error = estimate(&other, &object("copy.s"), &launch, &memory).unwrap_err().to_string();
    assert!(error.contains("gfx1100") && error.contains("timing.pipeline"), "{error}");
}

#[test]
fn the_page_and_the_target_file_say_what_the_calibration_found() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let read = |name: &str| std::fs::read_to_string(docs.join(name)).unwrap();
    let found: serde_json::Value = serde_json::from_str(&read("timing-model.json")).unwrap();
    let page = read("timing-model.md");
    let number = |path: &str| found.pointer(path).and_then(serde_json::Value::as_f64).unwrap();
    for (name, figure, scale, digits, unit) in [
        ("rank correlation (Spearman)", "spearman", 1.0, 3, ""),
        ("rank correlation (Kendall)", "kendall", 1.0, 3, ""),
        ("mean absolute error", "mean_error", 100.0, 1, " %"),
        ("median absolute error", "median_error", 100.0, 1, " %"),
        ("largest absolute error", "largest_error", 100.0, 1, " %"),
        ("mean regret of the pick, six dense sweeps", "mean_regret", 1.0, 4, ""),
    ] {
        let [held_out, all] = ["held_out", "fitted_to_all"]
            .map(|of| format!("{:.digits$}{unit}", scale * number(&format!("/{of}/{figure}"))));
        let row = format!("| {name} | {held_out} | {all} |");
        assert!(page.contains(&row), "{row}");
    }
    let fitted = Target::builtin("gfx1151").unwrap().timing.fitted.unwrap();
    for (name, value) in kiln_tuner::calibrate::coefficients(&fitted) {
        assert_eq!(value, number(&format!("/coefficients/{name}")), "{name}");
        assert!(page.contains(&format!("| `{name}` | {value:.3} |")), "{name}");
    }
    let wanted = [number("/held_out/spearman") >= 0.97, number("/held_out/mean_error") <= 0.15];
    assert_eq!(wanted, [true; 2]);
    assert!(number("/held_out/mean_regret") <= 1.02);
}
