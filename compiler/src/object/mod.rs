//! Code objects: linking, reading, checking, and facts about their machine code.
//!
//! * [`link`] turns relocatable objects into one loadable, reproducible file.
//! * [`read_gpu`] and [`read_host`] say what a file holds; malformed files are errors, never
//!   panics.
//! * [`check_descriptor`] and [`check_host`] compare a file with the kernel it was made from.
//! * [`assemble`] turns assembly text into a relocatable object.
//! * [`isa`] counts instructions in assembly text, and [`disassemble`] makes such text.
//!
//! LLVM's own programs are found as [`Tool`] describes.

mod assemble;
mod check;
mod descriptor;
mod disassemble;
mod elf;
mod error;
mod host;
pub mod isa;
mod link;
mod note;
mod read;
#[cfg(test)]
mod samples;
mod tool;

pub use assemble::assemble;
pub use check::{Expected, check_descriptor, check_host};
pub use descriptor::Descriptor;
pub use disassemble::disassemble;
pub use error::ObjectError;
pub use host::{HostInfo, read_host};
pub use link::link;
pub use note::{ArgInfo, Metadata};
pub use read::{GpuObject, KernelInfo, read_gpu};
pub use tool::Tool;
