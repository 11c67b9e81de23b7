//! `kiln report`: what a bundle or a cache holds.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use kiln_cache::bundle::Bundle;
use kiln_cache::hash::{Digest, Key};
use kiln_cache::store::{Artifact, Store};
use kiln_cache::vocabulary::KernelEntry;
use kiln_compiler::object::disassemble;
use kiln_compiler::object::isa::{Figures, IsaFacts, side_by_side};
use kiln_targets::{Backend, Target};

use super::args::Report;
use super::{Ended, Failure};
use crate::pipeline::{Kept, kept};
use crate::progress::{Progress, aligned};
use crate::report::{self, MARGIN, Side};

/// Columns of weights in one step of recipes that do not say it.
const STEP: u64 = 128;

/// Prints a bundle's winners, or everything that a cache knows of a run, and writes the page.
pub(super) fn run(arguments: &Report) -> Result<Ended, Failure> {
    let progress = Progress::silent();
    let text = match (&arguments.bundle, &arguments.cache) {
        (Some(path), _) => {
            let bundle = open(path)?;
            let page = report::Report::of_bundle(&bundle)?;
            told(&bundle, page, arguments)?
        }
        (None, Some(path)) => of_cache(path, arguments)?,
        (None, None) => return Err(Failure::request("name a bundle, or --cache DIR")),
    };
    progress.result(&text).map_err(Failure::work)?;
    Ok(Ended::Well)
}

/// A bundle that the command was given.
fn open(path: &Path) -> Result<Bundle, Failure> {
    Bundle::open(path).map_err(Failure::request)
}

/// The text of a report; with `--html` the page is written too.
fn told(bundle: &Bundle, mut page: report::Report, arguments: &Report) -> Result<String, Failure> {
    if let Some(place) = &arguments.before {
        page.changes = report::changes(&open(place)?.inspect(), &bundle.inspect(), MARGIN);
        page.compared_with = Some(place.display().to_string());
    }
    if let Some(place) = &arguments.html {
        let refuse = |error| Failure::request(format!("cannot write {}: {error}", place.display()));
        std::fs::write(place, report::html(&page)).map_err(refuse)?;
    }
    let mut text = text(&page);
    if arguments.isa {
        text += &isa(bundle)?;
    }
    Ok(text)
}

/// Winners, noise, rejections and changes.
fn text(page: &report::Report) -> String {
    let mut text = winners(page);
    if let Some([start, end]) = page.noise {
        let (start, end) = (100.0 * start, 100.0 * end);
        text += &format!("\nnoise floor {start:.1} % at the start, {end:.1} % at the end\n");
    }
    for (operation, reasons) in &page.rejections {
        text += &format!("\nrejected of {operation}: {}\n{}", reasons.total(), reasons.text());
    }
    if let Some(place) = &page.compared_with {
        text += &format!("\nchanged since {place}: {}\n", page.changes.len());
    }
    for change in &page.changes {
        let side = |side: &Option<Side>| side.as_ref().map_or("-".to_owned(), told_side);
        let (before, after) = (side(&change.before), side(&change.after));
        text += &format!("  {}: {before} -> {after}\n", change.what);
    }
    text
}

fn told_side(side: &Side) -> String {
    let time = side.time_us.map_or_else(String::new, |time| format!(" ({time:.1} µs)"));
    format!("{}{time}", side.kernel)
}

