//! Wait counters: what `s_waitcnt*` waits for.

use serde::{Deserialize, Serialize};

use super::listing::Instruction;

/// How many operations of each kind may stay in flight; `None` does not wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Loads from global and private memory.
    pub vmcnt: Option<u32>,
    /// Stores to global and private memory.
    pub vscnt: Option<u32>,
    /// Local memory and scalar loads.
    pub lgkmcnt: Option<u32>,
    /// Exports.
    pub expcnt: Option<u32>,
}

impl Wait {
    /// What a wait instruction waits for.
    pub fn of(instruction: &Instruction) -> Wait {
        let operands = instruction.operands.as_str();
        let mut wait = Wait::default();
        match instruction.mnemonic.as_str() {
            "s_waitcnt" => match number(operands) {
                Some(encoded) => wait.decode(encoded),
                None => wait.named(operands),
            },
            "s_waitcnt_vmcnt" => wait.vmcnt = last(operands),
            "s_waitcnt_vscnt" => wait.vscnt = last(operands),
            "s_waitcnt_lgkmcnt" => wait.lgkmcnt = last(operands),
            "s_waitcnt_expcnt" => wait.expcnt = last(operands),
            _ => {}
        }
        wait
    }

    fn named(&mut self, operands: &str) {
        let fields = operands.split(['&', ' ']).filter_map(|word| {
            let (name, rest) = word.trim().split_once('(')?;
            Some((name, number(rest.strip_suffix(')')?)?))
        });
        for (name, count) in fields {
            match name {
                "vmcnt" => self.vmcnt = Some(count),
                "lgkmcnt" => self.lgkmcnt = Some(count),
                "expcnt" => self.expcnt = Some(count),
                _ => {}
            }
        }
    }

    /// The gfx11 encoding: vmcnt in bits 10-15, lgkmcnt in 4-9, expcnt in 0-2; all ones do not
    /// wait.
    fn decode(&mut self, encoded: u32) {
        let field =
            |low: u32, mask: u32| Some(encoded >> low & mask).filter(|count| *count != mask);
        self.vmcnt = field(10, 63);
        self.lgkmcnt = field(4, 63);
        self.expcnt = field(0, 7);
    }
}

fn last(operands: &str) -> Option<u32> {
    number(operands.rsplit(',').next()?)
}

fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_by_name_number_and_separate_instruction() {
        let wait = |mnemonic: &str, operands: &str| {
            let (mnemonic, operands) = (mnemonic.to_owned(), operands.to_owned());
            Wait::of(&Instruction { mnemonic, operands, target: None })
        };
        let both = Wait { vmcnt: Some(3), lgkmcnt: Some(0), ..Wait::default() };
        assert_eq!(wait("s_waitcnt", "vmcnt(3) lgkmcnt(0)"), both);
        assert_eq!(wait("s_waitcnt", "vmcnt(3) & lgkmcnt(0)"), both);
        assert_eq!(wait("s_waitcnt", "0x0c07"), both);
        assert_eq!(wait("s_waitcnt_vscnt", "null, 0x2").vscnt, Some(2));
        assert_eq!(wait("s_waitcnt_depctr", "0xfff"), Wait::default());
    }
}
