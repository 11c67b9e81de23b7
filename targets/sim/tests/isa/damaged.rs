//! Any words and any bytes are decoded or refused, and nothing else.

use kiln_sim::isa::{Program, decode};
use kiln_sim::object::CodeObject;
use proptest::prelude::*;

use crate::compiled::KERNELS;
use crate::llvm;

/// Words that begin every encoding, with any bits behind.
fn word() -> impl Strategy<Value = u32> {
    let encodings = [0x0000_0000, 0x7c00_0000, 0x7e00_0000, 0x8000_0000, 0xb000_0000, 0xbe80_0000];
    let longer = [0xbf00_0000, 0xbf80_0000, 0xc800_0000, 0xcc00_0000, 0xd400_0000, 0xd800_0000];
    let memory = [0xdc00_0000, 0xe000_0000, 0xe800_0000, 0xf400_0000, 0xf800_0000, 0xffff_ffff];
    let begins: Vec<u32> = [encodings, longer, memory].concat();
    (proptest::sample::select(begins), any::<u32>(), 0u32..8)
        .prop_map(|(begin, bits, free)| if free == 0 { bits } else { begin | bits & 0x03ff_ffff })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_words_are_an_instruction_or_an_error(
        words in proptest::collection::vec(word(), 0..4),
        pc in any::<u64>(),
    ) {
        match decode(&words, pc) {
            Ok(inst) => {
                let size = usize::from(inst.size);
                prop_assert!(size % 4 == 0 && size > 0 && size / 4 <= words.len());
                prop_assert!(!inst.to_string().is_empty());
                let (reads, writes) = (inst.reads(), inst.writes());
                for span in reads.as_slice().iter().chain(writes.as_slice()) {
                    prop_assert!(u16::from(span.first) + u16::from(span.count) <= 256);
                }
                let _ = (inst.counters(), inst.branch_target(pc), inst.ds_offsets());
                // What follows an instruction does not change it.
                prop_assert_eq!(decode(&words[..size / 4], pc), Ok(inst));
            }
            Err(error) => {
                prop_assert_eq!(error.pc, pc);
                prop_assert_eq!(error.words(), &words[..words.len().min(3)]);
                prop_assert!(error.to_string().contains("no gfx11 instruction"));
            }
        }
    }

    #[test]
    fn any_code_is_a_program_of_its_length(code in proptest::collection::vec(any::<u8>(), 0..256)) {
        let program = Program::new(0x1000, &code);
        let length: usize = program
            .entries()
            .iter()
            .map(|entry| entry.inst.as_ref().map_or(4, |inst| usize::from(inst.size)))
            .sum();
        prop_assert_eq!(length, code.len() / 4 * 4);
        for (index, entry) in program.entries().iter().enumerate() {
            prop_assert_eq!(program.index_of(entry.pc), Some(index));
        }
    }
}

/// A stream of numbers that is the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// Damages a file in one of the ways in which files are damaged, or forged.
fn damage(file: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..=numbers.below(4) {
        // Headers and notes are where offsets and sizes are.
        let interesting = file.len().min(0x800);
        let anywhere = numbers.below(4) == 0;
        let at = numbers.below(if anywhere { file.len() } else { interesting }.max(1));
        match numbers.below(5) {
            0 => file[at] ^= 1 << numbers.below(8),
            1 => file[at] = numbers.next() as u8,
            2 => {
                let extremes = [0, 1, u64::MAX, u64::MAX / 2, 1 << 32, file.len() as u64];
                let value = extremes[numbers.below(extremes.len())].to_le_bytes();
                let end = (at / 8 * 8 + 8).min(file.len());
                let start = end.saturating_sub(8);
                file[start..end].copy_from_slice(&value[..end - start]);
            }
            3 => file.truncate(at.max(1)),
            _ => {
                let from = numbers.below(file.len());
                let count = numbers.below(64).min(file.len() - from.max(at));
                file.copy_within(from..from + count, at);
            }
        }
        if file.len() < 2 {
            break;
        }
    }
    file
}

#[test]
fn two_thousand_damaged_files_are_read_or_refused() {
    let originals: Vec<Vec<u8>> =
        KERNELS.iter().map(|(_, source)| llvm::compile(source, &["-O1"])).collect();
    let mut numbers = Numbers(11);
    let (mut read, mut refused) = (0, 0);
    for round in 0..2000 {
        let file = damage(&originals[round % originals.len()], &mut numbers);
        match CodeObject::parse(&file) {
            Ok(object) => {
                read += 1;
                let image = object.image_at(0x7f00_0000_0000);
                assert_eq!(image.len(), object.image().len());
                assert!(image.len() <= 256 << 20);
                for code in object.code().take(4) {
                    let code = &image[code];
                    let program = Program::new(0, &code[..code.len().min(1 << 16)]);
                    assert!(program.entries().len() * 4 <= code.len());
                }
                for kernel in object.kernels() {
                    assert!(object.code().any(|code| code.contains(&(kernel.entry as usize))));
                }
            }
            Err(error) => {
                refused += 1;
                assert!(error.to_string().contains("code object"), "{error}");
            }
        }
    }
    assert!(read > 100 && refused > 100, "{read} read, {refused} refused");
}
