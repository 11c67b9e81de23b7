//! The content-addressed cache.
//!
//! ```text
//! objects/ab/cdef…        bytes under their own digest
//! artifact/ab/cdef…       what a source was compiled to          under the digest of its key
//! measurement/ab/cdef…    how machine code behaved on a device   under the digest of its key
//! decision/ab/cdef…       the last bundle and its report         under the digest of its key
//! quarantine/             files that failed a check
//! journal/                what was tried, see [`crate::journal`]
//! in-use                  locked, shared, by every process that has the store open
//! ```
//!
//! Laws:
//! - every file says its kind, version and checksum in its first line, and appears by rename;
//! - a file that fails a check is moved to `quarantine/`, reported, and counts as absent, so that
//!   what it held is made again;
//! - an entry keeps the fields of its key, so that a miss can say which field changed;
//! - any number of processes may read and write at once without waiting for each other: two that
//!   make the same thing write the same file. Only collecting garbage needs the store alone.

mod archive;
mod disk;
mod entry;
mod gc;
mod list;
mod record;
mod sealed;
mod verify;
mod why;

pub use archive::{Exported, Imported};
pub use disk::{Quarantined, Store};
pub use entry::{Layer, Origin};
pub use gc::Collected;
pub use list::{Listing, ListingRow};
pub use record::{Artifact, Built, Decision, Measurement, Outcome, Record};
pub use verify::Checked;
pub use why::{Difference, Near, Why};
