//! Compiles candidates for a GPU and models their time at given sizes:
//! `cargo run --example modelled -- gfx1151 attention act=bf16 .. / queries=16 .. / m=2048 ..`.

#![allow(clippy::print_stdout, reason = "an example that reports to a terminal")]

use std::collections::BTreeMap;
use std::sync::Arc;

use kiln_compiler::compile::compile;
use kiln_compiler::dsl::{AnyRecipe, Pick, Sizes};
use kiln_compiler::interpret::extent;
use kiln_compiler::oracle::Launch;
use kiln_compiler::tile::Program;
use kiln_recipes::catalogue::recipes;
use kiln_sim::machine;
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::CodeObject;
use kiln_sim::time::{Estimate, estimate};
use kiln_targets::Target;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let target = Target::builtin(&args[0])?;
    let lists: Vec<BTreeMap<String, String>> =
        args[2..].split(|arg| arg == "/").map(pairs).collect();
    let [attributes, wanted, sizes] = &lists[..] else { return Err("three lists, please".into()) };
    let sizes: Sizes = sizes
        .iter()
        .map(|(name, size)| Ok((name.clone(), size.parse()?)))
        .collect::<Result<_, Failure>>()?;
    for recipe in recipes(&args[1], attributes)? {
        for candidate in recipe.candidates() {
            let values = candidate.values();
            let text = |name: &String| values.get(name).map(|v| v.to_string().replace('"', ""));
            if candidate.admits(&target).is_err()
                || wanted.iter().any(|(name, value)| text(name).as_ref() != Some(value))
            {
                continue;
            }
            let program = candidate.build(&target)?;
            let done = match compile(&program, &target, &[]) {
                Ok(done) => done,
                Err(why) => {
                    println!("{} {candidate}: {why}", recipe.name());
                    continue;
                }
            };
            let found = modelled(recipe.as_ref(), &program, &done.linked, (&target, &sizes))?;
            let (vgprs, spills) = (done.statics.vgprs, done.statics.spills);
            println!(
                "{} {candidate}: {:.1} us, {}; {vgprs} vgprs, {spills} spills, {} B of LDS",
                recipe.name(),
                found.microseconds,
                found.binding.name(),
                done.statics.lds_bytes,
            );
        }
    }
    Ok(())
}

fn pairs(args: &[String]) -> BTreeMap<String, String> {
    let pairs = args.iter().filter_map(|arg| arg.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn modelled(
    recipe: &dyn AnyRecipe,
    program: &Program,
    object: &[u8],
    (target, dims): (&Target, &Sizes),
) -> Result<Estimate, Failure> {
    let launch = Launch { program, dims };
    let sizes = launch.sizes();
    let memory = Arc::new(Memory::new());
    let mut block = Vec::new();
    for part in &program.parts {
        let shape = part.extent.map(|of| extent(of, &sizes).max(0) as usize);
        let size = part.order.bytes(shape, part.dtype) as u64;
        let base = memory.allocate(&part.name, size.max(1), Access::ReadWrite, Storage::Sparse)?;
        let integers = recipe.integers(&part.name, dims, Pick::Typical).unwrap_or_default();
        let bytes: Vec<u8> = integers.iter().flat_map(|integer| integer.to_le_bytes()).collect();
        memory.write(base, &bytes)?;
        block.extend(base.to_le_bytes());
    }
    for size in &sizes {
        block.extend(i32::try_from(*size)?.to_le_bytes());
    }
    let grid = launch.grid().map(|extent| u32::try_from(extent).unwrap_or(u32::MAX));
    let threads = [program.waves.count() * target.lanes, 1, 1];
    let call = machine::Launch::new(&program.name, grid, threads, block);
    Ok(estimate(target, &CodeObject::parse(object)?, &call, &memory)?)
}
