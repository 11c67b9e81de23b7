//! Execution of grids, wave by wave.
//!
//! * A [`Machine`] holds one code object in one address space; [`Machine::run`] executes a [`Launch`].
//! * Workgroups are independent and may run on several threads. Within a workgroup the waves take turns, each
//!   until it reaches a barrier or ends, in a fixed order: what a workgroup computes does not depend on timing.
//! * Waves have 32 lanes. EXEC, VCC and other masks are one scalar register; the upper half of EXEC is zero.
//! * An instruction is decoded and resolved once, into a step; plain loops over lanes that the compiler
//!   vectorises do the rest.
//! * Waits are free: results are there at once. What a kernel would have to wait for is the business of
//!   [`strict`](crate::strict).
//! * Nothing panics on any program. A wave that cannot go on ends the run with a [`Fault`]; one that does not
//!   end uses up its budget.

#![allow(clippy::needless_range_loop, reason = "loops count lanes and registers, and so vectorise")]

#[macro_use]
mod valu;

mod atomic;
mod buffer;
mod code;
mod control;
mod dispatch;
mod dpp;
mod element;
mod exchange;
mod fault;
mod float;
mod global;
mod group;
pub mod kernarg;
mod lanes;
mod launch;
mod lds;
mod local;
mod lower;
mod mode;
mod observer;
mod salu;
mod scalar_memory;
mod scratch;
mod step;
mod vector_memory;
mod wave;
mod wmma;

pub use fault::{Cause, Fault, LaunchError};
pub use launch::{BUDGET, Groups, Launch, Machine, RunStats};
pub use observer::{GroupInfo, Initial, MemoryEvent, Observer, Space, Touch};
pub use wave::Wave;

#[cfg(test)]
mod tests;
