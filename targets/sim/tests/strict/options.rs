//! What the sanitizer says on other chips and with other options.

use kiln_sim::strict::{Kind, Options, Sanitizer};
use kiln_targets::Target;

use crate::harness::{assemble, listing, run, run_under};
use crate::kernels::{self, Kernel};

fn kernel(name: &str) -> Kernel {
    kernels::all().into_iter().find(|k| k.name == name).expect("the kernel should exist")
}

fn target(name: &str) -> Target {
    Target::builtin(name).expect("the chip should be known")
}

/// Scan with one transcendental result that the instruction after `between` uses.
fn transcendental(between: &str) -> Vec<u8> {
    let from = "v_mov_b32_e32 v3, v2";
    let to = format!("v_exp_f32_e32 v9, v2\n{between}\tv_mov_b32_e32 v10, v9\n\t{from}");
    assemble(&listing(&kernel("scan")).replacen(from, &to, 1))
}

#[test]
fn a_transcendental_result_must_not_be_used_at_once_where_the_chip_has_that_hazard() {
    let (scan, other) = (kernel("scan"), "\tv_mov_b32_e32 v11, v0\n");
    let cases = [
        ("gfx1100", String::new(), true),
        ("gfx1100", other.repeat(5), true),
        ("gfx1100", other.repeat(6), false),
        ("gfx1100", "\ts_waitcnt_depctr 0xfff\n".to_owned(), false),
        ("gfx1151", String::new(), false),
    ];
    for (chip, between, found) in cases {
        let outcome = run(&scan, &transcendental(&between), chip);
        let hazards = outcome.report.of(Kind::Hazard).count();
        assert_eq!(hazards == 1, found, "{chip} {between:?}: {}", outcome.report);
    }
}

#[test]
fn computing_with_what_nobody_wrote_is_a_finding_only_when_asked_for() {
    let affine = kernel("affine");
    let object = assemble(&listing(&affine));
    let chip = target("gfx1151");
    let eager = Sanitizer::with(&chip, Options { eager: true, ..Options::default() });
    assert!(run_under(&affine, &object, &chip, &eager).is_ok());
    let report = eager.report();
    assert_eq!(report.of(Kind::Uninitialised).count(), 1, "{report}");
    let place = &report.findings()[0].place;
    assert!(place.instruction.starts_with("v_mad_u64_u32 v[4:5]"), "{report}");
    assert!(run(&affine, &object, "gfx1151").report.is_clean());
}

#[test]
fn races_in_device_memory_are_looked_for_unless_told_otherwise() {
    let sum = kernel("sum");
    let wrong = listing(&sum).replacen("s_lshl_b32 s2, s2, 2", "s_mov_b32 s2, 0", 1);
    let (object, chip) = (assemble(&wrong), target("gfx1151"));
    for memory_races in [false, true] {
        let options = Options { memory_races, ..Options::default() };
        let sanitizer = Sanitizer::with(&chip, options);
        assert!(run_under(&sum, &object, &chip, &sanitizer).is_ok());
        let races = sanitizer.report().of(Kind::GlobalRace).count();
        assert_eq!(races, usize::from(memory_races));
    }
}

#[test]
fn pages_that_are_not_watched_are_counted() {
    let (affine, chip) = (kernel("affine"), target("gfx1151"));
    let object = assemble(&listing(&affine));
    let sanitizer = Sanitizer::with(&chip, Options { group_pages: 1, ..Options::default() });
    assert!(run_under(&affine, &object, &chip, &sanitizer).is_ok());
    let report = sanitizer.report();
    assert!(report.is_clean() && report.unwatched_pages() > 0);
    assert!(report.to_string().contains("pages of memory were not watched"), "{report}");
}

#[test]
fn workgroups_of_one_launch_meet_and_those_of_two_launches_do_not() {
    let (sum, chip) = (kernel("sum"), target("gfx1151"));
    let object = assemble(&listing(&sum));
    let sanitizer = Sanitizer::new(&chip);
    for _ in 0..2 {
        assert!(run_under(&sum, &object, &chip, &sanitizer).is_ok());
        sanitizer.next_launch();
    }
    assert!(sanitizer.report().is_clean(), "{}", sanitizer.report());
}

#[test]
fn a_finding_names_the_place_the_cause_and_the_cure() {
    let sum = kernel("sum");
    let wrong = listing(&sum).replacen("\ts_barrier\n", "", 1);
    let report = run(&sum, &assemble(&wrong), "gfx1151").report;
    let text = report.to_string();
    for part in [
        "LDS race: byte 0x",
        "sum +0x",
        "ds_load_b32 v5, v4",
        "workgroup (0, 0, 0)",
        "wave ",
        "lane",
        "fix  put s_waitcnt lgkmcnt(0) and s_barrier",
    ] {
        assert!(text.contains(part), "{part} is missing from {text}");
    }
}

#[test]
fn a_report_is_data_too() {
    let sum = kernel("sum");
    let wrong = listing(&sum).replacen("\ts_waitcnt vmcnt(0)\n", "", 1);
    let report = run(&sum, &assemble(&wrong), "gfx1151").report;
    let data = serde_json::to_value(&report).expect("a report should be data");
    let finding = &data["findings"][0];
    assert_eq!(finding["kind"], "missing_wait");
    assert_eq!(finding["why"], Kind::MissingWait.why());
    assert_eq!(finding["fix"], "put s_waitcnt vmcnt(0) before this instruction");
    let place = &finding["place"];
    assert_eq!(place["instruction"], "ds_store_b32 v3, v2");
    assert_eq!((&place["kernel"], &place["wave"]), (&"sum".into(), &0.into()));
    assert_eq!((&data["dropped"], &data["unwatched_pages"]), (&0.into(), &0.into()));
}
