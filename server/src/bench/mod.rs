//! `kiln bench`: the kernels of a bundle against the machine's own ceilings, or a whole model.

mod measure;
pub(crate) mod model;
mod report;

use std::time::Duration;

use anyhow::{Context, bail};
use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::{Dims, Operation};
use kiln_runtime::LaunchTable;
use kiln_runtime::device::{Device, open};

use crate::Found;
use crate::cli::Bench;
use crate::workload::{Weights, Workload, requests};
use measure::Sampling;
pub(crate) use measure::median;
use report::{Report, Row};

/// Time for the samples of one kernel; there are fewer where it is used up.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Runs a model, or every request that the bundle covers, and prints what it reached.
pub(crate) fn bench(arguments: &Bench) -> anyhow::Result<Found> {
    if let Some(model) = &arguments.whole.model {
        return model::bench(arguments, model);
    }
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
    for group in requests.chunk_by(|one, next| one.0 == next.0) {
        for threads in &arguments.threads {
            device.use_threads(*threads)?;
            let used = if *threads == 0 { device.describe().threads } else { *threads };
            let rows = run(device, &table, group, arguments.samples)?;
            let first = rows.iter().flatten().map(|row| row.time_us).next().unwrap_or(f64::NAN);
            for ((operation, free), row) in group.iter().zip(rows) {
                match row {
                    Ok(row) => {
                        let ratio = row.time_us / first;
                        report.add(Row { threads: used, ratio, ..row })?;
                    }
                    Err(error) => report.skip(operation, free, &error),
                }
            }
        }
    }
    report.end()?;
    Ok(if report.is_complete() { Found::Nothing } else { Found::Damage })
}

/// Samples the requests of one operation in turn; a row of each, or why there is none.
fn run(
    device: &mut dyn Device,
    table: &LaunchTable,
    group: &[(Operation, Dims)],
    samples: u32,
) -> anyhow::Result<Vec<anyhow::Result<Row>>> {
    let mut shared = Weights::default();
    let (mut rows, mut ready) = (Vec::new(), Vec::new());
    let mut workloads = Vec::new();
    for (operation, free) in group {
        let made = table.select(operation, free).map_err(anyhow::Error::from);
        let made = made.and_then(|choice| {
            let workload = Workload::make(device, operation, &choice, &mut shared)?;
            Ok((choice, workload))
        });
        match made {
            Ok((choice, workload)) => {
                ready.push((rows.len(), operation, choice));
                workloads.push(workload);
                rows.push(Err(anyhow::anyhow!("it was not run")));
            }
            Err(error) => rows.push(Err(error)),
        }
    }
    let sampling = Sampling { samples, limit: TIME_LIMIT };
    let measured = sampling.run(device, &workloads);
    for (((at, operation, choice), workload), measured) in
        ready.iter().zip(&workloads).zip(measured)
    {
        let intact = workload.free(device);
        let row = measured.map(|measured| Row::new(operation, choice, workload, &measured));
        let intact = intact.with_context(|| format!("kernel {}", choice.entry.name));
        rows[*at] = row.and_then(|row| intact.map(|()| row));
    }
    shared.free(device).context("the weights of an operation")?;
    Ok(rows)
}
