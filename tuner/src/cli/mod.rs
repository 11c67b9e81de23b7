//! The command line of `kiln-tune`.
//!
//! Exit codes: 0 done, 1 something went wrong on the way or a check failed, 2 the request makes no
//! sense (one line says why), 130 interrupted.

mod args;
mod calibrate;
mod check;
mod dump;
mod replay;
mod report;
mod time;
mod tune;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;

use crate::{Error, workers};
use args::{Arguments, Verb};

/// Exit code of a request that makes no sense.
const USAGE: u8 = 2;

/// Exit code after Ctrl-C.
const INTERRUPTED: u8 = 130;

/// How a verb ended.
pub(crate) enum Ended {
    /// As it should.
    Well,
    /// A check failed; what was found has been printed.
    Failed,
    /// Ctrl-C.
    Interrupted,
}

/// What a verb could not do, and whose mistake that is.
pub(crate) enum Failure {
    /// The request makes no sense.
    Request(String),
    /// Something went wrong on the way.
    Work(String),
}

impl Failure {
    /// A mistake in the request.
    pub(crate) fn request(why: impl ToString) -> Self {
        Self::Request(why.to_string())
    }

    /// Anything else.
    pub(crate) fn work(why: impl ToString) -> Self {
        Self::Work(why.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Config { .. } | Error::Target(_) => Self::request(error),
            Error::Invalid { ref what, .. } if what.starts_with("--") => Self::request(error),
            _ => Self::work(error),
        }
    }
}

/// Runs the command line and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => {
            // Without standard error there is nobody to tell.
            let _ = usage.print();
            return ExitCode::from(if usage.use_stderr() { USAGE } else { 0 });
        }
    };
    let ended = match arguments.verb {
        Verb::Tune(tune) => tune::run(&tune),
        Verb::Check(check) => check::run(&check),
        Verb::Report(report) => report::run(&report),
        Verb::Dump(dump) => dump::run(&dump),
        Verb::Time(time) => time::run(&time),
        Verb::Calibrate(calibrate) => calibrate::run(&calibrate),
        Verb::CompileWorker => workers::serve().map(|()| Ended::Well).map_err(Failure::work),
    };
    match ended {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::Failed) => ExitCode::FAILURE,
        Ok(Ended::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(Failure::Request(why)) => complain(&why, USAGE),
        Err(Failure::Work(why)) => complain(&why, 1),
    }
}

/// One line on standard error.
fn complain(why: &str, code: u8) -> ExitCode {
    // Without standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "error: {}", why.trim_end());
    ExitCode::from(code)
}

/// A flag that Ctrl-C sets; a second Ctrl-C ends the process at once.
fn interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = flag.clone();
    let handler = move || {
        if set.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    };
    ctrlc::set_handler(handler).map_err(Failure::work)?;
    Ok(flag)
}
