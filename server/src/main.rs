//! `kiln`: see the library's documentation.

use std::process::ExitCode;

fn main() -> ExitCode {
    kiln_server::run(std::env::args_os())
}
