//! What the decoder and the reader of code objects owe to LLVM, which is run here as the judge.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod assembled;
mod compiled;
mod damaged;
mod llvm;
mod objects;
mod registers;
