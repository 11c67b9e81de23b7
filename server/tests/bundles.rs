//! `kiln inspect`, `kiln verify` and `kiln bench`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::Path;
use std::process::Stdio;

use common::{Answer, bundle, bundle_with_order, compiled, compiled_for_gpu, kiln, program};
use kiln_targets::Target;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn inspect_shows_winners_and_says_that_times_are_modelled() {
    let dir = tempfile::tempdir().unwrap();
    let file = bundle(dir.path(), "gfx1151", vec![1; 100]);
    let answer = kiln(&["inspect", text(&file)]);
    let table = answer.success();
    for part in ["gfx1151", "tiny", "kiln 0.1.0", "mmvq_q4", "rows=16", "12.5", "50 %"] {
        assert!(table.contains(part), "{part} should be in\n{table}");
    }
    assert!(table.contains("1 of 1 times are modelled"), "{table}");
    assert!(!table.contains("transferred:"), "{table}");
}

#[test]
fn inspect_gives_the_fields_of_the_contract_as_json() {
    let dir = tempfile::tempdir().unwrap();
    let file = bundle(dir.path(), "gfx1151", vec![1; 100]);
    let answer = kiln(&["inspect", text(&file), "--json"]);
    let json: serde_json::Value = serde_json::from_str(answer.success()).unwrap();
    for field in ["format", "target", "model", "toolchain", "kernels", "coverage"] {
        assert!(json.get(field).is_some(), "{field}");
    }
    let fields = [
        "op",
        "recipe",
        "params",
        "dims",
        "vgprs",
        "sgprs",
        "lds_bytes",
        "spills",
        "scratch_bytes",
        "code_bytes",
        "provenance",
        "time_us",
        "roofline",
        "error",
    ];
    for field in fields {
        assert!(json["kernels"][0].get(field).is_some(), "{field}");
    }
}

#[test]
fn verify_says_ok_or_what_is_wrong_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = bundle(dir.path(), "gfx1151", vec![1; 100]);
    let sound = kiln(&["verify", text(&file)]);
    assert!(sound.success().contains(": ok, 1 kernels"), "{}", sound.out);
    assert_eq!(sound.out.lines().count(), 1);
    let whole = std::fs::read(&file).unwrap();
    for at in [0, 9, 200, whole.len() - 60, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        std::fs::write(&file, &bytes).unwrap();
        let damaged = kiln(&["verify", text(&file)]);
        assert_eq!((damaged.code, damaged.out.lines().count()), (1, 1), "{at}: {}", damaged.err);
        assert!(damaged.out.contains("test.kiln") && damaged.err.is_empty(), "{}", damaged.out);
    }
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(kiln(&["verify", text(&file)]).code, 1);
    assert_eq!(kiln(&["inspect", text(&file)]).mistake().matches("damaged").count(), 1);
    assert!(kiln(&["verify", "/no/such/file"]).mistake().contains("/no/such/file"));
    assert!(kiln(&["verify", text(dir.path())]).code > 0);
}

