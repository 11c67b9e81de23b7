//! Faults planted in lane code are found when it is executed: every barrier, every store to
//! workgroup memory, every guard at an edge and every matrix product of a kernel matters.

use std::collections::BTreeMap;

use kiln_compiler::dsl::{AnyRecipe, Candidate, Values};
use kiln_compiler::lane::{Block, Inst, LaneKernel, Op, Space};
use kiln_compiler::lower::lower;
use kiln_compiler::oracle::{Case, LaneCode, Problem, Trial};
use kiln_compiler::tile::Program;
use kiln_recipes::catalogue::recipes;
use kiln_targets::Target;

/// A kernel that agrees with its reference, and what shows it.
struct Sound {
    target: Target,
    program: Program,
    kernel: LaneKernel,
    trials: Vec<Trial>,
}

impl Sound {
    /// The linear recipe of that name, its parameters given as JSON.
    fn new(name: &str, params: &str) -> Sound {
        let target = Target::builtin("gfx1151").expect("the target should be built in");
        let attributes = BTreeMap::from([("out".to_owned(), "f32".to_owned())]);
        let recipes = recipes("linear_q4", &attributes).expect("the operation should exist");
        let recipe = recipes.iter().find(|recipe| recipe.name() == name);
        let recipe = recipe.expect("the recipe should exist").as_ref();
        let values: Values = serde_json::from_str(params).expect("the parameters should parse");
        let candidate = recipe.candidate(&values).expect("the point should exist");
        let program = candidate.build(&target).expect("the candidate should build");
        let kernel = lower(&program, &target).expect("the candidate should lower");
        let trials = trials(recipe, candidate.as_ref(), &target);
        let sound = Sound { target, program, kernel, trials };
        assert_eq!(sound.verdict(sound.kernel.clone()), Ok(()), "the kernel should be sound");
        sound
    }

    fn verdict(&self, kernel: LaneKernel) -> Result<(), String> {
        let mut code =
            LaneCode::new(kernel, &self.target).map_err(|refusal| refusal.to_string())?;
        self.trials.iter().try_for_each(|trial| {
            let checked = trial.check(&self.program, &mut code, 0.0);
            checked.map(|_| ()).map_err(|wrong| wrong.to_string())
        })
    }

    /// Plants a fault at every instruction to which `damage` applies, one at a time; the verdicts
    /// that are not what `expected` says of their text, and how many faults there were.
    fn plant(
        &self,
        damage: impl Fn(&mut Inst) -> bool,
        expected: impl Fn(&str) -> bool,
    ) -> (Vec<String>, usize) {
        let mut surprises = Vec::new();
        for number in 0.. {
            let mut kernel = self.kernel.clone();
            let mut left = number;
            if !damage_nth(&mut kernel.body, &damage, &mut left) {
                return (surprises, number);
            }
            match self.verdict(kernel) {
                Ok(()) => surprises.push(format!("fault {number} was not found")),
                Err(why) if !expected(&why) => surprises.push(why),
                Err(_) => {}
            }
        }
        unreachable!("a kernel should have finitely many instructions")
    }

    #[track_caller]
    fn every(&self, damage: impl Fn(&mut Inst) -> bool, expected: impl Fn(&str) -> bool) {
        let (surprises, planted) = self.plant(damage, expected);
        assert!(planted > 0, "there was nothing to damage");
        assert!(surprises.is_empty(), "of {planted} faults: {}", surprises.join("\n"));
    }
}

fn trials(recipe: &dyn AnyRecipe, candidate: &dyn Candidate, target: &Target) -> Vec<Trial> {
    let signature = candidate.signature(target);
    let trial = |m: u64| {
        let dims = [("m", m), ("n", 48), ("k", 384)];
        let dims = dims.map(|(name, size)| (name.to_owned(), size)).into();
        let problem = Problem { dims, case: Case::Random, seed: m };
        Trial::new(recipe, &signature, problem).expect("the inputs should be made")
    };
    vec![trial(33)]
}

/// Applies `damage` to the instruction number `left` of those to which it applies.
fn damage_nth(block: &mut Block, damage: &impl Fn(&mut Inst) -> bool, left: &mut usize) -> bool {
    for inst in &mut block.insts {
        let mut damaged = inst.clone();
        if damage(&mut damaged) {
            if *left == 0 {
                *inst = damaged;
                return true;
            }
            *left -= 1;
        }
        let nested = match &mut inst.op {
            Op::Loop { body, .. } => body,
            Op::If { then, .. } => then,
            _ => continue,
        };
        if damage_nth(nested, damage, left) {
            return true;
        }
    }
    false
}

fn no_barrier(inst: &mut Inst) -> bool {
    let barrier = matches!(inst.op, Op::Barrier);
    inst.op = Op::ScheduleFence;
    barrier
}

/// Moves a store to workgroup memory by its own alignment, as a wrong swizzle would.
fn displaced(inst: &mut Inst) -> bool {
    let Op::Store { address, .. } = &mut inst.op else { return false };
    let local = matches!(address.space, Space::Local(_));
    address.offset += address.align as i32;
    local
}

fn swapped(inst: &mut Inst) -> bool {
    let Op::Mma { a, b, .. } = &mut inst.op else { return false };
    std::mem::swap(a, b);
    true
}

fn unguarded(inst: &mut Inst) -> bool {
    match &mut inst.op {
        Op::Load { address, guard } | Op::Store { address, guard, .. } => {
            guard.take().is_some() && matches!(address.space, Space::Global(_))
        }
        _ => false,
    }
}

const INT8: &str = r#"{"arithmetic": "iu8", "mmq_x": 32, "mmq_y": 64, "nwarps": 4,
    "depth": 128, "stages": STAGES, "ahead": 0}"#;
const F16: &str = r#"{"arithmetic": "f16", "mmq_x": 32, "mmq_y": 32, "nwarps": 2,
    "depth": 32, "stages": STAGES, "ahead": 0}"#;

fn staged(params: &str, stages: u32) -> Sound {
    Sound::new("mmq_q4", &params.replace("STAGES", &stages.to_string()))
}

#[test]
fn a_dropped_barrier_is_a_race() {
    for (params, stages) in [(INT8, 1), (INT8, 2), (F16, 1), (F16, 2)] {
        staged(params, stages).every(no_barrier, |why| why.contains("no barrier between"));
    }
}

#[test]
fn a_displaced_store_to_workgroup_memory_is_found() {
    staged(INT8, 1).every(displaced, |_| true);
    staged(F16, 2).every(displaced, |_| true);
}

#[test]
fn swapped_operands_of_a_matrix_product_are_found() {
    staged(F16, 1).every(swapped, |why| !why.contains("breaks the laws"));
}

#[test]
fn a_missing_guard_is_out_of_bounds_or_wrong() {
    staged(INT8, 1).every(unguarded, |_| true);
    let few = r#"{"tokens": 8, "columns": 32, "nwarps": 1, "block": 32, "ahead": 0}"#;
    Sound::new("mmvq_q4", few).every(unguarded, |_| true);
}
