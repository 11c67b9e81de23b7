//! `kiln verify`: whether a bundle is sound.

use kiln_cache::Error;
use kiln_cache::bundle::Bundle;

use crate::Found;
use crate::cli::Verify;
use crate::output::print;

/// Checks a bundle and says in one line what was found.
pub(crate) fn verify(arguments: &Verify) -> anyhow::Result<Found> {
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
