//! Every recipe against its reference as lane code of GPUs, executed without one.
//!
//! Of each recipe so many candidates are tried that every two parameter values which occur
//! together in some candidate occur together in one that is tried; they take turns at the
//! attributes, the ragged sizes and the kinds of inputs.

use std::collections::{BTreeMap, BTreeSet};

use kiln_compiler::dsl::{AnyRecipe, Candidate, Signature};
use kiln_compiler::lane::LaneKernel;
use kiln_compiler::lower::lower;
use kiln_compiler::oracle::{Case, LaneCode, Problem, Trial, ragged};
use kiln_compiler::tile::Program;
use kiln_recipes::catalogue::{examples, recipes};
use kiln_targets::Target;

/// Problems tried of each candidate.
const PROBLEMS: usize = 2;

/// Two parameters with their values.
type Pair = [(String, String); 2];

/// A candidate that fits the target, as lowered.
struct Lowered {
    program: Program,
    kernel: LaneKernel,
}

/// Lowers a candidate; `None` where workgroup memory is short.
fn lowered(candidate: &dyn Candidate, target: &Target) -> Result<Option<Lowered>, String> {
    let program = candidate.build(target).map_err(|wrong| wrong.to_string())?;
    match lower(&program, target) {
        Ok(kernel) => Ok(Some(Lowered { program, kernel })),
        Err(wrong) if wrong.to_string().contains("workgroup memory of") => Ok(None),
        Err(wrong) => Err(wrong.to_string()),
    }
}

/// Every two parameter values of a candidate.
fn pairs(candidate: &dyn Candidate) -> Vec<Pair> {
    let values = candidate.values();
    let values: Vec<(String, String)> =
        values.iter().map(|(name, value)| (name.clone(), format!("{value:?}"))).collect();
    let mut pairs = Vec::new();
    for (at, first) in values.iter().enumerate() {
        pairs.extend(values[at + 1..].iter().map(|second| [first.clone(), second.clone()]));
    }
    pairs
}

/// A permutation that scatters neighbours: steps of a prime through a ring.
fn scattered<T>(items: Vec<T>) -> Vec<T> {
    const STEP: usize = 7919;
    let mut ring: Vec<Option<T>> = items.into_iter().map(Some).collect();
    let size = ring.len();
    (0..size).filter_map(|at| ring[at * STEP % size].take()).collect()
}

/// The recipes of an operation, one for each example of its attributes.
fn variants(operation: &str) -> Vec<Vec<Box<dyn AnyRecipe>>> {
    let examples = examples().into_iter().filter(|(name, _)| *name == operation);
    let all: Vec<_> = examples
        .map(|(name, attributes)| {
            recipes(name, &attributes).expect("examples should have recipes")
        })
        .collect();
    let count = all.first().map_or(0, Vec::len);
    let mut families: Vec<Vec<Box<dyn AnyRecipe>>> = (0..count).map(|_| Vec::new()).collect();
    for variant in all {
        variant.into_iter().zip(&mut families).for_each(|(recipe, family)| family.push(recipe));
    }
    families
}

/// Tries candidates of one family until every pair of values was tried; `every` thins them out.
/// Returns what disagreed and how much was checked.
fn check(family: &[Box<dyn AnyRecipe>], target: &Target, every: usize) -> (Vec<String>, usize) {
    let (mut wrong, mut tried) = (Vec::new(), 0);
    let mut seen = BTreeSet::new();
    for recipe in family {
        let admitted = recipe.candidates().filter(|candidate| candidate.admits(target).is_ok());
        let all = scattered(admitted.collect::<Vec<_>>());
        seen = if recipe.count() < 32 { BTreeSet::new() } else { seen };
        for (at, candidate) in all.iter().enumerate() {
            let fresh = pairs(candidate.as_ref()).iter().any(|pair| !seen.contains(pair));
            if !fresh || at % family.len() != tried % family.len() && family.len() < all.len() {
                continue;
            }
            seen.extend(pairs(candidate.as_ref()));
            tried += 1;
            if tried % every != 0 {
                continue;
            }
        }
    }
    (wrong, tried)
}
