//! What changed between two bundles.

use std::collections::BTreeMap;

use kiln_cache::bundle::{InspectReport, KernelRow};

use super::data::pairs;
use super::{Change, Side};

/// Changes of time below this share are not worth a line.
pub const MARGIN: f64 = 0.02;

/// Decisions of two bundles that differ in kernel, or in time by more than `margin` as a share.
pub fn changes(before: &InspectReport, after: &InspectReport, margin: f64) -> Vec<Change> {
    let (mut old, new) = (sides(before), sides(after));
    let mut changes = Vec::new();
    for (what, after) in new {
        let before = old.remove(&what);
        if before.as_ref().is_none_or(|before| differ(before, &after, margin)) {
            changes.push(Change { what, before, after: Some(after) });
        }
    }
    let gone = old.into_iter().map(|(what, side)| Change { what, before: Some(side), after: None });
    changes.extend(gone);
    changes
}

fn sides(bundle: &InspectReport) -> BTreeMap<String, Side> {
    let side = |row: &KernelRow| {
        let kernel = format!("{} {}", row.recipe, pairs(&row.params));
        (format!("{} {}", row.op, pairs(&row.dims)), Side { kernel, time_us: row.time_us })
    };
    bundle.kernels.iter().map(side).collect()
}

fn differ(before: &Side, after: &Side, margin: f64) -> bool {
    let times = before.time_us.zip(after.time_us);
    let moved = |(before, after): (f64, f64)| (after - before).abs() > margin * before;
    before.kernel != after.kernel
        || times.map_or(before.time_us.is_some() != after.time_us.is_some(), moved)
}
