//! What an earlier bundle answers with.
//!
//! An incumbent is a recipe at a point of its space: it is built again with today's compiler and
//! measured beside the others, so that nothing stale is carried over. One that can no longer be
//! built, is wrong or not accurate enough has no say.

use std::collections::BTreeMap;
use std::path::Path;

use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::{KernelEntry, Provenance};
use kiln_targets::Target;

use super::{Family, Point, Request, find};

/// The bundle before this run, if there is one.
#[derive(Debug, Default)]
pub struct Incumbents {
    bundle: Option<Bundle>,
    /// Where it was found, for people.
    place: String,
}

impl Incumbents {
    /// The bundle that `out` names if there is one, else the last one that the cache keeps. The
    /// text says why an existing file is not compared with.
    pub fn find(out: &Path, last: Option<Bundle>, target: &Target) -> (Self, Option<String>) {
        let place = out.display().to_string();
        if out.exists() {
            return match Bundle::open(out) {
                Ok(bundle) if bundle.manifest().target == target.name => {
                    (Self { bundle: Some(bundle), place }, None)
                }
                Ok(bundle) => {
                    let other = &bundle.manifest().target;
                    let note = format!("{place} is for {other} and will be replaced as a whole");
                    (Self::default(), Some(note))
                }
                Err(error) => {
                    let note = format!("{error}; it will be replaced as a whole");
                    (Self::default(), Some(note))
                }
            };
        }
        let place = "the last bundle in the cache".to_owned();
        (Self { bundle: last, place }, None)
    }

    /// The bundle and where it was found.
    pub fn bundle(&self) -> Option<(&Bundle, &str)> {
        self.bundle.as_ref().map(|bundle| (bundle, self.place.as_str()))
    }

    /// The kernel that answers a request by a measured decision.
    fn measured(&self, request: &Request) -> Option<&KernelEntry> {
        let bundle = self.bundle.as_ref()?;
        let table = bundle.tables().iter().find(|of| *of.operation() == request.operation)?;
        let rule = table.select(&request.arriving());
        let counts = rule.provenance == Provenance::Measured;
        counts.then(|| bundle.kernel(&rule.kernel)).flatten()
    }

    /// The candidate that is the incumbent of each request, as positions in the family.
    pub fn positions(&self, family: &Family, target: &Target) -> BTreeMap<usize, usize> {
        let mut known: BTreeMap<&str, Option<usize>> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for (number, request) in family.requests.iter().enumerate() {
            let Some(kernel) = self.measured(request) else { continue };
            let at = known.entry(&kernel.name).or_insert_with(|| position(family, kernel, target));
            found.extend(at.map(|at| (number, at)));
        }
        found
    }
}

/// The candidate whose program is that of a kernel's recipe and parameters.
fn position(family: &Family, kernel: &KernelEntry, target: &Target) -> Option<usize> {
    let recipe = find(&family.operation, &family.attributes, &kernel.recipe).ok()?;
    let candidate = recipe.candidate(&kernel.params).ok()?;
    candidate.admits(target).ok()?;
    let (operation, attributes) = (&family.operation, &family.attributes);
    let made = Point::new(operation, attributes, recipe.as_ref(), candidate.as_ref(), target);
    let digest = made.ok()?.digest;
    family.points.iter().position(|point| point.digest == digest)
}
