//! How fast a kernel could be at best.
//!
//! Rules of this module:
//! - a bound is a lower bound of time: it may order candidates and discard the hopeless, and
//!   never picks a winner where times can be measured;
//! - a figure that is unknown leaves its resource out and is named, never guessed;
//! - shares of the roofline may exceed 1: that is a finding about the ceilings, not an error.
//!
//! [`Bound`] is the bound of a kernel as built; [`Problem`] is the work any kernel must do, and
//! the share of the roofline refers to it.

mod attention;
mod bound;
mod ceilings;
mod facts;
mod linear_attention;
mod problem;

pub use bound::{Bound, HOPELESS, Resource};
pub use ceilings::{Arithmetic, Ceilings, Probes};
pub use facts::{Counts, KernelFacts};
pub use problem::{Problem, Roof};
