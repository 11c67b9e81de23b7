//! What each operation leaves known, lane by lane.

use crate::isa::Op;

use super::bits::Partial;

/// The result of `op` on sources in the order of the encoding, zero-extended to 64 bits. Bits above the width of the
/// destination mean nothing.
pub(super) fn result(op: Op, s: &[Partial; 3], lane: usize) -> Partial {
    let [a, b, c] = *s;
    if let Some(result) = logic(op, a, b, c).or_else(|| shift(op, a, b, c)) {
        return result;
    }
    sum(op, a, b, c).or_else(|| part(op, a, b, c, lane)).unwrap_or_else(|| Partial::spread(s))
}

/// Bitwise operations and copies.
fn logic(op: Op, a: Partial, b: Partial, c: Partial) -> Option<Partial> {
    use Op::*;
    Some(match op {
        VMovB32 | VMovB16 | SMovB32 | SMovB64 | VReadfirstlaneB32 | VCvtU32U16 => a,
        VAndB32 | VAndB16 | SAndB32 | SAndB64 => a.and(b),
        SAndSaveexecB32 | SAndSaveexecB64 => a.and(b),
        VOrB32 | VOrB16 | SOrB32 | SOrB64 | SOrSaveexecB32 | SOrSaveexecB64 => a.or(b),
        VXorB32 | VXorB16 | SXorB32 | SXorB64 | SXorSaveexecB32 | SXorSaveexecB64 => a.xor(b),
        VXnorB32 | SXnorB32 | SXnorB64 | SXnorSaveexecB32 | SXnorSaveexecB64 => a.xor(b).not(),
        SNandB32 | SNandB64 | SNandSaveexecB32 | SNandSaveexecB64 => a.and(b).not(),
        SNorB32 | SNorB64 | SNorSaveexecB32 | SNorSaveexecB64 => a.or(b).not(),
        SAndNot1B32 | SAndNot1B64 => a.and(b.not()),
        SOrNot1B32 | SOrNot1B64 => a.or(b.not()),
        SAndNot1SaveexecB32 | SAndNot1SaveexecB64 => a.and(b.not()),
        SAndNot1WrexecB32 | SAndNot1WrexecB64 => a.and(b.not()),
        SAndNot0SaveexecB32 | SAndNot0SaveexecB64 => a.not().and(b),
        SAndNot0WrexecB32 | SAndNot0WrexecB64 => a.not().and(b),
        SOrNot1SaveexecB32 | SOrNot1SaveexecB64 => a.or(b.not()),
        SOrNot0SaveexecB32 | SOrNot0SaveexecB64 => a.not().or(b),
        VNotB32 | VNotB16 | SNotB32 | SNotB64 => a.not(),
        VBfiB32 => b.picked(a, c),
        VAndOrB32 => a.and(b).or(c),
        VOr3B32 => a.or(b).or(c),
        VXor3B32 => a.xor(b).xor(c),
        VCndmaskB32 | VCndmaskB16 => b.picked(everywhere(c), a),
        SCselectB32 | SCselectB64 => a.picked(everywhere(c), b),
        SCmovB32 | SCmovB64 | SCmovkI32 => a.picked(everywhere(c), b),
        VBfrevB32 | SBrevB32 => a.map(|bits| u64::from((bits as u32).reverse_bits())),
        SBrevB64 => a.map(u64::reverse_bits),
        _ => return None,
    })
}

/// One condition for every bit.
fn everywhere(condition: Partial) -> Partial {
    condition.low(1).map(|bit| if bit == 0 { 0 } else { u64::MAX })
}

