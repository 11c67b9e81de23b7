//! `kiln-tune dump`: one candidate at any level of the compiler.

use std::collections::BTreeMap;

use kiln_compiler::compile::{Level, compile};
use kiln_compiler::dsl::Values;
use kiln_recipes::catalogue::{Attributes, examples, recipes};
use kiln_targets::Target;
use serde_json::Value;

use super::args::Dump;
use super::{Ended, Failure};
use crate::progress::Progress;

/// Compiles the candidate and prints the levels that were asked for, and its resources.
pub(super) fn run(arguments: &Dump) -> Result<Ended, Failure> {
    let target = Target::builtin(&arguments.target).map_err(Failure::request)?;
    let levels = arguments.dump.iter().map(|text| text.parse::<Level>());
    let levels = levels.collect::<Result<Vec<_>, _>>().map_err(Failure::request)?;
    let mut wishes = wishes(&arguments.params)?;
    let (operation, attributes) = operation(&arguments.recipe, &mut wishes)?;
    let all = recipes(operation, &attributes).map_err(Failure::request)?;
    let recipe = all.into_iter().find(|recipe| recipe.name() == arguments.recipe);
    let recipe = recipe.ok_or_else(|| unknown(&arguments.recipe))?;
    let mut values: Values = recipe.default_candidate(&target).values();
    for (name, text) in wishes {
        values.insert(name, value(&text));
    }
    let candidate = recipe.candidate(&values).map_err(Failure::request)?;
    let program = candidate.build(&target).map_err(Failure::work)?;
    let compiled = compile(&program, &target, &levels).map_err(Failure::work)?;
    let progress = Progress::silent();
    let dumps = compiled.dumps.iter().map(|(level, text)| format!(";; {level}\n{text}\n"));
    progress.result(&dumps.collect::<String>()).map_err(Failure::work)?;
    let resources = serde_json::to_string(&compiled.statics).unwrap_or_default();
    progress
        .result(&format!(";; {} {candidate}: {resources}\n", recipe.name()))
        .map_err(Failure::work)?;
    Ok(Ended::Well)
}

fn wishes(params: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
        None => Err(Failure::request(format!("--params '{text}': expected NAME=VALUE"))),
    };
    params
        .iter()
        .flat_map(|text| text.split(',').map(str::to_owned))
        .map(|text| pair(&text))
        .collect()
}

/// The operation of a recipe: its first example, with the attributes among the wishes.
fn operation(
    recipe: &str,
    wishes: &mut BTreeMap<String, String>,
) -> Result<(&'static str, Attributes), Failure> {
    let known = |(operation, attributes): &(&str, Attributes)| {
        recipes(operation, attributes).is_ok_and(|all| all.iter().any(|of| of.name() == recipe))
    };
    let (operation, mut attributes) =
        examples().into_iter().find(known).ok_or_else(|| unknown(recipe))?;
    for name in
        ["asymmetric", "convention", "dtype", "epilogue", "epsilon", "from", "out", "to", "weight"]
    {
        if let Some(value) = wishes.remove(name) {
            attributes.insert(name.to_owned(), value);
        }
    }
    Ok((operation, attributes))
}

/// A number or a truth value where the text is one.
fn value(text: &str) -> Value {
    match text.parse::<u64>() {
        Ok(number) => Value::from(number),
        Err(_) => text.parse::<bool>().map_or_else(|_| Value::from(text), Value::from),
    }
}

pub(super) fn unknown(recipe: &str) -> Failure {
    let mut names: Vec<&str> = Vec::new();
    for (operation, attributes) in examples() {
        for known in recipes(operation, &attributes).unwrap_or_default() {
            if !names.contains(&known.name()) {
                names.push(known.name());
            }
        }
    }
    let known = names.join(", ");
    Failure::request(format!("no recipe is called '{recipe}'; there are {known}"))
}
