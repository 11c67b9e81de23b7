//! What one instruction asks of the machine, as far as timing cares.

/// The part of the machine that executes an instruction. A SIMD starts at most one instruction of
/// each kind in a clock, from different waves (ISA ch. 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Unit {
    /// Vector ALU.
    Valu,
    /// Transcendental unit; the instruction also takes an issue slot of the vector ALU.
    Trans,
    /// Matrix instructions, which keep the vector ALU from everything else.
    Wmma,
    /// Scalar ALU.
    Salu,
    /// Scalar loads.
    Smem,
    /// LDS.
    Lds,
    /// Vector memory: loads.
    Load,
    /// Vector memory: stores.
    Store,
    /// Vector memory: atomics.
    Atomic,
    /// Jumps and messages.
    Branch,
    /// The workgroup's barrier.
    Barrier,
    /// Waits for counters, and what costs one issue slot only.
    Wait,
}

impl Unit {
    /// How many kinds there are.
    pub(super) const COUNT: usize = 12;
}

/// A counter of outstanding work that `s_waitcnt` and its kin watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counter {
    /// Vector loads and atomics that return a value.
    Vm,
    /// Vector stores and atomics that do not.
    Vs,
    /// LDS, scalar loads and messages.
    Lgkm,
}

impl Counter {
    /// How many there are.
    pub(super) const COUNT: usize = 3;
}

/// No wait for a counter.
pub(super) const ANY: u8 = u8::MAX;

/// Consecutive registers in the numbering of [`SLOTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Registers {
    /// The first.
    pub(super) first: u16,
    /// How many.
    pub(super) count: u16,
}

/// First scalar register in the numbering of slots; vector registers come before.
pub(super) const SCALARS: u16 = 256;

/// The scalar condition code in the numbering of slots.
pub(super) const SCC: u16 = SCALARS + 128;

/// Registers whose results are tracked: 256 vector, 128 scalar, the condition code.
pub(super) const SLOTS: usize = SCC as usize + 1;

/// One instruction of the code, translated once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Demand {
    /// Who executes it.
    pub(super) unit: Unit,
    /// Clocks it keeps its unit where that does not depend on addresses.
    pub(super) cycles: u32,
    /// Clocks from issue until another instruction may use its result. Results of memory become
    /// available through counters instead.
    pub(super) latency: u32,
    /// The counter that it raises.
    pub(super) counter: Option<Counter>,
    /// How many may be outstanding of each counter for it to issue; [`ANY`] where it does not wait.
    pub(super) waits: [u8; Counter::COUNT],
    /// Registers that it needs.
    pub(super) reads: Vec<Registers>,
    /// Registers that it makes; none for memory.
    pub(super) writes: Vec<Registers>,
    /// Bytes of its encoding.
    pub(super) bytes: u32,
}
