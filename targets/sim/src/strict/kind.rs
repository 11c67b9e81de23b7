//! The laws that a kernel can break.

use serde::Serialize;

/// Which law a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A value that nobody wrote reaches memory, an address, a branch or the execution mask.
    Uninitialised,
    /// A memory access that touches bytes of no allocation.
    OutOfBounds,
    /// A memory access whose address is not a multiple of what its width needs.
    Misaligned,
    /// A register is used while the access that fills it is still under way.
    MissingWait,
    /// Two waves touch the same byte of LDS with no barrier between them, and one of them writes.
    LdsRace,
    /// Two waves or workgroups touch the same byte of memory with nothing to order them.
    GlobalRace,
    /// Waves of one workgroup do not meet at the same number of barriers.
    DivergentBarrier,
    /// Two instructions stand closer together than the chip can tell apart.
    Hazard,
    /// An instruction's operands break a rule of its encoding.
    Operands,
    /// LDS beyond what the dispatch or the chip gives.
    LdsSize,
    /// A register beyond what the kernel descriptor asks for.
    RegisterCount,
    /// Kernel arguments beyond what the descriptor declares.
    Kernarg,
    /// Words that are no instruction.
    Encoding,
    /// The kernel did not end within its budget.
    Endless,
    /// The execution stopped for any other reason.
    Stopped,
}

impl Kind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 15] = [
        Self::Uninitialised,
        Self::OutOfBounds,
        Self::Misaligned,
        Self::MissingWait,
        Self::LdsRace,
        Self::GlobalRace,
        Self::DivergentBarrier,
        Self::Hazard,
        Self::Operands,
        Self::LdsSize,
        Self::RegisterCount,
        Self::Kernarg,
        Self::Encoding,
        Self::Endless,
        Self::Stopped,
    ];

    /// The kind in words, as reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uninitialised => "uninitialised value",
            Self::OutOfBounds => "out of bounds",
            Self::Misaligned => "misaligned",
            Self::MissingWait => "missing wait",
            Self::LdsRace => "LDS race",
            Self::GlobalRace => "memory race",
            Self::DivergentBarrier => "divergent barrier",
            Self::Hazard => "hazard",
            Self::Operands => "illegal operands",
            Self::LdsSize => "LDS size",
            Self::RegisterCount => "register count",
            Self::Kernarg => "kernel arguments",
            Self::Encoding => "encoding",
            Self::Endless => "endless",
            Self::Stopped => "stopped",
        }
    }

    /// What the hardware may do to a kernel that breaks the law.
    pub fn why(self) -> &'static str {
        match self {
            Self::Uninitialised => {
                "registers, LDS and scratch hold whatever the last kernel left, so the result differs from run to run"
            }
            Self::OutOfBounds => {
                "the access faults, or reads and overwrites memory that belongs to something else"
            }
            Self::Misaligned => {
                "the access faults or is rounded down, depending on a mode that the driver sets"
            }
            Self::MissingWait => {
                "memory answers at any time after the instruction was issued; until the counter says so, the register holds its old value and may change later"
            }
            Self::LdsRace | Self::GlobalRace => {
                "waves run at their own pace, so which value is read or stays is left to chance"
            }
            Self::DivergentBarrier => {
                "a barrier waits for every wave that has not ended; waves that count differently hang or pair with the wrong barrier"
            }
            Self::Hazard => {
                "the chip does not interlock this pair; the second instruction sees a stale operand"
            }
            Self::Operands => {
                "the ISA reserves this combination; what the chip does with it is undefined"
            }
            Self::LdsSize => {
                "reads beyond the allocation return zero and writes vanish, and a dispatch that asks for too much does not launch"
            }
            Self::RegisterCount => {
                "the register belongs to another wave or does not exist: reads return register 0 and writes vanish"
            }
            Self::Kernarg => {
                "the bytes after the arguments belong to whoever comes next in the queue's memory"
            }
            Self::Encoding => "the wave takes an illegal-instruction exception",
            Self::Endless => "the wave keeps its place on the chip until the driver resets it",
            Self::Stopped => "nothing after this point was executed",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_a_reason() {
        let names: BTreeSet<_> = Kind::ALL.iter().map(|k| k.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        assert!(Kind::ALL.iter().all(|k| k.why().len() > 20));
    }
}
