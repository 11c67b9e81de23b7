//! A recipe's reference against an executor.

use super::compare::values;
use super::executor::{ExecutionError, Executor, Interpreter, Launch};
use super::{Agreement, Bound, Inputs, Mismatch, Output, Problem, compare, relative_rms};
use crate::diagnose::Diagnostics;
use crate::dsl::{AnyRecipe, Candidate, Matrix, Signature};
use crate::interpret::Buffers;
use crate::tile::{Program, Role};
use kiln_targets::Target;
use std::collections::BTreeMap;

/// Why a kernel does not count as right.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The recipe does not build.
    #[error(transparent)]
    Build(#[from] Diagnostics),
    /// Inputs could not be made.
    #[error("cannot make {problem}: {cause}")]
    Inputs {
        /// The problem.
        problem: Problem,
        /// What its formats cannot hold.
        cause: kiln_targets::Error,
    },
    /// The reference leaves an output undefined or of the wrong size.
    #[error(
        "the reference of `{recipe}` does not define the output `{part}`; fill it by that name"
    )]
    NoReference {
        /// Name of the recipe.
        recipe: String,
        /// Part of an output.
        part: String,
    },
    /// The executor gave up.
    #[error("{executor}, {problem}: {cause}")]
    Execution {
        /// Its name.
        executor: String,
        /// The problem.
        problem: Problem,
        /// Why.
        cause: ExecutionError,
    },
    /// An input changed, or an output is missing.
    #[error("{executor}, {problem}: {what}")]
    Damage {
        /// Name of the executor.
        executor: String,
        /// The problem.
        problem: Problem,
        /// Which buffer, and how.
        what: String,
    },
    /// An output disagrees with the reference.
    #[error("{executor}, {problem}: {mismatch}")]
    Mismatch {
        /// Name of the executor.
        executor: String,
        /// The problem.
        problem: Problem,
        /// Where and by how much.
        mismatch: Mismatch,
    },
}

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
    /// The inputs, untouched.
    pub inputs: Inputs,
    expected: BTreeMap<String, Matrix>,
    magnitudes: BTreeMap<String, Matrix>,
    originals: BTreeMap<String, Matrix>,
}

impl Trial {
    /// Makes the inputs and runs the reference on them.
    ///
    /// # Errors
    /// If the inputs cannot be made or the reference leaves an output undefined.
    pub fn new(
        recipe: &dyn AnyRecipe,
        signature: &Signature,
        problem: Problem,
    ) -> Result<Trial, Failure> {
        let inputs = Inputs::generate(signature, &problem)
            .map_err(|cause| Failure::Inputs { problem: problem.clone(), cause })?;
        let outputs = |mut host| {
            recipe.reference(&mut host);
            host.into_outputs()
        };
        let trial = Trial {
            expected: outputs(inputs.host()),
            magnitudes: outputs(inputs.magnitude_host()),
            originals: outputs(inputs.original_host()),
            problem,
            inputs,
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
        let (name, problem) = (executor.name().to_owned(), &self.problem);
        let launch = Launch { program, dims: &problem.dims };
        let mut buffers = self.inputs.buffers.clone();
        executor.run(launch, &mut buffers).map_err(|cause| Failure::Execution {
            executor: name.clone(),
            problem: problem.clone(),
            cause,
        })?;
        let bound = Bound::derive(program, &launch.sizes()).with_slack(slack);
        self.verdict(program, &buffers, bound, &name)
    }

    /// Compares every output, and checks that every input is as it was.
    fn verdict(
        &self,
        program: &Program,
        buffers: &Buffers,
        bound: Bound,
        executor: &str,
    ) -> Result<Report, Failure> {
        let damage = |what: String| Failure::Damage {
            executor: executor.to_owned(),
            problem: self.problem.clone(),
            what,
        };
        let mut outputs = Vec::new();
        for part in &program.parts {
            let name = &part.name;
            let buffer = buffers.get(name).ok_or_else(|| damage(format!("`{name}` is gone")))?;
            if part.role == Role::Input {
                if self.inputs.buffers.get(name) != Some(buffer) {
                    return Err(damage(format!("the input `{name}` was changed")));
                }
                continue;
            }
            let (Some(expected), Some(magnitudes), Some(original)) =
                (self.expected.get(name), self.magnitudes.get(name), self.originals.get(name))
            else {
                return Err(damage(format!("`{name}` is no output of the reference")));
            };
            let output = Output { part, expected, magnitudes };
            let agreement = compare(buffer, output, bound).map_err(|mismatch| {
                let (executor, problem) = (executor.to_owned(), self.problem.clone());
                Failure::Mismatch { executor, problem, mismatch }
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
