//! Whole recipes, right and wrong, and executors that misbehave.

use super::problem;
use super::recipes::{Fault, GatedNorm, Linear, Patch, Quantise};
use crate::dsl::{AnyRecipe, Candidate, Recipe, build};
use crate::interpret::{Buffer, Buffers};
use crate::oracle::{
    Case, ExecutionError, Executor, Failure, Interpreter, Launch, Problem, Report, Trial, check,
    check_interpreter, ragged,
};
use kiln_targets::Target;

fn target() -> Target {
    Target::builtin("gfx1151").unwrap()
}

fn agrees_everywhere(recipe: &dyn AnyRecipe) {
    let target = target();
    let right = |text: String| !text.contains("fault") || text.contains("fault: none");
    for candidate in recipe.candidates().filter(|candidate| right(candidate.to_string())) {
        everywhere(recipe, &*candidate, &target);
    }
}

fn everywhere(recipe: &dyn AnyRecipe, candidate: &dyn Candidate, target: &Target) {
    for dims in ragged(&candidate.signature(target)) {
        for case in Case::ALL {
            let problem = Problem { dims: dims.clone(), case, seed: 3 };
            let report = check_interpreter(recipe, candidate, target, &problem);
            report.unwrap_or_else(|failure| panic!("{} {candidate}: {failure}", recipe.name()));
        }
    }
}

#[test]
fn a_quantised_product_agrees_with_its_reference_on_every_input() {
    agrees_everywhere(&Linear);
}

#[test]
fn a_gated_norm_agrees_with_its_reference_on_every_input() {
    agrees_everywhere(&GatedNorm);
}

#[test]
fn quantisation_agrees_with_its_reference_on_every_input() {
    agrees_everywhere(&Quantise);
}

fn faulty(fault: Fault, dims: [u64; 3]) -> Result<Report, Failure> {
    let dims = [("m", dims[0]), ("n", dims[1]), ("k", dims[2])];
    let params = Patch { rows: 16, fault };
    let program = build(&Linear, &params, &target()).unwrap();
    let signature = Linear.signature(&params, &target());
    let trial = Trial::new(&Linear, &signature, problem(dims, Case::Random)).unwrap();
    trial.check(&program, &mut Interpreter, 0.0)
}

#[test]
fn mistakes_of_a_recipe_are_found() {
    for (fault, text) in [
        (Fault::Scale, "elements are wrong)"),
        (Fault::Short, "elements are wrong)"),
        (Fault::Unwritten, "was not written"),
    ] {
        let failure = faulty(fault, [17, 31, 256]).unwrap_err().to_string();
        let place = "interpreter, random inputs, k=256 m=17 n=31, seed 7: `y`[";
        assert!(failure.starts_with(place) && failure.contains(text), "{failure}");
    }
}

#[test]
fn the_tolerance_is_close_to_what_is_needed() {
    let report = faulty(Fault::None, [16, 16, 512]).unwrap();
    let agreement = report.outputs[0].agreement;
    assert!(agreement.rms_rel < 4e-4, "f16 rounding only: {agreement:?}");
    let accuracy = report.outputs[0].accuracy;
    assert!((1e-3..2e-2).contains(&accuracy), "8-bit activations cost about 1 %: {accuracy}");
}

/// Runs the interpreter, then meddles with the memory.
struct Meddler(fn(&mut Buffers));

impl Executor for Meddler {
    fn name(&self) -> &str {
        "meddler"
    }

    fn run(&mut self, launch: Launch<'_>, buffers: &mut Buffers) -> Result<(), ExecutionError> {
        assert_eq!(launch.grid(), [3, 2, 1]);
        Interpreter.run(launch, buffers)?;
        (self.0)(buffers);
        Ok(())
    }
}

fn meddled(meddle: fn(&mut Buffers)) -> String {
    let candidate = AnyRecipe::default_candidate(&Linear, &target());
    let problem = problem([("m", 17), ("n", 33), ("k", 64)], Case::Random);
    let outcome = check(&Linear, &*candidate, &target(), &problem, &mut Meddler(meddle));
    outcome.err().map(|failure| failure.to_string()).unwrap_or_default()
}

fn y(buffers: &mut Buffers) -> &mut Buffer {
    buffers.get_mut("y").unwrap()
}

#[test]
fn one_wrong_or_missing_element_and_one_stray_byte_are_found() {
    assert_eq!(meddled(|_| {}), "");
    let wrong = meddled(|buffers| y(buffers).bytes_mut()[2 * 35 + 1] ^= 0x80);
    assert!(wrong.contains("`y`[1, 2] is ") && wrong.contains("(1 of 561"), "{wrong}");
    let missing = meddled(|buffers| y(buffers).bytes_mut()[2..4].fill(0xff));
    assert!(missing.ends_with("`y`[0, 1] was not written (1 of 561 elements)"), "{missing}");
    let after = meddled(|buffers| {
        let end = y(buffers).bytes().len() + Buffer::ZONE;
        y(buffers).memory_mut()[end] = 0;
    });
    assert!(after.ends_with("a write outside `y`, at byte 1122 of its buffer"), "{after}");
    let before = meddled(|buffers| y(buffers).memory_mut()[Buffer::ZONE - 2] = 0);
    assert!(before.ends_with("at byte -2 of its buffer"), "{before}");
    let input = meddled(|buffers| buffers.get_mut("x.sums").unwrap().bytes_mut()[5] ^= 1);
    assert!(input.ends_with("the input `x.sums` was changed"), "{input}");
    let gone = meddled(|buffers| *buffers = Buffers::new());
    assert!(gone.ends_with("is gone"), "{gone}");
}

#[test]
fn an_executor_that_gives_up_says_why() {
    let candidate = AnyRecipe::default_candidate(&Linear, &target());
    let problem = problem([("m", 1), ("n", 1), ("k", 32)], Case::Zeros);
    struct Broken;
    impl Executor for Broken {
        fn name(&self) -> &str {
            "broken"
        }

        fn run(&mut self, _: Launch<'_>, _: &mut Buffers) -> Result<(), ExecutionError> {
            Err("the device is lost".into())
        }
    }
    let failure = check(&Linear, &*candidate, &target(), &problem, &mut Broken).unwrap_err();
    let expected = "broken, zeros inputs, k=32 m=1 n=1, seed 7: the device is lost";
    assert_eq!(failure.to_string(), expected);
}
