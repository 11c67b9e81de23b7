//! `kiln report`: what a bundle or a cache holds.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use kiln_cache::bundle::Bundle;
use kiln_cache::hash::Digest;
use kiln_cache::store::{Artifact, Store};
use kiln_cache::vocabulary::KernelEntry;
use kiln_compiler::object::disassemble;
use kiln_compiler::object::isa::{Figures, IsaFacts, side_by_side};
use kiln_targets::{Backend, Target};

use super::args::Report;
use super::{Ended, Failure};
use crate::progress::{Progress, aligned};
use crate::report;
use crate::roofline::{Ceilings, Problem};

/// Changes of time below this share are not listed.
const MARGIN: f64 = 0.02;

/// Columns of weights in one step of recipes that do not say it.
const STEP: u64 = 128;

/// Prints a bundle's winners, or a cache's outcomes.
pub(super) fn run(arguments: &Report) -> Result<Ended, Failure> {
    let progress = Progress::silent();
    let text = match (&arguments.bundle, &arguments.cache) {
        (Some(path), _) => of_bundle(path, arguments)?,
        (None, Some(path)) => of_cache(path)?,
        (None, None) => return Err(Failure::request("name a bundle, or --cache DIR")),
    };
    progress.result(&text).map_err(Failure::work)?;
    Ok(Ended::Well)
}

fn of_bundle(path: &Path, arguments: &Report) -> Result<String, Failure> {
    let bundle = Bundle::open(path).map_err(Failure::work)?;
    let inspected = bundle.inspect();
    let before = arguments.before.as_deref().map(Bundle::open).transpose();
    let before = before.map_err(Failure::work)?.map(|bundle| bundle.inspect());
    let mut page = report::Report::of_bundle(&inspected);
    page.noise_floor = bundle.manifest().noise_floor;
    page.roofline = roofline(&bundle)?;
    if let (Some(before), Some(place)) = (&before, &arguments.before) {
        page.compared_with = Some(place.display().to_string());
        page.changes = report::changes(before, &inspected, MARGIN);
    }
    if let Some(place) = &arguments.html {
        let refuse = |error| Failure::work(format!("cannot write {}: {error}", place.display()));
        std::fs::write(place, report::html(&page)).map_err(refuse)?;
    }
    let mut text = winners(&page);
    for change in &page.changes {
        let side = |side: &Option<report::Side>| {
            side.as_ref().map_or("-".to_owned(), |side| side.kernel.clone())
        };
        text += &format!(
            "changed: {}: {} -> {}\n",
            change.what,
            side(&change.before),
            side(&change.after)
        );
    }
    if arguments.isa {
        text += &isa(&bundle)?;
    }
    Ok(text)
}

fn winners(page: &report::Report) -> String {
    let head = ["operation", "dims", "recipe", "parameters", "µs", "roofline", "error", "from"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(page.winners.iter().map(|winner| {
        vec![
            winner.operation.clone(),
            winner.dims.clone(),
            winner.recipe.clone(),
            winner.params.clone(),
            winner.time_us.map_or("-".to_owned(), |time| format!("{time:.1}")),
            winner.roofline.map_or("-".to_owned(), |share| format!("{:.0} %", 100.0 * share)),
            format!("{:.1e}", winner.error),
            winner.provenance.to_string(),
        ]
    }));
    aligned(&rows)
}

/// The roofline of the bundle's target with the products of its winners.
fn roofline(bundle: &Bundle) -> Result<report::Roofline, Failure> {
    let target = Target::builtin(&bundle.manifest().target).map_err(Failure::work)?;
    let peaks = &bundle.manifest().peaks;
    let stated = Ceilings::stated(&target);
    let mut of = report::Roofline {
        memory: peaks.get("memory_bytes").copied().or(stated.memory),
        peaks: peaks
            .iter()
            .filter(|(name, _)| name.ends_with("ops"))
            .map(|(n, p)| (n.clone(), *p))
            .collect(),
        points: Vec::new(),
    };
    for table in bundle.tables() {
        for rule in table.rules() {
            let dims = table.operation().with_dims(&rule.dims).map_err(Failure::work)?;
            let Ok(problem) = Problem::of(table.operation(), &dims) else { continue };
            let Some(time) = rule.time_us.filter(|_| problem.ops > 0.0) else { continue };
            let recipe = bundle.kernel(&rule.kernel).map_or("", |kernel| &kernel.recipe);
            of.points.push(report::Point {
                recipe: recipe.to_owned(),
                label: format!("{} m={}", table.operation(), rule.dims.get("m").unwrap_or(&0)),
                intensity: problem.intensity(),
                rate: problem.ops / time * 1e6,
            });
        }
    }
    Ok(of)
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

/// How many compiled programs ended how.
fn of_cache(path: &Path) -> Result<String, Failure> {
    if !path.is_dir() {
        return Err(Failure::request(format!("{} is no directory", path.display())));
    }
    let store = Store::open(path).map_err(Failure::work)?;
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
    Ok(format!("{}{} different machine codes\n", aligned(&rows), distinct.len()))
}
