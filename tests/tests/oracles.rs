//! Every recipe against its reference: the tile program in the interpreter, then the same program
//! compiled for this machine's processor.

use kiln_compiler::compile::compile;

use kiln_compiler::dsl::{AnyRecipe, Candidate};
use kiln_compiler::oracle::{Case, Interpreter, Problem, Trial, ragged};
use kiln_recipes::catalogue::{Attributes, examples, recipes};
use kiln_targets::Target;
use kiln_tests::host_code::HostCode;
use kiln_tests::sizes::shorten;

/// Candidates tried of each recipe: a fixed stride through its admitted points.
const TRIED: usize = 3;

fn target() -> Target {
    let name = Target::native_host_name().expect("this processor should have a target");
    Target::builtin(name).expect("native targets should be built in")
}

/// Checks some candidates of one operation; returns what disagreed and how much was checked.
fn check(operation: &str, attributes: &Attributes, target: &Target) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for recipe in recipes(operation, attributes).expect("examples should have recipes") {
        let admitted: Vec<_> =
            recipe.candidates().filter(|candidate| candidate.admits(target).is_ok()).collect();
        for candidate in admitted.iter().step_by(admitted.len().div_ceil(TRIED).max(1)) {
            match check_candidate(recipe.as_ref(), candidate.as_ref(), target) {
                Ok(trials) => checked += trials,
                Err(why) => {
                    wrong.push(format!("{} {candidate} {attributes:?}\n{why}", recipe.name()));
                }
            }
        }
    }
    (wrong, checked)
}

fn check_candidate(
    recipe: &dyn AnyRecipe,
    candidate: &dyn Candidate,
    target: &Target,
) -> Result<usize, String> {
    let program = candidate.build(target).map_err(|wrong| wrong.to_string())?;
    let compiled = compile(&program, target, &[]).map_err(|wrong| wrong.to_string())?;
    let mut host = HostCode::new(compiled).map_err(|wrong| wrong.to_string())?;
    let signature = candidate.signature(target);
    let mut trials = 0;
    for (seed, mut dims) in ragged(&signature).into_iter().enumerate() {
        shorten(&mut dims, &signature, seed as u64);
        let case = Case::ALL[seed % Case::ALL.len()];
        let problem = Problem { dims, case, seed: seed as u64 };
        let trial =
            Trial::new(recipe, &signature, problem.clone()).map_err(|wrong| wrong.to_string())?;
        trial.check(&program, &mut Interpreter, 0.0).map_err(|wrong| wrong.to_string())?;
        trial.check(&program, &mut host, 0.0).map_err(|wrong| wrong.to_string())?;
        trials += 2;
    }
    Ok(trials)
}

fn agrees(operation: &str) {
    let target = target();
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (name, attributes) in examples().iter().filter(|(name, _)| *name == operation) {
        let (more, trials) = check(name, attributes, &target);
        wrong.extend(more);
        checked += trials;
    }
    assert!(wrong.is_empty(), "{} disagree, the first: {}", wrong.len(), wrong[0]);
    assert!(checked > 0, "no candidate was admitted");
}

#[test]
fn linear_layers_agree_with_their_reference() {
    agrees("linear_q4");
}

#[test]
fn linear_layers_of_plain_weights_agree_with_their_reference() {
    agrees("linear");
}

#[test]
fn quantised_activations_agree_with_their_reference() {
    agrees("act_quant");
}

#[test]
fn normalised_rows_agree_with_their_reference() {
    agrees("rms_norm");
    agrees("add_norm");
}

#[test]
fn rows_taken_by_number_agree_with_their_reference() {
    agrees("embedding");
}

#[test]
fn rows_side_by_side_agree_with_their_reference() {
    agrees("concat");
}

#[test]
fn rows_added_normalised_and_quantised_at_once_agree_with_their_reference() {
    agrees("add_norm_quant");
}

#[test]
fn largest_numbers_agree_with_their_reference() {
    agrees("argmax");
    agrees("top_k_split");
    agrees("top_k_merge");
}

#[test]
fn convolutions_and_their_states_agree_with_their_reference() {
    agrees("conv1d");
    agrees("conv_commit");
}

#[test]
fn the_delta_rule_and_its_states_agree_with_their_reference() {
    agrees("delta");
    agrees("delta_commit");
}

#[test]
fn gated_heads_agree_with_their_reference() {
    agrees("gated_norm");
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
