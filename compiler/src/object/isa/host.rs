//! Facts about the machine code of an x86-64 function (AT&T syntax).

use serde::{Deserialize, Serialize};

use super::listing::{Instruction, Listing};
use super::loops;

/// What the machine code of a host function does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFacts {
    /// The function.
    pub symbol: String,
    /// Instructions of the whole function.
    pub instructions: u32,
    /// Vector moves to and from the stack in the whole function.
    pub stack_moves: u32,
    /// The loop where it spends its time, if it has one.
    pub steady: Option<HostLoop>,
}

/// One pass through a loop, every instruction in it counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostLoop {
    /// All instructions.
    pub instructions: u32,
    /// Integer dot products (`vpdpbusd` and its kin, `vpmaddwd`, `vpmaddubsw`).
    pub dots: u32,
    /// Floating-point fused multiply-adds.
    pub fmas: u32,
    /// Instructions that read memory, stack excluded.
    pub loads: u32,
    /// Instructions that write memory, stack excluded.
    pub stores: u32,
    /// Software prefetches.
    pub prefetches: u32,
    /// Vector instructions that read or write the stack: spills and reloads.
    pub stack_moves: u32,
}

impl HostFacts {
    /// Facts of a function in assembly text or a disassembly; `None` if the text does not define
    /// it.
    pub fn of(text: &str, symbol: &str) -> Option<HostFacts> {
        let listing = Listing::parse(text, symbol)?;
        let code = &listing.instructions;
        let product = |at: usize| {
            let one = HostLoop::of(&code[at..=at]);
            one.dots + one.fmas > 0
        };
        let steady = loops::hottest(&listing, product).map(|found| HostLoop::of(&code[found.body]));
        let whole = HostLoop::of(code);
        Some(HostFacts {
            symbol: symbol.to_owned(),
            instructions: whole.instructions,
            stack_moves: whole.stack_moves,
            steady,
        })
    }
}

impl HostLoop {
    fn of(code: &[Instruction]) -> HostLoop {
        let mut facts = HostLoop::default();
        code.iter().for_each(|instruction| facts.add(instruction));
        facts
    }

    fn add(&mut self, instruction: &Instruction) {
        let name = instruction.mnemonic.as_str();
        self.instructions += 1;
        self.dots += u32::from(DOTS.iter().any(|prefix| name.starts_with(prefix)));
        self.fmas += u32::from(name.starts_with("vfm") || name.starts_with("vfnm"));
        let Some(place) = memory(instruction) else { return };
        if name.starts_with("prefetch") {
            self.prefetches += 1;
        } else if place.stack {
            self.stack_moves += u32::from(is_vector(instruction));
        } else if place.written {
            self.stores += 1;
        } else {
            self.loads += 1;
        }
    }
}

const DOTS: [&str; 4] = ["vpdpb", "vpdpw", "vpmaddwd", "vpmaddubsw"];

/// The memory operand of an instruction.
struct Place {
    stack: bool,
    written: bool,
}

fn memory(instruction: &Instruction) -> Option<Place> {
    let name = instruction.mnemonic.as_str();
    if name.starts_with("lea") || name.starts_with("nop") || name.starts_with('j') {
        return None;
    }
    let operands = operands(&instruction.operands);
    let at = operands.iter().position(|operand| operand.contains("(%"))?;
    // The destination stands last; these only read it.
    let reads = ["cmp", "test", "vptest", "push", "prefetch"];
    let written = at + 1 == operands.len()
        && operands.len() > 1
        && !reads.iter().any(|prefix| name.starts_with(prefix));
    let stack = ["(%rsp", "(%rbp"].iter().any(|base| operands[at].contains(base));
    Some(Place { stack, written })
}

fn is_vector(instruction: &Instruction) -> bool {
    ["%xmm", "%ymm", "%zmm"].iter().any(|register| instruction.operands.contains(register))
}

/// Splits operands at the commas outside parentheses.
fn operands(text: &str) -> Vec<&str> {
    let mut depth = 0;
    text.split(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .map(str::trim)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_memory_and_spills_of_the_hottest_loop_are_counted() {
        let text = include_str!("../fixtures/dot_x86.s");
        let facts = HostFacts::of(text, "dot").unwrap();
        let expected = HostLoop {
            instructions: 12,
            dots: 2,
            fmas: 1,
            loads: 4,
            stores: 1,
            prefetches: 1,
            stack_moves: 2,
        };
        assert_eq!(facts.steady, Some(expected));
        assert_eq!((facts.instructions, facts.stack_moves), (18, 3));
        assert_eq!(HostFacts::of(text, "other"), None);
    }
}
