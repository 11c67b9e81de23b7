//! What chips are: limits, matrix atoms, number formats and timing constants.
//!
//! Everything here is data with a typed loader:
//!
//! * a [`Target`] is one chip (`gfx1151.toml`, `x86-64-v4.toml`, ...): registers, lanes,
//!   scratch memory, the names of its matrix atoms and its [`Timing`] constants;
//! * an [`Atom`] is one matrix instruction (`atoms.toml`): shape, operand [`BitLayout`]s,
//!   intrinsic, and reference semantics;
//! * a [`Format`] is one number format (`formats.toml`): the parts a tensor is stored in, each
//!   with a memory [`Order`], and reference quantisation.
//!
//! Laws:
//!
//! * **A chip is data.** Nothing in this crate or above it tests for a chip's name.
//! * **Rows assert themselves.** A row whose layout, sizes or names disagree with one another
//!   does not load, and unknown keys are errors.
//! * **Every atom and format carries its semantics**, and tests cover every slot of every row.

mod atom;
mod awq;
mod bits;
mod codec;
mod dtype;
mod error;
mod format;
mod hazard;
mod host;
mod order;
mod packed;
mod q8;
mod reorder;
mod semantics;
mod target;
mod timing;

pub use atom::{Arguments, Atom, Intrinsic, Operand, Role, Shape};
pub use awq::AwqTensor;
pub use bits::{Axis, Basis, BitLayout, Slot, parse_basis_row, print_basis_row};
pub use dtype::DType;
pub use error::{Error, Reject};
pub use format::{Format, Part, Scheme};
pub use hazard::Hazard;
pub use order::Order;
pub use packed::{read_element, write_element};
pub use q8::{Q8Tensor, SUM_SPAN, join, split};
pub use semantics::Overflow;
pub use target::{Backend, Target};
pub use timing::{Fitted, Pipeline, Timing};
