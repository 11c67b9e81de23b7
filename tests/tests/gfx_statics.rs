//! What the code objects of the gfx11 family say about the recipes: resources at the default
//! points, bank conflicts over the search space, and the shape of the steady loop of a good point.

use kiln_compiler::compile::{Compiled, compile};
use kiln_compiler::dsl::{AnyRecipe, Candidate};
use kiln_compiler::lower::{BankReport, lower};
use kiln_compiler::object::isa::{Class, IsaFacts, LoopFacts};
use kiln_recipes::catalogue::{Attributes, examples, recipes};
use kiln_targets::Target;

/// Every so many points of the search space are looked at.
const SAMPLED: usize = 4;

fn target(name: &str) -> Target {
    Target::builtin(name).expect("the target should be built in")
}

/// A recipe of quantised matrix products.
fn quantised(name: &str, epilogue: &str) -> Box<dyn AnyRecipe> {
    let attributes: Attributes =
        [("out", "bf16"), ("epilogue", epilogue)].map(|(a, b)| (a.into(), b.into())).into();
    let mut all = recipes("linear_q4", &attributes).expect("linear layers should have recipes");
    let place = all.iter().position(|recipe| recipe.name() == name);
    all.swap_remove(place.expect("the recipe should be in the catalogue"))
}

/// The recipe of quantised matrix products for many tokens.
fn many_tokens() -> Box<dyn AnyRecipe> {
    quantised("mmq_q4", "none")
}

/// Compiles the default points of operations; `compile` refuses objects that break a law of
/// descriptors.
fn defaults(
    target: &Target,
    operations: impl Iterator<Item = (&'static str, Attributes)>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (operation, attributes) in operations {
        for recipe in recipes(operation, &attributes).expect("examples should have recipes") {
            let candidate = recipe.default_candidate(target);
            let name = format!("{} {candidate} {attributes:?}", recipe.name());
            let program = candidate.build(target).expect("default points should build");
            match compile(&program, target, &[]) {
                Err(why) => wrong.push(format!("{name}: {why}")),
                Ok(done) if done.statics.spills + done.statics.scratch_bytes > 0 => {
                    wrong.push(format!("{name}: {:?}", done.statics));
                }
                Ok(_) => {}
            }
        }
    }
    wrong
}

fn assert_clean(name: &str, every: usize) {
    let wrong = defaults(&target(name), examples().into_iter().step_by(every));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn attention_of_the_published_drafter_spills_nothing_on_gfx1151() {
    let common = [("act", "bf16"), ("kv", "bf16"), ("heads", "32"), ("kv_heads", "8")];
    let sizes = [("head", "128"), ("page", "64"), ("gated", "false")];
    let with = |operation: &'static str, more: &[(&str, &str)]| {
        let pairs = common.iter().chain(&sizes).chain(more);
        (operation, pairs.map(|(name, value)| ((*name).into(), (*value).into())).collect())
    };
    let all: [(&str, Attributes); 4] = [
        with("rope_kv", &[("rotary", "128"), ("convention", "plain")]),
        with("attention_split", &[("length", "512"), ("causal", "false")]),
        with("attention_split", &[("length", "512"), ("window", "2048")]),
        with("attention_merge", &[]),
    ];
    let wrong = defaults(&target("gfx1151"), all.into_iter());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn default_points_keep_the_laws_and_spill_nothing_on_gfx1151() {
    assert_clean("gfx1151", 1);
}

#[test]
fn default_points_keep_the_laws_and_spill_nothing_on_gfx1100() {
    assert_clean("gfx1100", 3);
}

#[test]
fn default_points_keep_the_laws_and_spill_nothing_on_gfx1150() {
    assert_clean("gfx1150", 3);
}

/// The points that a target admits, one of each difference that a GPU sees.
fn points<'r>(recipe: &'r dyn AnyRecipe, target: &Target) -> Vec<Box<dyn Candidate + 'r>> {
    let all = recipe.candidates().filter(|candidate| candidate.admits(target).is_ok());
    all.filter(|candidate| candidate.values().get("ahead").is_none_or(|ahead| *ahead == 0))
        .collect()
}

#[test]
fn matrix_products_have_no_bank_conflicts() {
    let (target, recipe) = (target("gfx1151"), many_tokens());
    let mut wrong = Vec::new();
    let mut checked = 0;
    for candidate in points(recipe.as_ref(), &target).into_iter().step_by(SAMPLED) {
        let program = candidate.build(&target).expect("admitted points should build");
        let Ok(kernel) = lower(&program, &target) else { continue };
        let report = BankReport::of(&kernel, &target);
        checked += report.accesses.len();
        let unknown = report.accesses.iter().any(|access| access.cycles.is_none());
        if unknown || report.conflicts() > 0 {
            wrong.push(format!("{candidate}\n{report}"));
        }
    }
    assert!(checked > 500, "only {checked} accesses were found");
    assert!(wrong.is_empty(), "{} candidates:\n{}", wrong.len(), wrong.join("\n"));
}