/// Shifts, and what takes bits from one place to another by an amount that must itself be known.
fn shift(op: Op, a: Partial, b: Partial, c: Partial) -> Option<Partial> {
    use Op::*;
    let (value, amount) = match op {
        VLshlrevB32 | VLshrrevB32 | VAshrrevI32 | VLshlrevB64 | VLshrrevB64 | VAshrrevI64 => (b, a),
        VLshlrevB16 | VLshrrevB16 | VAshrrevI16 => (b, a),
        VLshlAddU32 | VLshlOrB32 => (a, b),
        VAddLshlU32 => (a.plus(b), c),
        VAlignbitB32 | VAlignbyteB32 => (a.left(32).or(b.low(32)), c),
        _ => (a, b),
    };
    let mask = match op {
        VLshlrevB64 | VLshrrevB64 | VAshrrevI64 | SLshlB64 | SLshrB64 | SAshrI64 => 63,
        VLshlrevB16 | VLshrrevB16 | VAshrrevI16 => 15,
        VAlignbyteB32 => 3,
        _ => 31,
    };
    let by = (amount.value & mask) as u32;
    let shifted = match op {
        VLshlrevB32 | VLshlrevB64 | VLshlrevB16 | SLshlB32 | SLshlB64 | VAddLshlU32 => {
            value.left(by)
        }
        VLshrrevB32 | VLshrrevB64 | VLshrrevB16 | SLshrB32 | SLshrB64 | VAlignbitB32 => {
            value.right(by)
        }
        VAlignbyteB32 => value.right(8 * by),
        VAshrrevI32 | SAshrI32 => arithmetic(value.extend(32), by),
        VAshrrevI16 => arithmetic(value.extend(16), by),
        VAshrrevI64 | SAshrI64 => arithmetic(value, by),
        VLshlAddU32 => value.left(by).plus(c),
        VLshlOrB32 => value.left(by).or(c),
        _ => return None,
    };
    let known = amount.unknown & mask == 0;
    Some(if known { shifted } else { Partial::spread(&[a, b, c]) })
}

fn arithmetic(value: Partial, by: u32) -> Partial {
    value.map(|bits| (bits as i64 >> by) as u64)
}

/// Sums and products of integers, whose unknown bits travel upward.
fn sum(op: Op, a: Partial, b: Partial, c: Partial) -> Option<Partial> {
    use Op::*;
    let (a24, b24) = (a.low(24), b.low(24));
    Some(match op {
        VAddNcU32 | VAddNcI32 | VAddNcU16 | VAddNcI16 | VAddCoU32 | SAddU32 | SAddI32 => a.plus(b),
        VSubNcU32 | VSubNcI32 | VSubNcU16 | VSubNcI16 | VSubCoU32 | SSubU32 | SSubI32 => a.minus(b),
        VSubrevNcU32 | VSubrevCoU32 => b.minus(a),
        VAddCoCiU32 | SAddcU32 | VAdd3U32 => a.plus(b).plus(c),
        VSubCoCiU32 | SSubbU32 => a.minus(b).minus(c),
        VSubrevCoCiU32 => b.minus(a).minus(c),
        SAddkI32 => a.plus(b),
        VMulLoU32 | VMulLoU16 | SMulI32 | SMulkI32 => a.times(b),
        VMulU32U24 => a24.times(b24),
        VMulI32I24 => a.extend(24).times(b.extend(24)),
        VMadU32U24 => a24.times(b24).plus(c),
        VMadI32I24 => a.extend(24).times(b.extend(24)).plus(c),
        VMadU16 | VMadI16 | VMadU64U32 | VMadU32U16 => a.times(b).plus(c),
        VMadI64I32 => a.extend(32).times(b.extend(32)).plus(c),
        VMadI32I16 => a.extend(16).times(b.extend(16)).plus(c),
        VXadU32 => a.xor(b).plus(c),
        SLshl1AddU32 => a.left(1).plus(b),
        SLshl2AddU32 => a.left(2).plus(b),
        SLshl3AddU32 => a.left(3).plus(b),
        SLshl4AddU32 => a.left(4).plus(b),
        _ => return None,
    })
}

