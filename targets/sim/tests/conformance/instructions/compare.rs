//! Finding the first differences between what a wave holds and what it should.

use super::row::Row;
use super::wave::{Check, D, LANES, SGPRS, VGPRS, Wave};
use crate::numbers::{F16, F32, F64, Format, distance};

/// Differences that are named; the rest are counted.
const NAMED: usize = 3;

/// Every difference, most of them only counted; empty where there is none.
pub(crate) fn differences(row: &Row, before: &Wave, got: &Wave, expected: &Wave) -> String {
    let mut found = Vec::new();
    for lane in 0..LANES {
        if !destination_agrees(row.check, lane, got, expected) {
            found.push(destination(before, lane, got, expected));
        }
    }
    let checked = checked_registers(row.check);
    for register in VGPRS.filter(|r| !(D..D + checked).contains(r)) {
        for lane in 0..LANES {
            let (got, want) = (got.v(register, lane), expected.v(register, lane));
            if got != want {
                found.push(format!("v{register} lane {lane}: got {got:#x}, expected {want:#x}"));
            }
        }
    }
    for register in SGPRS {
        let (got, want) = (got.s(register), expected.s(register));
        if got != want {
            let name = scalar(register);
            let sources = [16, 17, 20, 21, 24, 25].map(|s| format!("s{s}={:#x}", before.s(s)));
            let sources = sources.join(" ");
            found.push(format!("{name}: got {got:#x}, expected {want:#x} ({sources})"));
        }
    }
    bytes("memory", &got.memory, &expected.memory, &mut found);
    bytes("LDS", &got.lds, &expected.lds, &mut found);
    let more = found.len().saturating_sub(NAMED);
    found.truncate(NAMED);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    found.join("\n    ")
}

fn bytes(what: &str, got: &[u8], expected: &[u8], found: &mut Vec<String>) {
    for (at, (got, want)) in got.iter().zip(expected).enumerate() {
        if got != want {
            found.push(format!("{what} byte {at}: got {got:#04x}, expected {want:#04x}"));
        }
    }
}

fn scalar(register: usize) -> String {
    match register {
        32 => "vcc".into(),
        33 => "exec".into(),
        34 => "m0".into(),
        35 => "scc".into(),
        _ => format!("s{register}"),
    }
}

/// Registers of the destination that are compared together.
fn checked_registers(check: Check) -> usize {
    match check {
        Check::F64(_) | Check::NanPair => 2,
        Check::Bits | Check::Near32(_) => 8,
        Check::F32(_) | Check::Flushed32(_) | Check::F16(_) | Check::F16x2(_) => 1,
        Check::NearHalf(_) => 1,
    }
}

fn destination_agrees(check: Check, lane: usize, got: &Wave, expected: &Wave) -> bool {
    let pair = |register: usize| (got.v(register, lane), expected.v(register, lane));
    let (g, e) = pair(D);
    if (D..D + 8).all(|register| pair(register).0 == pair(register).1) {
        return true;
    }
    match check {
        Check::Bits => false,
        Check::NanPair => [D, D + 1].into_iter().all(|r| {
            let (g, e) = pair(r);
            within(F32, g.into(), e.into(), 0)
        }),
        Check::F32(ulp) => within(F32, g.into(), e.into(), ulp),
        Check::F64(ulp) => {
            let (g1, e1) = pair(D + 1);
            let wide = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
            within(F64, wide(g, g1), wide(e, e1), ulp)
        }
        Check::F16(ulp) => g >> 16 == e >> 16 && halves(F16, g & 0xffff, e & 0xffff, ulp),
        Check::F16x2(ulp) => halves(F16, g, e, ulp),
        Check::Flushed32(ulp) => {
            let flush = |bits: u32| if bits & 0x7f80_0000 == 0 { 0 } else { u64::from(bits) };
            within(F32, flush(g), flush(e), ulp)
        }
        Check::NearHalf(millionths) => {
            let value = |bits: u32| crate::numbers::of_f16(bits as u16) as f32;
            g >> 16 == e >> 16 && near(value(g), value(e), millionths)
        }
        Check::Near32(millionths) => (D..D + 8).all(|r| {
            let (g, e) = pair(r);
            near(f32::from_bits(g), f32::from_bits(e), millionths)
        }),
    }
}

fn near(got: f32, expected: f32, millionths: u32) -> bool {
    let (got, expected) = (f64::from(got), f64::from(expected));
    got == expected
        || (got - expected).abs() <= f64::from(millionths) * 1e-6 * expected.abs().max(1.0)
}

fn within(format: Format, got: u64, expected: u64, ulp: u64) -> bool {
    // Where the result must be exact, a zero's sign counts and a NaN's payload does not.
    match distance(format, got, expected) {
        Some(0) if ulp == 0 => got == expected || format.is_nan(got),
        found => found.is_some_and(|units| units <= ulp),
    }
}

fn halves(format: Format, got: u32, expected: u32, ulp: u64) -> bool {
    let half = |value: u32, high: bool| u64::from(if high { value >> 16 } else { value & 0xffff });
    [false, true].iter().all(|&h| within(format, half(got, h), half(expected, h), ulp))
}

fn destination(before: &Wave, lane: usize, got: &Wave, expected: &Wave) -> String {
    let operand =
        |first: usize| format!("{:#x},{:#x}", before.v(first, lane), before.v(first + 1, lane));
    let list = |wave: &Wave| -> String {
        let registers = (D..D + 8).take_while(|&r| {
            r < D + 1 || (r..D + 8).any(|r| got.v(r, lane) != expected.v(r, lane))
        });
        registers.map(|r| format!("{:#x}", wave.v(r, lane))).collect::<Vec<_>>().join(",")
    };
    format!(
        "lane {lane}: got {}, expected {} (A={} B={} C={} D={})",
        list(got),
        list(expected),
        operand(super::wave::A),
        operand(super::wave::B),
        operand(super::wave::C),
        operand(D),
    )
}
