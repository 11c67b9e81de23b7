//! A candidate by name, and how it is made again.

use std::fmt;

use kiln_cache::vocabulary::Operation;
use kiln_compiler::dsl::{AnyRecipe, Signature, Values};
use kiln_compiler::tile::Program;
use kiln_recipes::catalogue::{Attributes, recipes};
use kiln_targets::Target;
use serde::{Deserialize, Serialize};

/// A candidate: everything from which its program follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Name of the operation.
    pub operation: String,
    /// The operation's attributes.
    pub attributes: Attributes,
    /// Name of the recipe.
    pub recipe: String,
    /// The point of the recipe's search space.
    pub params: Values,
    /// Name of the target.
    pub target: String,
    /// Symbol of the kernel; the recipe's own where it is empty.
    pub symbol: String,
}

/// A candidate made again.
pub struct Built {
    /// Its recipe, with its reference.
    pub recipe: Box<dyn AnyRecipe>,
    /// Its interface.
    pub signature: Signature,
    /// Its tile program.
    pub program: Program,
    /// What it is for.
    pub target: Target,
}

impl fmt::Debug for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Built").field("symbol", &self.program.name).finish_non_exhaustive()
    }
}

impl Spec {
    /// Records the candidate's program.
    ///
    /// # Errors
    /// Why there is no such candidate, or what is wrong with it.
    pub fn build(&self) -> Result<Built, String> {
        let target = Target::builtin(&self.target).map_err(|error| error.to_string())?;
        let recipe = self.recipe()?;
        let (signature, mut program) = {
            let candidate = recipe.candidate(&self.params).map_err(|error| error.to_string())?;
            let program = candidate.build(&target).map_err(|error| error.to_string())?;
            (candidate.signature(&target), program)
        };
        if !self.symbol.is_empty() {
            program.name.clone_from(&self.symbol);
        }
        Ok(Built { recipe, signature, program, target })
    }

    /// The recipe, for what does not depend on the point.
    ///
    /// # Errors
    /// If the catalogue does not have it.
    pub fn recipe(&self) -> Result<Box<dyn AnyRecipe>, String> {
        find(&self.operation, &self.attributes, &self.recipe)
    }

    /// Its parameters as people read them: `mmq_x: 48, stages: 2`.
    pub fn point(&self) -> String {
        let pair = |(name, value): (&String, &serde_json::Value)| match value.as_str() {
            Some(text) => format!("{name}: {text}"),
            None => format!("{name}: {value}"),
        };
        self.params.iter().map(pair).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = Operation {
            name: self.operation.clone(),
            attributes: self.attributes.clone(),
            ..Operation::default()
        };
        write!(f, "{} {{ {} }} for {operation}", self.recipe, self.point())
    }
}

/// A recipe of an operation by name.
///
/// # Errors
/// If the catalogue has no such operation or recipe; the message lists those there are.
pub fn find(
    operation: &str,
    attributes: &Attributes,
    recipe: &str,
) -> Result<Box<dyn AnyRecipe>, String> {
    let all = recipes(operation, attributes)?;
    let known = all.iter().map(|recipe| recipe.name()).collect::<Vec<_>>().join(", ");
    let found = all.into_iter().find(|known| known.name() == recipe);
    found.ok_or_else(|| format!("no recipe of {operation} is called '{recipe}'; there are {known}"))
}
