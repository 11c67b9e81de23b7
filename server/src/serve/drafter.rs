//! The drafter that a model is served with.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use kiln_cache::bundle::Bundle;
use kiln_runtime::plan::{Serving, issues};
use kiln_runtime::speculate::{Speculation, Tokens};
use kiln_runtime::weights::Checkpoint;

use crate::model::arguments::{Guesses, Spec};

/// Who guesses tokens ahead, and what is said of it at the start.
pub(super) struct Guessing {
    /// The drafter's directory; none where nobody guesses.
    pub(super) directory: Option<PathBuf>,
    /// How many tokens are guessed.
    tokens: Tokens,
    said: String,
}

impl Guessing {
    /// Nobody guesses, for this reason.
    fn nobody(why: impl Into<String>) -> Self {
        Self { directory: None, tokens: Tokens::Auto, said: why.into() }
    }

    fn drafter(directory: PathBuf, tokens: Tokens) -> Self {
        let count = match tokens {
            Tokens::Auto => "as many tokens as promise the most a second".to_owned(),
            Tokens::Fixed(count) => format!("{count} tokens at a time"),
        };
        let said = format!("DFlash of {}, {count}", directory.display());
        Self { directory: Some(directory), tokens, said }
    }

    /// In words for whoever started the server.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    /// What texts are to be written with.
    pub(super) fn speculation(&self) -> Option<Speculation> {
        self.directory.as_ref().map(|_| Speculation::drafter(self.tokens))
    }
}

/// The drafter that is named, or else one that lies beside the model and has kernels in the bundle.
///
/// # Errors
/// If somebody has to guess and nobody can; the message says why.
pub(super) fn find(
    model: &Path,
    bundle: &Bundle,
    page: Option<u64>,
    guesses: &Guesses,
) -> anyhow::Result<Guessing> {
    if guesses.spec == Some(Spec::Off) {
        return Ok(Guessing::nobody("none: it is off"));
    }
    if let Some(directory) = &guesses.drafter {
        return Ok(Guessing::drafter(directory.clone(), guesses.spec_tokens));
    }
    let wanted = guesses.spec == Some(Spec::Dflash);
    let Some(directory) = beside(model).into_iter().find(|of| of.join("config.json").exists())
    else {
        if wanted {
            bail!("--spec dflash needs --drafter DIR: no drafter lies beside {}", model.display());
        }
        return Ok(Guessing::nobody("none: none lies beside the model"));
    };
    match fits(model, &directory, bundle, page) {
        Ok(()) => Ok(Guessing::drafter(directory, guesses.spec_tokens)),
        Err(error) if wanted => Err(error),
        Err(error) => {
            let (why, path) = (crate::output::told(&error), directory.display());
            Ok(Guessing::nobody(format!("none: that of {path} cannot be used: {why}")))
        }
    }
}

/// Where the drafter of a model may lie.
fn beside(model: &Path) -> Vec<PathBuf> {
    let whole = model.canonicalize().unwrap_or_else(|_| model.to_owned());
    let sibling = whole.file_name().map(|name| {
        let mut name = name.to_owned();
        name.push("-DFlash");
        whole.with_file_name(name)
    });
    [Some(model.join("drafter")), sibling].into_iter().flatten().collect()
}

/// Whether a drafter drafts for a model, and a bundle has its kernels. Whether it has the model's own
/// is found when that is loaded.
fn fits(model: &Path, drafter: &Path, bundle: &Bundle, page: Option<u64>) -> anyhow::Result<()> {
    let mut checkpoint = Checkpoint::open(model)?;
    let serving = Serving::of(bundle, page).with_context(|| bundle.path().display().to_string())?;
    let own = issues(checkpoint.config(), &checkpoint, &serving)?;
    checkpoint.join(drafter)?;
    let all = issues(checkpoint.config(), &checkpoint, &serving)?;
    let mut drafters = all.keys().filter(|operation| !own.contains_key(*operation));
    match drafters.any(|operation| bundle.table(operation).is_none()) {
        true => bail!(
            "{} has no kernels for it; tune with --drafter {}",
            bundle.path().display(),
            drafter.display()
        ),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafters_are_looked_for_in_the_models_directory_and_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let model = directory.path().join("Model");
        std::fs::create_dir(&model).unwrap();
        let found = beside(&model);
        assert_eq!(found[0], model.join("drafter"));
        assert!(found[1].ends_with("Model-DFlash"), "{found:?}");
        assert_eq!(found[1].parent().unwrap(), directory.path().canonicalize().unwrap());
    }
}
