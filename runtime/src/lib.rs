//! Devices, the execution of bundles, and the model with its weights.
//!
//! Laws of this room:
//! - it holds no compiler: everything a launch needs is data in the bundle;
//! - memory, objects and kernels are named by handles, never by addresses, and every offset and
//!   size is checked before the device sees it;
//! - a device that cannot do something says so ([`Error::Unsupported`]); nothing is emulated
//!   silently;
//! - `unsafe` stands in the files of devices that call foreign code (`device/host.rs`,
//!   `device/hip/`) and where files are mapped (`weights/map.rs`), and nowhere else.
//!
//! | module | noun |
//! |---|---|
//! | [`device`] | memory, code and launches of one machine |
//! | [`engine`] | texts that are computed and written |
//! | [`model`] | what a model's configuration says |
//! | [`operands`] | shapes and sizes of what the operations read and write |
//! | [`plan`] | what a model launches, and the memory that takes |
//! | [`sample`] | choosing tokens from logits |
//! | [`speculate`] | how far ahead texts are guessed |
//! | [`weights`] | a checkpoint's tensors, and their way into the order that kernels want |
//! | [`worker`] | the process that owns a device and serves it over pipes |
//!
//! A [`LaunchTable`] is a bundle loaded onto a device: it answers each request with a kernel
//! that is ready to be launched.

mod bundle;
pub mod device;
pub mod engine;
mod error;
pub mod model;
pub mod operands;
pub mod plan;
pub mod sample;
pub mod speculate;
pub mod weights;
pub mod worker;

pub use bundle::{Choice, LaunchTable};
pub use error::{Error, Result};
