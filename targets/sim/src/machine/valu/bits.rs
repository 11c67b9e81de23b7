//! Bits: logic, shifts, fields, counts.

use crate::machine::step::Exec;

/// The bit operations.
pub(super) fn find(name: &str) -> Option<Exec> {
    Some(match name {
        "v_and_b32" | "v_and_b16" => op!(|a, b| a & b),
        "v_or_b32" | "v_or_b16" => op!(|a, b| a | b),
        "v_xor_b32" | "v_xor_b16" => op!(|a, b| a ^ b),
        "v_xnor_b32" => op!(|a, b| !(a ^ b)),
        "v_not_b32" | "v_not_b16" => op!(|a| !a),
        "v_xor3_b32" => op!(|a, b, c| a ^ b ^ c),
        "v_or3_b32" => op!(|a, b, c| a | b | c),
        "v_and_or_b32" => op!(|a, b, c| a & b | c),
        "v_lshl_or_b32" => op!(|a, b, c| a << (b & 31) | c),
        "v_bfi_b32" => op!(|a, b, c| a & b | !a & c),
        "v_lshlrev_b32" => op!(|a, b| b << (a & 31)),
        "v_lshrrev_b32" => op!(|a, b| b >> (a & 31)),
        "v_ashrrev_i32" => op!(|a, b| ((b as i32) >> (a & 31)) as u32),
        "v_lshlrev_b16" => op!(|a, b| b << (a & 15)),
        "v_lshrrev_b16" => op!(|a, b| (b & 0xffff) >> (a & 15)),
        "v_ashrrev_i16" => op!(|a, b| (i32::from(b as i16) >> (a & 15)) as u32),
        "v_lshlrev_b64" => wide!(|a, b| b << (a & 63)),
        "v_lshrrev_b64" => wide!(|a, b| b >> (a & 63)),
        "v_ashrrev_i64" => wide!(|a, b| ((b as i64) >> (a & 63)) as u64),
        "v_alignbit_b32" => op!(|a, b, c| (join(a, b) >> (c & 31)) as u32),
        "v_alignbyte_b32" => op!(|a, b, c| (join(a, b) >> (8 * (c & 3))) as u32),
        "v_bfe_u32" => op!(|a, b, c| a >> (b & 31) & ones(c)),
        "v_bfe_i32" => op!(|a, b, c| signed_field(a, b & 31, c & 31)),
        "v_bfm_b32" => op!(|a, b| ones(a) << (b & 31)),
        "v_bfrev_b32" => op!(|a| a.reverse_bits()),
        "v_bcnt_u32_b32" => op!(|a, b| a.count_ones().wrapping_add(b)),
        "v_clz_i32_u32" => op!(|a| if a == 0 { u32::MAX } else { a.leading_zeros() }),
        "v_ctz_i32_b32" => op!(|a| if a == 0 { u32::MAX } else { a.trailing_zeros() }),
        "v_cls_i32" => op!(|a| {
            let changes = (a ^ ((a as i32) >> 31) as u32).leading_zeros();
            if changes == 32 { u32::MAX } else { changes }
        }),
        "v_mbcnt_lo_u32_b32" => exec!(|w, s| w.count_below(s)),
        "v_mbcnt_hi_u32_b32" => op!(|_mask, b| b),
        "v_perm_b32" => op!(|a, b, c| permute_bytes(join(a, b), c)),
        _ => return None,
    })
}

impl crate::machine::Wave {
    /// How many bits below its own number each lane sees in the first source, plus the second.
    fn count_below(&mut self, s: &crate::machine::step::Step) {
        use crate::machine::lanes::Lanes;
        let special = self.special(s);
        let (a, b) = (self.value(s, 0, special), self.value(s, 1, special));
        let below = |i: usize| (a.0[i] & ((1 << i) - 1)).count_ones();
        self.put(s, Lanes::from_fn(|i| below(i).wrapping_add(b.0[i])), special);
    }
}

#[inline(always)]
fn join(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// As many ones as the low five bits of `count` say.
#[inline(always)]
fn ones(count: u32) -> u32 {
    (1 << (count & 31)) - 1
}

#[inline(always)]
fn signed_field(a: u32, offset: u32, width: u32) -> u32 {
    let field = (a as i32 >> offset) as u32 & ones(width);
    let sign = (1 << width) >> 1;
    (field ^ sign).wrapping_sub(sign)
}

/// Picks the byte of `data` that each byte of `selectors` names: 0 to 7 a byte, 8 to 11 the sign of byte
/// 1, 3, 5 or 7, 12 zero, and more ones.
#[inline(always)]
pub(super) fn permute_bytes(data: u64, selectors: u32) -> u32 {
    let pick = |selector: u32| -> u32 {
        let byte = (data >> (8 * (selector & 7)) & 0xff) as u32;
        let sign = (data >> (16 * (selector & 3) + 15) & 1) as u32 * 0xff;
        let special = if selector >= 13 {
            0xff
        } else if selector == 12 {
            0
        } else {
            sign
        };
        if selector < 8 { byte } else { special }
    };
    pick(selectors & 0xff)
        | pick(selectors >> 8 & 0xff) << 8
        | pick(selectors >> 16 & 0xff) << 16
        | pick(selectors >> 24) << 24
}
