//! The part of the journal that this process writes.

use std::fs::File;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::history::{Event, History};
use super::line;
use crate::hash::Digest;
use crate::{Error, Result, file};

/// Appends events to a file of this process's own.
#[derive(Debug)]
pub struct Journal<T> {
    directory: PathBuf,
    session: Option<Session>,
    record: PhantomData<fn(T)>,
}

/// The locked file, made with the first event: a process that does nothing leaves no file.
#[derive(Debug)]
struct Session {
    path: PathBuf,
    file: File,
    /// Whether a failed write may have left a part of a line.
    torn: bool,
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// Reads the history in a directory and prepares to append to it.
    ///
    /// # Errors
    /// If the directory cannot be made or read.
    pub fn open(directory: impl AsRef<Path>) -> Result<(Self, History<T>)> {
        let directory = directory.as_ref().to_path_buf();
        file::create_directory(&directory)?;
        let history = History::read(&directory)?;
        Ok((Self { directory, session: None, record: PhantomData }, history))
    }

    /// Writes the intent to do something risky to `key`, and returns when it is on disk.
    ///
    /// # Errors
    /// If it could not be written; then the risky thing should not be done.
    pub fn started(&mut self, key: Digest, what: &str) -> Result<()> {
        self.append(&Event::Started { key, what: what.to_owned() }, true)
    }

    /// Writes how it ended, and returns when that is on disk.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn finished(&mut self, key: Digest, outcome: T) -> Result<()> {
        self.append(&Event::Finished { key, outcome }, true)
    }

    /// Writes anything else; it survives the end of this process but perhaps not of the machine.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn note(&mut self, note: T) -> Result<()> {
        self.append(&Event::Note(note), false)
    }

    fn append(&mut self, event: &Event<T>, durable: bool) -> Result<()> {
        let session = match &mut self.session {
            Some(session) => session,
            none => none.insert(Session::create(&self.directory)?),
        };
        let written = line::encode(event).map_err(io::Error::from);
        let written = written.and_then(|line| session.write(&line, durable));
        written.map_err(|error| Error::io("append to", &session.path, error))
    }
}

impl Session {
    /// Takes the next free number and locks it for as long as this process lives.
    fn create(directory: &Path) -> Result<Self> {
        let mut number = next_number(directory)?;
        loop {
            let path = directory.join(format!("{number:06}.jsonl"));
            let created = File::create_new(&path).and_then(|file| file.lock().map(|()| file));
            match created {
                Ok(file) => return Ok(Self { path, file, torn: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(Error::io("create", &path, error)),
            }
        }
    }

    /// One write a line, after closing off what a failed write may have left.
    fn write(&mut self, line: &[u8], durable: bool) -> io::Result<()> {
        if self.torn {
            self.file.write_all(b"\n")?;
        }
        self.torn = true;
        self.file.write_all(line)?;
        self.torn = false;
        if durable { self.file.sync_data() } else { Ok(()) }
    }
}

/// One more than the highest number in use.
fn next_number(directory: &Path) -> Result<u64> {
    let files = file::list(directory)?;
    let stems = files.iter().filter_map(|path| path.file_stem()?.to_str()?.parse::<u64>().ok());
    Ok(stems.max().unwrap_or(0) + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::journal::parse;

    type Strings = Journal<String>;

    fn key(name: &str) -> Digest {
        Digest::of(name.as_bytes())
    }

    #[test]
    fn an_intent_without_an_end_makes_a_suspect_once_its_process_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Strings::open(dir.path()).unwrap();
        journal.started(key("a"), "launch a").unwrap();
        journal.started(key("b"), "launch b").unwrap();
        journal.finished(key("a"), "fine".into()).unwrap();
        let (_, history) = Strings::open(dir.path()).unwrap();
        assert_eq!((history.running, history.suspects), (vec![key("b")], vec![]));

        drop(journal);
        let (mut journal, history) = Strings::open(dir.path()).unwrap();
        assert_eq!(history.suspects.len(), 1);
        assert_eq!((history.suspects[0].key, history.suspects[0].times), (key("b"), 1));

        journal.started(key("b"), "again").unwrap();
        drop(journal);
        let (mut journal, history) = Strings::open(dir.path()).unwrap();
        assert_eq!((history.suspects[0].times, history.suspects[0].what.as_str()), (2, "again"));

        journal.finished(key("b"), "fine".into()).unwrap();
        drop(journal);
        assert!(Strings::open(dir.path()).unwrap().1.suspects.is_empty());
    }

    #[test]
    fn a_process_that_writes_nothing_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        drop(Strings::open(dir.path()).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_torn_last_line_is_ignored_at_every_length_and_a_damaged_middle_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Strings::open(dir.path()).unwrap();
        for note in ["one", "two", "three"] {
            journal.note(note.into()).unwrap();
        }
        drop(journal);
        let path = dir.path().join("000001.jsonl");
        let bytes = fs::read(&path).unwrap();
        let ends: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] == b'\n').collect();
        for end in ends[1] + 1..ends[2] {
            let (events, damage) = parse::<String>(&bytes[..end]);
            assert_eq!((events.len(), damage.len()), (2, 0), "cut at {end}");
        }
        let mut bad = bytes.clone();
        bad[bytes.len() / 2] ^= 1;
        fs::write(&path, &bad).unwrap();
        let (_, history) = Strings::open(dir.path()).unwrap();
        assert_eq!(history.events, [Event::Note("one".into()), Event::Note("three".into())]);
        assert_eq!((history.damage.len(), history.damage[0].line), (1, 2));
    }

    proptest! {
        #[test]
        fn any_notes_read_back(notes in proptest::collection::vec(".*", 0..6)) {
            let mut bytes = Vec::new();
            for note in &notes {
                bytes.extend(line::encode(&Event::Note(note.clone())).unwrap());
            }
            let (events, damage) = parse::<String>(&bytes);
            prop_assert_eq!(events, notes.into_iter().map(Event::Note).collect::<Vec<_>>());
            prop_assert!(damage.is_empty());
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..99)) {
            let _ = parse::<String>(&bytes);
        }
    }
}
