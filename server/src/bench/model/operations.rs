//! Where the time of a step goes, operation by operation.

use std::collections::BTreeMap;

use kiln_cache::vocabulary::Operation;
use kiln_runtime::plan::{Batch, Issued};
use serde::Serialize;

use super::clock::{Ceilings, Timed};
use super::point::Point;
use super::work::Work;
use crate::output::{Columns, print};

/// The launches of one operation in a step.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// The operation.
    op: String,
    /// Name of the kernel.
    kernel: String,
    /// Launches of it.
    launches: usize,
    /// Time of all of them in microseconds.
    us: f64,
    /// Share of the step.
    share: f64,
    /// Bytes that a launch moves at least.
    bytes: f64,
    /// Operations of a launch's products.
    operations: f64,
    /// Share of the roofline that the launches reach together.
    roofline: f64,
    /// The resource that binds the last of them; absent where times are measured.
    bound: Option<&'static str>,
    #[serde(skip)]
    short: String,
    #[serde(skip)]
    shortest_us: f64,
}

/// The operations of a step, those that take longest first.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Operations {
    step: Point,
    us: f64,
    rows: Vec<Row>,
}

/// Collects the launches of a step.
#[derive(Default)]
pub(super) struct Collector {
    rows: BTreeMap<(String, String), Row>,
}

impl Collector {
    /// Adds the launches of a pass.
    pub(super) fn add(
        &mut self,
        issued: &[Issued<'_>],
        times: &[Timed],
        batch: &Batch,
        (ceilings, host): (&Ceilings, bool),
    ) {
        for (issued, timed) in issued.iter().zip(times) {
            let work = Work::of(issued, batch, host);
            let key = (issued.operation.to_string(), issued.entry.name.clone());
            let row = self.rows.entry(key).or_insert_with_key(|(op, kernel)| Row {
                op: op.clone(),
                kernel: kernel.clone(),
                launches: 0,
                us: 0.0,
                share: 0.0,
                bytes: 0.0,
                operations: 0.0,
                roofline: 0.0,
                bound: None,
                short: short(issued.operation),
                shortest_us: 0.0,
            });
            row.launches += 1;
            row.us += timed.us;
            row.bytes += work.bytes;
            row.operations += work.operations;
            row.bound = timed.bound;
            row.shortest_us += work.shortest(ceilings.bandwidth, |peak| ceilings.peak(peak)) * 1e6;
        }
    }

    /// What was collected, of a step that is called so.
    pub(super) fn finish(self, step: Point) -> Operations {
        let mut rows: Vec<Row> = self.rows.into_values().collect();
        let us = rows.iter().map(|row| row.us).sum();
        for row in &mut rows {
            let count = row.launches as f64;
            row.share = row.us / us;
            row.roofline = row.shortest_us / row.us;
            (row.bytes, row.operations) = (row.bytes / count, row.operations / count);
        }
        rows.sort_by(|a, b| b.us.total_cmp(&a.us));
        Operations { step, us, rows }
    }
}

impl Operations {
    /// Prints the table; `how` says where times come from.
    pub(super) fn print(&self, how: &str) -> anyhow::Result<()> {
        let headings = [
            "operation",
            "kernel",
            "bound by",
            "launches",
            "us each",
            "share",
            "MB",
            "Gop",
            "roofline",
        ];
        let mut lines = vec![headings.map(str::to_owned).to_vec()];
        lines.extend(self.rows.iter().map(Row::cells));
        let widest = |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max();
        let widths = (0..headings.len()).map(|column| widest(column).unwrap_or(0)).collect();
        let columns = Columns { widths, left: 3 };
        let lines: String = lines.iter().map(|cells| columns.line(cells)).collect();
        let all: usize = self.rows.iter().map(|row| row.launches).sum();
        let ms = self.us / 1e3;
        print(&format!("\n{}, {how}: {all} launches, {ms:.2} ms\n\n{lines}", self.step))
    }
}

impl Row {
    fn cells(&self) -> Vec<String> {
        vec![
            self.short.clone(),
            self.kernel.clone(),
            self.bound.unwrap_or("").to_owned(),
            self.launches.to_string(),
            format!("{:.1}", self.us / self.launches as f64),
            format!("{:.1} %", self.share * 100.0),
            format!("{:.2}", self.bytes / 1e6),
            format!("{:.2}", self.operations / 1e9),
            format!("{:.0} %", self.roofline * 100.0),
        ]
    }
}

/// An operation by what tells it from others of its model: `linear_q4 silu_mul k=5120 n=17408`.
fn short(operation: &Operation) -> String {
    let attributes = ["epilogue", "to", "state"].into_iter().filter_map(|name| {
        let value = operation.attributes.get(name)?;
        (value != "none").then(|| format!(" {value}"))
    });
    let dims = operation.dims.iter().map(|(name, size)| format!(" {name}={size}"));
    attributes.chain(dims).fold(operation.name.clone(), |text, part| text + &part)
}
