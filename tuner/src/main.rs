//! `kiln-tune`: the verbs of `kiln` that need the compiler.

use std::process::ExitCode;

fn main() -> ExitCode {
    kiln_tuner::cli::run(std::env::args_os())
}
