//! Scalar bits: logic, shifts, fields, counts, moves.

use crate::machine::Wave;
use crate::machine::step::{Exec, Source, Step};
use crate::machine::wave::M0;

/// The scalar bit operations.
pub(super) fn find(name: &str) -> Option<Exec> {
    logic(name).or_else(|| shifts(name)).or_else(|| counts(name)).or_else(|| moves(name))
}

fn logic(name: &str) -> Option<Exec> {
    Some(match name {
        "s_and_b32" => nonzero!(32, |a, b| a & b),
        "s_and_b64" => nonzero!(64, |a, b| a & b),
        "s_or_b32" => nonzero!(32, |a, b| a | b),
        "s_or_b64" => nonzero!(64, |a, b| a | b),
        "s_xor_b32" => nonzero!(32, |a, b| a ^ b),
        "s_xor_b64" => nonzero!(64, |a, b| a ^ b),
        "s_nand_b32" => nonzero!(32, |a, b| !(a & b)),
        "s_nand_b64" => nonzero!(64, |a, b| !(a & b)),
        "s_nor_b32" => nonzero!(32, |a, b| !(a | b)),
        "s_nor_b64" => nonzero!(64, |a, b| !(a | b)),
        "s_xnor_b32" => nonzero!(32, |a, b| !(a ^ b)),
        "s_xnor_b64" => nonzero!(64, |a, b| !(a ^ b)),
        "s_and_not1_b32" => nonzero!(32, |a, b| a & !b),
        "s_and_not1_b64" => nonzero!(64, |a, b| a & !b),
        "s_or_not1_b32" => nonzero!(32, |a, b| a | !b),
        "s_or_not1_b64" => nonzero!(64, |a, b| a | !b),
        "s_not_b32" => nonzero!(32, |a, _b| !a),
        "s_not_b64" => nonzero!(64, |a, _b| !a),
        "s_bitcmp0_b32" => compare!(|a, b| a >> (b & 31) & 1 == 0),
        "s_bitcmp1_b32" => compare!(|a, b| a >> (b & 31) & 1 == 1),
        "s_bitcmp0_b64" => compare!(|a, b| a >> (b & 63) & 1 == 0),
        "s_bitcmp1_b64" => compare!(|a, b| a >> (b & 63) & 1 == 1),
        "s_bitset0_b32" => exec!(|w, s| w.set_bit(s, 31, false)),
        "s_bitset0_b64" => exec!(|w, s| w.set_bit(s, 63, false)),
        "s_bitset1_b32" => exec!(|w, s| w.set_bit(s, 31, true)),
        "s_bitset1_b64" => exec!(|w, s| w.set_bit(s, 63, true)),
        _ => return None,
    })
}

fn shifts(name: &str) -> Option<Exec> {
    Some(match name {
        "s_lshl_b32" => nonzero!(32, |a, b| a << (b & 31)),
        "s_lshl_b64" => nonzero!(64, |a, b| a << (b & 63)),
        "s_lshr_b32" => nonzero!(32, |a, b| a >> (b & 31)),
        "s_lshr_b64" => nonzero!(64, |a, b| a >> (b & 63)),
        "s_ashr_i32" => nonzero!(32, |a, b| (a as i32 >> (b & 31)) as u32),
        "s_ashr_i64" => nonzero!(64, |a, b| (a as i64 >> (b & 63)) as u64),
        // The field's offset is in the low bits of the second source and its width from bit 16 on.
        "s_bfe_u32" => nonzero!(32, |a, b| field(u64::from(a), b & 31, b >> 16 & 0x7f) as u32),
        "s_bfe_i32" => nonzero!(32, |a, b| {
            signed_field(a as i32 as i64, b & 31, (b >> 16 & 0x7f).min(32)) as u32
        }),
        "s_bfe_u64" => nonzero!(64, |a, b| field(a, b as u32 & 63, b as u32 >> 16 & 0x7f)),
        "s_bfe_i64" => nonzero!(64, |a, b| {
            signed_field(a as i64, b as u32 & 63, b as u32 >> 16 & 0x7f) as u64
        }),
        "s_bfm_b32" => scalar!(|_w, a, b| ((1 << (a & 31)) - 1) << (b & 31)),
        "s_bfm_b64" => scalar!(|_w, a, b| ((1 << (a & 63)) - 1) << (b & 63)),
        "s_pack_ll_b32_b16" => scalar!(|_w, a, b| a & 0xffff | b << 16),
        "s_pack_lh_b32_b16" => scalar!(|_w, a, b| a & 0xffff | b & 0xffff_0000),
        "s_pack_hh_b32_b16" => scalar!(|_w, a, b| a >> 16 & 0xffff | b & 0xffff_0000),
        "s_pack_hl_b32_b16" => scalar!(|_w, a, b| a >> 16 & 0xffff | b << 16),
        _ => return None,
    })
}

fn field(a: u64, offset: u32, width: u32) -> u64 {
    let shifted = a >> offset;
    if width >= 64 { shifted } else { shifted & ((1 << width) - 1) }
}

fn signed_field(a: i64, offset: u32, width: u32) -> i64 {
    match width {
        0 => 0,
        width if width >= 64 => a >> offset,
        width => (a >> offset) << (64 - width) >> (64 - width),
    }
}