/// Operations that use only a part of a source, or fill the result in parts.
fn part(op: Op, a: Partial, b: Partial, c: Partial, lane: usize) -> Option<Partial> {
    use Op::*;
    Some(match op {
        VCvtI32I16 | SSextI32I16 => a.extend(16),
        SSextI32I8 => a.extend(8),
        VBfeU32 | VBfeI32 => field(a, b.low(5), c.low(5), op == VBfeI32),
        SBfeU32 | SBfeI32 => field(a, b.low(5), b.right(16).low(7), op == SBfeI32),
        SBfeU64 | SBfeI64 => field(a, b.low(6), b.right(16).low(7), op == SBfeI64),
        VPermB32 => permuted(a, b, c),
        VPackB32F16 | SPackLlB32B16 => a.low(16).or(b.low(16).left(16)),
        SPackLhB32B16 => a.low(16).or(b.right(16).low(16).left(16)),
        SPackHhB32B16 => a.right(16).low(16).or(b.right(16).low(16).left(16)),
        SPackHlB32B16 => a.right(16).low(16).or(b.low(16).left(16)),
        VCvtPkRtzF16F32 | VCvtPkI16F32 | VCvtPkU16F32 | VCvtPkU16U32 | VCvtPkI16I32 => halves(a, b),
        VCvtPkNormI16F32 | VCvtPkNormU16F32 | VCvtPkNormI16F16 | VCvtPkNormU16F16 => halves(a, b),
        SCvtPkRtzF16F32 => halves(a, b),
        VCvtF32Ubyte0 => Partial::spread(&[a.low(8)]),
        VCvtF32Ubyte1 => Partial::spread(&[a.right(8).low(8)]),
        VCvtF32Ubyte2 => Partial::spread(&[a.right(16).low(8)]),
        VCvtF32Ubyte3 => Partial::spread(&[a.right(24).low(8)]),
        VCvtOffF32I4 => Partial::spread(&[a.low(4)]),
        SCvtHiF32F16 => Partial::spread(&[a.right(16).low(16)]),
        VMbcntLoU32B32 => Partial::spread(&[a.low(lane as u32), b]),
        VMbcntHiU32B32 => b,
        VMulHiU32U24 | VMulHiI32I24 => Partial::spread(&[a.low(24), b.low(24)]),
        _ => return None,
    })
}

/// A bit field whose place and width are known.
fn field(value: Partial, offset: Partial, width: Partial, signed: bool) -> Partial {
    if !offset.is_known() || !width.is_known() {
        return Partial::spread(&[value, offset, width]);
    }
    let bits = width.value.min(64) as u32;
    let low = value.right(offset.value as u32).low(bits);
    if signed && bits > 0 { low.extend(bits) } else { low }
}

/// The two halves of a result that come from one source each.
fn halves(a: Partial, b: Partial) -> Partial {
    let half = |source: Partial| Partial::spread(&[source]).low(16);
    half(a).or(half(b).left(16))
}

/// Bytes picked from two words by a known selector (ISA, V_PERM_B32).
fn permuted(high: Partial, low: Partial, selector: Partial) -> Partial {
    if selector.low(32).unknown != 0 {
        return Partial::spread(&[high, low, selector]);
    }
    let words = high.left(32).or(low.low(32));
    (0..4).fold(Partial::default(), |all, byte| {
        let picked = match selector.value >> (8 * byte) & 0xff {
            from @ 0..8 => words.right(8 * from as u32).low(8),
            sign @ 8..12 => words.right(16 * (sign as u32 - 8) + 15).low(1).extend(1).low(8),
            12 => Partial::known(0),
            _ => Partial::known(0xff),
        };
        all.or(picked.left(8 * byte))
    })
}

/// Whether a comparison has an answer.
pub(super) fn compares(op: Op, a: Partial, b: Partial) -> bool {
    let equality = ["_eq_i", "_eq_u", "_ne_i", "_ne_u", "_lg_i", "_lg_u"];
    let constant = ["v_cmp_t_", "v_cmp_f_", "v_cmpx_t_", "v_cmpx_f_"];
    let name = op.name();
    (a.is_known() && b.is_known())
        || (equality.iter().any(|e| name.contains(e)) && a.differs(b))
        || constant.iter().any(|c| name.starts_with(c))
}

