//! Every recipe against its reference as lane code of GPUs, executed without one.
//!
//! So many candidates of a family are tried that every two parameter values which occur together
//! in some candidate occur together in one that is tried. They take turns at the attributes of
//! the operation, at ragged sizes and at kinds of inputs.

use std::collections::{BTreeMap, BTreeSet};

use kiln_compiler::dsl::{AnyRecipe, Candidate};
use kiln_compiler::lane::LaneKernel;
use kiln_compiler::lower::lower;
use kiln_compiler::oracle::{Case, LaneCode, Problem, Trial, ragged};
use kiln_compiler::tile::Program;
use kiln_recipes::catalogue::{OPERATIONS, examples, recipes};
use kiln_targets::Target;
use kiln_tests::sizes::shorten;

/// Problems tried of each candidate.
const PROBLEMS: usize = 2;

/// Turns that each example of an operation's attributes gets at least.
const TURNS: usize = 2;

/// Recipes of one family, one for each example of their operation's attributes.
type Family = Vec<Box<dyn AnyRecipe>>;

fn families(operation: &str) -> Vec<Family> {
    let mut families: BTreeMap<&str, Family> = BTreeMap::new();
    for (name, attributes) in examples().iter().filter(|(name, _)| *name == operation) {
        for recipe in recipes(name, attributes).expect("examples should have recipes") {
            families.entry(recipe.name()).or_default().push(recipe);
        }
    }
    families.into_values().collect()
}

/// A candidate as program and as lane code; `None` if it is not for the target.
fn lowered(
    candidate: &dyn Candidate,
    target: &Target,
) -> Result<Option<(Program, LaneKernel)>, String> {
    if candidate.admits(target).is_err() {
        return Ok(None);
    }
    let program = candidate.build(target).map_err(|wrong| wrong.to_string())?;
    match lower(&program, target) {
        Ok(kernel) => Ok(Some((program, kernel))),
        Err(wrong) if wrong.to_string().contains("workgroup memory of") => Ok(None),
        Err(wrong) => Err(wrong.to_string()),
    }
}

/// Every parameter value of a candidate, with itself and with every other one.
fn pairs(candidate: &dyn Candidate) -> Vec<[String; 2]> {
    let values = candidate.values();
    let values: Vec<String> =
        values.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
    let mut pairs = Vec::new();
    for (at, first) in values.iter().enumerate() {
        pairs.extend(values[at..].iter().map(|second| [first.clone(), second.clone()]));
    }
    pairs
}

/// Positions of candidates in which every pair of values occurs, neighbours far apart.
fn cover(recipe: &dyn AnyRecipe, target: &Target) -> Vec<usize> {
    const STEP: usize = 7919;
    let candidates: Vec<_> = recipe.candidates().collect();
    let (mut seen, mut chosen) = (BTreeSet::new(), Vec::new());
    for turn in 0..candidates.len() {
        let at = turn * STEP % candidates.len();
        let pairs = pairs(candidates[at].as_ref());
        let fresh = pairs.iter().any(|pair| !seen.contains(pair));
        if fresh && !matches!(lowered(candidates[at].as_ref(), target), Ok(None)) {
            seen.extend(pairs);
            chosen.push(at);
        }
    }
    chosen
}

/// Tries a family; `every` thins the turns out. Returns what disagreed and how many trials agreed.
fn check(family: &Family, target: &Target, every: usize) -> (Vec<String>, usize) {
    let chosen = cover(family[0].as_ref(), target);
    assert!(!chosen.is_empty(), "no candidate of {} fits", family[0].name());
    let turns = chosen.len().max(TURNS * family.len());
    let (mut wrong, mut agreed) = (Vec::new(), 0);
    for turn in (0..turns).step_by(every) {
        let round = turn / chosen.len();
        let recipe = family[(turn + round) % family.len()].as_ref();
        let candidate = recipe.candidates().nth(chosen[turn % chosen.len()]);
        let candidate = candidate.expect("a family should have the same candidates throughout");
        match check_candidate(recipe, candidate.as_ref(), target, turn) {
            Ok(trials) => agreed += trials,
            Err(why) => {
                let parts = candidate.signature(target).parts();
                let types: Vec<String> =
                    parts.iter().map(|part| format!("{} {}", part.name, part.dtype)).collect();
                let types = types.join(", ");
                wrong.push(format!("{} {candidate} of {types}\n{why}", recipe.name()));
            }
        }
    }
    (wrong, agreed)
}

fn check_candidate(
    recipe: &dyn AnyRecipe,
    candidate: &dyn Candidate,
    target: &Target,
    turn: usize,
) -> Result<usize, String> {
    let Some((program, kernel)) = lowered(candidate, target)? else { return Ok(0) };
    let mut code = LaneCode::new(kernel, target).map_err(|wrong| wrong.to_string())?;
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
    Ok(PROBLEMS)
}

