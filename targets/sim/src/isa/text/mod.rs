//! Instructions in LLVM's syntax for gfx1151.

mod format;
mod literal;
mod memory;
mod operand;
mod scalar;
mod vector;

use std::fmt;

use super::Inst;
use super::info::Format;

impl fmt::Display for Inst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.format {
            Format::Sop1 | Format::Sop2 | Format::Sopc => scalar::arithmetic(self, f),
            Format::Sopk => scalar::immediate(self, f),
            Format::Sopp => scalar::control(self, f),
            Format::Smem => memory::scalar(self, f),
            Format::Ds => memory::local(self, f),
            Format::Flat | Format::Scratch | Format::Global => memory::flat(self, f),
            Format::Mubuf | Format::Mtbuf => memory::buffer(self, f),
            Format::Vopd => vector::dual(self, f),
            _ => vector::arithmetic(self, f),
        }
    }
}

/// Writes the separator before an operand: a space before the first, commas between.
struct List(bool);

impl List {
    const fn new() -> List {
        List(false)
    }

    fn next(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if std::mem::replace(&mut self.0, true) { ", " } else { " " };
        f.write_str(separator)
    }
}
