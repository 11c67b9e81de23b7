//! Assembly text as a list of instructions with resolved branches.
//!
//! Two dialects are read: what LLVM's assembly printers write (labels are lines) and what
//! `llvm-objdump` writes (every instruction has an address). x86 is in AT&T syntax.

use std::collections::HashMap;

/// One machine instruction; a dual-issue pair (`::`) is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Mnemonic with its suffixes.
    pub mnemonic: String,
    /// Operands and modifiers as written.
    pub operands: String,
    /// Index of the instruction that a branch goes to, where it is in the same function.
    pub target: Option<usize>,
}

/// The instructions of one function, in address order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// All of them, padding after the end included.
    pub instructions: Vec<Instruction>,
}

impl Listing {
    /// The instructions of a function, or `None` if the text does not define it.
    pub fn parse(text: &str, function: &str) -> Option<Listing> {
        let mut reader = Reader::default();
        let mut lines = text.lines();
        lines.find(|line| header(line) == Some(function))?;
        for line in lines {
            if ends(line, function) {
                break;
            }
            reader.line(line);
        }
        Some(reader.finish(function))
    }
}

/// Where a branch goes, as written.
enum Goal {
    Label(String),
    Offset(String, u64),
}

#[derive(Default)]
struct Reader {
    instructions: Vec<Instruction>,
    goals: Vec<Option<Goal>>,
    labels: HashMap<String, usize>,
    addresses: Vec<Option<u64>>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let (code, comment) = split_comment(line);
        let code = code.trim();
        if let Some(label) = code.strip_suffix(':') {
            self.labels.insert(label.trim().to_owned(), self.instructions.len());
            return;
        }
        let (address, code) = addressed(code, comment);
        let code = code.trim_start_matches(|c: char| c.is_whitespace());
        if code.is_empty() || code.starts_with('.') {
            return;
        }
        let code = without_prefix(code);
        let (mnemonic, operands) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
        self.goals.push(goal(mnemonic, operands.trim(), line));
        self.addresses.push(address);
        self.instructions.push(Instruction {
            mnemonic: mnemonic.to_owned(),
            operands: operands.trim().to_owned(),
            target: None,
        });
    }

    fn finish(mut self, function: &str) -> Listing {
        let base = self.addresses.first().copied().flatten();
        for (index, goal) in self.goals.iter().enumerate() {
            self.instructions[index].target = match goal {
                Some(Goal::Label(label)) => self.labels.get(label).copied(),
                Some(Goal::Offset(name, offset)) if name == function => {
                    let address = base.and_then(|base| base.checked_add(*offset));
                    address.and_then(|at| self.addresses.iter().position(|a| *a == Some(at)))
                }
                _ => None,
            };
        }
        Listing { instructions: self.instructions }
    }
}

/// The function that a line begins: `name:` or `0000000000001700 <name>:`.
fn header(line: &str) -> Option<&str> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let name = split_comment(line).0.trim().strip_suffix(':')?;
    match name.split_once(" <") {
        Some((_, name)) => name.strip_suffix('>'),
        None => Some(name.trim_matches('"')),
    }
}

fn ends(line: &str, function: &str) -> bool {
    let end = line.starts_with(".Lfunc_end")
        || line.trim_start().strip_prefix(".size").is_some_and(|rest| {
            rest.trim_start().split(',').next().map(str::trim) == Some(function)
        });
    let local = |name: &str| {
        let digits = name.strip_prefix('L').unwrap_or("-");
        name.starts_with('.') || digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    end || header(line).is_some_and(|name| !local(name))
}

fn split_comment(line: &str) -> (&str, &str) {
    let starts = ["//", ";", "#"].iter().filter_map(|mark| line.find(mark));
    match starts.min() {
        Some(at) => line.split_at(at),
        None => (line, ""),
    }
}

/// The address that a disassembler gives: before the code (x86) or in the comment (AMDGPU).
fn addressed<'l>(code: &'l str, comment: &str) -> (Option<u64>, &'l str) {
    let hex = |text: &str| u64::from_str_radix(text.trim(), 16).ok();
    if let Some((address, rest)) = code.split_once(':')
        && let Some(address) = hex(address)
    {
        // The bytes of the instruction stand between the address and a tab.
        return (Some(address), rest.split_once('\t').map_or("", |(_, code)| code));
    }
    let noted = comment.trim_start_matches('/').split_once(':');
    (noted.and_then(|(address, _)| hex(address)), code)
}

