//! Watching an execution.

use super::{Fault, Wave};
use crate::isa::Inst;

/// What memory an access goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Space {
    /// Device memory; addresses are those of [`crate::memory`].
    Global,
    /// Private memory; addresses are offsets in the lane's own segment.
    Scratch,
    /// The group's local data share; addresses are offsets in it.
    Lds,
    /// Device memory, read by the wave as a whole; lane 0 stands for it.
    Scalar,
}

/// What an access does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Touch {
    /// Reads.
    Load,
    /// Writes.
    Store,
    /// Reads and writes in one step.
    Atomic {
        /// The old value goes to a register.
        returns: bool,
    },
}

/// One memory access of a wave. Two-address LDS operations are two events, and a flat access is one event
/// for each space that its lanes go to. Buffer accesses that are out of range touch no memory and are left
/// out of `lanes`.
#[derive(Debug, Clone, Copy)]
pub struct MemoryEvent<'a> {
    /// Where to.
    pub space: Space,
    /// What it does.
    pub touch: Touch,
    /// The lanes that take part.
    pub lanes: u32,
    /// The first byte of each lane; only those of `lanes` mean something.
    pub addresses: &'a [u64; 32],
    /// Bytes per lane.
    pub size: u32,
    /// Whether all that it touches is device memory that kernels may only read.
    pub constant: bool,
}

/// One workgroup about to run.
#[derive(Debug, Clone, Copy)]
pub struct GroupInfo<'a> {
    /// The kernel's name.
    pub kernel: &'a str,
    /// The workgroup's place in the grid.
    pub id: [u32; 3],
    /// Its waves.
    pub waves: u32,
    /// Bytes of LDS, static and dynamic.
    pub lds: u32,
    /// Bytes of private memory for each lane.
    pub scratch: u32,
    /// Address of the kernel's arguments.
    pub kernarg: u64,
    /// Bytes of the kernel's arguments.
    pub kernarg_size: u32,
    /// Vector registers that each wave has.
    pub vgprs: u32,
    /// Whether its waves are spread over both compute units of a WGP, and so over two first-level caches.
    pub wgp_mode: bool,
}

/// Registers that a wave starts with; all others hold nothing that a kernel may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Initial {
    /// Scalar registers, from `s0` on.
    pub sgprs: u32,
    /// Vector registers, from `v0` on.
    pub vgprs: u32,
}

/// Watches the execution of one workgroup. Every event comes before what it reports takes effect.
///
/// The machine is generic over its observer; with one that is not [`Observer::ACTIVE`] the calls vanish.
pub trait Observer {
    /// Whether to call it at all.
    const ACTIVE: bool = true;

    /// A workgroup begins.
    fn group_start(&mut self, _group: &GroupInfo<'_>) {}

    /// A wave is ready to execute its first instruction.
    fn wave_start(&mut self, _wave: &Wave, _initial: Initial) {}

    /// An instruction is about to execute; the registers are still as it finds them.
    fn issue(&mut self, _wave: &Wave, _pc: u64, _inst: &Inst) {}

    /// An instruction is about to access memory.
    fn memory(&mut self, _wave: &Wave, _event: &MemoryEvent<'_>) {}

    /// A wave arrives at a barrier.
    fn barrier(&mut self, _wave: &Wave) {}

    /// All waves that are left have arrived and go on.
    fn barrier_released(&mut self) {}

    /// A wave has ended.
    fn wave_end(&mut self, _wave: &Wave) {}

    /// A wave cannot go on, and so the whole run ends.
    fn fault(&mut self, _wave: &Wave, _fault: &Fault) {}

    /// The workgroup has ended.
    fn group_end(&mut self) {}
}

/// Watches nothing.
impl Observer for () {
    const ACTIVE: bool = false;
}
