//! Bounds computed by hand.

use super::*;
use crate::roofline::{Arithmetic, Counts, Probes};

fn chip() -> (Target, Ceilings) {
    let target = Target::builtin("gfx1151").unwrap();
    let ceilings = Ceilings { launch: 0.0, ..Ceilings::stated(&target) };
    (target, ceilings)
}

fn kernel(groups: u32, per_group: Counts) -> KernelFacts {
    KernelFacts { grid: [groups, 1, 1], threads: 128, vgprs: 96, per_group, ..Default::default() }
}

fn close(found: f64, expect: f64) {
    assert!((found / expect - 1.0).abs() < 1e-9, "found {found}, expected {expect}");
}

#[test]
fn memory_binds_a_kernel_that_only_reads() {
    let (target, ceilings) = chip();
    let mut facts = kernel(1000, Counts::default());
    facts.operand_bytes = [("w".into(), 200_000_000), ("x".into(), 41_000_000)].into();
    let bound = Bound::of(&facts, &target, &ceilings).unwrap();
    close(bound.time_us(), 1000.0);
    assert_eq!(bound.binding(), Some(Resource::Memory));
    assert!(bound.is_hopeless(600.0) && !bound.is_hopeless(700.0));
}

#[test]
fn matrix_atoms_and_vector_instructions_share_the_simd() {
    let (target, ceilings) = chip();
    let atoms = [("wmma_i32_16x16x16_iu8".into(), 4000.0)].into();
    let counts = Counts { atoms, valu: 32_000.0, quarter_rate: 8_000.0, ..Counts::default() };
    let bound = Bound::of(&kernel(20, counts), &target, &ceilings).unwrap();
    // One group on each WGP, a quarter of it on each SIMD: 1000 atoms of 32 clocks, 8000 plain
    // and 2000 quarter-rate instructions: 32000 + 16000 clocks at 2.9 GHz.
    close(bound.time_us(), 48_000.0 / 2900.0);
    assert_eq!(bound.binding(), Some(Resource::Mma));
}

#[test]
fn one_group_more_than_there_are_units_doubles_the_time() {
    let (target, ceilings) = chip();
    let counts = Counts { valu: 4000.0, ..Counts::default() };
    let time =
        |groups| Bound::of(&kernel(groups, counts.clone()), &target, &ceilings).unwrap().time_us();
    close(time(20), 1000.0 / 2900.0);
    close(time(1), time(20));
    close(time(21), 2.0 * time(20));
    close(time(40), time(21));
}

#[test]
fn groups_of_one_wave_fill_the_four_simds_of_a_unit_first() {
    let (target, ceilings) = chip();
    let counts = Counts { valu: 1000.0, ..Counts::default() };
    let time = |groups| {
        let facts = KernelFacts { threads: 32, ..kernel(groups, counts.clone()) };
        Bound::of(&facts, &target, &ceilings).unwrap().time_us()
    };
    close(time(80), time(1));
    close(time(81), 2.0 * time(80));
}

#[test]
fn local_memory_and_cache_have_their_own_ceilings() {
    let (target, ceilings) = chip();
    let counts = Counts { lds_bytes: 256_000.0, ..Counts::default() };
    let bound = Bound::of(&kernel(20, counts), &target, &ceilings).unwrap();
    close(bound.time_us(), 1000.0 / 2900.0);
    assert_eq!(bound.binding(), Some(Resource::Lds));
    let counts = Counts { global_bytes: 2.47e6, ..Counts::default() };
    let bound = Bound::of(&kernel(10, counts), &target, &ceilings).unwrap();
    close(bound.time_us(), 10.0);
    assert_eq!(bound.binding(), Some(Resource::Cache));
}

#[test]
fn rounds_count_how_often_the_device_is_filled() {
    let (target, ceilings) = chip();
    // 96 registers allow 16 waves on each SIMD, 16 groups of 4 waves on each of 20 units.
    let rounds = |groups, lds_bytes| {
        let facts = KernelFacts { lds_bytes, ..kernel(groups, Counts::default()) };
        let bound = Bound::of(&facts, &target, &ceilings).unwrap();
        (bound.waves_per_simd, bound.rounds, bound.filled)
    };
    assert_eq!(rounds(320, 0), (16, 1, 1.0));
    assert_eq!(rounds(321, 0), (16, 2, 321.0 / 640.0));
    assert_eq!(rounds(40, 65536), (2, 1, 1.0));
    assert_eq!(rounds(41, 65536), (2, 2, 41.0 / 80.0));
}

#[test]
fn a_launch_costs_its_launch() {
    let target = Target::builtin("gfx1151").unwrap();
    let counts = Counts { valu: 4.0, ..Counts::default() };
    let bound = Bound::of(&kernel(1, counts), &target, &Ceilings::stated(&target)).unwrap();
    // What one of many in a queue costs: nobody waits for each.
    assert!(bound.time_us() > 2.06 && bound.time_us() < 2.07);
}

#[test]
fn unknown_rates_are_named_and_left_out() {
    let target = Target::builtin("x86-64-v4").unwrap();
    let atoms = [("vpdpbusd_x16".into(), 1e6)].into();
    let counts = Counts { atoms, valu: 1.0, ..Counts::default() };
    let facts = KernelFacts { threads: 1, vgprs: 20, ..kernel(2, counts) };
    let bound = Bound::of(&facts, &target, &Ceilings::stated(&target)).unwrap();
    assert_eq!(bound.unknown, [Resource::Mma, Resource::Issue]);
    assert_eq!(bound.time_us(), 0.0);
    let probes = Probes { units: 2, bandwidth: 1e9, peaks: [(Arithmetic::I8, 256e9)].into() };
    let bound = Bound::of(&facts, &target, &Ceilings::measured(&target, &probes)).unwrap();
    close(bound.time_us(), 1000.0);
    assert_eq!((bound.binding(), bound.unknown), (Some(Resource::Mma), vec![Resource::Issue]));
}

#[test]
fn the_estimate_orders_kernels_with_equal_bounds() {
    let (target, ceilings) = chip();
    let estimate = |valu| {
        let mut facts = kernel(20, Counts { valu, ..Counts::default() });
        facts.operand_bytes = [("w".into(), 241_000)].into();
        let bound = Bound::of(&facts, &target, &ceilings).unwrap();
        close(bound.time_us(), 1.0);
        bound.estimate_us()
    };
    assert!(1.0 <= estimate(0.0) && estimate(0.0) < estimate(4000.0));
    assert!(estimate(4000.0) < estimate(8000.0));
}

#[test]
fn a_kernel_that_does_not_fit_is_an_error_that_says_why() {
    let (target, ceilings) = chip();
    let fits = kernel(1, Counts::default());
    for bad in [
        KernelFacts { vgprs: 257, ..fits.clone() },
        KernelFacts { lds_bytes: 65537, ..fits.clone() },
        KernelFacts { threads: 1056, ..fits.clone() },
        KernelFacts { grid: [1, 0, 1], ..fits },
    ] {
        let error = Bound::of(&bad, &target, &ceilings).unwrap_err().to_string();
        assert!(error.contains("does not run on gfx1151"), "{error}");
    }
}
