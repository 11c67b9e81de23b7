//! `kiln bench`: the kernels of a bundle against the machine's own ceilings.

mod measure;
mod report;
mod workload;

use std::time::Duration;

use anyhow::{Context, bail};
use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::{Dims, Operation};
use kiln_runtime::LaunchTable;
use kiln_runtime::device::{Device, open};

use crate::Found;
use crate::cli::Bench;
use measure::Sampling;
use report::{Report, Row};
use workload::Workload;

/// Time for the samples of one kernel; there are fewer where it is used up.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Runs every request that the bundle covers and prints what it reached.
pub(crate) fn bench(arguments: &Bench) -> anyhow::Result<Found> {
    let bundle = Bundle::open(&arguments.file)?;
    let mut device = open(arguments.device.into(), Some(&bundle.manifest().target))?;
    let device = &mut *device;
    let table = LaunchTable::load(bundle, device)?;
    let requests = requests(&table, arguments.only.as_deref());
    if requests.is_empty() {
        bail!("no request that {} covers is chosen by --only", arguments.file.display());
    }
    let mut report = Report::new(&table, device.describe(), arguments.json);
    report.begin()?;
    for (operation, free) in requests {
        for threads in &arguments.threads {
            device.use_threads(*threads)?;
            let used = if *threads == 0 { device.describe().threads } else { *threads };
            match run(device, &table, &operation, &free, arguments.samples) {
                Ok(row) => report.add(Row { threads: used, ..row })?,
                Err(error) => report.skip(&operation, &free, &error),
            }
        }
    }
    report.end()?;
    Ok(if report.is_complete() { Found::Nothing } else { Found::Damage })
}

/// The requests whose text contains `only`, in the bundle's order.
fn requests(table: &LaunchTable, only: Option<&str>) -> Vec<(Operation, Dims)> {
    let bundle = table.bundle();
    let request = |covered: &kiln_cache::bundle::Covered| {
        let operation = bundle.tables()[covered.table as usize].operation();
        (operation.clone(), covered.dims.clone())
    };
    let chosen = |(operation, free): &(Operation, Dims)| {
        let (label, dims) = (operation.to_string(), report::dims(free));
        only.is_none_or(|only| label.contains(only) || format!("{dims},").contains(only))
    };
    bundle.coverage().iter().map(request).filter(chosen).collect()
}

fn run(
    device: &mut dyn Device,
    table: &LaunchTable,
    operation: &Operation,
    free: &Dims,
    samples: u32,
) -> anyhow::Result<Row> {
    let choice = table.select(operation, free)?;
    let workload = Workload::make(device, operation, &choice)?;
    let sampling = Sampling { samples, limit: TIME_LIMIT };
    let measured = sampling.run(device, &workload)?;
    workload.free(device).with_context(|| format!("kernel {}", choice.entry.name))?;
    Ok(Row::new(operation, &choice, &workload, &measured))
}
