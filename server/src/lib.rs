//! The `kiln` command: generate, eval, serve, inspect, verify, bench, run, cache.
//!
//! Laws of this room:
//! - results go to the standard output and everything else to the standard error, through
//!   `output` alone;
//! - a mistake of the user is one line that begins with `error: `, and exit code 2; damage found
//!   by a command that looks for it is exit code 1;
//! - whatever needs the compiler is handed to the sibling executable `kiln-tune`.

mod api;
mod bench;
mod cache;
mod cli;
mod engine;
mod explain;
mod forward;
mod inspect;
mod manual;
mod metrics;
mod model;
mod output;
mod run;
mod serve;
pub mod text;
mod verify;
mod web;
mod workload;

use std::ffi::OsString;
use std::process::ExitCode;

/// What a command found, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// All is well.
    Nothing,
    /// Something that the command was asked to look at is not sound.
    Damage,
    /// The command could not do its work, and has said why.
    Failure,
}

/// Runs the command line (the program's name first) and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    model::begin();
    let done = cli::parse(arguments).and_then(|parsed| match parsed {
        cli::Parsed::Command(command) => perform(*command),
        cli::Parsed::Text(text) => output::print(&text).map(|()| Found::Nothing),
    });
    match done {
        Ok(Found::Nothing) => ExitCode::SUCCESS,
        Ok(Found::Damage | Found::Failure) => ExitCode::FAILURE,
        Err(error) if output::is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::from(2)
        }
    }
}

fn perform(command: cli::Command) -> anyhow::Result<Found> {
    match command {
        cli::Command::Inspect(arguments) => inspect::inspect(&arguments),
        cli::Command::Verify(arguments) => verify::verify(&arguments),
        cli::Command::Generate(arguments) => model::generate(&arguments),
        cli::Command::Serve(arguments) => serve::serve(&arguments),
        cli::Command::Eval(arguments) => model::eval(&arguments),
        cli::Command::Bench(arguments) => bench::bench(&arguments),
        cli::Command::Run(arguments) => run::run(&arguments),
        cli::Command::Cache(arguments) => cache::cache(&arguments),
        cli::Command::Completions(arguments) => manual::completions(&arguments, cli::command()),
        cli::Command::Man(arguments) => manual::man(&arguments, cli::command()),
        cli::Command::Tune(arguments) => forward::forward("tune", &arguments),
        cli::Command::Check(arguments) => forward::forward("check", &arguments),
        cli::Command::Report(arguments) => forward::forward("report", &arguments),
    }
}
