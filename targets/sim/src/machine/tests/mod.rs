//! What instructions do to a wave, from their words. Each row's text is what LLVM 22 assembles to the words.

mod control;
mod matrices;
mod memory;
mod values;

use std::sync::Arc;

use super::code::Code;
use super::fault::{Cause, Stop};
use super::group::{Pause, turn};
use super::lanes::Lanes;
use super::local::Lds;
use super::scratch::Scratch;
use super::vector_memory::Memories;
use super::wave::{EXEC, Wave};
use crate::memory::{Access, Memory, Storage};

const BASE: u64 = 0x10_0000;
const END: u32 = 0xbfb0_0000;

/// MODE as HSA sets it up: round to nearest, keep denormals, clamp NaNs to zero, IEEE.
const MODE: u32 = 0x3f0;

/// A wave with memory around it.
struct Bench {
    wave: Wave,
    memory: Arc<Memory>,
    lds: Lds,
    scratch: Scratch,
    /// 256 bytes of device memory.
    buffer: u64,
}

impl Bench {
    fn new() -> Self {
        let memory = Arc::new(Memory::new());
        let buffer = memory.allocate("buffer", 256, Access::ReadWrite, Storage::Dense).unwrap();
        let mut wave = Wave::new(0, MODE);
        wave.sgprs[EXEC] = u32::MAX;
        Self { wave, memory, lds: Lds::new(1024), scratch: Scratch::new(64), buffer }
    }

    /// Executes `words` and then ends the wave.
    fn run(&mut self, words: &[u32]) -> Result<(), Stop> {
        self.run_within(words, 1 << 20)
    }

    /// The same with a budget of instructions.
    fn run_within(&mut self, words: &[u32], budget: u64) -> Result<(), Stop> {
        let mut all: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        all.extend(END.to_le_bytes());
        let code = Code::new([(BASE, &all[..])].into_iter());
        self.wave.pc = BASE;
        let view = self.memory.view();
        let mut memories = Memories { view: &view, lds: &mut self.lds, scratch: &mut self.scratch };
        while turn(&mut self.wave, &code, &mut memories, budget, &mut ())? != Pause::End {}
        Ok(())
    }

    /// The cause that stops `words`.
    fn stop(&mut self, words: &[u32]) -> Cause {
        self.run(words).unwrap_err().cause
    }

    fn set(&mut self, register: usize, f: impl Fn(usize) -> u32) -> &mut Self {
        self.wave.vgprs[register] = Lanes::from_fn(f);
        self
    }

    fn get(&self, register: usize) -> [u32; 32] {
        self.wave.vgprs[register].0
    }

    fn set_address(&mut self, sgpr: usize, address: u64) {
        self.wave.sgprs[sgpr] = address as u32;
        self.wave.sgprs[sgpr + 1] = (address >> 32) as u32;
    }

    fn write(&self, at: u64, bytes: &[u8]) {
        self.memory.write(self.buffer + at, bytes).unwrap();
    }

    fn read<const N: usize>(&self, at: u64) -> [u8; N] {
        let mut bytes = [0; N];
        self.memory.read(self.buffer + at, &mut bytes).unwrap();
        bytes
    }
}

/// Runs an instruction with `v0`, `v1` and `v3` the same in all lanes and gives `v2`, which was `old`.
fn result(words: &[u32], [a, b, c]: [u32; 3], old: u32) -> u32 {
    let mut bench = Bench::new();
    bench.set(0, |_| a).set(1, |_| b).set(3, |_| c).set(2, |_| old);
    bench.run(words).unwrap();
    let out = bench.get(2);
    assert!(out.iter().all(|lane| *lane == out[0]), "lanes differ");
    out[0]
}
