//! `kiln-device`: the process that owns the device while kernels are checked and timed.
//!
//! Requests come on the standard input and responses go to the standard output, in the framing
//! of `kiln_cache::device`. Nothing else is ever written to the standard output, but for the
//! answers to `--version` and `--help`.

use std::io::{self, BufReader, Write};
use std::process::ExitCode;

use kiln_runtime::device::{DeviceKind, die_with_parent, open};
use kiln_runtime::worker::serve;

const HELP: &str = "\
Owns the device for `kiln tune` and answers its requests over pipes.

Usage: kiln-device [--device DEVICE] [--target TARGET] [--version] [--help]

  --device DEVICE  host: this machine's processor (the default); hip: its first GPU;
                   sim: the simulator of TARGET
  --target TARGET  the chip to simulate

It is started by kiln-tune and is of no use by itself: messages are read from the
standard input and answered on the standard output. It ends when its input ends.
";

/// What the command line asks for.
enum Asked {
    Serve { device: DeviceKind, target: Option<String> },
    Version,
    Help,
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Asked::Serve { device, target }) => run(device, target.as_deref()),
        Ok(Asked::Version) => print(&format!("kiln-device {}\n", env!("CARGO_PKG_VERSION"))),
        Ok(Asked::Help) => print(HELP),
        Err(why) => {
            complain(&format!("{why}; try --help"));
            ExitCode::from(2)
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    let (mut device, mut target) = (DeviceKind::Host, None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--device" => device = value()?.parse()?,
            "--target" => target = Some(value()?),
            "--version" | "-V" => return Ok(Asked::Version),
            "--help" | "-h" => return Ok(Asked::Help),
            other => return Err(format!("unknown argument '{other}'")),
        }
    }
    Ok(Asked::Serve { device, target })
}

fn run(device: DeviceKind, target: Option<&str>) -> ExitCode {
    die_with_parent();
    let device = match open(device, target) {
        Ok(device) => device,
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
