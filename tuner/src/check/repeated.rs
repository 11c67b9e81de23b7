//! Problems of real size, checked through small ones.
//!
//! A reference over all of a large layer would take hours. Rows of tokens and rows of weights are
//! independent of each other, so a large problem is made by repeating a small one along both: every
//! element of its output has to agree with the small problem's reference. Elements are sampled:
//! each element of the small output is taken from one of its repetitions, the first and the last
//! among them.

use std::collections::BTreeMap;

use kiln_compiler::dsl::{Argument, Signature};
use kiln_compiler::interpret::{Buffer, Buffers};
use kiln_compiler::oracle::{ExecutionError, Executor, Launch};
use kiln_compiler::tile::Role;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::pair::Pair;

/// Runs kernels at larger dims than they are asked for.
#[derive(Debug)]
pub struct Repeated<E> {
    inner: E,
    enlarged: Enlarged,
}

impl<E: Executor> Repeated<E> {
    /// An executor that runs every launch on `inner` as it is enlarged.
    pub fn new(inner: E, enlarged: Enlarged) -> Self {
        Self { inner, enlarged }
    }
}

impl<E: Executor> Executor for Repeated<E> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn run(&mut self, launch: Launch<'_>, buffers: &mut Buffers) -> Result<(), ExecutionError> {
        let program = launch.program;
        let mut images = self.enlarged.images(&launch, buffers)?;
        let large = Launch { program, dims: &self.enlarged.dims };
        let (small_sizes, sizes) = (launch.sizes(), large.sizes());
        self.inner.run(large, &mut images)?;
        for part in program.parts.iter().filter(|part| part.role != Role::Input) {
            let image = images.get(&part.name).ok_or("an operand lost its buffer")?;
            if let Some(at) = image.first_trespass() {
                return Err(format!("byte {at} outside `{}` was written", part.name).into());
            }
            let small = buffers.get_mut(&part.name).ok_or("an operand has no buffer")?;
            let pair = Pair::new(part, &small_sizes, &sizes);
            pair.gather(image.bytes(), small.bytes_mut(), &mut self.enlarged.picks);
        }
        Ok(())
    }
}

/// What small launches are made into.
#[derive(Debug)]
pub struct Enlarged {
    /// Dims of the large launch.
    pub(super) dims: BTreeMap<String, u64>,
    /// Inputs that hold numbers of rows of a table, with the dim that counts its rows.
    tables: Vec<(String, String)>,
    pub(super) picks: ChaCha8Rng,
}

impl Enlarged {
    /// Launches of kernels of a signature at `dims`, which should be at least those of the launches.
    pub fn new(signature: &Signature, dims: BTreeMap<String, u64>) -> Self {
        let places = |argument: &Argument| {
            let dim = argument.below.and_then(|extent| extent.dim)? as usize;
            let part = argument.parts.first()?.name.clone();
            (argument.role == Role::Input).then(|| (part, signature.dims()[dim].clone()))
        };
        let tables = signature.arguments().iter().filter_map(places).collect();
        Self { dims, tables, picks: ChaCha8Rng::seed_from_u64(1) }
    }

    /// The operands of the large launch: repetitions of those of the small one. A number of a row of
    /// a table is that of any of the row's repetitions.
    pub(super) fn images(
        &mut self,
        launch: &Launch<'_>,
        buffers: &Buffers,
    ) -> Result<Buffers, ExecutionError> {
        let program = launch.program;
        let (small, large) = (launch.sizes(), Launch { program, dims: &self.dims }.sizes());
        let mut images = Buffers::new();
        for part in &program.parts {
            let buffer = buffers.get(&part.name).ok_or("an operand has no buffer")?;
            let pair = Pair::new(part, &small, &large);
            let mut image = match part.role {
                Role::Output => vec![0xff; pair.bytes()],
                Role::Input | Role::InOut => pair.spread(buffer.bytes()),
            };
            self.renumber(launch, &part.name, &mut image);
            images.insert(&part.name, Buffer::guarded(&image));
        }
        Ok(images)
    }

