//! The requests that a bundle covers, by text.

use kiln_cache::bundle::Covered;
use kiln_cache::vocabulary::{Dims, Operation};
use kiln_runtime::LaunchTable;

/// The requests whose operation or dims contain `only`, in the bundle's order.
pub(crate) fn requests(table: &LaunchTable, only: Option<&str>) -> Vec<(Operation, Dims)> {
    let bundle = table.bundle();
    let request = |covered: &Covered| {
        let operation = bundle.tables()[covered.table as usize].operation();
        (operation.clone(), covered.dims.clone())
    };
    let chosen = |(operation, free): &(Operation, Dims)| {
        let all = operation.dims.iter().chain(free).map(|(name, size)| (name.clone(), *size));
        let (label, dims) = (operation.to_string(), dims(&all.collect()));
        only.is_none_or(|only| label.contains(only) || format!("{dims},").contains(only))
    };
    bundle.coverage().iter().map(request).filter(chosen).collect()
}

/// `k=5120,m=1,n=34816`
pub(crate) fn dims(dims: &Dims) -> String {
    let pairs: Vec<String> = dims.iter().map(|(name, size)| format!("{name}={size}")).collect();
    pairs.join(",")
}
