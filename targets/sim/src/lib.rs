//! An executable gfx11.
//!
//! A code object goes in as bytes, as a driver would get it, and its kernels run:
//!
//! * [`object`] reads the HSA code object: segments, kernel descriptors, argument metadata.
//! * [`isa`] decodes machine code from the encoding tables of the ISA and prints it in LLVM's syntax.
//! * [`memory`] is the address space that kernels see: registered allocations and nothing else.
//! * [`machine`] executes grids of workgroups, wave by wave.
//! * [`strict`] watches an execution and reports what only works by luck.
//! * [`time`] turns what was executed into cycles of a chip that a target file describes.
//!
//! Nothing here trusts its input: a malformed object, an unknown encoding or a wild pointer is an error
//! with its place, and a kernel that does not end is stopped.

#![forbid(unsafe_code)]

pub mod isa;
pub mod machine;
pub mod memory;
pub mod object;
pub mod strict;
pub mod time;
