//! What a workgroup did: the path of its waves through the code and what each access touched.

/// How far a vector memory access had to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Reach {
    /// No access, or the first cache had it all.
    #[default]
    Near,
    /// Part of it came from beyond the first cache.
    Far,
}

/// One executed instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// Which instruction of the code, counted from its start.
    pub(super) at: u32,
    /// Clocks that its access keeps the unit: LDS bank cycles or lines; 0 for the rest.
    pub(super) cost: u16,
    /// Where the access was served.
    pub(super) reach: Reach,
}

/// The executed instructions of one wave, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct WaveTrace {
    /// Every step.
    pub(super) steps: Vec<Step>,
}