#[test]
fn bench_runs_every_request_on_each_number_of_threads() {
    let Ok(target) = Target::native_host_name() else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = bundle(dir.path(), target, compiled(dir.path()));
    let bench = ["bench", text(&file), "--samples", "3", "--threads", "1,0"];
    let json = kiln(&[&bench[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(json.success()).unwrap();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4, "two requests on one and on all threads");
    for row in rows {
        assert!(row["time_us"].as_f64().unwrap() > 0.0 && row["share"].as_f64().unwrap() > 0.0);
        assert!(row["range_us"][0].as_f64() <= row["time_us"].as_f64());
        assert_eq!(row["samples"], 3);
        let m = row["dims"]["m"].as_u64().unwrap();
        assert_eq!(row["operations"].as_u64(), Some(2 * m * 256 * 128));
        let weights = 256 * 64 + 256 * 4 * 2 + 32 * 4 * 4;
        assert_eq!(row["bytes"].as_u64(), Some(weights + 4 * m * (128 + 256)));
    }
    let table = kiln(&[&bench[..4], &["--only", "m=33"]].concat());
    assert_eq!(table.success().matches("mmvq_q4").count(), 1, "{}", table.out);
    assert!(table.out.contains("m=33") && table.out.contains("GB/s"), "{}", table.out);
}

#[test]
fn bench_on_the_simulator_says_that_nothing_was_measured() {
    let dir = tempfile::tempdir().unwrap();
    let file = bundle(dir.path(), "gfx1151", compiled_for_gpu(dir.path()));
    let bench = ["bench", text(&file), "--device", "sim", "--samples", "3"];
    let json = kiln(&[&bench[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(json.success()).unwrap();
    assert_eq!((&json["provenance"], &json["backend"]), (&"modelled".into(), &"sim".into()));
    let times: Vec<f64> = json["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["time_us"].as_f64().unwrap())
        .collect();
    // A launch in a queue costs this much by the chip's file, and more rows of output are more work.
    assert!(times.len() == 2 && times[0] >= 2.06 && times[0] < times[1], "{times:?}");
    let range = &json["rows"][0]["range_us"];
    assert_eq!(range[0], range[1], "a model does not waver");
    let table = kiln(&bench);
    assert!(table.success().contains("nothing was measured"), "{}", table.out);
}

#[test]
fn bench_compares_the_requests_of_an_operation_with_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let file = bundle(dir.path(), "gfx1151", compiled_for_gpu(dir.path()));
    let bench = kiln(&["bench", text(&file), "--device", "sim", "--samples", "3", "--json"]);
    let json: serde_json::Value = serde_json::from_str(bench.success()).unwrap();
    let figure = |row: usize, name: &str| json["rows"][row][name].as_f64().unwrap();
    assert_eq!(figure(0, "ratio"), 1.0);
    assert_eq!(figure(1, "ratio"), figure(1, "time_us") / figure(0, "time_us"));
}

#[test]
fn an_explained_time_says_what_binds_it_and_adds_up() {
    let dir = tempfile::tempdir().unwrap();
    let file = bundle(dir.path(), "gfx1151", compiled_for_gpu(dir.path()));
    let explain = ["inspect", text(&file), "--explain", "m=33"];
    let table = kiln(&explain);
    for part in [
        "µs modelled",
        "alone, bound by",
        "waits for",
        "clocks of a wave",
        "read from memory",
        "m=33",
    ] {
        assert!(table.success().contains(part), "{part} should be in\n{}", table.out);
    }
    let json = kiln(&[&explain[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(json.success()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
    let one = &json[0];
    let bench = kiln(&["bench", text(&file), "--device", "sim", "--only", "m=33", "--json"]);
    let bench: serde_json::Value = serde_json::from_str(bench.success()).unwrap();
    let number = |of: &serde_json::Value| of.as_f64().unwrap();
    let [alone, queued] = ["microseconds", "queued_microseconds"].map(|name| number(&one[name]));
    let found = number(&bench["rows"][0]["time_us"]);
    // A sample is many launches, of which the first waits for nothing before it.
    let most = queued + (alone - queued) / 20.0;
    assert!(
        queued < alone && (queued..=most).contains(&found),
        "{found} of {queued} to {most}, {alone} alone"
    );
    let resources = one["resource_us"].as_object().unwrap();
    let bound = resources[one["bound_by"].as_str().unwrap()].as_f64().unwrap();
    assert!(resources.values().all(|time| time.as_f64().unwrap() <= bound), "{resources:?}");
}

#[test]
fn a_timeline_draws_the_waves_of_one_request() {
    let dir = tempfile::tempdir().unwrap();
    let file = bundle(dir.path(), "gfx1151", compiled_for_gpu(dir.path()));
    let picture = dir.path().join("waves.svg");
    let draw = |filter: &str, to: &Path| {
        kiln(&["inspect", text(&file), "--explain", filter, "--timeline", text(to)])
    };
    draw("m=33", &picture).success();
    let svg = std::fs::read_to_string(&picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("wave 0"), "{}", &svg[..200]);
    assert!(draw("m=", &picture).mistake().contains("2 contain `m=`"));
    assert!(draw("m=77", &picture).mistake().contains("no request"));
    let nowhere = dir.path().join("absent/waves.svg");
    assert!(draw("m=33", &nowhere).mistake().contains("cannot write"));
    assert!(kiln(&["inspect", text(&file), "--timeline", "a.svg"]).mistake().contains("--explain"));
    let Ok(host) = Target::native_host_name() else { return };
    let file = bundle(dir.path(), host, vec![1; 100]);
    assert!(kiln(&["inspect", text(&file), "--explain", ""]).mistake().contains("not a GPU"));
}

#[test]
fn bench_refuses_what_it_cannot_run() {
    let dir = tempfile::tempdir().unwrap();
    let gpu = bundle(dir.path(), "gfx1151", vec![1; 100]);
    assert!(kiln(&["bench", text(&gpu)]).mistake().contains("gfx1151 is a GPU"));
    assert!(kiln(&["bench", text(&gpu), "--device", "sim"]).mistake().contains("not an ELF"));
    let mut hip = program(Path::new(env!("CARGO_BIN_EXE_kiln")));
    hip.env("KILN_HIP_LIBRARY", "absent").args(["bench", text(&gpu), "--device", "hip"]);
    assert!(Answer::from(hip.output().unwrap()).mistake().contains("no HIP runtime"));
    assert!(kiln(&["bench", text(&gpu), "--device", "abacus"]).mistake().contains("abacus"));
    let Ok(target) = Target::native_host_name() else { return };
    let other = bundle(dir.path(), target, vec![1; 100]);
    assert!(kiln(&["bench", text(&other), "--device", "sim"]).mistake().contains("not a GPU"));
    let rubbish = bundle(dir.path(), target, vec![1; 100]);
    assert!(kiln(&["bench", text(&rubbish)]).mistake().contains("not an ELF"));
    let unknown = bundle(dir.path(), "z80", vec![1; 100]);
    assert!(kiln(&["bench", text(&unknown)]).mistake().contains("z80"));
    let host = bundle(dir.path(), target, compiled(dir.path()));
    assert!(kiln(&["bench", text(&host), "--only", "absent"]).mistake().contains("--only"));
    assert!(kiln(&["bench", text(&host), "--threads", "99999"]).mistake().contains("threads"));
}

#[test]
fn bench_notes_what_it_skips() {
    let Ok(target) = Target::native_host_name() else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = bundle_with_order(dir.path(), target, compiled(dir.path()), "surprise");
    let answer = kiln(&["bench", text(&file), "--json"]);
    assert_eq!((answer.code, answer.err.lines().count()), (1, 2), "{}", answer.err);
    assert!(answer.err.starts_with("note: linear_q4") && answer.err.contains("argument y"));
    let json: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(json["skipped"].as_array().unwrap().len(), 2);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = bundle(dir.path(), "gfx1151", vec![1; 100]);
    let mut command = program(Path::new(env!("CARGO_BIN_EXE_kiln")));
    command.args(["inspect", text(&file)]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
