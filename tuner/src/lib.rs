//! Enumerates, compiles, checks, times and packs kernels (kiln-tune).
//!
//! The modules below need neither compiler nor device: each is a pure function of what it is
//! given, so that every decision can be recomputed from recorded data.
//!
//! | module | noun |
//! |---|---|
//! | [`model`] | a model's configuration, and the operations it asks for |
//! | [`strategy`] | which candidate to sample next |
//! | [`stats`] | what samples say, and how surely |
//! | [`roofline`] | how fast a kernel could be at best |
//! | [`decide`] | which candidates win, and the tables that say so |
//! | [`explain`] | counted reasons of rejection |
//! | [`progress`] | the one place that prints |
//! | [`report`] | the HTML report |
//! | [`budget`] | time limits as people write them |
//! | [`deadline`] | the moment after which nothing new is begun |
//!
//! The rest does: it runs the stages, with everything that may die in processes of its own.
//!
//! | module | noun |
//! |---|---|
//! | [`pipeline`] | a run of the tuner, from model to bundle |
//! | [`calibrate`] | the timing model against measured kernels |
//! | [`check`] | whether candidates are right, and how accurate |
//! | [`workers`] | the processes that compile, check and own the device |
//! | [`cli`] | the command line |

pub mod budget;
pub mod calibrate;
pub mod check;
pub mod cli;
pub mod deadline;
pub mod decide;
mod error;
pub mod explain;
pub mod model;
pub mod pipeline;
pub mod progress;
pub mod report;
pub mod roofline;
pub mod stats;
pub mod strategy;
pub mod workers;

pub use error::{Error, Result};
