//! Bytes in registers: averages and sums of absolute differences.

use crate::machine::Wave;
use crate::machine::lanes::Lanes;
use crate::machine::step::{Exec, Source, Step};

/// The byte operations.
pub(super) fn find(name: &str) -> Option<Exec> {
    Some(match name {
        "v_lerp_u8" => {
            op!(|a, b, c| bytes(|i| (byte(a, i) + byte(b, i) + (byte(c, i) & 1)) >> 1))
        }
        "v_sad_u8" => op!(|a, b, c| c.wrapping_add(difference(a, b))),
        "v_sad_hi_u8" => op!(|a, b, c| c.wrapping_add(difference(a, b) << 16)),
        "v_msad_u8" => op!(|a, b, c| c.wrapping_add(masked_difference(a, b))),
        "v_sad_u16" => op!(|a, b, c| {
            let low = (a & 0xffff).abs_diff(b & 0xffff);
            c.wrapping_add(low).wrapping_add((a >> 16).abs_diff(b >> 16))
        }),
        "v_sad_u32" => op!(|a, b, c| a.abs_diff(b).wrapping_add(c)),
        "v_qsad_pk_u16_u8" => wide!(|a, b, c| four(a, c, |slice| difference(slice, b as u32))),
        "v_mqsad_pk_u16_u8" => {
            wide!(|a, b, c| four(a, c, |slice| masked_difference(slice, b as u32)))
        }
        "v_mqsad_u32_u8" => exec!(|w, s| w.four_masked_differences(s)),
        _ => return None,
    })
}

#[inline(always)]
fn byte(a: u32, i: u32) -> u32 {
    a >> (8 * i) & 0xff
}

#[inline(always)]
fn bytes(f: impl Fn(u32) -> u32) -> u32 {
    f(0) | f(1) << 8 | f(2) << 16 | f(3) << 24
}

#[inline(always)]
fn difference(a: u32, b: u32) -> u32 {
    (0..4).map(|i| byte(a, i).abs_diff(byte(b, i))).sum()
}

/// Leaves out the bytes where the reference `b` is zero.
#[inline(always)]
fn masked_difference(a: u32, b: u32) -> u32 {
    let term = |i| if byte(b, i) == 0 { 0 } else { byte(a, i).abs_diff(byte(b, i)) };
    (0..4).map(term).sum()
}

/// `f` of the four slices of `a` that begin at bytes 0 to 3, each added to its 16 bits of `c`.
fn four(a: u64, c: u64, f: impl Fn(u32) -> u32) -> u64 {
    (0..4).fold(0, |out, i| {
        let sum = f((a >> (8 * i)) as u32).wrapping_add((c >> (16 * i)) as u32 & 0xffff);
        out | u64::from(sum & 0xffff) << (16 * i)
    })
}

impl Wave {
    fn four_masked_differences(&mut self, s: &Step) {
        let special = self.special(s);
        let (a, b) = (self.value64(s, 0, special), self.value(s, 1, special));
        let sums: [Lanes; 4] = std::array::from_fn(|slice| {
            let addend = match s.src[2] {
                Source::Vector(n) => self.vgprs[usize::from(n.wrapping_add(slice as u8))],
                other => Lanes::splat(self.scalar32(other)),
            };
            Lanes::from_fn(|i| {
                let window = (a[i] >> (8 * slice)) as u32;
                masked_difference(window, b.0[i]).wrapping_add(addend.0[i])
            })
        });
        let exec = self.exec();
        for (slice, sum) in sums.iter().enumerate() {
            self.vgprs[usize::from(s.dst.wrapping_add(slice as u8))].blend(sum, exec);
        }
    }
}
