//! `kiln verify`: whether a bundle, or a file of prepared weights, is sound.

use std::path::Path;
use std::time::{Duration, Instant};

use kiln_cache::Error;
use kiln_cache::bundle::Bundle;
use kiln_runtime::weights::{Progress, is_prepared, verify_prepared};

use crate::Found;
use crate::cli::Verify;
use crate::output::{note, print};

/// Time between two lines of progress.
const SHOWN_EVERY: Duration = Duration::from_secs(1);

/// Checks a file and says in one line what was found.
pub(crate) fn verify(arguments: &Verify) -> anyhow::Result<Found> {
    match is_prepared(&arguments.file) {
        true => weights(&arguments.file),
        false => bundle(arguments),
    }
}

/// Checks every array of prepared weights.
fn weights(file: &Path) -> anyhow::Result<Found> {
    let mut shown = Instant::now();
    let checked = verify_prepared(file, &mut |Progress { bytes, total }| {
        if shown.elapsed() >= SHOWN_EVERY {
            shown = Instant::now();
            let [bytes, total] = [bytes, total].map(|of| of as f64 / 1e9);
            note(&format!("checked {bytes:.1} of {total:.1} GB"));
        }
    });
    match checked {
        Ok((arrays, bytes)) => {
            print(&format!("{}: ok, {arrays} arrays of weights, {bytes} bytes\n", file.display()))?;
            Ok(Found::Nothing)
        }
        Err(damage) => {
            print(&format!("{damage}\n"))?;
            Ok(Found::Damage)
        }
    }
}

fn bundle(arguments: &Verify) -> anyhow::Result<Found> {
    let checked = Bundle::open(&arguments.file).and_then(|bundle| bundle.verify());
    match checked {
        Ok(sound) => {
            print(&format!(
                "{}: ok, {} kernels, {} code objects, {} requests covered, sha256 {}\n",
                arguments.file.display(),
                sound.kernels,
                sound.objects,
                sound.covered,
                sound.sha256
            ))?;
            Ok(Found::Nothing)
        }
        Err(damage @ (Error::Corrupt { .. } | Error::Version { .. } | Error::Invalid { .. })) => {
            print(&format!("{damage}\n"))?;
            Ok(Found::Damage)
        }
        Err(error) => Err(error.into()),
    }
}
