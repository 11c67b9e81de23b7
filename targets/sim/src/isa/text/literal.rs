//! The 32-bit constants after instructions.
//!
//! An assembler would encode some values of a constant within the instruction. LLVM writes
//! `lit(...)` around them, and which they are depends on the type of the operand.

use std::fmt;

use crate::isa::Inline;
use crate::isa::info::Ty;

/// Whether LLVM marks the constant.
pub(super) fn is_marked(ty: Ty, literal: u32) -> bool {
    let (word, half) = (literal as i32, i32::from(literal as u16 as i16));
    let is = |bits: fn(Inline) -> u16, value: u32| {
        Inline::ALL.iter().any(|inline| u32::from(bits(*inline)) == value)
    };
    match ty {
        Ty::F64 => false,
        _ if ty.dwords() == 2 => literal <= 64,
        Ty::F16 | Ty::Mix => is_inline(half) || is(Inline::f16_bits, literal & 0xffff),
        Ty::Bf16 => is_inline(half) || is(Inline::bf16_bits, literal & 0xffff),
        Ty::V2F16 => is_inline(word) || is(Inline::f16_bits, literal),
        Ty::V2Bf16 => is_inline(word) || is(Inline::bf16_bits, literal),
        _ => is_inline(word) || single(literal).is_some(),
    }
}

/// Whether an integer has an encoding within an instruction.
pub(super) fn is_inline(value: i32) -> bool {
    (-16..=64).contains(&value)
}

/// The inline float with these bits of single precision.
pub(super) fn single(bits: u32) -> Option<Inline> {
    Inline::ALL.into_iter().find(|inline| inline.f32_bits() == bits)
}

/// Writes the constant as an operand of a type.
pub(super) fn literal(ty: Ty, literal: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if is_marked(ty, literal) {
        return write!(f, "lit({literal:#x})");
    }
    match ty {
        // The upper half of a number whose lower half is zero.
        Ty::F64 if literal == 0 => f.write_str("0"),
        Ty::F64 => {
            let bits = u64::from(literal) << 32;
            match Inline::ALL.into_iter().find(|inline| inline.f64_bits() == bits) {
                Some(inline) => f.write_str(super::operand::float(inline, ty)),
                None => write!(f, "{literal:#x}"),
            }
        }
        Ty::B16 | Ty::I16 | Ty::U16 | Ty::F16 | Ty::Mix => write!(f, "{:#x}", literal & 0xffff),
        _ => write!(f, "{literal:#x}"),
    }
}
