//! Times candidates of a linear layer on this machine beside its own ceilings, interleaved:
//! `cargo run --release -p kiln-tests --example host_speed -- M N K THREADS [name=value ...]`.
//! With `weight=bf16` the weights are plain, else packed.

#![allow(clippy::print_stdout, reason = "an example that reports to a terminal")]

use std::collections::BTreeMap;

use kiln_cache::device::Peak;
use kiln_compiler::compile::compile;
use kiln_compiler::lane::ArgKind;
use kiln_recipes::catalogue::recipes;
use kiln_runtime::device::{Arguments, BufferId, Device, HostDevice, Launch, Pointer};
use kiln_targets::Target;

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args[at].parse::<u64>();
    let (m, n, k, threads) = (number(0)?, number(1)?, number(2)?, number(3)?);
    let mut wanted: BTreeMap<&str, &str> =
        args[4..].iter().filter_map(|arg| arg.split_once('=')).collect();
    let dims = BTreeMap::from([("m", m), ("n", n), ("k", k)]);
    let target = Target::builtin(Target::native_host_name()?)?;
    let mut device = HostDevice::new()?;
    device.use_threads(threads as u32)?;
    let mut attributes = BTreeMap::from([("out".to_owned(), "bf16".to_owned())]);
    let weight = wanted.remove("weight");
    if let Some(weight) = weight {
        let own = [("act", "bf16"), ("weight", weight)];
        attributes.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    let operation = if weight.is_some() { "linear" } else { "linear_q4" };
    let (mut runs, mut bytes_read) = (Vec::new(), 0);
    for recipe in recipes(operation, &attributes)? {
        for candidate in recipe.candidates().filter(|c| c.admits(&target).is_ok()) {
            let values = candidate.values();
            let fits = |(name, value): (&&str, &&str)| match *name {
                "recipe" => recipe.name() == *value,
                name => {
                    values.get(name).map(|v| v.to_string().replace('"', "")).as_deref()
                        == Some(value)
                }
            };
            if !wanted.iter().all(fits) {
                continue;
            }
            let program = candidate.build(&target)?;
            let compiled = compile(&program, &target, &[])?;
            let mut bytes = vec![0; compiled.lane.kernarg_bytes.next_multiple_of(8) as usize];
            let mut pointers = Vec::new();
            bytes_read = 0;
            for (number, arg) in compiled.lane.args.iter().enumerate() {
                let at = arg.offset as usize;
                if matches!(arg.kind, ArgKind::Dim) {
                    bytes[at..at + 4]
                        .copy_from_slice(&(dims[arg.name.as_str()] as i32).to_le_bytes());
                    continue;
                }
                let part = &program.parts[number];
                let size = part.extent.map(|extent| {
                    let dim = extent.dim.map_or(1, |dim| dims[program.dims[dim as usize].as_str()]);
                    (dim * u64::from(extent.mul)).div_ceil(extent.div.into()) as usize
                });
                let size = part.order.bytes(size, part.dtype);
                bytes_read += if part.name.starts_with('w') { size } else { 0 };
                let id = filled(&mut device, size)?;
                pointers.push((at, Pointer { buffer: id, plus: 0 }));
            }
            let object = device.load_object(&compiled.linked)?;
            let kernel = device.kernel(object, &compiled.lane.name)?;
            let sizes = [m, n, k];
            let grid = [0, 1, 2].map(|axis| {
                program.grid.get(axis).map_or(1, |extent| {
                    let dim = extent.dim.map_or(1, |dim| sizes[dim as usize]);
                    (dim * u64::from(extent.mul)).div_ceil(extent.div.into()) as u32
                })
            });
            let arguments = Arguments::new(bytes, pointers)?;
            let lds_bytes = compiled.lane.local_bytes();
            let launch = Launch { kernel, grid, threads: 1, lds_bytes, arguments };
            runs.push((format!("{} {candidate}", recipe.name()), launch, Vec::new()));
        }
    }
    let (mut read, mut peak) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        read.push(device.bandwidth()?);
        peak.push(device.peak(Peak::Dot4I8)? / 2.0);
        for (_, launch, times) in &mut runs {
            times.push(device.time(&[launch])?.as_secs_f64());
        }
    }
    let bytes = bytes_read as f64;
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (read, peak) = (median(&mut read), median(&mut peak));
    println!("read {read:.3e} peak {peak:.3e}");
    for (name, _, mut times) in runs {
        let best = times.iter().copied().fold(f64::MAX, f64::min);
        let time = median(&mut times);
        println!(
            "{name}: median {:.3} ms best {:.3}: {:.1} GB/s ({:.0} % of read), {:.1} GMAC/s ({:.0} % of peak)",
            time * 1e3,
            best * 1e3,
            bytes / time / 1e9,
            bytes / time / read * 100.0,
            (m * n * k) as f64 / time / 1e9,
            (m * n * k) as f64 / time / peak * 100.0,
        );
    }
    Ok(())
}

fn filled(device: &mut HostDevice, bytes: usize) -> Result<BufferId, Error> {
    let id = device.alloc(bytes as u64, 4096)?;
    let mut seed = 1_u64;
    let data: Vec<u8> = (0..bytes)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 56) as u8 & 0x3f
        })
        .collect();
    device.write(id, 0, &data)?;
    Ok(id)
}
