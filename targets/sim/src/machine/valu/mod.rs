//! The vector ALU: what each operation computes, by its mnemonic.
//!
//! * An operation is a function of the lanes' values. The shapes in [`shape`] fetch them, loop over the
//!   lanes, and store; loops without lane exchange, modifiers or halves of registers vectorise.
//! * Sources arrive ready: exchanged, the right half in the low bits, with |x| and -x and denormal flushing
//!   applied. Results leave raw: output modifiers, clamping to [0, 1] and flushing come after.
//! * Semantics are those of the RDNA3.5 ISA document, chapter 16; where it leaves a choice, the row says so.
//! * Transcendental functions are computed in f64 and rounded, which is within the documented 1 ulp.

#[macro_use]
mod shape;

mod bits;
mod bytes;
mod compare;
mod convert;
mod divide;
mod dot;
mod float;
mod half;
mod int;
mod mix;
mod modifiers;
mod moves;
mod pack;
mod trans;
mod wide;

use super::step::Exec;
use crate::isa::Inst;

/// The function that executes a vector operation on registers, if there is one.
pub(super) fn find(name: &str, inst: &Inst) -> Option<Exec> {
    let clamp = inst.mods.clamp;
    int::find(name, clamp)
        .or_else(|| bits::find(name))
        .or_else(|| float::find(name))
        .or_else(|| half::find(name))
        .or_else(|| bytes::find(name))
        .or_else(|| convert::find(name))
        .or_else(|| pack::find(name, clamp))
        .or_else(|| trans::find(name))
        .or_else(|| wide::find(name))
        .or_else(|| divide::find(name))
        .or_else(|| dot::find(name, clamp))
        .or_else(|| mix::find(name))
        .or_else(|| moves::find(name))
        .or_else(|| compare::find(name))
}
