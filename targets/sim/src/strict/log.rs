//! Findings of one workgroup, put into words.

use std::fmt;

use super::finding::Place;
use super::kind::Kind;
use super::report::Report;

/// Where and what a workgroup is, and what was found in it.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub report: Report,
    pub kernel: String,
    pub workgroup: [u32; 3],
    /// Address of the kernel's first instruction.
    pub entry: u64,
}

/// The instruction that a finding is about.
#[derive(Clone, Copy)]
pub(super) struct Spot<'i> {
    pub pc: u64,
    /// Its text.
    pub inst: &'i dyn fmt::Display,
    pub wave: u32,
    pub lanes: u32,
}

impl Log {
    /// Records a sighting; `detail` tells causes at one instruction apart, and `text` says what is wrong and what would
    /// repair it.
    pub(super) fn add(
        &mut self,
        kind: Kind,
        spot: Spot<'_>,
        detail: u64,
        text: impl FnOnce() -> (String, String),
    ) {
        let Self { report, kernel, workgroup, entry } = self;
        let place = if kind == Kind::Uninitialised { detail & 0xff00 } else { spot.pc };
        let at = if matches!(place, 0 | 0x100) { 0 } else { spot.pc };
        report.add((kind, at, detail), || {
            let place = Place {
                kernel: kernel.clone(),
                pc: spot.pc,
                offset: spot.pc.wrapping_sub(*entry) as i64,
                instruction: spot.inst.to_string(),
                workgroup: *workgroup,
                wave: spot.wave,
                lanes: spot.lanes,
            };
            let (what, fix) = text();
            (place, what, fix)
        });
    }
}

/// `pc` counted from `entry`.
pub(super) fn offset(entry: u64, pc: u64) -> String {
    let offset = pc.wrapping_sub(entry) as i64;
    let sign = if offset < 0 { '-' } else { '+' };
    format!("{sign}{:#x}", offset.unsigned_abs())
}
