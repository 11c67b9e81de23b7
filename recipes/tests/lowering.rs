//! Every admitted candidate of every recipe builds, and lowers to valid lane IR.

use kiln_compiler::dsl::Candidate;
use kiln_compiler::lane;
use kiln_compiler::lower::lower;
use kiln_recipes::catalogue::{examples, recipes};
use kiln_targets::Target;

fn lower_all(target: &str, every: usize) -> Vec<String> {
    let target = Target::builtin(target).expect("the target should be built in");
    let mut wrong = Vec::new();
    let mut lowered = 0;
    for (operation, attributes) in examples() {
        for recipe in recipes(operation, &attributes).expect("examples should have recipes") {
            let admitted = recipe.candidates().filter(|c| c.admits(&target).is_ok());
            for candidate in admitted.step_by(every) {
                let name = format!("{} {candidate} {attributes:?}", recipe.name());
                match check(candidate.as_ref(), &target) {
                    Ok(()) => lowered += 1,
                    Err(why) => wrong.push(format!("{name}: {why}")),
                }
            }
        }
    }
    assert!(lowered > 0 || !wrong.is_empty(), "no candidate was admitted");
    wrong
}

fn check(candidate: &dyn Candidate, target: &Target) -> Result<(), String> {
    let program = candidate.build(target).map_err(|wrong| wrong.to_string())?;
    let kernel = lower(&program, target).map_err(|wrong| wrong.to_string())?;
    lane::verify(&kernel, target)
        .map_err(|wrong| format!("{}\n{}", wrong.join("\n"), lane::print(&kernel)))
}

fn is_over_memory(why: &str) -> bool {
    why.contains("workgroup memory of")
}

#[test]
fn candidates_lower_for_the_host_with_vector_neural_instructions() {
    let wrong = lower_all("x86-64-v4", 3);
    assert!(wrong.is_empty(), "{}", wrong[0]);
}

#[test]
fn candidates_lower_for_gfx1151_unless_workgroup_memory_is_short() {
    let wrong: Vec<String> =
        lower_all("gfx1151", 23).into_iter().filter(|why| !is_over_memory(why)).collect();
    assert!(wrong.is_empty(), "{} wrong: {}", wrong.len(), wrong[0]);
}