    /// Whether an operand holds numbers of rows of a table.
    pub(super) fn is_numbers(&self, part: &str) -> bool {
        self.tables.iter().any(|(name, _)| name == part)
    }

    /// Makes each number of a row in the large image of an operand, if it holds any, that of one of
    /// the row's repetitions.
    pub(super) fn renumber(&mut self, launch: &Launch<'_>, part: &str, image: &mut [u8]) {
        let Some((_, dim)) = self.tables.iter().find(|(name, _)| name == part) else { return };
        let rows = |dims: &BTreeMap<String, u64>| dims.get(dim).copied().unwrap_or(1).max(1);
        let (few, all) = (rows(launch.dims), rows(&self.dims));
        for number in image.chunks_exact_mut(4) {
            let row = u32::from_le_bytes([number[0], number[1], number[2], number[3]]);
            let row = u64::from(row) + few * self.picks.random_range(0..(all / few).max(1));
            number.copy_from_slice(&(row as u32).to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use kiln_compiler::oracle::{Interpreter, Problem, Trial};
    use kiln_recipes::catalogue::{examples, recipes};
    use kiln_targets::Target;

    use super::*;
    use crate::pipeline::Point;

    /// Spoils one element of the output of a right kernel.
    struct Spoiled(usize);

    impl Executor for Spoiled {
        fn name(&self) -> &str {
            "spoiled"
        }

        fn run(&mut self, launch: Launch<'_>, buffers: &mut Buffers) -> Result<(), ExecutionError> {
            Interpreter.run(launch, buffers)?;
            let y = buffers.get_mut("y").ok_or("no output")?.bytes_mut();
            let at = self.0 % y.len();
            y[at..].iter_mut().for_each(|byte| *byte ^= 0x55);
            Ok(())
        }
    }

    fn problem(pairs: [(&str, u64); 3]) -> Problem {
        let dims = pairs.map(|(name, size)| (name.to_owned(), size)).into();
        crate::workers::Trial { dims, case: "random".into(), seed: 3 }.problem()
    }

    /// Checks the default linear kernel with an epilogue at m=5, n=96 through m=2, n=32.
    fn checked<E: Executor>(epilogue: &str, inner: E) -> Result<f64, String> {
        let target = Target::builtin("x86-64-v4").unwrap();
        let (operation, attributes) = examples()
            .into_iter()
            .find(|(_, of)| of.get("epilogue").is_some_and(|of| of == epilogue))
            .unwrap();
        let recipe = recipes(operation, &attributes).unwrap().remove(1);
        let candidate = recipe.default_candidate(&target);
        let signature = candidate.signature(&target);
        let point =
            Point::new(operation, &attributes, recipe.as_ref(), candidate.as_ref(), &target);
        let small = problem([("m", 2), ("n", 32), ("k", 128)]);
        let large = [("m", 5u64), ("n", 96), ("k", 128)].map(|(name, of)| (name.to_owned(), of));
        let mut executor = Repeated::new(inner, Enlarged::new(&signature, large.into()));
        let trial = Trial::new(recipe.as_ref(), &signature, small).unwrap();
        let report = trial.check(&point.unwrap().program, &mut executor, 0.0);
        report.map(|of| of.outputs[0].accuracy).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_right_kernel_agrees_at_a_larger_size_with_every_epilogue() {
        for epilogue in ["none", "bias", "residual", "silu_mul"] {
            let accuracy = checked(epilogue, Interpreter).unwrap();
            assert!(accuracy > 0.0 && accuracy < 0.05, "{epilogue}: {accuracy}");
        }
    }

    #[test]
    fn a_kernel_that_is_wrong_at_the_far_end_only_is_found() {
        let error = checked("none", Spoiled(5 * 96 * 2)).unwrap_err();
        assert!(!error.is_empty());
        // The last quarter of the rows of tokens: none of them is in the small problem.
        assert!(checked("none", Spoiled(4 * 96 * 4)).is_err());
    }

    /// Spoils what is taken from rows past the eighth.
    struct Far;

    impl Executor for Far {
        fn name(&self) -> &str {
            "far"
        }

        fn run(&mut self, launch: Launch<'_>, buffers: &mut Buffers) -> Result<(), ExecutionError> {
            Interpreter.run(launch, buffers)?;
            let ids = buffers.get("ids").ok_or("no numbers")?.bytes().to_vec();
            let y = buffers.get_mut("y").ok_or("no output")?.bytes_mut();
            for (row, id) in y.chunks_mut(y.len() / (ids.len() / 4)).zip(ids.chunks(4)) {
                if id[0] >= 8 {
                    row.iter_mut().for_each(|byte| *byte ^= 0x55);
                }
            }
            Ok(())
        }
    }

    #[test]
    fn rows_of_a_large_table_are_taken_from_all_of_it() {
        let target = Target::builtin("x86-64-v4").unwrap();
        let (operation, attributes) =
            examples().into_iter().find(|(name, _)| *name == "embedding").unwrap();
        let recipe = recipes(operation, &attributes).unwrap().remove(0);
        let candidate = recipe.default_candidate(&target);
        let signature = candidate.signature(&target);
        let point =
            Point::new(operation, &attributes, recipe.as_ref(), candidate.as_ref(), &target);
        let point = point.unwrap();
        let large = || [("m", 6u64), ("k", 64), ("v", 100)].map(|(name, of)| (name.to_owned(), of));
        let checked = |inner: &mut dyn Executor| {
            let small = problem([("m", 3), ("k", 64), ("v", 8)]);
            let trial = Trial::new(recipe.as_ref(), &signature, small).unwrap();
            trial.check(&point.program, inner, 0.0).map(drop)
        };
        let enlarged = || Enlarged::new(&signature, large().into());
        assert!(checked(&mut Repeated::new(Interpreter, enlarged())).is_ok());
        assert!(checked(&mut Repeated::new(Far, enlarged())).is_err());
    }

    #[test]
    fn what_recipes_call_independent_may_be_repeated() {
        let target = Target::builtin("gfx1151").unwrap();
        let mut tried = std::collections::BTreeSet::new();
        for (operation, attributes) in examples() {
            for recipe in recipes(operation, &attributes).unwrap() {
                let independent = recipe.independent();
                let candidate = recipe.default_candidate(&target);
                let known = independent.is_empty() || !tried.insert(recipe.name());
                if known || candidate.admits(&target).is_err() {
                    continue;
                }
                let signature = candidate.signature(&target);
                let made = Point::new(
                    operation,
                    &attributes,
                    recipe.as_ref(),
                    candidate.as_ref(),
                    &target,
                );
                let pairs = signature.dims().iter().zip(signature.multiples());
                let small: BTreeMap<String, u64> =
                    pairs.map(|(dim, multiple)| (dim.clone(), 2 * u64::from(*multiple))).collect();
                let mut large = small.clone();
                for dim in independent {
                    // Two repetitions, and half of a third.
                    *large.get_mut(*dim).unwrap() += 3 * small[*dim] / 2;
                }
                let case = crate::workers::Trial { dims: small, case: "random".into(), seed: 3 };
                let trial = Trial::new(recipe.as_ref(), &signature, case.problem()).unwrap();
                let mut executor = Repeated::new(Interpreter, Enlarged::new(&signature, large));
                let agreed = trial.check(&made.unwrap().program, &mut executor, 0.0);
                assert!(agreed.is_ok(), "{} of {operation}: {agreed:?}", recipe.name());
            }
        }
        assert!(tried.len() > 10, "{tried:?}");
    }
}
