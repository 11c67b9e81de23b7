//! `kiln cache`: looking into the cache and keeping it tidy.

use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use anyhow::bail;
use kiln_cache::store::Store;
use serde::Serialize;

use crate::Found;
use crate::cli::{Cache, CacheAction};
use crate::output::{print, print_json};

/// Does one thing with the cache and says what came of it.
pub(crate) fn cache(arguments: &Cache) -> anyhow::Result<Found> {
    let root = match &arguments.cache {
        Some(root) => root.clone(),
        None => default_root()?,
    };
    let show = Show { json: arguments.json };
    let store = open(&root, matches!(arguments.action, CacheAction::Import { .. }))?;
    match &arguments.action {
        CacheAction::Ls => show.it(&store.list()?)?,
        CacheAction::Why { key } => show.it(&store.why(key)?)?,
        CacheAction::Gc { keep_bundles } => show.it(&store.gc(keep_bundles.as_deref())?)?,
        CacheAction::Export { file } => show.it(&store.export(file)?)?,
        CacheAction::Import { file } => {
            let imported = store.import(file)?;
            show.it(&imported)?;
            return Ok(found(!imported.refused.is_empty()));
        }
        CacheAction::Verify => {
            let checked = store.verify()?;
            show.it(&checked)?;
            return Ok(found(!checked.is_clean()));
        }
    }
    Ok(Found::Nothing)
}

/// How results are shown.
struct Show {
    json: bool,
}

impl Show {
    fn it(&self, result: &(impl Serialize + Display)) -> anyhow::Result<()> {
        if self.json { print_json(result) } else { print(&terminated(result.to_string())) }
    }
}

fn terminated(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn found(damage: bool) -> Found {
    if damage { Found::Damage } else { Found::Nothing }
}

/// Opens the cache; looking into one that does not exist makes none.
fn open(root: &Path, make: bool) -> anyhow::Result<Store> {
    if !make && !root.is_dir() {
        bail!("there is no cache at {}; 'kiln tune' makes one", root.display());
    }
    Ok(Store::open(root)?)
}

/// The directory that is used where none is named.
fn default_root() -> anyhow::Result<PathBuf> {
    let directory = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = directory("KILN_CACHE");
    let shared = || directory("XDG_CACHE_HOME").map(|base| base.join("kiln"));
    let home = || directory("HOME").map(|home| home.join(".cache/kiln"));
    match named.or_else(shared).or_else(home) {
        Some(root) => Ok(root),
        None => bail!("there is no home directory to look for a cache in; name one with --cache"),
    }
}
