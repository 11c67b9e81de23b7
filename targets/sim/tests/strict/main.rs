//! The sanitizer on kernels that are right, and on the same kernels with faults planted in them.

mod harness;
mod kernels;
mod mutants;
mod noise;
mod options;
mod values;

use std::collections::BTreeSet;

use harness::{assemble, compile, listing, run};
use mutants::{Caught, MUTANTS, Mutant};

const CHIP: &str = "gfx1151";

#[test]
fn kernels_that_are_right_compute_what_they_should_without_a_finding() {
    for kernel in kernels::all() {
        let outcome = run(&kernel, &assemble(&listing(&kernel)), CHIP);
        assert!(outcome.report.is_clean(), "{}: {}", kernel.name, outcome.report);
        let result = outcome.result.unwrap_or_else(|error| panic!("{}: {error}", kernel.name));
        assert_eq!(result, kernel.expected, "{}", kernel.name);
    }
}

#[test]
fn what_a_compiler_makes_of_them_passes_at_every_level() {
    for level in ["-O0", "-O1", "-O2", "-O3"] {
        let object = compile(include_str!("kernels/kernels.c"), level);
        for kernel in kernels::all() {
            let outcome = run(&kernel, &object, CHIP);
            assert!(outcome.report.is_clean(), "{level} {}: {}", kernel.name, outcome.report);
            let result =
                outcome.result.unwrap_or_else(|error| panic!("{level} {}: {error}", kernel.name));
            assert_eq!(result, kernel.expected, "{level} {}", kernel.name);
        }
    }
}

#[test]
fn every_planted_fault_is_caught() {
    let missed: Vec<String> = MUTANTS.iter().filter_map(missed).collect();
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), MUTANTS.len(), missed.join("\n"));
}

/// Why a planted fault was not caught as it should be.
fn missed(mutant: &Mutant) -> Option<String> {
    let kernel = kernels::all().into_iter().find(|k| k.name == mutant.kernel)?;
    let right = listing(&kernel);
    let name = format!("{}: {}", mutant.kernel, mutant.what);
    assert_eq!(right.matches(mutant.from).count(), 1, "{name}: the text to replace");
    let wrong = right.replacen(mutant.from, mutant.to, 1);
    let outcome = run(&kernel, &assemble(&wrong), CHIP);
    let caught = match mutant.caught {
        Caught::By(kind) => outcome.report.of(kind).next().is_some(),
        Caught::Result => outcome.result.as_ref().is_ok_and(|result| *result != kernel.expected),
    };
    let ended = match &outcome.result {
        Ok(result) if *result == kernel.expected => "the result is right".to_owned(),
        Ok(_) => "the result is wrong".to_owned(),
        Err(error) => error.to_string(),
    };
    (!caught).then(|| format!("{name}: {ended}; {}", outcome.report))
}

#[test]
fn there_are_faults_of_every_kind() {
    assert!(MUTANTS.len() >= 40);
    let names: BTreeSet<_> = MUTANTS.iter().map(|m| (m.kernel, m.what)).collect();
    assert_eq!(names.len(), MUTANTS.len(), "two faults have one name");
}
