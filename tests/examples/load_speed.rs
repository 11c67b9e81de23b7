//! Streams a checkpoint into a target's memory orders, as serving does, and throws the arrays away:
//! `cargo run --release -p kiln-tests --example load_speed -- DIRECTORY TARGET`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example reports to a terminal")]

use std::path::Path;
use std::time::Instant;

use kiln_recipes::linear::Orders;
use kiln_runtime::weights::Layout;
use kiln_runtime::weights::{Checkpoint, Group, Progress, Repack, Weight};
use kiln_targets::{Format, Order, Target};

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [directory, target] = &args[..] else { return Err("usage: DIRECTORY TARGET".into()) };
    let orders = Orders::of(&Target::builtin(target)?);
    let started = Instant::now();
    let checkpoint = Checkpoint::open(Path::new(directory))?;
    println!("opened in {:.3} s", started.elapsed().as_secs_f64());
    for group in Group::ALL {
        let tally = checkpoint.tally(group);
        println!("{group:<24}{:>6} tensors {:>12} bytes", tally.tensors, tally.bytes);
    }
    let total = checkpoint.weights().map(|(_, weight)| weight.bytes()).sum();
    let started = Instant::now();
    let mut shown = 0;
    let mut report = |progress: Progress| {
        if progress.bytes < shown {
            return;
        }
        shown = progress.bytes + progress.total / 100;
        let done = progress.bytes as f64 / 1e9;
        let rate = done / started.elapsed().as_secs_f64();
        eprint!("\r{done:6.2} of {:.2} GB, {rate:.2} GB/s ", progress.total as f64 / 1e9);
    };
    let mut repack = Repack::new(total, &mut report);
    let mut bytes = 0;
    for (_, weight) in checkpoint.weights() {
        for layout in layouts(&weight, &orders)? {
            bytes += repack.array(&[weight], &layout, &mut |_, _| Ok(()))?;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("\n{bytes} bytes in {seconds:.1} s, {:.2} GB/s", bytes as f64 / seconds / 1e9);
    println!("most memory resident: {}", peak_memory());
    Ok(())
}

/// The arrays of a weight on the target: packed ones repacked, plain ones as they are.
fn layouts(weight: &Weight<'_>, orders: &Orders) -> Result<Vec<Layout>, Error> {
    let format = Format::builtin(weight.format())?;
    let mut layouts = Vec::new();
    for part in &format.parts {
        let order = match part.name.as_str() {
            "quants" => orders.quants.parse()?,
            "scales" => orders.scales.parse()?,
            "zeros" => orders.zeros.parse()?,
            _ => Order::row_major(),
        };
        layouts.push(Layout { format, part, dtype: weight.part(&part.name)?.dtype, order });
    }
    Ok(layouts)
}

/// What the operating system says of this process, mapped files included.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "not known".to_owned(), |line| line.trim().to_owned())
}
