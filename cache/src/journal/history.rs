//! What earlier and other processes wrote.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::line;
use crate::hash::Digest;
use crate::{Error, Result, file};

/// One event of the journal; `T` is the tuner's own record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Event<T> {
    /// Something that may take the process or the machine down is about to be done.
    Started {
        /// What it is done to.
        key: Digest,
        /// In words.
        what: String,
    },
    /// It ended, well or not.
    Finished {
        /// What it was done to.
        key: Digest,
        /// How it ended.
        outcome: T,
    },
    /// Anything else worth keeping.
    Note(T),
}

/// A key whose last start has no end, and whose process is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspect {
    /// The key.
    pub key: Digest,
    /// What was about to be done to it.
    pub what: String,
    /// How many starts in a row have no end.
    pub times: u32,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamagedLine {
    /// The journal file.
    pub path: PathBuf,
    /// Line number from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// Everything the journal says, in the order of files and lines.
#[derive(Clone, Debug, PartialEq)]
pub struct History<T> {
    /// The events of intact lines.
    pub events: Vec<Event<T>>,
    /// Keys that were being worked on when their process vanished, in the order of keys.
    pub suspects: Vec<Suspect>,
    /// Keys that living processes are working on.
    pub running: Vec<Digest>,
    /// Lines that were skipped.
    pub damage: Vec<DamagedLine>,
}

/// A start without an end so far.
struct Open {
    what: String,
    times: u32,
    alive: bool,
}

impl<T: DeserializeOwned> History<T> {
    /// Reads every journal file in a directory; an absent directory is an empty history.
    ///
    /// # Errors
    /// If a file cannot be read. Damaged lines are not an error.
    pub fn read(directory: &Path) -> Result<Self> {
        let mut history =
            Self { events: Vec::new(), suspects: Vec::new(), running: Vec::new(), damage: vec![] };
        let mut open = BTreeMap::new();
        for path in file::list(directory)? {
            if path.extension().is_some_and(|ending| ending == "jsonl") {
                history.read_file(&path, &mut open)?;
            }
        }
        for (key, Open { what, times, alive }) in open {
            match alive {
                true => history.running.push(key),
                false => history.suspects.push(Suspect { key, what, times }),
            }
        }
        Ok(history)
    }

    fn read_file(&mut self, path: &Path, open: &mut BTreeMap<Digest, Open>) -> Result<()> {
        let fail = |error| Error::io("read", path, error);
        let mut file = File::open(path).map_err(fail)?;
        let alive = has_writer(&file).map_err(fail)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(fail)?;
        let (events, damage) = parse(&bytes);
        for event in &events {
            follow(event, alive, open);
        }
        self.events.extend(events);
        self.damage.extend(damage.into_iter().map(|(line, reason)| {
            let path = path.to_path_buf();
            DamagedLine { path, line, reason }
        }));
        Ok(())
    }
}

/// The events of intact lines, and number and fault of each damaged line. A last line without
/// line end that is not intact is torn, not damaged.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> (Vec<Event<T>>, Vec<(usize, String)>) {
    let (mut events, mut damage) = (Vec::new(), Vec::new());
    for (index, text) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let whole = text.strip_suffix(b"\n");
        match line::decode(whole.unwrap_or(text)) {
            Ok(event) => events.push(event),
            Err(reason) if whole.is_some_and(|line| !line.is_empty()) => {
                damage.push((index + 1, reason));
            }
            Err(_) => {}
        }
    }
    (events, damage)
}

/// Keeps the starts that have no end.
fn follow<T>(event: &Event<T>, alive: bool, open: &mut BTreeMap<Digest, Open>) {
    match event {
        Event::Started { key, what } => {
            let times = open.get(key).map_or(0, |open| open.times) + 1;
            open.insert(*key, Open { what: what.clone(), times, alive });
        }
        Event::Finished { key, .. } => {
            open.remove(key);
        }
        Event::Note(_) => {}
    }
}

/// Whether a living process holds the lock of its journal file.
fn has_writer(file: &File) -> std::io::Result<bool> {
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
