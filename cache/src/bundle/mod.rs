//! The bundle: the only thing that passes from tuning to serving.
//!
//! ```text
//! header      160 bytes   magic, version, lengths, sha256 of manifest, catalogue and header
//! manifest    TOML        what was tuned, for what, with what
//! catalogue   JSON        kernels, code objects, decision tables, coverage
//! padding     zeros       to the next multiple of 4096
//! objects                 code objects, each at a multiple of 4096 from the first
//! trailer     32 bytes    sha256 of everything before it
//! ```
//!
//! Invariants:
//! - equal contents give equal bytes: kernels are sorted by name, objects by digest, tables by
//!   operation, coverage by dims; there are no timestamps and no host names;
//! - [`Bundle::open`] reads and checks header, manifest and catalogue only, and everything that
//!   they claim about each other; its cost does not grow with the code;
//! - a code object's digest is compared before its bytes are handed out, and the bytes handed out
//!   are the bytes that were compared;
//! - the catalogue is JSON because a TOML document of its size takes longer to read than a server
//!   may take to start.

mod catalogue;
mod header;
mod inspect;
mod manifest;
mod read;
mod source;
mod write;

pub use catalogue::{Covered, ObjectEntry};
pub use header::{FORMAT_VERSION, OBJECT_ALIGNMENT};
pub use inspect::{CoverageRow, InspectReport, KernelRow};
pub use manifest::{Manifest, Model};
pub use read::{Bundle, Verified};
pub use write::BundleWriter;
