//! Why clocks pass.

/// What a wave was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Nothing: its own instructions, one after the other.
    Issue,
    /// A result of an ALU instruction.
    Dependency,
    /// The vector ALU, busy with other instructions.
    Vector,
    /// The vector ALU, busy with a matrix instruction.
    Matrix,
    /// LDS, busy with other accesses.
    LdsBusy,
    /// Data from LDS.
    LdsData,
    /// The vector memory unit, busy with other accesses.
    MemoryBusy,
    /// Data from global memory.
    MemoryData,
    /// Data from scalar loads.
    ScalarData,
    /// The slower waves of the workgroup.
    Barrier,
}

impl Cause {
    /// Every cause, in the order of its numbers.
    pub const ALL: [Self; 10] = [
        Self::Issue,
        Self::Dependency,
        Self::Vector,
        Self::Matrix,
        Self::LdsBusy,
        Self::LdsData,
        Self::MemoryBusy,
        Self::MemoryData,
        Self::ScalarData,
        Self::Barrier,
    ];

    /// What it is called in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Dependency => "dependency",
            Self::Vector => "vector unit",
            Self::Matrix => "matrix unit",
            Self::LdsBusy => "LDS unit",
            Self::LdsData => "LDS data",
            Self::MemoryBusy => "memory unit",
            Self::MemoryData => "memory data",
            Self::ScalarData => "scalar data",
            Self::Barrier => "barrier",
        }
    }
}
