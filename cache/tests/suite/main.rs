//! The room from outside: files written, damaged, shared and read back.

mod bundles;
mod sample;
