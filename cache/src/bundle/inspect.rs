//! What `kiln inspect` shows of a bundle.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::header::FORMAT_VERSION;
use super::manifest::Model;
use super::read::Bundle;
use crate::text::aligned;
use crate::vocabulary::{Dims, Operation, Provenance, Rule, Table, pairs};

/// The report, as written by `kiln inspect --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InspectReport {
    /// Format version of the file.
    pub format: u32,
    /// Name of the target.
    pub target: String,
    /// The model it was tuned for.
    pub model: Model,
    /// Versions of everything that shaped the code.
    pub toolchain: BTreeMap<String, String>,
    /// One row per decision, in the order of the tables.
    pub kernels: Vec<KernelRow>,
    /// One row per request that the bundle was asked to cover.
    pub coverage: Vec<CoverageRow>,
}

/// One decision: a rule of a table and the kernel it answers with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelRow {
    /// The operation with its attributes: `linear_q4[epilogue=none,out=f16]`.
    pub op: String,
    /// The recipe that won.
    pub recipe: String,
    /// Its parameters.
    pub params: BTreeMap<String, Value>,
    /// The dims at which it was decided, fixed and free.
    pub dims: Dims,
    /// Vector registers.
    pub vgprs: u32,
    /// Scalar registers.
    pub sgprs: u32,
    /// Local memory of a workgroup, in bytes.
    pub lds_bytes: u32,
    /// Registers spilled to memory.
    pub spills: u32,
    /// Scratch memory per lane, in bytes.
    pub scratch_bytes: u32,
    /// Machine code, in bytes.
    pub code_bytes: u32,
    /// Where the time comes from.
    pub provenance: Provenance,
    /// Time of one launch, in microseconds.
    pub time_us: Option<f64>,
    /// Share of the roofline: 1.0 is all of it.
    pub roofline: Option<f64>,
    /// Relative RMS error against the f32 reference.
    pub error: f64,
}

/// One covered request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageRow {
    /// The operation with its attributes.
    pub op: String,
    /// The dims of the request, fixed and free.
    pub dims: Dims,
    /// The condition of the rule that covers it.
    pub rule: String,
    /// The kernel that answers it.
    pub kernel: String,
}

impl Bundle {
    /// The report of this bundle.
    pub fn inspect(&self) -> InspectReport {
        let manifest = self.manifest();
        let rules =
            self.tables().iter().flat_map(|table| table.rules().iter().map(move |r| (table, r)));
        InspectReport {
            format: FORMAT_VERSION,
            target: manifest.target.clone(),
            model: manifest.model.clone(),
            toolchain: manifest.toolchain.clone(),
            kernels: rules.map(|(table, rule)| self.kernel_row(table, rule)).collect(),
            coverage: self.coverage_rows(),
        }
    }

    fn kernel_row(&self, table: &Table, rule: &Rule) -> KernelRow {
        let kernel = self.kernel(&rule.kernel).expect("an open bundle's rules should have kernels");
        let statics = &kernel.statics;
        KernelRow {
            op: label(table.operation()),
            recipe: kernel.recipe.clone(),
            params: kernel.params.clone(),
            dims: joined(table.operation(), &rule.dims),
            vgprs: statics.vgprs,
            sgprs: statics.sgprs,
            lds_bytes: statics.lds_bytes,
            spills: statics.spills,
            scratch_bytes: statics.scratch_bytes,
            code_bytes: statics.code_bytes,
            provenance: rule.provenance,
            time_us: rule.time_us,
            roofline: rule.roofline,
            error: rule.error,
        }
    }

    fn coverage_rows(&self) -> Vec<CoverageRow> {
        let rows = self.coverage().iter().map(|covered| {
            let table = &self.tables()[covered.table as usize];
            let rule = &table.rules()[covered.rule as usize];
            CoverageRow {
                op: label(table.operation()),
                dims: joined(table.operation(), &covered.dims),
                rule: rule.when.to_string(),
                kernel: rule.kernel.clone(),
            }
        });
        rows.collect()
    }
}

impl InspectReport {
    /// The report as a table for people.
    pub fn to_table(&self) -> String {
        let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
        rows.extend(self.kernels.iter().map(cells));
        let mut text = self.heading();
        text.push_str(&aligned(&rows));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n{} requests covered", self.coverage.len());
        text
    }

    fn heading(&self) -> String {
        let toolchain: Vec<String> =
            self.toolchain.iter().map(|(name, version)| format!("{name} {version}")).collect();
        format!(
            "target     {}\nmodel      {} (config {})\ntoolchain  {}\nformat     {}\n\n",
            self.target,
            self.model.name,
            self.model.config_hash.short(),
            toolchain.join(", "),
            self.format,
        )
    }
}

const HEADINGS: [&str; 11] = [
    "operation",
    "dims",
    "recipe",
    "params",
    "vgprs",
    "lds",
    "spills",
    "time us",
    "roofline",
    "error",
    "provenance",
];

fn cells(row: &KernelRow) -> Vec<String> {
    let dash = || "-".to_owned();
    let params: Vec<String> =
        row.params.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
    vec![
        row.op.clone(),
        pairs(&row.dims),
        row.recipe.clone(),
        params.join(","),
        row.vgprs.to_string(),
        row.lds_bytes.to_string(),
        row.spills.to_string(),
        row.time_us.map_or_else(dash, |time| format!("{time:.1}")),
        row.roofline.map_or_else(dash, |share| format!("{:.0} %", share * 100.0)),
        format!("{:.1e}", row.error),
        row.provenance.to_string(),
    ]
}

/// A parameter without the quotes of JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The operation without its dims.
fn label(operation: &Operation) -> String {
    Operation { dims: Dims::new(), ..operation.clone() }.to_string()
}

fn joined(operation: &Operation, dims: &Dims) -> Dims {
    operation.with_dims(dims).expect("an open bundle's dims should agree with its operations")
}
