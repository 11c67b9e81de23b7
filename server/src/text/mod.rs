//! Texts between requests and the engine: tokens, the chat template, what a model writes back,
//! and grammars that constrain it.
//!
//! Laws:
//! - text that a client gives never becomes a control token, wherever the template puts it;
//! - what is read from a stream of tokens does not depend on how the stream is cut;
//! - nothing here panics, and nothing grows without a bound, whatever a client or a model writes.

pub mod conversation;
pub mod detokenize;
pub mod grammar;
pub mod output;
pub mod template;
pub mod tokenizer;

#[cfg(test)]
pub(crate) mod fixture;

use std::path::PathBuf;

/// Why a text could not be read, rendered or constrained.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// A file of the checkpoint that cannot be used: the server does not start.
    #[error("{}: {why}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// A mistake of the client, in words for the client: status 400.
    #[error("{0}")]
    Request(String),
    /// A request that costs more than the server spends on one: status 400.
    #[error("{0}")]
    TooCostly(String),
}
