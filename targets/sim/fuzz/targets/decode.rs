//! Any words are an instruction or an error, and what is an instruction has a text.
#![no_main]

use kiln_sim::isa::{Program, decode};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let program = Program::new(0, bytes);
    for entry in program.entries() {
        let Ok(inst) = &entry.inst else { continue };
        assert!(!inst.to_string().is_empty());
        let _ = (inst.reads(), inst.writes(), inst.counters(), inst.branch_target(entry.pc));
        let at = entry.pc as usize;
        let words: Vec<u32> = bytes[at..at + usize::from(inst.size)]
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        assert_eq!(decode(&words, entry.pc), Ok(*inst));
    }
});