/// Skips encoding hints and prefixes that stand before an x86 mnemonic.
fn without_prefix(code: &str) -> &str {
    let mut rest = code;
    while let Some((first, after)) = rest.split_once(char::is_whitespace) {
        let hint = first.starts_with('{') || ["lock", "rep", "notrack", "data16"].contains(&first);
        if !hint {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

fn goal(mnemonic: &str, operands: &str, line: &str) -> Option<Goal> {
    let branch = mnemonic.starts_with("s_branch")
        || mnemonic.starts_with("s_cbranch")
        || mnemonic.starts_with('j') && !operands.starts_with('*');
    if !branch {
        return None;
    }
    match line.rsplit_once('<').and_then(|(_, symbol)| symbol.split_once('>')) {
        Some((symbol, _)) => {
            let (name, offset) = symbol.rsplit_once("+0x").unwrap_or((symbol, "0"));
            Some(Goal::Offset(name.to_owned(), u64::from_str_radix(offset, 16).ok()?))
        }
        None => Some(Goal::Label(operands.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief(listing: &Listing) -> Vec<(&str, Option<usize>)> {
        listing.instructions.iter().map(|i| (i.mnemonic.as_str(), i.target)).collect()
    }

    #[test]
    fn printed_and_disassembled_text_give_the_same_instructions() {
        let printed = "other:\n\ts_endpgm\nf:   ; @f\n; %bb.0:\n\ts_mov_b32 s0, 0\n\t.p2align 6\n\
            .LBB0_1: ; =>This Inner Loop\n\ts_add_i32 s0, s0, 1 ; why\n\
            \ts_cbranch_scc1 .LBB0_1\n\ts_endpgm\n.Lfunc_end0:\n\
            \t.size f, .Lfunc_end0-f\n\ts_nop 0\n";
        let disassembled = "0000000000001000 <f>:\n\
            \ts_mov_b32 s0, 0     // 000000001000: BE800080\n\
            \ts_add_i32 s0, s0, 1 // 000000001004: 81008100\n\
            \ts_cbranch_scc1 65534 // 000000001008: BFA2FFFE <f+0x4>\n\
            \ts_endpgm // 00000000100C: BFB00000\n\n0000000000001010 <g>:\n\ts_nop 0\n";
        let expected = [
            ("s_mov_b32", None),
            ("s_add_i32", None),
            ("s_cbranch_scc1", Some(1)),
            ("s_endpgm", None),
        ];
        assert_eq!(brief(&Listing::parse(printed, "f").unwrap()), expected);
        assert_eq!(brief(&Listing::parse(disassembled, "f").unwrap()), expected);
        assert_eq!(Listing::parse(printed, "missing"), None);
    }

    #[test]
    fn x86_text_gives_the_same_instructions_in_both_dialects() {
        let printed = "f: # @f\n\t.cfi_startproc\n.LBB0_1:\n\
            \t{vex}\tvpdpbusd\t(%rdi), %ymm0, %ymm1\n\
            \tdecl\t%esi # n\n\tjne\t.LBB0_1\n\tretq\n.Lfunc_end0:\n";
        let disassembled = "0000000000001200 <f>:\n\
            \x20   1200: c4 e2 7d 50 0f               \t{vex}\tvpdpbusd\t(%rdi), %ymm0, %ymm1\n\
            \x20   1205: ff ce                        \tdecl\t%esi\n\
            \x20   1207: 75 f7                        \tjne\t0x1200 <f>\n\
            \x20   1209: c3                           \tretq\n";
        let expected = [("vpdpbusd", None), ("decl", None), ("jne", Some(0)), ("retq", None)];
        for text in [printed, disassembled] {
            let listing = Listing::parse(text, "f").unwrap();
            assert_eq!(brief(&listing), expected);
            assert_eq!(listing.instructions[0].operands, "(%rdi), %ymm0, %ymm1");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered_without_panicking(
            lines in proptest::collection::vec("[ \\t]?[a-f0-9s_:;#/.<>+x(%), ]{0,24}", 0..40),
        ) {
            let text = format!("f:\n{}", lines.join("\n"));
            let listing = Listing::parse(&text, "f").unwrap();
            let count = listing.instructions.len();
            for instruction in &listing.instructions {
                assert!(instruction.target.is_none_or(|target| target <= count));
            }
            assert!(super::super::IsaFacts::of(&text, "f").is_some());
            assert!(super::super::HostFacts::of(&text, "f").is_some());
        }
    }
}
