//! The append-only log of what was tried and how it ended.
//!
//! Laws:
//! - each process appends to a file of its own, `000001.jsonl` and so on, and holds a lock on it
//!   while it lives; a file without a lock has lost its writer;
//! - an intent ([`Event::Started`]) is on disk before the risky thing is done; a start without an
//!   end in a file without a writer makes its key a [`Suspect`];
//! - each line carries its version and a CRC32 of its event. A torn last line is what a crash
//!   leaves and is ignored; any other damaged line is skipped and reported.

mod history;
mod line;
mod session;

pub use history::{DamagedLine, Event, History, Suspect, parse};
pub use session::Journal;
