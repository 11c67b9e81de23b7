//! What a bench found, as a table or as JSON.

use kiln_cache::vocabulary::{Dims, Operation};
use kiln_runtime::device::Description;
use kiln_runtime::{Choice, LaunchTable};
use serde::Serialize;

use super::measure::{Measured, median};
use crate::output::{Columns, note, print, print_json, told};
use crate::workload::{Workload, dims};

/// What is said of times that nobody measured.
const MODELLED: &str = "modelled";

/// The whole report, as written by `kiln bench --json`.
#[derive(Serialize)]
pub(super) struct Report {
    device: String,
    backend: &'static str,
    /// `measured`, or `modelled` where times come from a description of the chip.
    provenance: &'static str,
    target: String,
    rows: Vec<Row>,
    /// Requests that could not be run, and why.
    skipped: Vec<String>,
    #[serde(skip)]
    json: bool,
    #[serde(skip)]
    columns: Columns,
}

/// What one request reached. Times are of one launch, in microseconds.
#[derive(Clone, Serialize)]
pub(super) struct Row {
    pub(super) op: String,
    pub(super) dims: Dims,
    pub(super) recipe: String,
    pub(super) kernel: String,
    pub(super) threads: u32,
    pub(super) time_us: f64,
    /// The time over that of the first request of the operation, sampled in turn with it.
    pub(super) ratio: f64,
    /// The fastest and the slowest sample.
    pub(super) range_us: [f64; 2],
    pub(super) samples: usize,
    /// Bytes read and written by a launch, and how many a second.
    pub(super) bytes: u64,
    pub(super) gbps: f64,
    /// Operations of a launch, and how many a second.
    pub(super) operations: u64,
    pub(super) gops: f64,
    /// The machine's read bandwidth and arithmetic peak in the same minute.
    pub(super) ceiling_gbps: f64,
    pub(super) ceiling_gops: Option<f64>,
    /// Share of the ceiling that bounds the kernel, 1.0 being all of it.
    pub(super) share: f64,
    /// `memory` or `arithmetic`: the ceiling that allows the fewer launches a second.
    pub(super) bound: &'static str,
}

impl Row {
    /// Compares medians; the ratio and the number of threads are filled in by the caller.
    pub(super) fn new(
        operation: &Operation,
        choice: &Choice<'_>,
        workload: &Workload,
        measured: &Measured,
    ) -> Self {
        let middle = |figures: &[f64]| median(figures).unwrap_or(f64::NAN);
        let end = |figure: Option<&f64>| figure.copied().unwrap_or(f64::NAN) * 1e6;
        let seconds = middle(&measured.seconds);
        let bandwidth = middle(&measured.bandwidth);
        let peak = median(&measured.peak);
        let memory = workload.bytes as f64 / bandwidth;
        let arithmetic = peak.map_or(0.0, |peak| workload.operations as f64 / peak);
        Self {
            op: Operation { dims: Dims::new(), ..operation.clone() }.to_string(),
            dims: choice.dims.clone(),
            recipe: choice.entry.recipe.clone(),
            kernel: choice.entry.name.clone(),
            threads: 0,
            time_us: seconds * 1e6,
            ratio: 1.0,
            range_us: [end(measured.seconds.first()), end(measured.seconds.last())],
            samples: measured.seconds.len(),
            bytes: workload.bytes,
            gbps: workload.bytes as f64 / seconds / 1e9,
            operations: workload.operations,
            gops: workload.operations as f64 / seconds / 1e9,
            ceiling_gbps: bandwidth / 1e9,
            ceiling_gops: peak.map(|peak| peak / 1e9),
            share: memory.max(arithmetic) / seconds,
            bound: if memory >= arithmetic { "memory" } else { "arithmetic" },
        }
    }

    fn cells(&self) -> Vec<String> {
        let (rate, ceiling) = match self.bound {
            "memory" => (format!("{:.1} GB/s", self.gbps), format!("{:.1}", self.ceiling_gbps)),
            _ => (
                format!("{:.0} Gop/s", self.gops),
                self.ceiling_gops.map_or_else(String::new, |peak| format!("{peak:.0}")),
            ),
        };
        let [low, high] = self.range_us;
        vec![
            self.op.clone(),
            dims(&self.dims),
            self.recipe.clone(),
            self.threads.to_string(),
            format!("{:.1}", self.time_us),
            format!("{low:.1}..{high:.1}"),
            format!("{:.2}", self.ratio),
            rate,
            ceiling,
            format!("{:.0} %", self.share * 100.0),
        ]
    }
}

impl Report {
    /// A report without rows; the columns are as wide as the bundle's requests need.
    pub(super) fn new(table: &LaunchTable, device: &Description, json: bool) -> Self {
        let bundle = table.bundle();
        let report = bundle.inspect();
        let widest = |texts: Vec<usize>| texts.into_iter().max().unwrap_or(0).max(9);
        let op = widest(report.coverage.iter().map(|row| row.op.len()).collect());
        let size = widest(report.coverage.iter().map(|row| dims(&row.dims).len()).collect());
        let recipe = widest(bundle.kernels().iter().map(|kernel| kernel.recipe.len()).collect());
        let columns = Columns { widths: vec![op, size, recipe, 7, 10, 21, 6, 12, 8, 6], left: 3 };
        Self {
            device: device.name.clone(),
            backend: device.backend,
            provenance: if device.modelled { MODELLED } else { "measured" },
            target: bundle.manifest().target.clone(),
            rows: Vec::new(),
            skipped: Vec::new(),
            json,
            columns,
        }
    }

    /// Prints the heading of the table.
    pub(super) fn begin(&self) -> anyhow::Result<()> {
        if self.json {
            return Ok(());
        }
        let headings = [
            "operation",
            "dims",
            "recipe",
            "threads",
            "median us",
            "range us",
            "ratio",
            "reached",
            "ceiling",
            "share",
        ];
        print(&format!("device  {} ({})\ntarget  {}\n\n", self.device, self.backend, self.target))?;
        print(&self.columns.line(&headings.map(str::to_owned)))
    }

    /// Adds a row; a table grows at once.
    pub(super) fn add(&mut self, row: Row) -> anyhow::Result<()> {
        if !self.json {
            print(&self.columns.line(&row.cells()))?;
        }
        self.rows.push(row);
        Ok(())
    }

    /// Notes a request that could not be run.
    pub(super) fn skip(&mut self, operation: &Operation, free: &Dims, error: &anyhow::Error) {
        let reason = format!("{operation} {} is skipped: {}", dims(free), told(error));
        note(&reason);
        self.skipped.push(reason);
    }

    /// Whether every request was run.
    pub(super) fn is_complete(&self) -> bool {
        self.skipped.is_empty()
    }

    /// Prints what is left to print.
    pub(super) fn end(&self) -> anyhow::Result<()> {
        if self.json {
            return print_json(self);
        }
        print(match self.provenance {
            MODELLED => {
                "\nTimes and ceilings are modelled from the description of the chip; nothing was \
                 measured.\n"
            }
            _ => {
                "\nCeilings are medians of this machine's read bandwidth (GB/s) or arithmetic \
                 peak (Gop/s)\nwith the same threads, measured in turn with each sample. The ratio is to the first \
                 request\nof the operation; all requests of an operation are sampled in turn.\n"
            }
        })
    }
}
