//! What a group of tests found: how many passed, what they executed, and each failure in words.

use std::collections::BTreeSet;
use std::fmt;

/// The outcome of a group.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) passes: usize,
    /// Mnemonics that a passing test executed, as LLVM's disassembler names them.
    pub(crate) executed: BTreeSet<String>,
    /// Mnemonics of everything that a compiler made for the tests.
    pub(crate) compiled: BTreeSet<String>,
    pub(crate) failures: Vec<String>,
}

impl Report {
    pub(crate) fn passed<'n>(&mut self, executed: impl Iterator<Item = &'n str>) {
        self.passes += 1;
        self.executed.extend(executed.flat_map(crate::llvm::opcodes));
    }

    pub(crate) fn failed(&mut self, name: &str, what: &str) {
        self.failures.push(format!("{name}\n    {what}"));
    }

    pub(crate) fn assert(&self, group: &str) {
        println!("{group}: {} of {} passed", self.passes, self.passes + self.failures.len());
        assert!(self.failures.is_empty(), "{self}");
        assert!(self.passes > 0, "{group}: no test ran");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} failed, {} passed", self.failures.len(), self.passes)?;
        self.failures.iter().try_for_each(|failure| writeln!(f, "{failure}"))
    }
}
