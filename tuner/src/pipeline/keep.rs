//! The last decision of a scope, kept in the cache: its bundle and its report.

use kiln_cache::bundle::Bundle;
use kiln_cache::hash::{Key, KeyBuilder};
use kiln_cache::store::{Decision, Store};

use super::timing::Scope;
use crate::report::Report;
use crate::{Error, Result};

/// Domain of the keys of decisions, and the name of the field that says so.
const DOMAIN: (&str, &str) = ("domain", "tuned");

/// A decision that the cache keeps.
#[derive(Debug)]
pub struct Kept {
    /// What was packed.
    pub bundle: Bundle,
    /// What is told of it.
    pub report: Report,
}

/// The decision of a scope; absent where there is none or it was written by another version.
///
/// # Errors
/// If the cache cannot be read.
pub(super) fn last(store: &Store, scope: &Scope) -> Result<Option<Kept>> {
    let Some(decision) = store.get::<Decision>(&key(scope))? else { return Ok(None) };
    read(store, &decision)
}

/// Every readable decision of a cache with the fields of its scope.
///
/// # Errors
/// If the cache cannot be read.
pub fn all(store: &Store) -> Result<Vec<(Key, Kept)>> {
    let mut found = Vec::new();
    for (key, decision) in store.entries::<Decision>()? {
        let tuned = key.fields.get(DOMAIN.0).is_some_and(|domain| domain == DOMAIN.1);
        let kept = if tuned { read(store, &decision)? } else { None };
        found.extend(kept.map(|kept| (key, kept)));
    }
    Ok(found)
}

fn read(store: &Store, decision: &Decision) -> Result<Option<Kept>> {
    let (bundle, report) = (store.object(&decision.bundle)?, store.object(&decision.report)?);
    let bundle = bundle.and_then(|bytes| Bundle::from_bytes(bytes, store.root()).ok());
    let report = report.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ok(bundle.zip(report).map(|(bundle, report)| Kept { bundle, report }))
}

/// Keeps what a run decided in place of what the last one did.
///
/// # Errors
/// If the cache cannot be written.
pub(super) fn keep(store: &Store, scope: &Scope, bundle: &[u8], report: &Report) -> Result<()> {
    let text =
        serde_json::to_vec(report).map_err(|why| Error::invalid("report", why.to_string()))?;
    let decision = Decision { bundle: store.put_object(bundle)?, report: store.put_object(&text)? };
    Ok(store.put(&key(scope), &decision)?)
}

fn key(scope: &Scope) -> Key {
    let fields = scope.0.iter();
    fields.fold(KeyBuilder::new(DOMAIN.1), |key, (name, value)| key.field(name, value)).finish()
}
