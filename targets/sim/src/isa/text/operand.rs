//! Registers and constants.

use std::fmt;

use super::literal;
use crate::isa::info::Ty;
use crate::isa::{Inline, Operand, Special};

/// Writes an operand of a type; `constant` is the instruction's own.
pub(super) fn show(
    operand: Operand,
    ty: Ty,
    constant: u32,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let count = u32::from(ty.dwords().max(1));
    match operand {
        Operand::None => f.write_str("off"),
        Operand::Sgpr(first) => scalar(f, u32::from(first), count),
        Operand::Vgpr(first) if ty.is_half() => write!(f, "v{first}.l"),
        Operand::VgprHi(first) => write!(f, "v{first}.h"),
        Operand::Vgpr(first) => range(f, 'v', u32::from(first), count),
        Operand::Int(value) => write!(f, "{value}"),
        Operand::Float(value) if matches!(ty, Ty::B16 | Ty::I16 | Ty::U16) => {
            write!(f, "{:#x}", value.f16_bits())
        }
        Operand::Float(value) => f.write_str(float(value, ty)),
        Operand::Literal => literal::literal(ty, constant, f),
        Operand::Special(value) => f.write_str(special(value)),
    }
}

fn special(value: Special) -> &'static str {
    match value {
        Special::SharedBase => "src_shared_base",
        Special::SharedLimit => "src_shared_limit",
        Special::PrivateBase => "src_private_base",
        Special::PrivateLimit => "src_private_limit",
        Special::Vccz => "src_vccz",
        Special::Execz => "src_execz",
        Special::Scc => "src_scc",
    }
}

fn range(f: &mut fmt::Formatter<'_>, file: char, first: u32, count: u32) -> fmt::Result {
    match count {
        1 => write!(f, "{file}{first}"),
        _ => write!(f, "{file}[{first}:{}]", first + count - 1),
    }
}

fn scalar(f: &mut fmt::Formatter<'_>, first: u32, count: u32) -> fmt::Result {
    match (first, count) {
        (106, 2) => f.write_str("vcc"),
        (126, 2) => f.write_str("exec"),
        (106, _) => f.write_str("vcc_lo"),
        (107, _) => f.write_str("vcc_hi"),
        (124, _) => f.write_str("null"),
        (125, _) => f.write_str("m0"),
        (126, _) => f.write_str("exec_lo"),
        (127, _) => f.write_str("exec_hi"),
        (108..=123, 1) => write!(f, "ttmp{}", first - 108),
        (108..=123, _) => write!(f, "ttmp[{}:{}]", first - 108, first - 108 + count - 1),
        _ => range(f, 's', first, count),
    }
}

pub(super) fn float(value: Inline, ty: Ty) -> &'static str {
    match value {
        Inline::Half => "0.5",
        Inline::MinusHalf => "-0.5",
        Inline::One => "1.0",
        Inline::MinusOne => "-1.0",
        Inline::Two => "2.0",
        Inline::MinusTwo => "-2.0",
        Inline::Four => "4.0",
        Inline::MinusFour => "-4.0",
        Inline::InverseTwoPi if ty.dwords() == 2 => "0.15915494309189532",
        Inline::InverseTwoPi => "0.15915494",
    }
}
