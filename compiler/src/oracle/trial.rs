//! A recipe's reference against an executor.

use super::compare::values;
use super::executor::{Executor, Interpreter, Launch};
use super::{Agreement, Bound, Failure, Inputs, Output, Problem, compare, relative_rms};
use crate::dsl::{AnyRecipe, Candidate, Host, Matrix, Pick, Signature};
use crate::interpret::Buffers;
use crate::tile::{Program, Role};
use kiln_targets::Target;
use std::collections::BTreeMap;

/// How closely one output part agrees.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputReport {
    /// Name of the part.
    pub part: String,
    /// Against the reference on the stored inputs: what the tolerance is about.
    pub agreement: Agreement,
    /// [`relative_rms`] against the reference on activations before their quantisation: what a
    /// choice of formats costs.
    pub accuracy: f64,
}

/// A kernel that agrees with its reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Every output part, in ABI order.
    pub outputs: Vec<OutputReport>,
}

/// The inputs of a problem and what the reference makes of them: computed once, to check any
/// number of kernels with the same signature.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The problem.
    pub problem: Problem,
    /// The memory of a launch, untouched.
    pub buffers: Buffers,
    expected: BTreeMap<String, Matrix>,
    magnitudes: BTreeMap<String, Matrix>,
    /// Whether the magnitudes add up what every pass of a loop contributes.
    counts_passes: bool,
    /// `None` if nothing was quantised, so that they are as expected.
    originals: Option<BTreeMap<String, Matrix>>,
}

impl Trial {
    /// Makes the inputs and runs the reference on them. Sizes are made to fit each other first.
    ///
    /// # Errors
    /// If the inputs cannot be made or the reference leaves an output undefined.
    pub fn new(
        recipe: &dyn AnyRecipe,
        signature: &Signature,
        mut problem: Problem,
    ) -> Result<Trial, Failure> {
        recipe.fit(&mut problem.dims);
        let pick = Pick::Seeded(problem.seed);
        let integers = |name: &str| recipe.integers(name, &problem.dims, pick);
        let limit = |name: &str| recipe.limit(name);
        let inputs = Inputs::with_structure(signature, &problem, &integers, &limit)
            .map_err(|cause| Failure::Inputs { problem: problem.to_string(), cause })?;
        let outputs = |mut host: Host| {
            recipe.reference(&mut host);
            host.into_outputs()
        };
        let trial = Trial {
            expected: outputs(inputs.host()),
            magnitudes: outputs(inputs.magnitude_host()),
            counts_passes: recipe.counts_passes(),
            originals: inputs.original_host().map(outputs),
            problem,
            buffers: inputs.buffers,
        };
        let parts = signature.parts();
        let written = parts.iter().filter(|part| part.role != Role::Input);
        for part in written {
            if !trial.expected.contains_key(&part.name) {
                let recipe = recipe.name().to_owned();
                return Err(Failure::NoReference { recipe, part: part.name.clone() });
            }
        }
        Ok(trial)
    }

    /// Runs a kernel on the inputs and compares every output, with a bound derived from its
    /// program and widened by `slack`.
    ///
    /// # Errors
    /// If the executor gives up, an input is changed, or an output disagrees.
    pub fn check(
        &self,
        program: &Program,
        executor: &mut dyn Executor,
        slack: f64,
    ) -> Result<Report, Failure> {
        let launch = Launch { program, dims: &self.problem.dims };
        let place = format!("{}, {}", executor.name(), self.problem);
        let mut buffers = self.buffers.clone();
        if let Err(cause) = executor.run(launch, &mut buffers) {
            return Err(Failure::Execution { place, cause });
        }
        let derive = if self.counts_passes { Bound::of_a_pass } else { Bound::derive };
        let bound = derive(program, &launch.sizes()).with_slack(slack);
        self.verdict(program, &buffers, bound, &place)
    }

    /// Compares every output, and checks that every input is as it was.
    fn verdict(
        &self,
        program: &Program,
        buffers: &Buffers,
        bound: Bound,
        place: &str,
    ) -> Result<Report, Failure> {
        let damage = |what: String| Failure::Damage { place: place.to_owned(), what };
        let originals = self.originals.as_ref().unwrap_or(&self.expected);
        let mut outputs = Vec::new();
        for part in &program.parts {
            let name = &part.name;
            let buffer = buffers.get(name).ok_or_else(|| damage(format!("`{name}` is gone")))?;
            if part.role == Role::Input {
                if self.buffers.get(name) != Some(buffer) {
                    return Err(damage(format!("the input `{name}` was changed")));
                }
                continue;
            }
            let (Some(expected), Some(magnitudes), Some(original)) =
                (self.expected.get(name), self.magnitudes.get(name), originals.get(name))
            else {
                return Err(damage(format!("`{name}` is no output of the reference")));
            };
            let output = Output { part, expected, magnitudes };
            let agreement = compare(buffer, output, bound).map_err(|mismatch| {
                Failure::Mismatch { place: place.to_owned(), mismatch: Box::new(mismatch) }
            })?;
            let found = values(buffer, part, [expected.rows, expected.cols]);
            let accuracy = relative_rms(&found, &original.data);
            outputs.push(OutputReport { part: name.clone(), agreement, accuracy });
        }
        Ok(Report { outputs })
    }
}

/// Builds a recipe at a point and checks an executor against its reference.
///
/// # Errors
/// Everything that can be wrong with it.
pub fn check(
    recipe: &dyn AnyRecipe,
    candidate: &dyn Candidate,
    target: &Target,
    problem: &Problem,
    executor: &mut dyn Executor,
) -> Result<Report, Failure> {
    let program = candidate.build(target)?;
    let signature = candidate.signature(target);
    Trial::new(recipe, &signature, problem.clone())?.check(&program, executor, 0.0)
}

/// Checks the tile program itself: the reference against the interpreter.
///
/// # Errors
/// Everything that can be wrong with it; a mismatch here is a mistake of the recipe.
pub fn check_interpreter(
    recipe: &dyn AnyRecipe,
    candidate: &dyn Candidate,
    target: &Target,
    problem: &Problem,
) -> Result<Report, Failure> {
    check(recipe, candidate, target, problem, &mut Interpreter)
}
