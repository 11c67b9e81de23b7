//! Law 4: kernels for any number of rows read the same packed weights.
//!
//! * A weight is an input with a row for each `n` and columns along `k`.
//! * Two operations on the same `n` and `k` may be asked of one tensor, so they count together.

use std::collections::BTreeMap;

use kiln_cache::vocabulary::{Access, Arg, ArgKind, KernelEntry, Table};

use crate::Violation;

/// Every rule whose kernel wants weights stored otherwise than the first kernel of the same size.
pub fn one_copy(tables: &[Table], kernels: &[KernelEntry]) -> Vec<Violation> {
    let mut first: BTreeMap<Vec<u64>, (&str, Vec<String>)> = BTreeMap::new();
    let mut violations = Vec::new();
    for table in tables.iter().filter(|t| t.operation().name.starts_with("linear")) {
        let dims = &table.operation().dims;
        let size: Vec<u64> = ["n", "k"].iter().filter_map(|d| dims.get(*d).copied()).collect();
        for rule in table.rules() {
            let Some(kernel) = kernels.iter().find(|k| k.name == rule.kernel) else { continue };
            let stored = storage(kernel);
            let (name, agreed) =
                first.entry(size.clone()).or_insert_with(|| (&kernel.name, stored.clone()));
            if *agreed != stored {
                let place = format!("{}, rule '{}'", table.operation(), rule.when);
                let what = format!("{} needs a second copy of the weights of {name}", kernel.name);
                violations.push(Violation::new(place, what));
            }
        }
    }
    violations
}

/// How a kernel wants its weights stored: format, part, type and memory order of each array.
fn storage(kernel: &KernelEntry) -> Vec<String> {
    let mut arrays: Vec<String> = kernel.kernarg.args.iter().filter_map(array).collect();
    arrays.sort();
    arrays
}

fn array(arg: &Arg) -> Option<String> {
    let ArgKind::Buffer { format, part, dtype, shape, order, access, .. } = &arg.kind else {
        return None;
    };
    let along = |axis: usize, dim: &str| shape[axis].dims().any(|of| of == dim);
    let is_weight = *access == Access::In && along(0, "n") && along(1, "k");
    is_weight.then(|| format!("{format}.{part} {dtype:?} {order}"))
}
