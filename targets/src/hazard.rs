//! Pairs of instructions that a chip does not keep apart by itself.

use serde::Deserialize;

/// A pair of instructions between which a program must put something, because the chip has no interlock for it.
///
/// Which of them a chip has is what LLVM 22's hazard recogniser does for it, found by running that pass alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hazard {
    /// A matrix instruction reads in A or B what the one before it writes, with no vector instruction between them.
    MatrixOperands,
    /// A lane permutation follows a compare that writes the execution mask, with no vector instruction other than a
    /// no-op between them.
    ComparePermute,
    /// A vector instruction reads a transcendental result too soon.
    TranscendentalUse,
    /// The message that gives vector registers back comes without a no-op before it.
    ReleaseRegisters,
}
