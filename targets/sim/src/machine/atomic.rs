//! What atomic operations make of memory (RDNA3.5 ISA, chapter 16, "DS" and "FLAT").

use super::float::{max32, max64, min32, min64};

/// An atomic operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Atomic {
    Swap,
    /// Stores the first operand where memory equals the second.
    CompareSwap,
    CompareSwapFloat,
    Add,
    Sub,
    ReverseSub,
    /// Subtracts, and stops at zero.
    ClampedSub,
    MinSigned,
    MinUnsigned,
    MaxSigned,
    MaxUnsigned,
    And,
    Or,
    Xor,
    /// Adds one, and wraps to zero beyond the operand.
    Increment,
    /// Subtracts one, and wraps to the operand below zero or beyond it.
    Decrement,
    MinFloat,
    MaxFloat,
    AddFloat,
    /// Clears the bits of the first operand and sets those of the second.
    MaskOr,
    /// Subtracts the first operand where memory is not less, and adds the second elsewhere.
    Wrap,
}

impl Atomic {
    /// The operation and its bytes, from the end of a mnemonic such as `add_u32` or `cmpswap_b64`.
    pub(super) fn parse(text: &str) -> Option<(Self, u32)> {
        let (name, ty) = text.rsplit_once('_')?;
        let bytes = match ty.get(1..)? {
            "32" => 4,
            "64" => 8,
            _ => return None,
        };
        let operation = match (name, ty.get(..1)?) {
            ("swap" | "storexchg", "b") => Self::Swap,
            ("cmpswap" | "cmpstore", "b") => Self::CompareSwap,
            ("cmpswap" | "cmpstore", "f") => Self::CompareSwapFloat,
            ("add", "u") => Self::Add,
            ("add", "f") => Self::AddFloat,
            ("sub", "u") => Self::Sub,
            ("rsub", "u") => Self::ReverseSub,
            ("csub", "u") => Self::ClampedSub,
            ("min", "i") => Self::MinSigned,
            ("min", "u") => Self::MinUnsigned,
            ("min", "f") => Self::MinFloat,
            ("max", "i") => Self::MaxSigned,
            ("max", "u") => Self::MaxUnsigned,
            ("max", "f") => Self::MaxFloat,
            ("and", "b") => Self::And,
            ("or", "b") => Self::Or,
            ("xor", "b") => Self::Xor,
            ("inc", "u") => Self::Increment,
            ("dec", "u") => Self::Decrement,
            ("mskor", "b") => Self::MaskOr,
            ("wrap", "b") => Self::Wrap,
            _ => return None,
        };
        Some((operation, bytes))
    }

    /// What `old` becomes in 32 bits.
    pub(super) fn apply32(self, old: u32, a: u32, b: u32) -> u32 {
        let float = |f: fn(f32, f32) -> f32| f(f32::from_bits(old), f32::from_bits(a)).to_bits();
        match self {
            Self::CompareSwapFloat => {
                if f32::from_bits(old) == f32::from_bits(b) {
                    a
                } else {
                    old
                }
            }
            Self::MinFloat => float(min32),
            Self::MaxFloat => float(max32),
            Self::AddFloat => float(|x, y| x + y),
            Self::MinSigned => (old as i32).min(a as i32) as u32,
            Self::MaxSigned => (old as i32).max(a as i32) as u32,
            // The others mean the same in either width once the result is cut to it; only counting down
            // from zero and wrapping compare, and they compare unsigned.
            other => other.apply64(u64::from(old), u64::from(a), u64::from(b)) as u32,
        }
    }

    /// What `old` becomes in 64 bits.
    pub(super) fn apply64(self, old: u64, a: u64, b: u64) -> u64 {
        let float = |f: fn(f64, f64) -> f64| f(f64::from_bits(old), f64::from_bits(a)).to_bits();
        match self {
            Self::Swap => a,
            Self::CompareSwap if old == b => a,
            Self::CompareSwapFloat if f64::from_bits(old) == f64::from_bits(b) => a,
            Self::CompareSwap | Self::CompareSwapFloat => old,
            Self::Add => old.wrapping_add(a),
            Self::Sub => old.wrapping_sub(a),
            Self::ReverseSub => a.wrapping_sub(old),
            Self::ClampedSub => old.saturating_sub(a),
            Self::MinSigned => (old as i64).min(a as i64) as u64,
            Self::MaxSigned => (old as i64).max(a as i64) as u64,
            Self::MinUnsigned => old.min(a),
            Self::MaxUnsigned => old.max(a),
            Self::And => old & a,
            Self::Or => old | a,
            Self::Xor => old ^ a,
            Self::Increment => {
                if old >= a {
                    0
                } else {
                    old + 1
                }
            }
            Self::Decrement => {
                if old == 0 || old > a {
                    a
                } else {
                    old - 1
                }
            }
            Self::MinFloat => float(min64),
            Self::MaxFloat => float(max64),
            Self::AddFloat => float(|x, y| x + y),
            Self::MaskOr => old & !a | b,
            Self::Wrap => {
                if old >= a {
                    old - a
                } else {
                    old.wrapping_add(b)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_does_as_documented() {
        let run = |name: &str, old: u32, a: u32, b: u32| {
            Atomic::parse(&format!("{name}32")).unwrap().0.apply32(old, a, b)
        };
        let minus = |x: i32| x as u32;
        let f = f32::to_bits;
        assert_eq!(run("swap_b", 1, 2, 0), 2);
        assert_eq!(run("cmpswap_b", 1, 2, 1), 2);
        assert_eq!(run("cmpstore_b", 1, 2, 3), 1);
        assert_eq!(run("cmpstore_f", f(0.0), f(5.0), f(-0.0)), f(5.0));
        assert_eq!(run("add_u", u32::MAX, 2, 0), 1);
        assert_eq!(run("sub_u", 1, 2, 0), u32::MAX);
        assert_eq!(run("rsub_u", 1, 2, 0), 1);
        assert_eq!(run("csub_u", 1, 2, 0), 0);
        assert_eq!(run("min_i", minus(-1), 1, 0), minus(-1));
        assert_eq!(run("max_i", minus(-1), 1, 0), 1);
        assert_eq!(run("min_u", minus(-1), 1, 0), 1);
        assert_eq!(run("max_u", minus(-1), 1, 0), minus(-1));
        assert_eq!(run("inc_u", 5, 5, 0), 0);
        assert_eq!(run("inc_u", 4, 5, 0), 5);
        assert_eq!(run("dec_u", 0, 5, 0), 5);
        assert_eq!(run("dec_u", 6, 5, 0), 5);
        assert_eq!(run("dec_u", 5, 5, 0), 4);
        assert_eq!(run("mskor_b", 0xff, 0x0f, 0x100), 0x1f0);
        assert_eq!(run("wrap_b", 7, 5, 9), 2);
        assert_eq!(run("wrap_b", 4, 5, 9), 13);
        assert_eq!(run("add_f", f(1.5), f(2.0), 0), f(3.5));
        assert_eq!(run("min_f", f(1.5), f(-2.0), 0), f(-2.0));
        assert_eq!(Atomic::parse("add_u64"), Some((Atomic::Add, 8)));
        assert_eq!(Atomic::parse("add_u16"), None);
    }
}
