//! The one room between tuning and serving: what is kept on disk and what is said over pipes.
//!
//! Laws of this room:
//! - it knows nothing of kernels or chips, and depends on no other room;
//! - every file it writes is versioned, checksummed, atomically renamed and deterministic;
//! - nothing read from disk is handed out before its checksum has been compared;
//! - damage is data: a corrupt cache entry is absent, a corrupt bundle is an error, neither is a
//!   panic.
//!
//! | module | noun |
//! |---|---|
//! | [`hash`] | digests, and keys that can explain themselves |
//! | [`vocabulary`] | operations, kernels, predicates and rules a bundle is written in |
//! | [`model`] | what a model's `config.json` says |
//! | [`operations`] | how each operation of the model is written |
//! | [`bundle`] | the single file that passes from tuning to serving |
//! | [`store`] | the content-addressed cache: artifacts, measurements, decisions |
//! | [`journal`] | the append-only log of intents and outcomes |
//! | [`device`] | the protocol between the tuner and the process that owns the device |

pub mod bundle;
pub mod device;
mod error;
mod file;
pub mod hash;
pub mod journal;
pub mod model;
pub mod operations;
pub mod store;
mod text;
pub mod vocabulary;

pub use error::{Error, Result};
