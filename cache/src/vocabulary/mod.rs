//! The words a bundle is written in: operations, kernels, predicates on dims, rules and tables.
//!
//! Invariants:
//! - an [`Operation`] fixes some dims (a layer's n and k); the others are free and arrive with
//!   each request (m, the number of rows);
//! - a [`KernelEntry`] is everything a launch needs: symbol, geometry, argument layout, limits;
//! - a [`Table`] is an ordered list of [`Rule`]s of which exactly the last one is unconditional,
//!   so that every request is answered;
//! - every arithmetic on dims is checked: overflow, zero and unknown dims are errors.

mod dtype;
mod geometry;
mod kernel;
mod operation;
mod predicate;
mod table;

pub use dtype::Dtype;
pub use geometry::{Extent, Factor};
pub use kernel::{Access, Arg, ArgKind, Kernarg, KernelEntry, Statics};
pub(crate) use operation::pairs;
pub use operation::{Dims, Operation};
pub use predicate::{Clause, Predicate};
pub use table::{Provenance, Rule, Table};
