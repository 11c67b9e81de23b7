//! Watches only where the loads of a workgroup's first wave begin.

use super::access::Access;
use crate::isa::{Inst, Program};
use crate::machine::{MemoryEvent, Observer, Space, Touch, Wave};

/// The first line that each load of the first wave asks for.
#[derive(Debug)]
pub(super) struct Probe<'a> {
    program: &'a Program,
    line: u64,
    at: u32,
    /// Instructions executed, the load, the line; in the order of first execution.
    pub(super) firsts: Vec<(u64, u32, u64)>,
}

impl<'a> Probe<'a> {
    /// A probe of code for lines of that many bytes.
    pub(super) fn new(program: &'a Program, line: u64) -> Self {
        Self { program, line, at: 0, firsts: Vec::new() }
    }
}

impl Observer for Probe<'_> {
    fn issue(&mut self, wave: &Wave, pc: u64, _inst: &Inst) {
        if wave.index() == 0 {
            self.at = self.program.index_of(pc).unwrap_or(0) as u32;
        }
    }

    fn memory(&mut self, wave: &Wave, event: &MemoryEvent<'_>) {
        let is_load = (event.space, event.touch) == (Space::Global, Touch::Load);
        if !is_load || wave.index() != 0 || self.firsts.iter().any(|(_, at, _)| *at == self.at) {
            return;
        }
        let access = Access { lanes: event.lanes, addresses: event.addresses, size: event.size };
        let mut first = None;
        access.blocks(self.line, |line| {
            first.get_or_insert(line);
        });
        if let Some(line) = first {
            self.firsts.push((wave.executed(), self.at, line));
        }
    }
}