/// Whether SCC has a value after `op`, of which `result` is the result.
pub(super) fn condition(op: Op, s: &[Partial; 3], result: Partial, width: u32) -> bool {
    let [a, b, _] = *s;
    let bit = |mask: u64| b.is_known() && a.unknown >> (b.value & mask) & 1 == 0;
    match op {
        Op::SBitcmp0B32 | Op::SBitcmp1B32 => bit(31),
        Op::SBitcmp0B64 | Op::SBitcmp1B64 => bit(63),
        _ if op.name().starts_with("s_cmp") => compares(op, a, b),
        _ if result.low(width).is_known() => true,
        _ if logic(op, a, b, s[2]).is_some() || shift(op, a, b, s[2]).is_some() => {
            result.low(width).zero_is_known()
        }
        _ => s.iter().all(|p| p.is_known()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(bits: u64) -> Partial {
        Partial { value: 0, unknown: bits }
    }

    fn k(value: u64) -> Partial {
        Partial::known(value)
    }

    #[test]
    fn what_is_masked_or_shifted_away_need_not_be_known() {
        let high = unknown(0xffff_0000);
        let cases = [
            (Op::VAndB32, [k(0xffff), high, k(0)]),
            (Op::VLshlrevB32, [k(16), high, k(0)]),
            (Op::VBfeU32, [high, k(0), k(16)]),
            (Op::SBfeI64, [unknown(0xffff_ffff_0000_0000), k(0x10_0000), k(0)]),
            (Op::VPermB32, [high, high, k(0x0504_0100)]),
            (Op::VAlignbitB32, [unknown(0xffff_0000), unknown(0xffff), k(16)]),
            (Op::VCvtF32Ubyte1, [high, k(0), k(0)]),
            (Op::VMulU32U24, [unknown(0xff00_0000), k(3), k(0)]),
            (Op::VCndmaskB32, [high, k(1), k(1)]),
            (Op::SPackLlB32B16, [high, high, k(0)]),
            (Op::SBfeI64, [unknown(u64::MAX << 16), k(0x10_0000), k(0)]),
        ];
        for (op, sources) in cases {
            assert_eq!(result(op, &sources, 0).low(32).unknown, 0, "{}", op.name());
        }
    }

    #[test]
    fn what_is_used_must_be_known() {
        let low = unknown(1);
        let cases = [
            (Op::VAndB32, [k(0xffff), low, k(0)]),
            (Op::VAddF32, [k(0), low, k(0)]),
            (Op::VLshlrevB32, [low, k(1), k(0)]),
            (Op::VCndmaskB32, [k(1), k(2), low]),
            (Op::VBfeI32, [low, k(0), k(1)]),
            (Op::VMadU64U32, [low, k(1), k(0)]),
        ];
        for (op, sources) in cases {
            assert_ne!(result(op, &sources, 0).low(32).unknown, 0, "{}", op.name());
        }
    }

    #[test]
    fn a_lane_counts_only_the_mask_bits_below_it() {
        let mask = unknown(0xffff_0000);
        assert!(result(Op::VMbcntLoU32B32, &[mask, k(0), k(0)], 16).is_known());
        assert!(!result(Op::VMbcntLoU32B32, &[mask, k(0), k(0)], 17).is_known());
    }

    #[test]
    fn conditions_have_an_answer_as_soon_as_one_bit_decides() {
        let some = Partial { value: 4, unknown: 3 };
        assert!(condition(Op::SAndB32, &[some, k(7), k(0)], some, 32));
        assert!(condition(Op::SCmpEqU32, &[some, k(8), k(0)], k(0), 32));
        assert!(!condition(Op::SCmpEqU32, &[some, k(5), k(0)], k(0), 32));
        assert!(!condition(Op::SCmpGtU32, &[some, k(8), k(0)], k(0), 32));
        assert!(condition(Op::SBitcmp1B32, &[some, k(2), k(0)], k(0), 32));
    }
}
