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
        let mut report = std::mem::take(&mut self.report);
        self.place(&mut report, kind, spot, detail, text);
        self.report = report;
    }

    /// The same for a report that is not this workgroup's own.
    pub(super) fn place(
        &self,
        report: &mut Report,
        kind: Kind,
        spot: Spot<'_>,
        detail: u64,
        text: impl FnOnce() -> (String, String),
    ) {
        // A register that nobody wrote is one cause, wherever its value turns up.
        let register = kind == Kind::Uninitialised && detail < 2 << 8;
        let at = if register { 0 } else { spot.pc };
        report.add((kind, at, detail), || {
            let (what, fix) = text();
            let place = Place {
                kernel: self.kernel.clone(),
                pc: spot.pc,
                offset: spot.pc.wrapping_sub(self.entry) as i64,
                instruction: spot.inst.to_string(),
                workgroup: self.workgroup,
                wave: spot.wave,
                lanes: spot.lanes,
            };
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
