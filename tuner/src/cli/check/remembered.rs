//! Checks of bundles that were made before.
//!
//! Laws:
//! - a check is remembered under everything that it depends on: the bundle's bytes, the programs that
//!   built, ran and compared, the machine where that matters, and how much was checked;
//! - only what agreed is remembered: what disagreed is tried again;
//! - nothing is recalled unless it was asked for, and what is recalled says when it was found.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use kiln_cache::hash::{Digest, Key, KeyBuilder};
use kiln_cache::store::{Measurement, Outcome, Store};
use serde_json::Value;

use super::rig::Rig;
use super::row::Row;
use crate::cli::Failure;

/// Names of the notes that hold the rows and the time.
const ROWS: &str = "rows";
const TIME: &str = "seconds_since_1970";

/// Where the check of one bundle is kept.
pub(super) struct Memory {
    store: Store,
    key: Key,
    bundle: Digest,
}

/// A check that was made before.
pub(super) struct Remembered {
    pub(super) rows: Vec<Row>,
    /// When, as `2026-05-01 12:30 UTC`.
    pub(super) when: String,
}

impl Memory {
    /// The memory of a check by what a rig executes.
    pub(super) fn of(bundle: &Path, rig: &Rig, full: bool, cache: &Path) -> Result<Self, Failure> {
        let store = Store::open(cache).map_err(Failure::request)?;
        let digest = digest(bundle)?;
        let own = std::env::current_exe().map_err(Failure::work)?;
        let mut key = KeyBuilder::new("bundle check")
            .field("bundle", digest)
            .field("program", self::digest(&own)?)
            .field("full", full)
            .field("executor", rig.name());
        if let Some((program, info)) = rig.device()? {
            key = key.field("device", self::digest(&program)?);
            key = key.field("machine", format_args!("{} {:?}", info.device, info.fingerprint));
        }
        Ok(Self { store, key: key.finish(), bundle: digest })
    }

    /// What was found before; `None` where nothing was.
    pub(super) fn recall(&self) -> Result<Option<Remembered>, Failure> {
        let found: Option<Measurement> = self.store.get(&self.key).map_err(Failure::work)?;
        Ok(found.and_then(|mut found| {
            let rows = serde_json::from_value(found.notes.remove(ROWS)?).ok()?;
            let when = written(found.notes.get(TIME)?.as_u64()?);
            Some(Remembered { rows, when })
        }))
    }

    /// Keeps what agreed.
    pub(super) fn keep(&self, rows: &[Row]) -> Result<(), Failure> {
        if rows.is_empty() || !rows.iter().all(Row::agrees) {
            return Ok(());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let rows = serde_json::to_value(rows).map_err(Failure::work)?;
        let notes = BTreeMap::from([(ROWS.to_owned(), rows), (TIME.to_owned(), Value::from(now))]);
        let found = Measurement {
            isa_hash: self.bundle,
            outcome: Outcome::Measured,
            samples_us: Vec::new(),
            canary_us: Vec::new(),
            notes,
        };
        self.store.put(&self.key, &found).map_err(Failure::work)
    }
}

fn digest(file: &Path) -> Result<Digest, Failure> {
    let read = fs::read(file);
    let bytes = read.map_err(|error| Failure::request(format!("{}: {error}", file.display())))?;
    Ok(Digest::of(&bytes))
}

/// A time in words. Days become years and months as in Hinnant's `civil_from_days`: years begin in
/// March, so that the day that some years lack is the last of all.
fn written(seconds: u64) -> String {
    let (days, within) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + 400 * era + u64::from(month <= 2);
    let (hour, minute) = (within / 3600, within / 60 % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

#[cfg(test)]
mod tests {
    use kiln_targets::Target;

    use super::*;

    /// A row with one verdict.
    fn row(why: Option<&str>) -> Row {
        let row = serde_json::json!({
            "operation": "o", "recipe": "r", "params": "p", "dims": {}, "error": null,
            "verdicts": { "simulated": why },
        });
        serde_json::from_value(row).expect("a row")
    }

    #[test]
    fn what_disagrees_is_not_remembered() {
        let room = tempfile::tempdir().expect("a directory");
        let bundle = room.path().join("bundle");
        fs::write(&bundle, "bytes").expect("a file");
        let target = Target::builtin("gfx1151").expect("a target");
        let of = |full| {
            let rig = Rig::start(&target, room.path()).ok().expect("a rig");
            Memory::of(&bundle, &rig, full, &room.path().join("cache")).ok().expect("a memory")
        };
        let recalled = |full| of(full).recall().ok().expect("a store").is_some();
        assert!(of(false).keep(&[row(None), row(Some("it differs"))]).is_ok());
        assert!(!recalled(false));
        assert!(of(false).keep(&[row(None), row(None)]).is_ok());
        assert!(recalled(false) && !recalled(true));
        fs::write(&bundle, "other bytes").expect("a file");
        assert!(!recalled(false));
    }

    #[test]
    fn times_are_written_as_calendars_have_them() {
        // What `date -u -d @SECONDS '+%F %R UTC'` prints.
        for (seconds, expect) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59 UTC"),
            (1_709_251_200, "2024-03-01 00:00 UTC"),
            (1_735_689_599, "2024-12-31 23:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(written(seconds), expect);
        }
    }
}
