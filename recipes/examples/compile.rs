//! Compiles one candidate and prints its resources and any level of the compiler:
//! `cargo run --example compile -- gfx1151 linear_q4 out=bf16 / arithmetic=f16 mmq_x=128 ... isa`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example that reports to a terminal"
)]

use std::collections::BTreeMap;

use kiln_compiler::compile::{Level, compile};
use kiln_compiler::object::isa::IsaFacts;
use kiln_recipes::catalogue::recipes;
use kiln_targets::Target;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let target = Target::builtin(&args[0])?;
    let split = args.iter().position(|arg| arg == "/").unwrap_or(args.len());
    let pairs = |args: &[String]| -> BTreeMap<String, String> {
        let pairs = args.iter().filter_map(|arg| arg.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let wanted = pairs(&args[split..]);
    let levels: Vec<Level> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
    for recipe in recipes(&args[1], &pairs(&args[2..split]))? {
        for candidate in recipe.candidates() {
            let values = candidate.values();
            let text = |name: &String| values.get(name).map(|v| v.to_string().replace('"', ""));
            if candidate.admits(&target).is_err()
                || wanted.iter().any(|(name, value)| text(name).as_ref() != Some(value))
            {
                continue;
            }
            let program = candidate.build(&target)?;
            match compile(&program, &target, &levels) {
                Ok(done) => {
                    eprintln!("{} {candidate}: {:?} {:?}", recipe.name(), done.statics, done.times);
                    if let Some(facts) = IsaFacts::of(&done.assembly, &done.lane.name) {
                        eprintln!("{facts}");
                    }
                    for (level, text) in done.dumps {
                        println!(";; {level}\n{text}");
                    }
                }
                Err(why) => eprintln!("{} {candidate}: {why}", recipe.name()),
            }
        }
    }
    Ok(())
}
