//! Scalar integers: sums, products, comparisons.

use crate::machine::step::Exec;

/// The scalar integer operations.
pub(super) fn find(name: &str) -> Option<Exec> {
    arithmetic(name).or_else(|| comparison(name)).or_else(|| immediate(name))
}

fn arithmetic(name: &str) -> Option<Exec> {
    Some(match name {
        "s_add_u32" => scalar!(|w, a, b| {
            let sum = a + b;
            w.scc = sum >> 32 != 0;
            sum
        }),
        "s_sub_u32" => scalar!(|w, a, b| {
            w.scc = b > a;
            a.wrapping_sub(b)
        }),
        "s_add_i32" => scalar!(|w, a, b| {
            let (sum, overflow) = (a as i32).overflowing_add(b as i32);
            w.scc = overflow;
            u64::from(sum as u32)
        }),
        "s_sub_i32" => scalar!(|w, a, b| {
            let (difference, overflow) = (a as i32).overflowing_sub(b as i32);
            w.scc = overflow;
            u64::from(difference as u32)
        }),
        "s_addc_u32" => scalar!(|w, a, b| {
            let sum = a + b + u64::from(w.scc);
            w.scc = sum >> 32 != 0;
            sum
        }),
        "s_subb_u32" => scalar!(|w, a, b| {
            let taken = b + u64::from(w.scc);
            w.scc = taken > a;
            a.wrapping_sub(taken)
        }),
        "s_absdiff_i32" => nonzero!(32, |a, b| (a as i32).wrapping_sub(b as i32).unsigned_abs()),
        "s_abs_i32" => nonzero!(32, |a, _b| (a as i32).unsigned_abs()),
        "s_lshl1_add_u32" => scalar!(|w, a, b| shift_add(w, a, 1, b)),
        "s_lshl2_add_u32" => scalar!(|w, a, b| shift_add(w, a, 2, b)),
        "s_lshl3_add_u32" => scalar!(|w, a, b| shift_add(w, a, 3, b)),
        "s_lshl4_add_u32" => scalar!(|w, a, b| shift_add(w, a, 4, b)),
        "s_min_i32" => scalar!(|w, a, b| {
            w.scc = (a as i32) < b as i32;
            if w.scc { a } else { b }
        }),
        "s_max_i32" => scalar!(|w, a, b| {
            w.scc = a as i32 >= b as i32;
            if w.scc { a } else { b }
        }),
        "s_min_u32" => scalar!(|w, a, b| {
            w.scc = a < b;
            a.min(b)
        }),
        "s_max_u32" => scalar!(|w, a, b| {
            w.scc = a >= b;
            a.max(b)
        }),
        "s_mul_i32" => scalar!(|_w, a, b| a.wrapping_mul(b)),
        "s_mul_hi_u32" => scalar!(|_w, a, b| (a * b) >> 32),
        "s_mul_hi_i32" => {
            scalar!(|_w, a, b| ((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u64)
        }
        _ => return None,
    })
}

fn shift_add(w: &mut crate::machine::Wave, a: u64, by: u32, b: u64) -> u64 {
    let sum = (a << by) + b;
    w.scc = sum >> 32 != 0;
    sum
}

fn comparison(name: &str) -> Option<Exec> {
    Some(match name {
        "s_cmp_eq_i32" | "s_cmp_eq_u32" | "s_cmp_eq_u64" => compare!(|a, b| a == b),
        "s_cmp_lg_i32" | "s_cmp_lg_u32" | "s_cmp_lg_u64" => compare!(|a, b| a != b),
        "s_cmp_gt_i32" => compare!(|a, b| a as i32 > b as i32),
        "s_cmp_ge_i32" => compare!(|a, b| a as i32 >= b as i32),
        "s_cmp_lt_i32" => compare!(|a, b| (a as i32) < b as i32),
        "s_cmp_le_i32" => compare!(|a, b| a as i32 <= b as i32),
        "s_cmp_gt_u32" => compare!(|a, b| a > b),
        "s_cmp_ge_u32" => compare!(|a, b| a >= b),
        "s_cmp_lt_u32" => compare!(|a, b| a < b),
        "s_cmp_le_u32" => compare!(|a, b| a <= b),
        _ => return None,
    })
}

/// Operations on the destination, or a source, and the instruction's 16 bits: sign-extended for signed
/// operations, zero-extended for unsigned ones.
fn immediate(name: &str) -> Option<Exec> {
    macro_rules! against {
        (|$a:ident, $k:ident| $e:expr) => {
            exec!(|w, s| {
                let ($a, $k) = (w.scalar(s, 0) as i32, s.inst.imm);
                w.scc = $e;
            })
        };
    }
    macro_rules! against_unsigned {
        (|$a:ident, $k:ident| $e:expr) => {
            exec!(|w, s| {
                let ($a, $k) = (w.scalar(s, 0) as u32, u32::from(s.inst.imm as u16));
                w.scc = $e;
            })
        };
    }
    Some(match name {
        "s_movk_i32" => exec!(|w, s| w.put_scalar(s, s.inst.imm as u64)),
        "s_cmovk_i32" => exec!(|w, s| {
            if w.scc {
                w.put_scalar(s, s.inst.imm as u64);
            }
        }),
        "s_addk_i32" => exec!(|w, s| {
            let (sum, overflow) = (w.destination(s) as i32).overflowing_add(s.inst.imm);
            w.scc = overflow;
            w.put_scalar(s, u64::from(sum as u32));
        }),
        "s_mulk_i32" => exec!(|w, s| {
            let product = (w.destination(s) as i32).wrapping_mul(s.inst.imm);
            w.put_scalar(s, u64::from(product as u32));
        }),
        "s_cmpk_eq_i32" => against!(|a, k| a == k),
        "s_cmpk_lg_i32" => against!(|a, k| a != k),
        "s_cmpk_gt_i32" => against!(|a, k| a > k),
        "s_cmpk_ge_i32" => against!(|a, k| a >= k),
        "s_cmpk_lt_i32" => against!(|a, k| a < k),
        "s_cmpk_le_i32" => against!(|a, k| a <= k),
        "s_cmpk_eq_u32" => against_unsigned!(|a, k| a == k),
        "s_cmpk_lg_u32" => against_unsigned!(|a, k| a != k),
        "s_cmpk_gt_u32" => against_unsigned!(|a, k| a > k),
        "s_cmpk_ge_u32" => against_unsigned!(|a, k| a >= k),
        "s_cmpk_lt_u32" => against_unsigned!(|a, k| a < k),
        "s_cmpk_le_u32" => against_unsigned!(|a, k| a <= k),
        _ => return None,
    })
}
