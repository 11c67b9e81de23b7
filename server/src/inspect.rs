//! `kiln inspect`: what is in a bundle.

use kiln_cache::bundle::{Bundle, InspectReport};
use kiln_cache::vocabulary::Provenance;

use crate::Found;
use crate::cli::Inspect;
use crate::explain::explain;
use crate::output::{print, print_json};

/// Prints the report of a bundle.
pub(crate) fn inspect(arguments: &Inspect) -> anyhow::Result<Found> {
    let bundle = Bundle::open(&arguments.file)?;
    if let Some(filter) = &arguments.explain {
        return explain(arguments, bundle, filter);
    }
    let report = bundle.inspect();
    if arguments.json {
        print_json(&report)?;
    } else {
        print(&(report.to_table() + &caution(&report)))?;
    }
    Ok(Found::Nothing)
}

/// Says plainly which times were not taken on the target.
fn caution(report: &InspectReport) -> String {
    let count = |kind| report.kernels.iter().filter(|row| row.provenance == kind).count();
    let total = report.kernels.len();
    let line = |count: usize, text: &str| match count {
        0 => String::new(),
        _ => format!("{count} of {total} times are {text}\n"),
    };
    let modelled = "modelled: computed from the code, not measured on a device";
    let transferred = "transferred: measured on a sibling of the target, not on the target";
    line(count(Provenance::Modelled), modelled) + &line(count(Provenance::Transferred), transferred)
}
