//! The room from outside: files written, damaged, shared and read back.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod bundles;
mod damage;
mod full_disk;
mod sample;
mod stores;
