//! gfx11 machine code: encoding tables, decoded instructions, and their text in LLVM's syntax.
//!
//! [`decode`] turns the words at a program counter into an [`Inst`], [`Program`] does so for a whole
//! code object once. What an operation is, which unit runs it, which registers it uses and which
//! counters it bumps is in one table, with a row for each opcode: [`Op::info`].

mod decode;
mod error;
mod info;
mod inst;
mod operand;
mod program;
mod regs;
mod table;
mod text;

pub use decode::decode;
pub use error::DecodeError;
pub use info::{Flags, Format, OpInfo, Ty, Unit};
pub use inst::{Counters, Dpp, Half, Inst, MemBits, Mods, Omod};
pub use operand::{Inline, Operand, Special};
pub use program::{Entry, Program};
pub use regs::{File, Side, Span, Spans};
pub use table::Op;