#[track_caller]
fn agrees(recipe: &str, operation: &str, target: &str, every: usize) {
    let target = Target::builtin(target).expect("the target should be built in");
    let (mut wrong, mut agreed) = (Vec::new(), 0);
    for family in families(operation).iter().filter(|family| family[0].name() == recipe) {
        let (more, trials) = check(family, &target, every);
        wrong.extend(more);
        agreed += trials;
    }
    assert!(wrong.is_empty(), "{} disagree:\n{}", wrong.len(), wrong.join("\n"));
    assert!(agreed > 0, "nothing was tried");
}

#[test]
fn linear_layers_of_many_tokens_agree_with_their_reference() {
    agrees("mmq_q4", "linear_q4", "gfx1151", 1);
}

#[test]
fn linear_layers_of_few_tokens_agree_with_their_reference() {
    agrees("mmvq_q4", "linear_q4", "gfx1151", 1);
}

#[test]
fn linear_layers_of_a_batch_of_tokens_agree_with_their_reference() {
    agrees("batch_q4", "linear_q4", "gfx1151", 1);
}

#[test]
fn linear_layers_of_few_tokens_and_streamed_weights_agree_with_their_reference() {
    agrees("stream_q4", "linear_q4", "gfx1151", 1);
}

#[test]
fn linear_layers_of_unquantised_activations_agree_with_their_reference() {
    agrees("wide_q4", "linear_q4", "gfx1151", 1);
}

#[test]
fn largest_numbers_agree_with_their_reference() {
    agrees("argmax", "argmax", "gfx1151", 1);
    agrees("top_k_split", "top_k_split", "gfx1151", 1);
    agrees("top_k_merge", "top_k_merge", "gfx1151", 1);
}

#[test]
fn plain_linear_layers_of_many_tokens_agree_with_their_reference() {
    agrees("matmul", "linear", "gfx1151", 1);
}

#[test]
fn plain_linear_layers_of_few_tokens_agree_with_their_reference() {
    agrees("matvec", "linear", "gfx1151", 1);
}

#[test]
fn quantised_activations_agree_with_their_reference() {
    agrees("act_quant", "act_quant", "gfx1151", 1);
}

#[test]
fn normalised_rows_agree_with_their_reference() {
    agrees("rms_norm", "rms_norm", "gfx1151", 1);
    agrees("add_norm", "add_norm", "gfx1151", 1);
}

#[test]
fn rows_added_normalised_and_quantised_at_once_agree_with_their_reference() {
    agrees("add_norm_quant", "add_norm_quant", "gfx1151", 1);
}

#[test]
fn rows_taken_by_number_agree_with_their_reference() {
    agrees("embedding", "embedding", "gfx1151", 1);
}

#[test]
fn rows_side_by_side_agree_with_their_reference() {
    agrees("concat", "concat", "gfx1151", 1);
}

#[test]
fn convolutions_and_their_states_agree_with_their_reference() {
    agrees("conv1d", "conv1d", "gfx1151", 1);
    agrees("conv_commit", "conv_commit", "gfx1151", 1);
}

#[test]
fn the_delta_rule_and_its_states_agree_with_their_reference() {
    agrees("delta_step", "delta", "gfx1151", 1);
    agrees("delta_move", "delta", "gfx1151", 1);
    agrees("delta_commit", "delta_commit", "gfx1151", 1);
}

#[test]
fn gated_heads_agree_with_their_reference() {
    agrees("gated_norm", "gated_norm", "gfx1151", 1);
}

#[test]
fn every_operation_has_a_recipe_that_is_checked_here() {
    let names: Vec<&str> =
        OPERATIONS.iter().flat_map(|name| families(name)).map(|family| family[0].name()).collect();
    assert_eq!(
        names,
        [
            "batch_q4",
            "mmq_q4",
            "mmvq_q4",
            "stream_q4",
            "wide_q4",
            "matmul",
            "matvec",
            "act_quant",
            "rms_norm",
            "add_norm",
            "add_norm_quant",
            "embedding",
            "concat",
            "argmax",
            "top_k_split",
            "top_k_merge",
            "conv1d",
            "conv_commit",
            "delta_move",
            "delta_step",
            "delta_commit",
            "gated_norm",
            "rope_kv",
            "attention",
            "attention_split",
            "attention_merge",
        ]
    );
}

#[test]
fn a_sibling_agrees_as_well() {
    for operation in OPERATIONS {
        for family in families(operation) {
            agrees(family[0].name(), operation, "gfx1100", 5);
        }
    }
}

#[test]
fn rotated_heads_and_their_cache_agree_with_their_reference() {
    agrees("rope_kv", "rope_kv", "gfx1151", 1);
}

#[test]
fn attention_with_many_rows_agrees_with_its_reference() {
    agrees("attention", "attention", "gfx1151", 1);
}

#[test]
fn attention_over_parts_of_the_past_agrees_with_its_reference() {
    agrees("attention_split", "attention_split", "gfx1151", 1);
}

#[test]
fn parts_put_together_agree_with_their_reference() {
    agrees("attention_merge", "attention_merge", "gfx1151", 1);
}
