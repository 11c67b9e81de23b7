//! `kiln inspect --explain`: where the time of a bundle's kernels goes, by the timing model.

use anyhow::{Context, bail};
use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::{Dims, Operation};
use kiln_runtime::LaunchTable;
use kiln_runtime::device::SimDevice;
use kiln_sim::time::Explanation;
use kiln_targets::Target;
use serde::Serialize;

use crate::Found;
use crate::cli::Inspect;
use crate::output::{print, print_json};
use crate::workload::{Weights, Workload, dims, requests};

/// One request and its explanation.
#[derive(Serialize)]
struct Explained {
    op: String,
    dims: Dims,
    recipe: String,
    #[serde(flatten)]
    explanation: Explanation,
}

/// Models every request whose text contains `filter`.
pub(crate) fn explain(arguments: &Inspect, bundle: Bundle, filter: &str) -> anyhow::Result<Found> {
    let target = Target::builtin(&bundle.manifest().target)?;
    let mut device = SimDevice::new(target).context("there is no timing model of this target")?;
    let table = LaunchTable::load(bundle, &mut device)?;
    let requests = requests(&table, Some(filter));
    match (requests.len(), &arguments.timeline) {
        (0, _) => bail!("no request of {} contains `{filter}`", arguments.file.display()),
        (1, _) | (_, None) => {}
        (count, Some(_)) => bail!(
            "--timeline draws one request, and {count} contain `{filter}`; name dims such as \
             m=16,n=34816 until one is left"
        ),
    }
    let mut all = Vec::new();
    for (operation, free) in &requests {
        let explained = one(arguments, &mut device, &table, operation, free)?;
        if !arguments.json {
            let gap = if all.is_empty() { "" } else { "\n" };
            let (op, dims) = (&explained.op, dims(&explained.dims));
            print(&format!("{gap}{op}  {dims}\n{}", explained.explanation))?;
        }
        all.push(explained);
    }
    if arguments.json {
        print_json(&all)?;
    }
    Ok(Found::Nothing)
}

fn one(
    arguments: &Inspect,
    device: &mut SimDevice,
    table: &LaunchTable,
    operation: &Operation,
    free: &Dims,
) -> anyhow::Result<Explained> {
    let choice = table.select(operation, free)?;
    let mut weights = Weights::default();
    let workload = Workload::make(device, operation, &choice, &mut weights)?;
    let launch = workload.launches.first().context("a request without a launch")?;
    let estimate = device.explain(launch)?;
    workload.free(device)?;
    weights.free(device)?;
    if let Some(path) = &arguments.timeline {
        let svg = estimate.sampled.timeline.svg();
        std::fs::write(path, svg).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Explained {
        op: Operation { dims: Dims::new(), ..operation.clone() }.to_string(),
        dims: choice.dims.clone(),
        recipe: choice.entry.recipe.clone(),
        explanation: Explanation::new(&choice.entry.name, &estimate),
    })
}