fn counts(name: &str) -> Option<Exec> {
    const NONE: u64 = 0xffff_ffff;
    Some(match name {
        "s_brev_b32" => scalar!(|_w, a, _b| u64::from((a as u32).reverse_bits())),
        "s_brev_b64" => scalar!(|_w, a, _b| a.reverse_bits()),
        "s_ctz_i32_b32" | "s_ctz_i32_b64" => {
            scalar!(|_w, a, _b| if a == 0 { NONE } else { u64::from(a.trailing_zeros()) })
        }
        "s_clz_i32_u32" => {
            scalar!(|_w, a, _b| if a == 0 { NONE } else { u64::from((a as u32).leading_zeros()) })
        }
        "s_clz_i32_u64" => {
            scalar!(|_w, a, _b| if a == 0 { NONE } else { u64::from(a.leading_zeros()) })
        }
        "s_cls_i32" => scalar!(|_w, a, _b| {
            let same = (a as u32 ^ (a as i32 >> 31) as u32).leading_zeros();
            if same == 32 { NONE } else { u64::from(same) }
        }),
        "s_cls_i32_i64" => scalar!(|_w, a, _b| {
            let same = (a ^ (a as i64 >> 63) as u64).leading_zeros();
            if same == 64 { NONE } else { u64::from(same) }
        }),
        "s_sext_i32_i8" => scalar!(|_w, a, _b| i64::from(a as i8) as u64),
        "s_sext_i32_i16" => scalar!(|_w, a, _b| i64::from(a as i16) as u64),
        "s_bcnt0_i32_b32" => nonzero!(32, |a, _b| a.count_zeros()),
        "s_bcnt0_i32_b64" => nonzero!(64, |a, _b| u64::from(a.count_zeros())),
        "s_bcnt1_i32_b32" => nonzero!(32, |a, _b| a.count_ones()),
        "s_bcnt1_i32_b64" => nonzero!(64, |a, _b| u64::from(a.count_ones())),
        "s_bitreplicate_b64_b32" => scalar!(|_w, a, _b| {
            (0..32).fold(0, |out, bit| out | ((a >> bit & 1) * 3) << (2 * bit))
        }),
        "s_quadmask_b32" => nonzero!(32, |a, _b| quads(u64::from(a)) as u32),
        "s_quadmask_b64" => nonzero!(64, |a, _b| quads(a)),
        "s_wqm_b32" => nonzero!(32, |a, _b| whole_quads(u64::from(a)) as u32),
        "s_wqm_b64" => nonzero!(64, |a, _b| whole_quads(a)),
        _ => return None,
    })
}

/// A bit for each four, set if any of them is.
fn quads(a: u64) -> u64 {
    (0..16).fold(0, |out, quad| out | u64::from(a >> (4 * quad) & 15 != 0) << quad)
}

/// Each four all set if any of them is.
fn whole_quads(a: u64) -> u64 {
    (0..16).fold(0, |out, quad| out | (u64::from(a >> (4 * quad) & 15 != 0) * 15) << (4 * quad))
}

fn moves(name: &str) -> Option<Exec> {
    Some(match name {
        "s_mov_b32" | "s_mov_b64" => scalar!(|_w, a, _b| a),
        "s_cmov_b32" | "s_cmov_b64" => exec!(|w, s| {
            if w.scc {
                let value = w.scalar(s, 0);
                w.put_scalar(s, value);
            }
        }),
        "s_cselect_b32" | "s_cselect_b64" => scalar!(|w, a, b| if w.scc { a } else { b }),
        "s_movrels_b32" | "s_movrels_b64" => exec!(|w, s| {
            let value = w.indexed_scalar(s, w.sgprs[M0]);
            w.put_scalar(s, value);
        }),
        "s_movreld_b32" | "s_movreld_b64" => exec!(|w, s| {
            let value = w.scalar(s, 0);
            w.put_indexed(s, w.sgprs[M0], value);
        }),
        "s_movrelsd_2_b32" => exec!(|w, s| {
            let m0 = w.sgprs[M0];
            let value = w.indexed_scalar(s, m0 & 0x3ff);
            w.put_indexed(s, m0 >> 16 & 0x3ff, value);
        }),
        _ => return None,
    })
}

impl Wave {
    fn set_bit(&mut self, s: &Step, mask: u64, on: bool) {
        let bit = 1 << (self.scalar(s, 0) & mask);
        let old = self.destination(s);
        self.put_scalar(s, if on { old | bit } else { old & !bit });
    }

    /// The register `by` after the source; one that is not there reads as zero.
    fn indexed_scalar(&self, s: &Step, by: u32) -> u64 {
        let Source::Scalar(first) = s.src[0] else { return 0 };
        let at = u64::from(first) + u64::from(by);
        let read = |at: u64| u64::from(self.sgprs.get(at as usize).copied().unwrap_or(0));
        if s.dst_ty.dwords() >= 2 { read(at) | read(at + 1) << 32 } else { read(at) }
    }

    /// Writes the register `by` after the destination, if there is one.
    fn put_indexed(&mut self, s: &Step, by: u32, value: u64) {
        let at = (u64::from(s.sdst) + u64::from(by)) as usize;
        self.set_sgpr(at, value as u32);
        if s.dst_ty.dwords() >= 2 {
            self.set_sgpr(at.saturating_add(1), (value >> 32) as u32);
        }
    }
}
