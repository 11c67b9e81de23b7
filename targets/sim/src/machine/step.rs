//! An instruction made ready to run: operands resolved, the function that executes it found.

use super::Wave;
use super::dpp::Exchange;
use crate::isa::{Inst, Ty};

/// Executes a step that touches nothing but the registers of its wave.
pub(super) type Exec = fn(&mut Wave, &Step);

/// Where a source comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A vector register, the first one of its operand.
    Vector(u8),
    /// The high half of a vector register.
    VectorHigh(u8),
    /// A scalar register, the first one of its operand.
    Scalar(u8),
    /// A constant, already in the operand's format and width.
    Constant(u64),
    /// 1 if VCC is zero.
    Vccz,
    /// 1 if EXEC is zero.
    Execz,
    /// The scalar condition code.
    Scc,
}

/// What a step does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    /// Registers only.
    Registers(Exec),
    /// Nothing a program can see.
    Nothing,
    /// Two operations, in [`Step::halves`].
    Dual,
    /// Local data share.
    Lds(super::lds::LdsOp),
    /// Device, private or flat memory.
    Vector(super::vector_memory::VectorOp),
    /// Scalar memory.
    Scalar(super::scalar_memory::ScalarOp),
    /// The program counter changes.
    Jump(super::control::Jump),
    /// All waves of the group meet.
    Barrier,
    /// The wave ends.
    End,
    /// It cannot be executed; the text says why.
    Refused(&'static str),
}

/// One instruction, ready to run.
#[derive(Debug)]
pub(super) struct Step {
    pub action: Action,
    /// Vector destination, its first register.
    pub dst: u8,
    /// Scalar destination: of scalar operations, of comparisons, of carries.
    pub sdst: u8,
    /// The destination is half a register.
    pub half: bool,
    /// And that half is the high one.
    pub high: bool,
    /// Modifiers, exchanged lanes or high halves are involved.
    pub special: bool,
    /// The MODE register matters.
    pub float: bool,
    /// The result is one of the sources, and denormal if that is, whatever MODE says of results.
    pub chooses: bool,
    pub src: [Source; 4],
    pub src_ty: [Ty; 4],
    pub dst_ty: Ty,
    pub exchange: Option<Box<Exchange>>,
    /// The two operations of a dual instruction, and whether the first destroys a source of the second.
    pub halves: Option<Box<[Step; 2]>>,
    pub first_destroys: bool,
    pub inst: Inst,
    pub pc: u64,
}
