//! What a check says: a row for each kernel and size, and how many of them agree.

use std::collections::BTreeMap;

use kiln_cache::vocabulary::{Dims, Operation};
use serde::{Deserialize, Serialize};

use super::answers::{COLUMNS, ROWS, TOGETHER};
use super::rig::SIMULATED;
use crate::cli::args::Check;
use crate::pipeline::Point;
use crate::progress::aligned;

/// One line of the result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    /// The operation.
    operation: String,
    /// The recipe.
    recipe: String,
    /// Its parameters.
    params: String,
    /// Dims of the problem that ran; empty where there were several.
    dims: Dims,
    /// Dims of the request that the bundle answers; the problem's where nothing was cut.
    #[serde(default, skip_serializing_if = "Dims::is_empty")]
    pub(super) request: Dims,
    /// What disagrees, by what was tried; absent where it agrees.
    pub(super) verdicts: BTreeMap<String, Option<String>>,
    /// Relative RMS error against unquantised activations.
    pub(super) error: Option<f64>,
    /// When it was found, where it was not found just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) remembered: Option<String>,
}

impl Row {
    /// A row for a candidate at these dims, without a verdict.
    pub(super) fn new(point: &Point, dims: Dims) -> Self {
        let (name, attributes) = (point.spec.operation.clone(), point.spec.attributes.clone());
        Self {
            operation: Operation { name, attributes, ..Operation::default() }.to_string(),
            recipe: point.spec.recipe.clone(),
            params: point.spec.point(),
            dims,
            request: Dims::new(),
            verdicts: BTreeMap::new(),
            error: None,
            remembered: None,
        }
    }

    /// Whether nothing disagrees.
    pub(super) fn agrees(&self) -> bool {
        self.verdicts.values().all(Option::is_none)
    }

    /// The row in one line: what it is about, and its verdicts.
    pub(super) fn line(&self) -> String {
        let Self { operation, recipe, params, .. } = self;
        format!("{operation} {recipe} {{ {params} }} {}: {}", self.sizes(), self.words())
    }

    fn sizes(&self) -> String {
        let pair = |(name, size): (&String, &u64)| format!("{name}={size}");
        self.dims.iter().map(pair).collect::<Vec<_>>().join(" ")
    }

    fn words(&self) -> String {
        let verdict = |(what, why): (&String, &Option<String>)| match why {
            None => format!("{what} agrees"),
            Some(why) => format!("{what}: {}", why.replace('\n', " ")),
        };
        self.verdicts.iter().map(verdict).collect::<Vec<_>>().join(", ")
    }
}

/// The rows for people.
pub(super) fn table(rows: &[Row]) -> String {
    let head = ["operation", "recipe", "parameters", "dims", "error", "verdict"];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    cells.extend(rows.iter().map(|row| {
        vec![
            row.operation.clone(),
            row.recipe.clone(),
            row.params.clone(),
            row.sizes(),
            row.error.map_or("-".to_owned(), |error| format!("{error:.1e}")),
            row.words(),
        ]
    }));
    aligned(&cells)
}

/// How many agree, and what the check did not look at.
pub(super) fn summary(rows: &[Row], arguments: &Check) -> String {
    let (right, all) = (rows.iter().filter(|row| row.agrees()).count(), rows.len());
    let cut = rows.iter().filter(|row| !row.request.is_empty() && row.dims != row.request).count();
    let simulated = rows.iter().any(|row| row.verdicts.contains_key(SIMULATED));
    let note = match (arguments.bundle.is_some(), arguments.full) {
        (true, true) if simulated => format!(
            "; real sizes; {ROWS} rows of tokens and {COLUMNS} of weights repeat, and the \
             workgroups of three repetitions were executed, the first and the last among them; rows \
             that belong together were executed whole, {TOGETHER} of them at most"
        ),
        (true, true) => format!(
            "; real sizes; {ROWS} rows of tokens and {COLUMNS} of weights repeat, and each element \
             was compared in one of its places; of rows that belong together {TOGETHER} at most"
        ),
        (true, false) if cut > 0 => format!(
            "; {cut} with n cut to {COLUMNS} or m to {ROWS}, the depth k is real; --full runs real \
             sizes"
        ),
        _ => String::new(),
    };
    let when = rows.iter().find_map(|row| row.remembered.as_ref()).map(|when| {
        format!(
            "remembered: nothing was executed now; this is what was found on {when} with the same \
             bundle and the same programs. Without --remembered it is checked again\n"
        )
    });
    format!("\n{right} of {all} agree with their reference{note}\n{}", when.unwrap_or_default())
}
