//! Every built-in target: it loads, it answers, and files that contradict themselves do not load.

use kiln_targets::{Atom, Backend, DType, Target};

fn target(name: &str) -> Target {
    Target::builtin(name).expect("the target should be built in")
}

fn gfx1151_with(from: &str, to: &str) -> String {
    let text = include_str!("../gfx1151.toml");
    assert!(text.contains(from), "{from}");
    Target::parse(&text.replacen(from, to, 1)).expect_err("the file should be refused").to_string()
}

#[test]
fn every_builtin_target_loads_under_its_own_name() {
    for name in Target::builtin_names() {
        let target = Target::builtin(name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(target.name, name);
        let gpu = target.backend == Backend::AmdGpu;
        assert_eq!(gpu, target.timing.atom_cycles.len() == target.atoms.len(), "{name}");
    }
    assert!(Target::builtin_names().is_sorted());
}

#[test]
fn an_unknown_target_is_answered_with_the_known_ones() {
    let error = Target::builtin("gfx9000").unwrap_err().to_string();
    assert!(error.starts_with("unknown target `gfx9000`; known targets: gfx1100, "), "{error}");
    assert!(error.ends_with("x86-64-v4-novnni"), "{error}");
}

#[test]
fn occupancy_by_registers_follows_the_register_file_of_each_chip() {
    let vgprs = [64, 72, 96, 120, 128, 144, 168, 192, 240, 256];
    let waves = |name: &str| vgprs.map(|vgprs| target(name).occupancy(vgprs, 0, 4));
    let large = [16, 16, 16, 12, 10, 10, 9, 8, 6, 5];
    let small = [16, 12, 10, 8, 8, 7, 5, 5, 4, 4];
    for name in ["gfx1100", "gfx1101", "gfx1151"] {
        assert_eq!(waves(name), large, "{name}");
    }
    for name in ["gfx1102", "gfx1103", "gfx1150", "gfx1152", "gfx1153"] {
        assert_eq!(waves(name), small, "{name}");
    }
}

#[test]
fn occupancy_by_scratch_memory_counts_whole_groups_of_a_wgp() {
    let chip = target("gfx1151");
    let kib = [0, 4, 8, 12, 16, 24, 32, 64].map(|kib| chip.occupancy(64, kib << 10, 4));
    assert_eq!(kib, [16, 16, 16, 10, 8, 5, 4, 2]);
    assert_eq!(chip.occupancy(64, 64 << 10, 1), 1);
    assert_eq!(chip.occupancy(64, (64 << 10) + 1, 4), 0);
    assert_eq!(chip.occupancy(257, 0, 4), 0);
    assert_eq!(chip.occupancy(256, 0, 32), 0, "32 waves of 256 registers do not fit a WGP");
    assert_eq!(target("x86-64-v4").occupancy(32, 1 << 20, 1), 1);
}

#[test]
fn the_preferred_atom_comes_first_and_a_missing_one_is_explained() {
    let chip = target("gfx1151");
    let atom = chip.atom_for(DType::I8, DType::U8, DType::I32).unwrap();
    assert_eq!(atom.name, "wmma_i32_16x16x16_iu8");
    let all: Vec<_> = chip.atoms_for(DType::I4, DType::U4, DType::I32).collect();
    assert_eq!(all.len(), 2);
    let why = target("x86-64-v3").atom_for(DType::I8, DType::U8, DType::I32).unwrap_err();
    assert_eq!(
        why.to_string(),
        "x86-64-v3 has no matrix atom for i8 x u8 -> i32; it has vpmaddwd_x8, fma_f32_x8"
    );
    let vnni = target("x86-64-v4");
    assert!(vnni.atom_for(DType::U8, DType::I8, DType::I32).is_err(), "a must be signed");
}

#[test]
fn unknown_keys_and_contradictions_are_errors() {
    for (from, to, expected) in [
        ("lanes = 32 ", "lanez = 32 ", "unknown field `lanez`"),
        ("launch_us", "launch_ms", "unknown field `launch_ms`"),
        ("lanes = 32 ", "lanes = 16 ", "atom `wmma_f32_16x16x16_f16` has 32 lanes"),
        ("    \"fma_f32_x32\"", "    \"fma\"", "unknown matrix atom `fma`"),
        ("    \"fma_f32_x32\",", "", "atom_cycles names `fma_f32_x32`"),
        ("vgprs_per_simd = 1536", "vgprs_per_simd = 128", "one wave of max_vgprs"),
        ("[\"+wave", "[\"wave", "needs a leading + or -"),
        ("launch_us = 8.0", "launch_us = 0.0", "not positive"),
        ("queued_launch_us = 2.06", "queued_launch_us = -1.0", "not positive"),
        ("lds_banks = 64", "lds_banks = 0", "no limit may be 0"),
    ] {
        let error = gfx1151_with(from, to);
        assert!(error.contains(expected), "{error}");
    }
    let error = Target::parse(&include_str!("../x86-64-v4.toml").replace("\"+avx512vnni\",", ""));
    assert!(error.unwrap_err().to_string().contains("requires the feature +avx512vnni"));
}

#[test]
fn the_hash_text_ignores_timing_and_comments_but_not_limits_or_atoms() {
    let text = include_str!("../gfx1151.toml");
    let hashed = |text: &str| Target::parse(text).unwrap().file_hash_text();
    let base = hashed(text);
    assert_eq!(base, hashed(&text.replace("launch_us = 8.0", "launch_us = 9.0")));
    assert_eq!(base, hashed(&format!("{text}\n# remark\n")));
    assert_ne!(base, hashed(&text.replace("sgprs = 106", "sgprs = 104")));
    assert_ne!(base, target("gfx1100").file_hash_text());
    assert!(base.contains("register m1 m2 m3, lane n0 n1 n2 n3 m0"), "{base}");
}

#[test]
fn peaks_follow_from_the_figures() {
    let timing = target("gfx1151").timing;
    let atom = Atom::builtin("wmma_i32_16x16x16_iu8").unwrap();
    let rate = timing.atom_rate_hz(&atom.name).unwrap() * atom.operations() as f64;
    assert!((rate / 1e12 - 59.4).abs() < 0.1, "{rate}");
}

#[test]
fn a_launch_in_a_queue_costs_as_much_as_one_alone_unless_the_file_says_less() {
    assert_eq!(target("gfx1151").timing.launches_us(), [8.0, 2.06]);
    let text = include_str!("../gfx1151.toml");
    let silent: Vec<&str> = text.lines().filter(|line| !line.starts_with("queued")).collect();
    let silent = Target::parse(&silent.join("\n")).unwrap();
    assert_eq!(silent.timing.launches_us(), [8.0, 8.0]);
    assert_eq!(target("x86-64-v4").timing.launches_us(), [0.0, 0.0]);
}

#[test]
fn this_machine_is_matched_by_what_it_detects() {
    assert!(target("gfx1151").host_supports().unwrap_err().contains("is a GPU"));
    if let Ok(name) = Target::native_host_name() {
        assert_eq!(target(name).host_supports(), Ok(()));
    }
    let mut wanting = target("x86-64-v3");
    wanting.features.push("+telepathy".to_owned());
    assert!(
        wanting.host_supports().unwrap_err().ends_with("missing: telepathy")
            || Target::native_host_name().is_err()
    );
}
