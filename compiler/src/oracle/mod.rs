//! The oracle: whether a kernel computes what its recipe's reference says.
//!
//! * Inputs are seeded and adversarial; what is stored is known exactly, because the reference
//!   dequantises the same stored numbers. Quantisation error is therefore never tolerated.
//! * The tolerance is derived from the program and the magnitudes that meet in each output, not
//!   guessed: see [`Bound`].
//! * Outputs start as a recognisable pattern between guarded zones, so that an element that was
//!   not written, or a write outside, is found.
//! * Executors are interchangeable: the interpreter, lane code, host code, a device.

mod bound;
mod case;
mod chain;
mod compare;
mod executor;
mod failure;
mod inputs;
mod lane_code;
mod random;
mod tensor;
mod trial;

#[cfg(test)]
mod tests;

pub use bound::Bound;
pub use case::{Case, Problem, RAGGED, ragged};
pub use compare::{Agreement, Mismatch, Output, compare, relative_rms};
pub use executor::{ExecutionError, Executor, Interpreter, Launch};
pub use failure::Failure;
pub use inputs::Inputs;
pub use lane_code::LaneCode;
pub use trial::{OutputReport, Report, Trial, check, check_interpreter};
