//! The sanitizer on instructions without sense: it may say what it likes, and must come to an end.

use std::sync::Arc;

use kiln_sim::isa::{Unit, decode};
use kiln_sim::machine::{Launch, Machine};
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::CodeObject;
use kiln_sim::strict::Sanitizer;
use kiln_targets::Target;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::harness::{assemble, listing};
use crate::kernels::{Kernel, probe};

/// Words of code that are replaced.
const WORDS: usize = 64;

/// What stands there first, as no other part of the object does.
const MARK: u32 = 0xbf80_5a5a;

const PROGRAMS: u64 = 2000;

fn marked() -> (Vec<u8>, usize) {
    let kernel = Kernel { scratch: 16, lds: 128, vgprs: 256, ..probe() };
    let nops = "\ts_nop 0x5a5a\n".repeat(WORDS);
    let object = assemble(&listing(&kernel).replacen("\t.body\n", &nops, 1));
    let mark = MARK.to_le_bytes().repeat(WORDS);
    let at = object.windows(mark.len()).position(|window| *window == mark[..]);
    (object, at.expect("the marked words should be in the object"))
}

/// A word that begins with the bits of one of the encodings more often than not.
fn word(random: &mut ChaCha8Rng) -> u32 {
    let heads = [
        (0x7e00_0000, 0x01ff_ffff),
        (0x0000_0000, 0x7fff_ffff),
        (0x7c00_0000, 0x01ff_ffff),
        (0xd400_0000, 0x03ff_ffff),
        (0xcc00_0000, 0x00ff_ffff),
        (0xc800_0000, 0x03ff_ffff),
        (0xd800_0000, 0x03ff_ffff),
        (0xdc00_0000, 0x03ff_ffff),
        (0xf400_0000, 0x03ff_ffff),
        (0xbe80_0000, 0x007f_ffff),
        (0xbf00_0000, 0x00ff_ffff),
        (0x8000_0000, 0x3fff_ffff),
        (0x0000_0000, 0xffff_ffff),
    ];
    let (head, tail) = heads[random.random_range(0..heads.len())];
    head | (random.random::<u32>() & tail)
}

/// A program of which most instructions work on registers, so that waves get far.
fn program(random: &mut ChaCha8Rng) -> Vec<u32> {
    let mut words = Vec::new();
    while words.len() + 3 <= WORDS {
        let next = [word(random), random.random(), random.random()];
        let Ok(inst) = decode(&next, 0) else { continue };
        let registers = inst.counters() == Default::default() && inst.op.unit() != Unit::Branch;
        if registers && inst.op.unit() != Unit::End || random.random_ratio(1, 20) {
            words.extend(&next[..usize::from(inst.size / 4)]);
        }
    }
    words.resize(WORDS, 0xbf80_0000);
    words
}

#[test]
fn programs_without_sense_end_in_findings_or_faults() {
    let (mut object, at) = marked();
    let target = Target::builtin("gfx1151").expect("the chip should be known");
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut findings = 0;
    for _ in 0..PROGRAMS {
        let code = program(&mut random).into_iter().flat_map(u32::to_le_bytes);
        object.splice(at..at + 4 * WORDS, code);
        let parsed = CodeObject::parse(&object).expect("the object should be readable");
        let memory = Arc::new(Memory::new());
        let buffer = memory.allocate("buffer", 4096, Access::ReadWrite, Storage::Dense);
        let arguments = buffer.expect("the buffer should fit").to_le_bytes().repeat(2);
        let machine = Machine::new(&target, &parsed, memory).expect("the object should load");
        let sanitizer = Sanitizer::new(&target);
        let shape = Launch::new("probe", [2, 1, 1], [48, 1, 1], arguments);
        let launch = Launch { budget: 1 << 10, threads: 1, ..shape };
        let ended = machine.run(&launch, |_| sanitizer.watch());
        let report = sanitizer.report();
        assert!(ended.is_ok() || !report.is_clean(), "a fault is a finding: {ended:?}");
        findings += report.findings().len();
    }
    assert!(findings > PROGRAMS as usize, "{findings} findings in {PROGRAMS} programs");
}
