//! A sanitizer for kernels: what only works by luck is reported.
//!
//! A [`Sanitizer`] watches launches through the observers that [`Sanitizer::watch`] makes, one for each workgroup, and
//! gathers a [`Report`]:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use kiln_sim::{machine::{Launch, Machine}, memory::Memory, object::CodeObject, strict::Sanitizer};
//! let target = kiln_targets::Target::builtin("gfx1151")?;
//! let object = CodeObject::parse(&std::fs::read("kernels.hsaco")?)?;
//! let machine = Machine::new(&target, &object, Memory::new().into())?;
//! let sanitizer = Sanitizer::new(&target);
//! let launch = Launch::new("saxpy", [4, 1, 1], [256, 1, 1], vec![0; 32]);
//! let ended = machine.run(&launch, |_| sanitizer.watch());
//! let report = sanitizer.report();
//! # Ok(())
//! # }
//! ```
//!
//! What it looks for, by [`Kind`]:
//!
//! * **Uninitialised values**, bit by bit: an unknown bit may be copied, spilled and computed with, and is reported
//!   where it decides an address, a branch, EXEC or what reaches device memory. [`Options::eager`] reports the first
//!   computation instead.
//! * **Missing waits**: a register that a load still fills is read or overwritten. Each counter is taken at its weakest.
//! * **Races** in LDS and device memory between barriers, also where an access was not waited for before a barrier, and,
//!   where waves do not share a first-level cache, where that cache was not invalidated after one; and between the
//!   workgroups of a launch. Atomics, writing one value together, compare-and-swap loops and what follows an atomic
//!   that returns are fine.
//! * **Barriers** that some waves of a workgroup reach and others never do. Waves may wait at different instructions:
//!   kernels whose waves have different parts do.
//! * **Hazards** that the target lists, and operands that an encoding reserves.
//! * **Bounds**: registers, LDS, scratch and arguments beyond what the kernel declares, memory outside allocations,
//!   misaligned addresses, words that are no instruction, and waves that do not end. The machine stops at most of
//!   these, and the fault is a finding too.
//!
//! A kernel that a correct compiler makes of a correct program has no findings; that law comes before finding more.
//! What is not looked for: device memory that nobody wrote, races with the host or with other launches, and values
//! that waves pass each other within LDS by other means than barriers and atomics.

mod accesses;
mod cells;
mod counters;
mod definedness;
mod facts;
mod finding;
mod group;
mod hazards;
mod kind;
mod known;
mod log;
mod registers;
mod report;
mod sanitizer;
mod shared;

pub use finding::{Finding, Place};
pub use group::Watch;
pub use kind::Kind;
pub use report::Report;
pub use sanitizer::{Options, Sanitizer};
