//! Enumerates, compiles, checks, times and packs kernels (kiln-tune).
//!
//! The modules below need neither compiler nor device: each is a pure function of what it is
//! given, so that every decision can be recomputed from recorded data.
//!
//! | module | noun |
//! |---|---|
//! | [`model`] | a model's configuration, and the operations it asks for |
//! | [`stats`] | what samples say, and how surely |
//! | [`roofline`] | how fast a kernel could be at best |
//! | [`budget`] | time limits as people write them |

pub mod budget;
mod error;
pub mod model;
pub mod roofline;
pub mod stats;

pub use error::{Error, Result};
