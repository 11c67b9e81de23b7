//! Who guesses for a model that is served: a drafter, or its own prediction head.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use kiln_cache::bundle::Bundle;
use kiln_cache::operations::Precision;
use kiln_runtime::plan::{Serving, issues};
use kiln_runtime::speculate::{Speculation, Tokens};
use kiln_runtime::weights::Checkpoint;

use crate::model::arguments::{Guesses, Spec};
use crate::model::{self, Guesser};

/// Who guesses tokens ahead, and what is said of it at the start.
pub(super) struct Guessing {
    /// None where nobody guesses.
    who: Option<Who>,
    /// How many tokens are guessed.
    tokens: Tokens,
    /// What guesses read in place of the head.
    head: Option<Precision>,
    said: String,
}

/// Who guesses.
enum Who {
    /// The drafter of a directory, whose linear layers become something.
    Drafter(PathBuf, Precision),
    /// The model's own prediction head.
    Head,
}

impl Guessing {
    /// Nobody guesses, for this reason.
    fn nobody(why: impl Into<String>) -> Self {
        Self { who: None, tokens: Tokens::Auto, head: None, said: why.into() }
    }

    fn drafter(directory: PathBuf, guesses: &Guesses) -> Self {
        let said = format!("DFlash of {}", directory.display());
        Self::by(Who::Drafter(directory, guesses.drafter_quant), &said, guesses)
    }

    fn by(who: Who, name: &str, guesses: &Guesses) -> Self {
        let tokens = guesses.spec_tokens;
        let count = match tokens {
            Tokens::Auto => "as many tokens as promise the most a second".to_owned(),
            Tokens::Fixed(count) => format!("{count} tokens at a time"),
        };
        let head = guesses.draft_head;
        let with = head.map(|of| format!(", with a head in {of}")).unwrap_or_default();
        Self { who: Some(who), tokens, head, said: format!("{name}{with}, {count}") }
    }

    /// Who guesses, as a model is opened with.
    pub(super) fn guesser(&self) -> Option<Guesser<'_>> {
        let who = match self.who.as_ref()? {
            Who::Drafter(directory, precision) => {
                model::Who::Drafter { directory, precision: *precision }
            }
            Who::Head => model::Who::Head,
        };
        Some(Guesser { who, head: self.head })
    }

    /// In words for whoever started the server.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    /// What texts are to be written with.
    pub(super) fn speculation(&self) -> Option<Speculation> {
        self.who.as_ref().map(|_| Speculation::drafter(self.tokens))
    }
}

/// The drafter that is named, or else one that lies beside the model and has kernels in the bundle; or
/// the model's own prediction head, if it is asked for.
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
    if guesses.spec == Some(Spec::Mtp) {
        if guesses.drafter.is_some() {
            bail!("--spec mtp guesses without --drafter");
        }
        let advice = "tune again, for a model with a prediction head";
        covered(model, bundle, page, advice, |checkpoint| {
            checkpoint.predict().with_context(|| model.display().to_string())
        })?;
        return Ok(Guessing::by(Who::Head, "the model's prediction head", guesses));
    }
    if let Some(directory) = &guesses.drafter {
        return Ok(Guessing::drafter(directory.clone(), guesses));
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
        Ok(()) => Ok(Guessing::drafter(directory, guesses)),
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

/// Whether a drafter drafts for a model, and a bundle has its kernels.
fn fits(model: &Path, drafter: &Path, bundle: &Bundle, page: Option<u64>) -> anyhow::Result<()> {
    let advice = format!("tune with --drafter {}", drafter.display());
    covered(model, bundle, page, &advice, |checkpoint| Ok(checkpoint.join(drafter)?))
}

/// Whether a bundle has every kernel that a model needs only with who guesses for it, who is added by
/// `join`; whether it has the model's own is found when that is loaded. `advice` says what to do.
fn covered(
    model: &Path,
    bundle: &Bundle,
    page: Option<u64>,
    advice: &str,
    join: impl FnOnce(&mut Checkpoint) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut checkpoint = Checkpoint::open(model)?;
    let serving = Serving::of(bundle, page).with_context(|| bundle.path().display().to_string())?;
    let own = issues(checkpoint.config(), &checkpoint, &serving)?;
    join(&mut checkpoint)?;
    let all = issues(checkpoint.config(), &checkpoint, &serving)?;
    let mut added = all.keys().filter(|operation| !own.contains_key(*operation));
    match added.any(|operation| bundle.table(operation).is_none()) {
        true => bail!("{} has no kernels for it; {advice}", bundle.path().display()),
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
