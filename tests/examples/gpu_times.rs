//! Models the times of an operation's candidates on a GPU, those whose parameters are as given:
//! `cargo run --release -p kiln-tests --example gpu_times -- gfx1151 linear weight=bf16 act=bf16
//! out=f32 / m=16 n=248320 k=5120 / way=matrix ...`.

#![allow(clippy::print_stdout, reason = "an example that reports to a terminal")]

use std::collections::BTreeMap;
use std::sync::Arc;

use kiln_compiler::compile::compile;
use kiln_compiler::interpret::extent;
use kiln_compiler::oracle::Launch;
use kiln_recipes::catalogue::recipes;
use kiln_sim::machine;
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::CodeObject;
use kiln_sim::time::estimate;
use kiln_targets::Target;

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut groups = args[2..].split(|arg| arg == "/").map(|group| -> BTreeMap<String, String> {
        let pairs = group.iter().filter_map(|arg| arg.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    });
    let target = Target::builtin(&args[0])?;
    let attributes = groups.next().unwrap_or_default();
    let number = |(name, size): (String, String)| Ok::<_, Error>((name, size.parse::<u64>()?));
    let dims = groups.next().unwrap_or_default().into_iter().map(number);
    let dims: BTreeMap<String, u64> = dims.collect::<Result<_, _>>()?;
    let wanted = groups.next().unwrap_or_default();
    for recipe in recipes(&args[1], &attributes)? {
        for candidate in recipe.candidates().filter(|of| of.admits(&target).is_ok()) {
            let values = candidate.values();
            let text = |name: &str| values.get(name).map(|v| v.to_string().replace('"', ""));
            let fits = |(name, value): (&String, &String)| match name.as_str() {
                "recipe" => recipe.name() == value,
                name => text(name).as_ref() == Some(value),
            };
            if !wanted.iter().all(fits) {
                continue;
            }
            let program = candidate.build(&target)?;
            let held = program.dims.iter().zip(&program.multiples);
            let mut held = held.filter_map(|(name, by)| Some(dims.get(name)? % u64::from(*by)));
            if held.any(|rest| rest > 0) {
                continue;
            }
            let Ok(compiled) = compile(&program, &target, &[]) else { continue };
            let launch = Launch { program: &program, dims: &dims };
            let object = CodeObject::parse(&compiled.linked)?;
            let memory = Arc::new(Memory::new());
            let (mut kernarg, sizes) = (Vec::new(), launch.sizes());
            let mut moved = 0;
            for part in &program.parts {
                let shape = part.extent.map(|of| extent(of, &sizes).max(0) as usize);
                let bytes = part.order.bytes(shape, part.dtype).max(1) as u64;
                moved += bytes;
                let base =
                    memory.allocate(&part.name, bytes, Access::ReadWrite, Storage::Sparse)?;
                kernarg.extend(base.to_le_bytes());
            }
            for size in &sizes {
                kernarg.extend(i32::try_from(*size)?.to_le_bytes());
            }
            let grid = launch.grid().map(|size| u32::try_from(size).unwrap_or(u32::MAX));
            let block = [target.lanes * program.waves.count(), 1, 1];
            let call = machine::Launch::new(&program.name, grid, block, kernarg);
            let found = estimate(&target, &object, &call, &memory)?;
            let (us, statics) = (found.microseconds, &compiled.statics);
            println!(
                "{us:10.1} us {:6.1} GB/s {:<8} {} {candidate} vgprs {} lds {} spills {}",
                moved as f64 / us / 1e3,
                found.binding.name(),
                recipe.name(),
                statics.vgprs,
                statics.lds_bytes,
                statics.spills
            );
        }
    }
    Ok(())
}
