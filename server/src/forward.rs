//! Verbs that need the compiler, handed to the executable that has one.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{anyhow, bail};

use crate::Found;
use crate::cli::Forwarded;

/// The executable with the compiler in it.
const SIBLING: &str = "kiln-tune";

/// Becomes `kiln-tune VERB ARGUMENTS`; returns only if that fails.
pub(crate) fn forward(verb: &str, arguments: &Forwarded) -> anyhow::Result<Found> {
    let Some(program) = find() else {
        bail!(
            "'kiln {verb}' needs {SIBLING}, which is neither beside this program nor in PATH; \
             install it, or build it with './x build'"
        );
    };
    let error = Command::new(&program).arg(verb).args(&arguments.arguments).exec();
    Err(anyhow!("cannot run {}: {error}", program.display()))
}

/// The sibling beside this program, else the one in `PATH`.
fn find() -> Option<PathBuf> {
    let here = env::current_exe().ok();
    let beside = here.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    let path = env::var_os("PATH").unwrap_or_default();
    let places = beside.into_iter().chain(env::split_paths(&path));
    places.map(|place| place.join(SIBLING)).find(|program| program.is_file())
}
