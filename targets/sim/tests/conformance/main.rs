//! Conformance of the simulator with the instruction set: see `instructions` and `corpus`.

#![allow(clippy::print_stdout, reason = "tests count what they ran")]

mod engine;
mod instructions;
mod llvm;
mod numbers;
mod report;
mod values;

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
