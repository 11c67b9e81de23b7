//! The operations of the model in plain loops, as kernels of a device.
//!
//! * A bundle made here holds no code: each kernel's symbol is the text of its operation, and the
//!   device computes it from the definitions in `docs` and in the operations' own documentation.
//! * Everything is computed in f64 and rounded once to the type of the result, so that a row's result
//!   does not depend on the rows beside it.
//! * What the runtime does with operations (memory, batches, states, rollback) can thus be tested
//!   against goldens without a compiler, and apart from what kernels do.

mod arrays;
mod bundle;
mod device;
mod kernels;
mod search;
mod signature;

pub use bundle::{bundle, issued};
pub use device::{Counts, PlainDevice};
