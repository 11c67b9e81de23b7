//! Every recipe against its reference as gfx1151 machine code, executed by the simulator.
//!
//! Candidates are a stride through the admitted points of each recipe, each at two ragged problems.

use kiln_compiler::compile::compile;
use kiln_compiler::dsl::{AnyRecipe, Candidate};
use kiln_compiler::oracle::{Case, Problem, Trial, ragged};
use kiln_recipes::catalogue::{OPERATIONS, examples, recipes};
use kiln_targets::Target;
use kiln_tests::sizes::shorten;
use kiln_tuner::check::SimulatedCode;

/// Candidates tried of each recipe and example of its operation's attributes.
const TRIED: usize = 2;

/// Problems tried of each candidate.
const PROBLEMS: usize = 2;

/// Tries one candidate; `None` if the target cannot hold it.
fn check_candidate(
    recipe: &dyn AnyRecipe,
    candidate: &dyn Candidate,
    target: &Target,
    turn: usize,
) -> Result<Option<usize>, String> {
    let program = candidate.build(target).map_err(|wrong| wrong.to_string())?;
    let compiled = match compile(&program, target, &[]) {
        Ok(compiled) => compiled,
        Err(wrong) if wrong.to_string().contains("workgroup memory of") => return Ok(None),
        Err(wrong) => return Err(wrong.to_string()),
    };
    let mut code =
        SimulatedCode::new(&compiled.linked, target).map_err(|wrong| wrong.to_string())?;
    let signature = candidate.signature(target);
    let sizes = ragged(&signature);
    for seed in turn * PROBLEMS..(turn + 1) * PROBLEMS {
        let mut dims = sizes[seed % sizes.len()].clone();
        shorten(&mut dims, &signature, seed as u64);
        let case = Case::ALL[(seed + seed / sizes.len()) % Case::ALL.len()];
        let problem = Problem { dims, case, seed: seed as u64 };
        let trial = Trial::new(recipe, &signature, problem).map_err(|wrong| wrong.to_string())?;
        trial.check(&program, &mut code, 0.0).map_err(|wrong| wrong.to_string())?;
    }
    Ok(Some(PROBLEMS))
}

#[track_caller]
fn agrees(operation: &str) {
    let target = Target::builtin("gfx1151").expect("the target should be built in");
    let (mut wrong, mut agreed, mut turn) = (Vec::new(), 0, 0);
    for (name, attributes) in examples().iter().filter(|(name, _)| *name == operation) {
        for recipe in recipes(name, attributes).expect("examples should have recipes") {
            let admitted: Vec<_> =
                recipe.candidates().filter(|candidate| candidate.admits(&target).is_ok()).collect();
            // The stride is shifted from example to example, so that more points are seen.
            let stride = admitted.len().div_ceil(TRIED).max(1);
            for candidate in admitted.iter().skip(turn % stride).step_by(stride) {
                match check_candidate(recipe.as_ref(), candidate.as_ref(), &target, turn) {
                    Ok(trials) => agreed += trials.unwrap_or(0),
                    Err(why) => {
                        wrong.push(format!("{} {candidate} {attributes:?}\n{why}", recipe.name()));
                    }
                }
                turn += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} disagree:\n{}", wrong.len(), wrong.join("\n"));
    assert!(agreed > 0, "nothing was tried");
}

/// Operations that have a test of their own.
const ALONE: [&str; 5] =
    ["linear_q4", "rope_kv", "attention", "attention_split", "attention_merge"];

#[test]
fn linear_layers_agree_with_their_reference() {
    agrees("linear_q4");
}

#[test]
fn other_operations_agree_with_their_reference() {
    for operation in OPERATIONS.iter().filter(|name| !ALONE.contains(name)) {
        agrees(operation);
    }
}

#[test]
fn rotated_heads_and_their_cache_agree_with_their_reference() {
    agrees("rope_kv");
}

#[test]
fn attention_with_many_rows_agrees_with_its_reference() {
    agrees("attention");
}

#[test]
fn attention_over_parts_of_the_past_agrees_with_its_reference() {
    agrees("attention_split");
}

#[test]
fn parts_put_together_agree_with_their_reference() {
    agrees("attention_merge");
}
