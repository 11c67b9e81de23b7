//! Whether candidates are right, and how accurate.
//!
//! Laws:
//! - nothing is trusted because it compiled: a kernel enters a bundle only after its program
//!   agreed with the recipe's reference in the interpreter and, on a host, its machine code did
//!   so on the device;
//! - verdicts are kept in the cache under the program's digest, so that an unchanged candidate is
//!   not tried again;
//! - the figure of accuracy is measured on data shaped like a model's, with the model's own depth
//!   of the sum, against activations before their quantisation.

mod executor;
mod pages;
mod pair;
mod problems;
mod repeated;
mod sampled;
mod simulated;
mod verdicts;

pub use executor::DeviceExecutor;
pub use problems::{accuracy, ragged};
pub use repeated::{Enlarged, Repeated};
pub use sampled::Sampled;
pub use simulated::SimulatedCode;
pub use verdicts::{Checker, Verdict};
