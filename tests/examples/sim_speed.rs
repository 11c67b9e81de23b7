//! How fast the simulator executes the kernel that answers a request, on one core and on two:
//! `cargo run --release -p kiln-tests --example sim_speed -- BUNDLE 'linear_q4 n=34816 m=2048'`.
//!
//! The request is the first whose text holds every given word. Buffers are sized for it and full of
//! small numbers. The sanitizer is off: this is the rate of functional execution.

#![allow(clippy::print_stdout, reason = "an example that reports to a terminal")]

use std::sync::Arc;
use std::time::Instant;

use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::{ArgKind, Dims, KernelEntry};
use kiln_runtime::operands;
use kiln_sim::machine::{Groups, Launch, Machine};
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::CodeObject;
use kiln_targets::Target;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Workgroups that are executed, spread over the grid's first ones.
const GROUPS: usize = 32;

/// Runs on each number of cores, in turn.
const RUNS: usize = 7;

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, words] = &args[..] else { return Err("usage: BUNDLE 'WORDS OF A REQUEST'".into()) };
    let bundle = Bundle::open(file)?;
    let (entry, dims) = chosen(&bundle, words)?;
    let target = Target::builtin(&bundle.manifest().target)?;
    let object = CodeObject::parse(bundle.object(entry.object)?)?;
    let memory = Arc::new(Memory::new());
    let block = [entry.threads, 1, 1];
    let mut launch = Launch::new(&entry.symbol, entry.launch(&dims)?, block, Vec::new());
    launch.kernarg = kernarg(entry, &dims, &memory)?;
    launch.groups = Groups::Listed(first(launch.grid));
    let machine = Machine::new(&target, &object, memory)?;
    println!("{} for {words}: {GROUPS} workgroups, {RUNS} runs", entry.symbol);
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for (rates, threads) in rates.iter_mut().zip([1, 2]) {
            launch.threads = threads;
            let start = Instant::now();
            let stats = machine.run(&launch, |_| ())?;
            rates.push(stats.instructions as f64 / start.elapsed().as_secs_f64() / 1e6);
        }
    }
    for (mut rates, threads) in rates.into_iter().zip([1, 2]) {
        rates.sort_by(f64::total_cmp);
        let (least, median, most) = (rates[0], rates[RUNS / 2], rates[RUNS - 1]);
        println!(
            "{threads} threads: median {median:.1} million wave-instructions/s ({least:.1} to \
             {most:.1})"
        );
    }
    Ok(())
}

/// The kernel of the first request whose text holds every word, and the request's dims.
fn chosen<'b>(bundle: &'b Bundle, words: &str) -> Result<(&'b KernelEntry, Dims), Error> {
    for covered in bundle.coverage() {
        let table = &bundle.tables()[covered.table as usize];
        let dims = table.operation().with_dims(&covered.dims)?;
        let sizes: Vec<String> = dims.iter().map(|(dim, size)| format!("{dim}={size}")).collect();
        let text = format!("{},{}", table.operation(), sizes.join(","));
        let holds =
            |word: &str| text.split([' ', ',', '[', ']', '{', '}']).any(|part| part == word);
        if words.split_whitespace().all(holds) {
            let kernel = &table.rules()[covered.rule as usize].kernel;
            let entry = bundle.kernel(kernel).ok_or("the bundle lacks the kernel")?;
            return Ok((entry, dims));
        }
    }
    Err(format!("no request of the bundle holds `{words}`").into())
}

/// The kernel's arguments: buffers of the request's sizes, and its dims.
fn kernarg(entry: &KernelEntry, dims: &Dims, memory: &Memory) -> Result<Vec<u8>, Error> {
    let mut block = vec![0; entry.kernarg.size as usize];
    for arg in &entry.kernarg.args {
        let bytes = match &arg.kind {
            ArgKind::Buffer { .. } => {
                let bytes = operands::bytes(arg, dims)?.max(1);
                filled(memory, &arg.name, bytes)?.to_le_bytes().to_vec()
            }
            ArgKind::Dim => {
                let size = dims.get(&arg.name).ok_or("a dim is missing")?;
                i32::try_from(*size)?.to_le_bytes().to_vec()
            }
            ArgKind::F32 => 1.0_f32.to_le_bytes().to_vec(),
        };
        let at = arg.offset as usize;
        block[at..at + bytes.len()].copy_from_slice(&bytes);
    }
    Ok(block)
}

/// A buffer whose bytes make small numbers of every type that is used.
fn filled(memory: &Memory, name: &str, bytes: u64) -> Result<u64, Error> {
    let base = memory.allocate(name, bytes, Access::ReadWrite, Storage::Dense)?;
    let chunk: Vec<u8> = (0..1_u32 << 16)
        .map(|at| {
            let byte = (at.wrapping_mul(0x9e37_79b9) >> 24) as u8;
            if at % 2 == 1 { byte & 0x83 | 0x38 } else { byte }
        })
        .collect();
    for at in (0..bytes).step_by(chunk.len()) {
        let count = (bytes - at).min(chunk.len() as u64);
        memory.write(base + at, &chunk[..count as usize])?;
    }
    Ok(base)
}

fn first([x, y, z]: [u32; 3]) -> Vec<[u32; 3]> {
    let all = (0..z).flat_map(|z| (0..y).flat_map(move |y| (0..x).map(move |x| [x, y, z])));
    all.take(GROUPS).collect()
}
