//! Which candidates win, and the tables that say so.
//!
//! Rules of this module:
//! - a candidate less accurate than the floor cannot win, however fast it is;
//! - a run-off outranks single timings, and what cannot be told apart is a tie;
//! - what an earlier bundle answers with stays unless another is surely better;
//! - ties are broken by robustness, in this order: already in the bundle, fewer vector registers,
//!   less local memory, fewer stages, smaller code, name;
//! - classes that must agree bit for bit are answered in one order of sums, the one whose total time
//!   is least;
//! - every function is deterministic: equal evidence gives equal bundles in any order of input.

mod candidate;
mod incumbent;
mod order;
mod rank;
mod select;
mod table;

pub use candidate::{Candidate, Robustness, Trial};
pub use incumbent::{Defence, defend};
pub use order::{Ordered, agree, ranked};
pub use rank::{Judge, Ranking, RunOff};
pub use select::{Selection, SelectionRule, select};
pub use table::{Pick, table};
