//! What a bundle says by itself.

use std::collections::BTreeMap;

use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::{Dims, Operation, Rule, Table};
use kiln_targets::Target;

use super::data::pairs;
use super::{Point, Report, Roofline, Winner};
use crate::Result;
use crate::roofline::{Ceilings, Problem};

impl Report {
    /// The parts of a report that a bundle holds: winners, roofline, versions.
    ///
    /// # Errors
    /// If the bundle is for a target that is not known here.
    pub fn of_bundle(bundle: &Bundle) -> Result<Self> {
        let manifest = bundle.manifest();
        let rules =
            bundle.tables().iter().flat_map(|of| of.rules().iter().map(move |rule| (of, rule)));
        let winners = rules.map(|(table, rule)| winner(bundle, table, rule));
        Ok(Self {
            target: manifest.target.clone(),
            model: manifest.model.name.clone(),
            facts: manifest.toolchain.clone(),
            noise_floor: manifest.noise_floor,
            winners: winners.collect(),
            roofline: roofline(bundle)?,
            ..Self::default()
        })
    }
}

fn winner(bundle: &Bundle, table: &Table, rule: &Rule) -> Winner {
    let kernel = bundle.kernel(&rule.kernel);
    let operation = Operation { dims: Dims::new(), ..table.operation().clone() };
    Winner {
        operation: operation.to_string(),
        dims: pairs(&table.operation().dims),
        m: rule.dims.get("m").copied().unwrap_or(0),
        recipe: kernel.map(|kernel| kernel.recipe.clone()).unwrap_or_default(),
        params: kernel.map(|kernel| pairs(&kernel.params)).unwrap_or_default(),
        time_us: rule.time_us,
        interval: rule.interval,
        roofline: rule.roofline,
        bound: rule.bound.clone(),
        error: rule.error,
        vgprs: kernel.map_or(0, |kernel| kernel.statics.vgprs),
        lds_bytes: kernel.map_or(0, |kernel| kernel.statics.lds_bytes),
        provenance: rule.provenance,
    }
}

/// The roofline of the bundle's target with the products of its winners.
fn roofline(bundle: &Bundle) -> Result<Roofline> {
    let target = Target::builtin(&bundle.manifest().target)?;
    let peaks = &bundle.manifest().peaks;
    let operations = peaks.iter().filter(|(name, _)| name.ends_with("ops"));
    let mut of = Roofline {
        memory: peaks.get("memory_bytes").copied().or(Ceilings::stated(&target).memory),
        peaks: operations.map(|(name, peak)| (name.clone(), *peak)).collect::<BTreeMap<_, _>>(),
        points: Vec::new(),
    };
    for table in bundle.tables() {
        for rule in table.rules() {
            let dims = table.operation().with_dims(&rule.dims)?;
            let Ok(problem) = Problem::of(table.operation(), &dims) else { continue };
            let Some(time) = rule.time_us.filter(|_| problem.ops > 0.0) else { continue };
            let recipe = bundle.kernel(&rule.kernel).map_or("", |kernel| &kernel.recipe);
            of.points.push(Point {
                recipe: recipe.to_owned(),
                label: format!("{} m={}", table.operation(), rule.dims.get("m").unwrap_or(&0)),
                intensity: problem.intensity(),
                rate: problem.ops / time * 1e6,
            });
        }
    }
    Ok(of)
}
