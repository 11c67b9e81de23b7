//! Checks of whole bundles.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use std::process::{Command, Output};

use kiln_cache::bundle::{Bundle, BundleWriter};
use kiln_cache::vocabulary::KernelEntry;
use serde_json::Value;

use common::{LAYER, Room, TUNE, host, text};

/// Checks a bundle.
fn checked(room: &Room, bundle: &str, more: &[&str]) -> Output {
    let mut command = Command::new(TUNE);
    command.arg("check").arg("--bundle").arg(room.path(bundle)).args(more).output().unwrap()
}

/// What a check that has to agree says.
fn agreed(room: &Room, bundle: &str, more: &[&str]) -> String {
    let output = checked(room, bundle, more);
    assert!(output.status.success(), "{more:?}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_check_of_a_bundle_says_what_was_cut_and_can_run_real_sizes() {
    let Some(target) = host() else { return };
    let room = Room::new();
    room.unsearched(target, "a", "n=512,epilogue=silu_mul,m=64,recipe=mmvq_q4");
    let quick = agreed(&room, "a", &[]);
    assert!(quick.contains("1 with n cut to 256 or m to 33"), "{quick}");
    let full = agreed(&room, "a", &["--full"]);
    assert!(full.contains("real sizes") && full.contains("m=64 n=512"), "{full}");
    let rows: Value = serde_json::from_str(&agreed(&room, "a", &["--json"])).unwrap();
    assert_eq!((&rows[0]["dims"]["n"], &rows[0]["request"]["n"]), (&256.into(), &512.into()));
}

#[test]
fn a_remembered_check_says_that_it_is_one_and_another_bundle_is_checked() {
    let room = Room::new();
    room.unsearched("gfx1151", "a", &format!("{LAYER},m=1,recipe=mmvq_q4"));
    room.unsearched("gfx1151", "b", &format!("{LAYER},m=2,recipe=mmvq_q4"));
    let cache = room.path("cache");
    let check = |bundle: &str, more: &[&str]| {
        agreed(&room, bundle, &[more, &["--cache", cache.to_str().unwrap()]].concat())
    };
    let first = check("a", &["--remembered"]);
    assert!(first.contains("1 of 1 agree") && !first.contains("remembered"), "{first}");
    let second = check("a", &["--remembered"]);
    assert!(second.starts_with(&first), "{second}");
    assert!(second.contains("remembered: nothing was executed now"), "{second}");
    let rows: Value = serde_json::from_str(&check("a", &["--remembered", "--json"])).unwrap();
    assert!(rows[0]["remembered"].as_str().unwrap().ends_with(" UTC"), "{rows}");
    for (bundle, more) in [("a", &["--remembered", "--full"][..]), ("b", &["--remembered"])] {
        let other = check(bundle, more);
        assert!(other.contains("1 of 1 agree") && !other.contains("remembered"), "{other}");
    }
}

/// A copy of a bundle whose kernels are as `change` makes them.
fn changed(room: &Room, from: &str, to: &str, change: impl Fn(&mut [KernelEntry])) {
    let bundle = Bundle::open(room.path(from)).unwrap();
    let mut writer = BundleWriter::new(bundle.manifest().clone());
    for number in 0..bundle.object_count() as u32 {
        writer.object(bundle.object(number).unwrap().to_vec());
    }
    let mut kernels = bundle.kernels().to_vec();
    change(&mut kernels);
    kernels.into_iter().for_each(|kernel| writer.kernel(kernel));
    bundle.tables().iter().for_each(|table| writer.table(table.clone()));
    for covered in bundle.coverage() {
        let operation = bundle.tables()[covered.table as usize].operation();
        writer.request(operation.clone(), covered.dims.clone());
    }
    writer.write(room.path(to)).unwrap();
}

/// Two kernels of linear layers on the simulator, each for a few and for many rows.
fn two_kernels() -> Room {
    let room = Room::new();
    let only = "op=linear_q4,k=256,epilogue=none+silu_mul,m=1+40,recipe=mmvq_q4";
    room.unsearched("gfx1151", "right", only);
    room
}

#[test]
fn any_number_of_jobs_says_the_same_of_a_right_bundle() {
    let room = two_kernels();
    for more in [&[][..], &["--full"], &["--json"]] {
        let said = |jobs| agreed(&room, "right", &[more, &["--jobs", jobs]].concat());
        let once = said("1");
        assert!(once.contains("simulated") && once.contains("silu_mul"), "{once}");
        assert_eq!(once, said("2"), "{more:?}");
        assert_eq!(once, said("16"), "{more:?}");
    }
}

#[test]
fn a_wrong_kernel_is_found_with_one_job_and_with_several() {
    let room = two_kernels();
    let bundle = Bundle::open(room.path("right")).unwrap();
    let kernel = |epilogue: &str| {
        let mut tables = bundle.tables().iter();
        let table = tables.find(|of| of.operation().attributes["epilogue"] == epilogue).unwrap();
        let whole = table.operation().to_string();
        let operation = whole.split('(').next().unwrap().to_owned();
        (operation, bundle.kernel(&table.rules()[0].kernel).unwrap())
    };
    // The name of one kernel stands for the code of another with the same arguments.
    let ((operation, spoiled), (_, other)) = (kernel("none"), kernel("silu_mul"));
    changed(&room, "right", "wrong", |kernels| {
        let kernel = kernels.iter_mut().find(|kernel| kernel.name == spoiled.name).unwrap();
        kernel.symbol.clone_from(&other.symbol);
    });
    let pair = |(name, value): (&String, &Value)| format!("{name}: {value}");
    let params = spoiled.params.iter().map(pair).collect::<Vec<_>>().join(", ");
    for full in [&[][..], &["--full"]] {
        let said = |more: &[&str]| {
            let output = checked(&room, "wrong", &[full, more].concat());
            assert_eq!(output.status.code(), Some(1), "{more:?}: {}", text(&output));
            let rows = String::from_utf8(output.stdout.clone()).unwrap();
            (rows, text(&output))
        };
        let json = said(&["--json", "--jobs", "1"]).0;
        assert_eq!(json, said(&["--json", "--jobs", "2"]).0);
        let rows: Vec<Value> = serde_json::from_str(&json).unwrap();
        let mut disagree = 0;
        for row in &rows {
            let is_wrong = row["operation"] == operation && row["params"] == params;
            assert_eq!(row["verdicts"]["simulated"].is_null(), !is_wrong, "{row:#}");
            disagree += usize::from(is_wrong);
        }
        assert!(0 < disagree && disagree < rows.len(), "{rows:#?}");
        let (table, progress) = said(&["--jobs", "2"]);
        assert_eq!(table, said(&["--jobs", "1"]).0);
        let count = format!("{} of {} agree", rows.len() - disagree, rows.len());
        assert!(table.contains(&count), "{table}");
        // What disagrees is said on the way, too.
        assert_eq!(progress.matches(": simulated: ").count(), disagree, "{progress}");
        assert!(progress.contains(&format!("{disagree} disagree")), "{progress}");
    }
}
