//! Linear attention at the sizes of the 27B model on gfx1151: what the code objects hold, and what
//! the model of time says of the delta rule beside the traffic of its state. Nothing is measured
//! here: all times are modelled.

use std::collections::BTreeMap;
use std::sync::Arc;

use kiln_compiler::compile::{Compiled, compile};
use kiln_compiler::dsl::{AnyRecipe, Candidate, Pick};
use kiln_compiler::interpret::extent;
use kiln_compiler::oracle::Launch;
use kiln_compiler::tile::Program;
use kiln_recipes::catalogue::{Attributes, recipes};
use kiln_sim::machine;
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::CodeObject;
use kiln_sim::time::{Estimate, estimate};
use kiln_targets::Target;

/// Bytes of a layer's state: 48 heads of 128 x 128 numbers of 4 bytes.
const STATE: f64 = 48.0 * 128.0 * 128.0 * 4.0;

/// Every operation of linear attention with the sizes of the 27B model.
fn operations() -> Vec<(&'static str, Attributes)> {
    let heads = [("key_heads", "16"), ("value_heads", "48"), ("key_head", "128")];
    let with = |more: &[(&str, &str)]| -> Attributes {
        let common = [("act", "bf16"), ("value_head", "128"), ("taps", "4"), ("out", "bf16")];
        let all = common.iter().chain(&heads).chain(more);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let mut all = Vec::new();
    for state in ["update", "keep"] {
        all.push(("conv1d", with(&[("state", state)])));
        all.push(("delta", with(&[("state", state), ("out", "f32")])));
    }
    all.push(("delta", with(&[("state", "move"), ("out", "f32")])));
    for name in ["conv_commit", "delta_commit", "gated_norm"] {
        all.push((name, with(&[])));
    }
    all
}

fn target() -> Target {
    Target::builtin("gfx1151").expect("the target should be built in")
}

fn row_by_row(state: &str) -> Box<dyn AnyRecipe> {
    let wanted = |(name, of): &(&str, Attributes)| *name == "delta" && of["state"] == state;
    let (name, attributes) = operations().into_iter().find(wanted).expect("a delta rule");
    let all = recipes(name, &attributes).expect("the operation should have recipes");
    all.into_iter().find(|recipe| recipe.name() == "delta_step").expect("the recipe of few rows")
}

fn compiled(candidate: &dyn Candidate, target: &Target) -> (Program, Compiled) {
    let program = candidate.build(target).expect("admitted points should build");
    let done = compile(&program, target, &[]).expect("admitted points should compile");
    (program, done)
}

/// The model's estimate of a launch of one sequence's rows.
fn modelled(
    (recipe, target): (&dyn AnyRecipe, &Target),
    (program, code): &(Program, Compiled),
    rows: u64,
) -> Estimate {
    let sizes = [("m", rows), ("n", 16384), ("c", 10240), ("s", 1), ("b", 1)];
    let dims: BTreeMap<String, u64> = sizes.map(|(name, size)| (name.to_owned(), size)).into();
    let launch = Launch { program, dims: &dims };
    let sizes = launch.sizes();
    let (memory, mut block) = (Arc::new(Memory::new()), Vec::new());
    for part in &program.parts {
        let shape = part.extent.map(|of| extent(of, &sizes) as usize);
        let bytes = part.order.bytes(shape, part.dtype) as u64;
        let base = memory.allocate(&part.name, bytes, Access::ReadWrite, Storage::Sparse);
        let base = base.expect("the memory should suffice");
        let integers = recipe.integers(&part.name, &dims, Pick::Typical).unwrap_or_default();
        let contents: Vec<u8> = integers.iter().flat_map(|of| of.to_le_bytes()).collect();
        memory.write(base, &contents).expect("the numbers should fit");
        block.extend(base.to_le_bytes());
    }
    sizes.iter().for_each(|size| block.extend((*size as i32).to_le_bytes()));
    let threads = [program.waves.count() * target.lanes, 1, 1];
    let grid = launch.grid().map(|extent| extent as u32);
    let call = machine::Launch::new(&program.name, grid, threads, block);
    let object = CodeObject::parse(&code.linked).expect("the object should parse");
    let found = estimate(target, &object, &call, &memory);
    found.expect("the launch should be modelled")
}

#[test]
fn every_admitted_point_holds_the_real_sizes_without_spills_or_scratch() {
    let target = target();
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (operation, attributes) in operations() {
        for recipe in recipes(operation, &attributes).expect("it should have recipes") {
            let before = checked;
            for candidate in recipe.candidates().filter(|of| of.admits(&target).is_ok()) {
                let statics = compiled(candidate.as_ref(), &target).1.statics;
                checked += 1;
                if statics.spills + statics.scratch_bytes > 0 {
                    wrong.push(format!("{} {candidate}: {statics:?}", recipe.name()));
                }
            }
            assert!(checked > before, "no point of {} is admitted", recipe.name());
        }
    }
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_launch_moves_the_state_once_however_many_rows_it_has() {
    let (target, recipe) = (target(), row_by_row("update"));
    let code = compiled(recipe.default_candidate(&target).as_ref(), &target);
    let moved = |rows| modelled((recipe.as_ref(), &target), &code, rows).sampled.traffic;
    let (one, many) = (moved(1), moved(32));
    for (rows, traffic) in [(1.0, one), (32.0, many)] {
        // Results are 48 x 128 numbers of 4 bytes for each row.
        let written = STATE + rows * 48.0 * 128.0 * 4.0;
        assert!((traffic.written_bytes / written - 1.0).abs() < 0.02, "{rows} rows: {traffic:?}");
        assert!(traffic.read_bytes > 0.99 * STATE, "{rows} rows: {traffic:?}");
    }
    // A row that read or wrote the state again would add all of its bytes.
    let further = (many.l2_bytes - one.l2_bytes) / 31.0;
    assert!(further < STATE / 2.0, "{further} bytes for each further row");
}

#[test]
fn few_rows_take_at_most_twice_as_long_as_copying_the_state_in_the_model() {
    let (target, recipe) = (target(), row_by_row("update"));
    let rate = target.timing.pipeline.as_ref().expect("a model of time").copy_gbps;
    let bound = 2.0 * STATE / rate / 1e3;
    let code = compiled(recipe.default_candidate(&target).as_ref(), &target);
    for rows in [1, 8, 16, 32] {
        let time = modelled((recipe.as_ref(), &target), &code, rows).microseconds;
        assert!(time < 2.0 * bound, "{rows} rows: {time:.1} us, copying {bound:.1} us");
    }
}
