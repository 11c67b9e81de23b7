//! `kiln-device`: the process that owns the device while kernels are checked and timed.
//!
//! Requests come on the standard input and responses go to the standard output, in the framing
//! of `kiln_cache::device`. Nothing else is ever written to the standard output, but for the
//! answers to `--version` and `--help`.

use std::io::{self, BufReader, Write};
use std::process::ExitCode;

use kiln_runtime::device::{HostDevice, die_with_parent};
use kiln_runtime::worker::serve;

const HELP: &str = "\
Owns the device for `kiln tune` and answers its requests over pipes.

Usage: kiln-device [--version] [--help]

It is started by kiln-tune and is of no use by itself: messages are read from the
standard input and answered on the standard output. It ends when its input ends.
";

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => run(),
        Some("--version" | "-V") => print(&format!("kiln-device {}\n", env!("CARGO_PKG_VERSION"))),
        Some("--help" | "-h") => print(HELP),
        Some(other) => {
            complain(&format!("unknown argument '{other}'; try --help"));
            ExitCode::from(2)
        }
    }
}

fn run() -> ExitCode {
    die_with_parent();
    let device = match HostDevice::new() {
        Ok(device) => Box::new(device),
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    match serve(device, BufReader::new(io::stdin().lock()), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn complain(text: &str) {
    // There is nowhere else to complain to.
    let _ = writeln!(io::stderr(), "error: {text}");
}
