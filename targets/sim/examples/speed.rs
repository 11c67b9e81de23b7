//! Prints how fast a kernel executes.
//!
//! ```text
//! speed OBJECT KERNEL GRID BLOCK [groups=N] [threads=N] [lds=BYTES] [ARGUMENT...]
//! ```
//!
//! GRID and BLOCK are three numbers with commas. With `groups=N` only the first N workgroups run. The other
//! arguments make up the kernel's: `buffer:BYTES` allocates memory with a fixed pattern in it, `i32:VALUE`
//! and `f32:VALUE` stand for themselves.

#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use kiln_sim::machine::{Groups, Launch, Machine, kernarg};
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::CodeObject;
use kiln_targets::Target;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [object, kernel, grid, block, rest @ ..] = arguments.as_slice() else {
        return Err("usage: speed OBJECT KERNEL GRID BLOCK [groups=N] [ARGUMENT...]".into());
    };
    let object = CodeObject::parse(&std::fs::read(object)?)?;
    let memory = Arc::new(Memory::new());
    let machine = Machine::new(&Target::builtin("gfx1151")?, &object, Arc::clone(&memory))?;
    let mut launch = Launch::new(kernel, triple(grid)?, triple(block)?, Vec::new());
    for text in rest {
        option_or_argument(text, &mut launch, &memory)?;
    }
    if let Some(info) = object.kernel_named(kernel) {
        kernarg::fill_hidden(
            info,
            launch.grid,
            launch.block,
            launch.dynamic_lds,
            &mut launch.kernarg,
        );
    }
    let start = Instant::now();
    let stats = machine.run(&launch, |_| ())?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{} workgroups, {} waves, {} instructions",
        stats.groups, stats.waves, stats.instructions
    );
    let millions = stats.instructions as f64 / seconds / 1e6;
    println!("{seconds:.3} s, {millions:.2} million wave-instructions per second");
    Ok(())
}

fn triple(text: &str) -> Result<[u32; 3], Box<dyn Error>> {
    let numbers: Vec<u32> = text.split(',').map(str::parse).collect::<Result<_, _>>()?;
    numbers.try_into().map_err(|_| format!("`{text}` should be three numbers").into())
}

fn option_or_argument(
    text: &str,
    launch: &mut Launch,
    memory: &Memory,
) -> Result<(), Box<dyn Error>> {
    if let Some((name, value)) = text.split_once('=') {
        match name {
            "threads" => launch.threads = value.parse()?,
            "lds" => launch.dynamic_lds = value.parse()?,
            "groups" => launch.groups = Groups::Listed(first_groups(launch.grid, value.parse()?)),
            _ => return Err(format!("no option `{name}`").into()),
        }
        return Ok(());
    }
    let (kind, value) = text.split_once(':').ok_or("arguments read `kind:value`")?;
    let bytes = match kind {
        "i32" => value.parse::<i32>()?.to_le_bytes().to_vec(),
        "f32" => value.parse::<f32>()?.to_le_bytes().to_vec(),
        "buffer" => pattern(memory, value.parse()?)?.to_le_bytes().to_vec(),
        _ => return Err(format!("no kind of argument `{kind}`").into()),
    };
    launch.kernarg.resize(launch.kernarg.len().next_multiple_of(bytes.len()), 0);
    launch.kernarg.extend(bytes);
    Ok(())
}

fn first_groups([x, y, z]: [u32; 3], count: usize) -> Vec<[u32; 3]> {
    let all = (0..z).flat_map(|z| (0..y).flat_map(move |y| (0..x).map(move |x| [x, y, z])));
    all.take(count).collect()
}

/// A buffer of small numbers, whether read as f16, bf16, bytes or nibbles.
fn pattern(memory: &Memory, size: u64) -> Result<u64, Box<dyn Error>> {
    let base = memory.allocate("buffer", size, Access::ReadWrite, Storage::Dense)?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let chunk: Vec<u8> = (0..1 << 16)
        .map(|i| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let byte = (state >> 56) as u8;
            if i % 2 == 1 { byte & 0x83 | 0x38 } else { byte }
        })
        .collect();
    let mut at = 0;
    while at < size {
        let count = (size - at).min(chunk.len() as u64);
        memory.write(base + at, &chunk[..count as usize])?;
        at += count;
    }
    Ok(base)
}