fn winners(page: &report::Report) -> String {
    let head = [
        "operation",
        "dims",
        "m",
        "recipe",
        "parameters",
        "µs",
        "95 %",
        "roofline",
        "error",
        "from",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let dash = || "-".to_owned();
    rows.extend(page.winners.iter().map(|winner| {
        vec![
            winner.operation.clone(),
            winner.dims.clone(),
            winner.m.to_string(),
            winner.recipe.clone(),
            winner.params.clone(),
            winner.time_us.map_or_else(dash, |time| format!("{time:.1}")),
            winner.interval.map_or_else(dash, |[lo, hi]| format!("{lo:.1}..{hi:.1}")),
            winner.roofline.map_or_else(dash, |share| format!("{:.0} %", 100.0 * share)),
            format!("{:.1e}", winner.error),
            winner.provenance.to_string(),
        ]
    }));
    aligned(&rows)
}

/// The figures of a GPU bundle's machine code beside published kernels; nothing for a host's.
pub(super) fn figures(path: &Path) -> Result<String, Failure> {
    let bundle = Bundle::open(path).map_err(Failure::work)?;
    let target = Target::builtin(&bundle.manifest().target).map_err(Failure::work)?;
    if target.backend == Backend::AmdGpu { isa(&bundle) } else { Ok(String::new()) }
}

/// Figures of the machine code of every matrix kernel, beside the published ones.
fn isa(bundle: &Bundle) -> Result<String, Failure> {
    let target = Target::builtin(&bundle.manifest().target).map_err(Failure::work)?;
    if target.backend != Backend::AmdGpu {
        return Err(Failure::request("--isa compares kernels of GPUs"));
    }
    let mut listings: BTreeMap<u32, String> = BTreeMap::new();
    let mut rows = Vec::new();
    let mut details = String::new();
    for kernel in bundle.kernels() {
        let listing = match listings.entry(kernel.object) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let object = bundle.object(kernel.object).map_err(Failure::work)?;
                free.insert(disassemble(object, &target).map_err(Failure::work)?)
            }
        };
        let Some(facts) = IsaFacts::of(listing, &kernel.symbol) else { continue };
        let figures = Figures::of(&facts, kernel.statics.vgprs, step(kernel));
        if figures.valu_per_wmma.is_some() {
            rows.push(figures);
            details += &facts.to_string();
        }
    }
    rows.extend(Figures::references());
    Ok(format!("\n{}\n{details}", side_by_side(&rows)))
}

/// Columns of weights that one pass of the kernel's loop covers.
fn step(kernel: &KernelEntry) -> u32 {
    let depth = kernel.params.get("depth").and_then(serde_json::Value::as_u64);
    u32::try_from(depth.unwrap_or(STEP)).unwrap_or(u32::MAX)
}

/// What a cache knows of its last run, or of the one that `--target` and `--only` name.
fn of_cache(path: &Path, arguments: &Report) -> Result<String, Failure> {
    if !path.is_dir() {
        return Err(Failure::request(format!("{} is no directory", path.display())));
    }
    if !path.join("in-use").is_file() {
        return Err(Failure::request(format!("{} is no cache of Kiln", path.display())));
    }
    let store = Store::open(path).map_err(Failure::work)?;
    let mut runs = kept(&store)?;
    let wanted = |key: &Key, name: &str, wish: &Option<String>| {
        wish.as_ref().is_none_or(|wish| key.fields.get(name) == Some(wish))
    };
    runs.retain(|(key, _)| {
        wanted(key, "target", &arguments.target) && wanted(key, "only", &arguments.only)
    });
    let compiled = compilations(&store)?;
    match <[(Key, Kept); 1]>::try_from(runs) {
        Ok([(_, Kept { bundle, report })]) => Ok(told(&bundle, report, arguments)? + &compiled),
        Err(runs) if runs.is_empty() => Err(Failure::request(format!(
            "{} holds no finished run of that kind; `kiln tune --cache {0}` makes one",
            path.display()
        ))),
        Err(runs) => Err(Failure::request(ambiguous(path, &runs))),
    }
}

/// Names the runs among which one has to be chosen.
fn ambiguous(path: &Path, runs: &[(Key, Kept)]) -> String {
    let field = |key: &Key, name: &str| key.fields.get(name).cloned().unwrap_or_default();
    let run = |(key, _): &(Key, Kept)| {
        format!("--target {} --only '{}'", field(key, "target"), field(key, "only"))
    };
    let runs: Vec<String> = runs.iter().map(run).collect();
    format!("{} holds several runs; name one: {}", path.display(), runs.join("; "))
}

/// How many compiled programs ended how.
fn compilations(store: &Store) -> Result<String, Failure> {
    let artifacts = store.entries::<Artifact>().map_err(Failure::work)?;
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (key, artifact) in &artifacts {
        let compiler = key.fields.get("compiler").cloned().unwrap_or_default();
        let of = counts.entry(compiler).or_default();
        match artifact.built {
            Some(_) => of.0 += 1,
            None => of.1 += 1,
        }
    }
    let mut rows = vec![["compiler", "compiled", "refused"].map(str::to_owned).to_vec()];
    let row = |(name, (built, refused)): (&String, &(u64, u64))| {
        vec![name.clone(), built.to_string(), refused.to_string()]
    };
    rows.extend(counts.iter().map(row));
    let distinct: std::collections::BTreeSet<Digest> =
        artifacts.iter().filter_map(|(_, of)| Some(of.built.as_ref()?.statics.isa_hash)).collect();
    let codes = distinct.len();
    Ok(format!("\n{}{codes} different machine codes\n", aligned(&rows)))
}
