//! Integers: sums, products, shifts, extrema.

use crate::machine::lanes::pick;
use crate::machine::step::Exec;

/// The 32-bit integer operations. Where `clamp` is set, sums saturate.
pub(super) fn find(name: &str, clamp: bool) -> Option<Exec> {
    if clamp && let Some(saturating) = saturating(name) {
        return Some(saturating);
    }
    Some(match name {
        "v_add_nc_u32" | "v_add_nc_i32" => op!(|a, b| a.wrapping_add(b)),
        "v_sub_nc_u32" | "v_sub_nc_i32" => op!(|a, b| a.wrapping_sub(b)),
        "v_subrev_nc_u32" => op!(|a, b| b.wrapping_sub(a)),
        "v_add_co_u32" => exec!(|w, s| w.carry(s, |a, b, _| wide_sum(a, b, 0))),
        "v_sub_co_u32" => exec!(|w, s| w.carry(s, |a, b, _| wide_difference(a, b, 0))),
        "v_subrev_co_u32" => exec!(|w, s| w.carry(s, |a, b, _| wide_difference(b, a, 0))),
        "v_add_co_ci_u32" => exec!(|w, s| w.carry(s, wide_sum)),
        "v_sub_co_ci_u32" => exec!(|w, s| w.carry(s, wide_difference)),
        "v_subrev_co_ci_u32" => exec!(|w, s| w.carry(s, |a, b, c| wide_difference(b, a, c))),
        "v_add3_u32" => op!(|a, b, c| a.wrapping_add(b).wrapping_add(c)),
        "v_lshl_add_u32" => op!(|a, b, c| (a << (b & 31)).wrapping_add(c)),
        "v_add_lshl_u32" => op!(|a, b, c| a.wrapping_add(b) << (c & 31)),
        "v_xad_u32" => op!(|a, b, c| (a ^ b).wrapping_add(c)),
        "v_min_i32" => op!(|a, b| (a as i32).min(b as i32) as u32),
        "v_max_i32" => op!(|a, b| (a as i32).max(b as i32) as u32),
        "v_min_u32" => op!(|a, b| a.min(b)),
        "v_max_u32" => op!(|a, b| a.max(b)),
        "v_min3_i32" => op!(|a, b, c| (a as i32).min(b as i32).min(c as i32) as u32),
        "v_max3_i32" => op!(|a, b, c| (a as i32).max(b as i32).max(c as i32) as u32),
        "v_med3_i32" => op!(|a, b, c| median(a as i32, b as i32, c as i32) as u32),
        "v_min3_u32" => op!(|a, b, c| a.min(b).min(c)),
        "v_max3_u32" => op!(|a, b, c| a.max(b).max(c)),
        "v_med3_u32" => op!(|a, b, c| median(a, b, c)),
        "v_maxmin_u32" => op!(|a, b, c| a.max(b).min(c)),
        "v_minmax_u32" => op!(|a, b, c| a.min(b).max(c)),
        "v_maxmin_i32" => op!(|a, b, c| (a as i32).max(b as i32).min(c as i32) as u32),
        "v_minmax_i32" => op!(|a, b, c| (a as i32).min(b as i32).max(c as i32) as u32),
        "v_mul_lo_u32" => op!(|a, b| a.wrapping_mul(b)),
        "v_mul_hi_u32" => op!(|a, b| ((u64::from(a) * u64::from(b)) >> 32) as u32),
        "v_mul_hi_i32" => op!(|a, b| ((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32),
        "v_mul_i32_i24" => op!(|a, b| i24(a).wrapping_mul(i24(b)) as u32),
        "v_mul_u32_u24" => op!(|a, b| u24(a).wrapping_mul(u24(b))),
        "v_mul_hi_i32_i24" => op!(|a, b| ((i64::from(i24(a)) * i64::from(i24(b))) >> 32) as u32),
        "v_mul_hi_u32_u24" => op!(|a, b| ((u64::from(u24(a)) * u64::from(u24(b))) >> 32) as u32),
        "v_mad_i32_i24" => op!(|a, b, c| (i24(a).wrapping_mul(i24(b)) as u32).wrapping_add(c)),
        "v_mad_u32_u24" => op!(|a, b, c| u24(a).wrapping_mul(u24(b)).wrapping_add(c)),
        "v_mad_u32_u16" => op!(|a, b, c| (a & 0xffff).wrapping_mul(b & 0xffff).wrapping_add(c)),
        "v_mad_i32_i16" => {
            op!(|a, b, c| (i32::from(a as i16) * i32::from(b as i16)).wrapping_add(c as i32) as u32)
        }
        _ => return None,
    })
}

/// The operations that saturate in the domain that their name ends with (RDNA3.5 ISA, "Supports saturation").
fn saturating(name: &str) -> Option<Exec> {
    Some(match name {
        "v_add_nc_u32" => op!(|a, b| a.saturating_add(b)),
        "v_sub_nc_u32" => op!(|a, b| a.saturating_sub(b)),
        "v_subrev_nc_u32" => op!(|a, b| b.saturating_sub(a)),
        "v_add_nc_i32" => op!(|a, b| (a as i32).saturating_add(b as i32) as u32),
        "v_sub_nc_i32" => op!(|a, b| (a as i32).saturating_sub(b as i32) as u32),
        "v_add_co_u32" => exec!(|w, s| w.carry(s, |a, b, _| clamped_sum(a, b, 0))),
        "v_add_co_ci_u32" => exec!(|w, s| w.carry(s, clamped_sum)),
        "v_sub_co_u32" => exec!(|w, s| w.carry(s, |a, b, _| clamped_difference(a, b, 0))),
        "v_sub_co_ci_u32" => exec!(|w, s| w.carry(s, clamped_difference)),
        "v_subrev_co_u32" => exec!(|w, s| w.carry(s, |a, b, _| clamped_difference(b, a, 0))),
        "v_subrev_co_ci_u32" => exec!(|w, s| w.carry(s, |a, b, c| clamped_difference(b, a, c))),
        "v_mad_i32_i24" => op!(|a, b, c| {
            let exact = i64::from(i24(a)) * i64::from(i24(b)) + i64::from(c as i32);
            exact.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as u32
        }),
        "v_mad_u32_u24" => op!(|a, b, c| {
            let exact = u64::from(u24(a)) * u64::from(u24(b)) + u64::from(c);
            exact.min(u64::from(u32::MAX)) as u32
        }),
        _ => return None,
    })
}

impl crate::machine::Wave {
    /// An operation with a carry per lane in a scalar register, read from the third source, written to the
    /// second destination; `f` gives the result and whether it carries.
    #[inline(always)]
    fn carry(&mut self, s: &crate::machine::step::Step, f: impl Fn(u32, u32, u32) -> (u32, bool)) {
        use crate::machine::lanes::Lanes;
        let special = self.special(s);
        let (a, b) = (self.value(s, 0, special), self.value(s, 1, special));
        let carries = self.scalar32(s.src[2]);
        let mask = Lanes::mask_of(|i| f(a.0[i], b.0[i], pick(carries, i, 1, 0)).1);
        let out = Lanes::from_fn(|i| f(a.0[i], b.0[i], pick(carries, i, 1, 0)).0);
        self.put(s, out, special);
        self.set_mask(s, mask, special);
    }
}

#[inline(always)]
fn wide_sum(a: u32, b: u32, carry: u32) -> (u32, bool) {
    let sum = u64::from(a) + u64::from(b) + u64::from(carry);
    (sum as u32, sum >> 32 != 0)
}

#[inline(always)]
fn wide_difference(a: u32, b: u32, borrow: u32) -> (u32, bool) {
    let taken = u64::from(b) + u64::from(borrow);
    (a.wrapping_sub(b).wrapping_sub(borrow), taken > u64::from(a))
}

fn clamped_sum(a: u32, b: u32, carry: u32) -> (u32, bool) {
    let (sum, over) = wide_sum(a, b, carry);
    (if over { u32::MAX } else { sum }, over)
}

fn clamped_difference(a: u32, b: u32, borrow: u32) -> (u32, bool) {
    let (difference, under) = wide_difference(a, b, borrow);
    (if under { 0 } else { difference }, under)
}

/// The low 24 bits, sign-extended.
#[inline(always)]
fn i24(a: u32) -> i32 {
    (a << 8) as i32 >> 8
}

#[inline(always)]
fn u24(a: u32) -> u32 {
    a & 0x00ff_ffff
}

#[inline(always)]
pub(super) fn median<T: Ord + Copy>(a: T, b: T, c: T) -> T {
    a.min(b).max(a.max(b).min(c))
}