fn large(stages: u32) -> (Compiled, LoopFacts) {
    let (target, recipe) = (target("gfx1151"), many_tokens());
    let wanted =
        format!("arithmetic: f16, mmq_x: 128, mmq_y: 128, nwarps: 8, depth: 64, stages: {stages}");
    let all = points(recipe.as_ref(), &target);
    let candidate = all.iter().find(|candidate| candidate.to_string().contains(&wanted));
    let candidate = candidate.expect("the point should be in the search space");
    let program = candidate.build(&target).expect("the point should build");
    let compiled = compile(&program, &target, &[]).expect("the point should compile");
    let facts = IsaFacts::of(&compiled.assembly, &compiled.lane.name);
    let steady = facts.and_then(|facts| facts.steady).expect("the kernel should have a loop");
    (compiled, steady)
}

fn assert_steady(stages: u32) {
    let (compiled, steady) = large(stages);
    let ratio = steady.valu_per_wmma().expect("the loop should multiply matrices");
    assert!(ratio <= 6.0, "{ratio} vector instructions for each multiply\n{steady}");
    assert_eq!(compiled.statics.spills, 0, "{:?}", compiled.statics);
    assert!(steady.prefetches() > 0, "nothing is in flight across a barrier\n{steady}");
    assert_eq!(steady.count(Class::Barrier), if stages == 1 { 2 } else { 1 }, "{steady}");
    let banks = BankReport::of(&compiled.lane, &target("gfx1151"));
    assert_eq!(banks.conflicts(), 0, "{banks}");
    let rows = 128 * 64 / (8 * 32);
    let [activations, quants] = [rows * 2 / 16, rows / 2 / 16];
    let wide = steady.global_load_bytes.get(&16).copied().unwrap_or(0);
    assert_eq!(wide, activations + quants, "x and the quants come 16 bytes at a time\n{steady}");
}

#[test]
fn large_f16_products_with_one_stage_are_bound_by_matrix_multiplies() {
    assert_steady(1);
}

#[test]
fn large_f16_products_with_two_stages_are_bound_by_matrix_multiplies() {
    assert_steady(2);
}

#[test]
fn products_for_a_batch_of_tokens_start_loads_ahead_and_spill_nothing() {
    let target = target("gfx1151");
    for epilogue in ["none", "residual", "silu_mul"] {
        let recipe = quantised("batch_q4", epilogue);
        for candidate in points(recipe.as_ref(), &target) {
            let program = candidate.build(&target).expect("admitted points should build");
            let done = compile(&program, &target, &[]).unwrap_or_else(|why| panic!("{why}"));
            let (name, statics) = (format!("{epilogue} {candidate}"), &done.statics);
            assert_eq!(statics.spills + statics.scratch_bytes, 0, "{name}: {statics:?}");
            let banks = BankReport::of(&done.lane, &target);
            assert_eq!(banks.conflicts(), 0, "{name}\n{banks}");
            let facts = IsaFacts::of(&done.assembly, &done.lane.name);
            let steady = facts.and_then(|facts| facts.steady).expect("it should have a loop");
            assert!(steady.prefetches() > 0, "{name}: nothing is in flight\n{steady}");
            let ratio = steady.valu_per_wmma().expect("the loop should multiply matrices");
            assert!(ratio <= 11.0, "{name}: {ratio} vector instructions a multiply\n{steady}");
        }
    }
}

/// Sizes of the attention of a model of 27 billion parameters.
const ATTENTION: [(&str, &str); 8] = [
    ("act", "bf16"),
    ("kv", "bf16"),
    ("heads", "24"),
    ("kv_heads", "4"),
    ("head", "256"),
    ("page", "64"),
    ("gated", "true"),
    ("length", "1024"),
];

#[test]
fn attention_of_a_large_model_spills_nothing_and_has_no_bank_conflicts() {
    let target = target("gfx1151");
    let attributes: Attributes = ATTENTION.map(|(a, b)| (a.into(), b.into())).into();
    let covers = [
        ("attention_split", [6, 8, 64, 4, 1]),
        ("attention_split", [3, 16, 64, 4, 1]),
        ("attention_split", [3, 32, 64, 4, 2]),
        ("attention", [1, 32, 64, 4, 1]),
        ("attention", [1, 48, 64, 4, 1]),
        ("attention", [1, 96, 64, 4, 2]),
    ];
    for (operation, cover) in covers {
        let recipe = recipes(operation, &attributes).expect("it should be catalogued").remove(0);
        let names = ["heads", "queries", "keys", "nwarps", "across"];
        let wanted = |candidate: &dyn Candidate| {
            let values = candidate.values();
            names.into_iter().zip(cover).all(|(name, value)| values[name] == value)
        };
        let candidate = recipe.candidates().find(|of| wanted(of.as_ref()));
        let candidate = candidate.expect("the point should be in the space");
        let program = candidate.build(&target).expect("the point should build");
        let done = compile(&program, &target, &[]).unwrap_or_else(|why| panic!("{why}"));
        let statics = &done.statics;
        assert_eq!(statics.spills + statics.scratch_bytes, 0, "{operation} {candidate}");
        let banks = BankReport::of(&done.lane, &target);
        assert_eq!(banks.conflicts(), 0, "{operation} {candidate}:\n{banks}");
    }
}
