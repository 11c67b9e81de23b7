//! Conformance of the simulator with the instruction set.
//!
//! * [`instructions`]: tables of single instructions beside what the manual says they do. One row is one
//!   test: 24 waves of random and adversarial operands, some with lanes switched off.
//! * [`corpus`]: kernels in C and OpenCL C, compiled at three levels of optimisation. One kernel at one
//!   level is one test: seven sizes, compared with the same source on the host.
//! * Every run is watched by strict mode, and a finding fails the test that it was found in.
//! * What is compiled here and what Kiln's own kernels consist of must have been executed by a test that
//!   passes.
//!
//! Expected values never come from the simulator. A failure names the kernel or instruction, the lane or
//! element, what was computed, and what should have been.

#![allow(clippy::print_stdout, reason = "tests count what they ran")]

mod corpus;
mod engine;
mod geometry;
mod instructions;
mod llvm;
mod numbers;
mod report;
mod values;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use report::Report;

macro_rules! tables {
    ($($index:literal $test:ident)*) => {
        /// Each table's outcome, found once whichever test asks first.
        static TABLES: [LazyLock<Report>; instructions::TABLES.len()] =
            [$(LazyLock::new(|| instructions::run(&instructions::TABLES[$index]))),*];

        $(#[test]
        fn $test() {
            TABLES[$index].assert(instructions::TABLES[$index].0);
        })*
    };
}

tables! {
    0 instructions_of_one_operand_do_what_the_manual_says
    1 instructions_of_two_operands_do_what_the_manual_says
    2 instructions_of_three_operands_do_what_the_manual_says
    3 instructions_of_halves_do_what_the_manual_says
    4 instructions_of_packed_do_what_the_manual_says
    5 instructions_of_matrices_do_what_the_manual_says
    6 instructions_of_comparisons_do_what_the_manual_says
    7 instructions_of_dual_do_what_the_manual_says
    8 instructions_of_lanes_do_what_the_manual_says
    9 instructions_of_scalar_do_what_the_manual_says
    10 instructions_of_scalar_floats_do_what_the_manual_says
    11 instructions_of_control_do_what_the_manual_says
    12 instructions_of_lds_do_what_the_manual_says
    13 instructions_of_memory_do_what_the_manual_says
    14 instructions_of_atomics_do_what_the_manual_says
    15 instructions_of_transcendentals_and_division_do_what_the_manual_says
    16 instructions_of_modes_do_what_the_manual_says
}

macro_rules! files {
    ($($index:literal $test:ident)*) => {
        /// Each source's outcome.
        static FILES: [LazyLock<Report>; corpus::FILES.len()] =
            [$(LazyLock::new(|| corpus::run(corpus::FILES[$index]))),*];

        $(#[test]
        fn $test() {
            FILES[$index].assert(corpus::FILES[$index]);
        })*
    };
}

files! {
    0 kernels_of_integers_give_what_the_host_gives
    1 kernels_of_wide_give_what_the_host_gives
    2 kernels_of_narrow_give_what_the_host_gives
    3 kernels_of_floats_give_what_the_host_gives
    4 kernels_of_doubles_give_what_the_host_gives
    5 kernels_of_halves_give_what_the_host_gives
    6 kernels_of_memory_give_what_the_host_gives
    7 kernels_of_control_give_what_the_host_gives
    8 kernels_of_scratch_give_what_the_host_gives
    9 kernels_of_lds_give_what_the_host_gives
    10 kernels_of_kernargs_give_what_the_host_gives
    11 kernels_of_atomics_give_what_the_host_gives
    12 kernels_of_waves_give_what_the_host_gives
    13 kernels_of_dots_give_what_the_host_gives
    14 kernels_of_matrices_give_what_the_host_gives
    15 kernels_in_opencl_give_what_the_host_gives
}

/// Opcodes of Kiln's own kernels, one a line: what LLVM's disassembler names in the objects of a whole bundle.
const OWN: &str = include_str!("../corpus/kiln-opcodes.txt");

#[test]
fn every_opcode_that_is_compiled_is_executed_by_a_test_that_passes() {
    let reports = || TABLES.iter().chain(&FILES).map(|report| &**report);
    let executed: BTreeSet<&str> =
        reports().flat_map(|report| report.executed.iter().map(String::as_str)).collect();
    let own = OWN.lines().filter(|line| !line.starts_with('#'));
    // What follows the end of a program is there for the prefetcher.
    let padding = |name: &&str| *name != "s_code_end";
    let compiled = reports().flat_map(|report| report.compiled.iter().map(String::as_str));
    let compiled: BTreeSet<&str> = compiled.chain(own).filter(padding).collect();
    let missing: Vec<&&str> = compiled.difference(&executed).collect();
    let passes: usize = reports().map(|report| report.passes).sum();
    println!(
        "{passes} tests passed; {} opcodes executed, {} compiled",
        executed.len(),
        compiled.len()
    );
    assert!(missing.is_empty(), "no passing test executed {missing:?}");
}
