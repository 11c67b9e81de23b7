//! The candidates of an operation: enumerated, admitted, and each program kept once.

use std::collections::BTreeMap;

use kiln_cache::vocabulary::Operation;
use kiln_compiler::diagnose::Diagnostics;
use kiln_compiler::dsl::{AnyRecipe, Candidate};
use kiln_compiler::tile::{Program, Role, digest};
use kiln_recipes::catalogue::{Attributes, recipes};
use kiln_targets::Target;
use rayon::prelude::*;

use super::{Only, Spec, Work};
use crate::explain::Reasons;
use crate::model::Demand;
use crate::{Error, Result};

/// Hexadecimal digits of the program's digest in a kernel's symbol.
const SYMBOL_DIGITS: usize = 8;

/// One request that a bundle must answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// The operation.
    pub operation: Operation,
    /// Rows.
    pub m: u64,
    /// The other free dims.
    pub free: BTreeMap<String, u64>,
}

impl Request {
    /// The fixed dims and the free ones together.
    pub fn dims(&self) -> BTreeMap<String, u64> {
        let mut dims = self.operation.dims.clone();
        dims.extend(self.arriving());
        dims
    }

    /// The free dims as one text: `b=1,m=16`.
    pub fn label(&self) -> String {
        let pairs = self.arriving().into_iter().map(|(dim, size)| format!("{dim}={size}"));
        pairs.collect::<Vec<_>>().join(",")
    }

    /// The free dims.
    pub fn arriving(&self) -> BTreeMap<String, u64> {
        let mut dims = self.free.clone();
        dims.insert("m".to_owned(), self.m);
        dims
    }
}

/// A candidate with its tile program.
#[derive(Clone, Debug)]
pub struct Point {
    /// How it is made.
    pub spec: Spec,
    /// Its program, named by its symbol.
    pub program: Program,
    /// Digest of the program under the recipe's own name, in hexadecimal.
    pub digest: String,
    /// The order in which it computes a row, formats of inputs included: where it is equal, so are
    /// results, bit for bit.
    pub order: String,
    /// Number format of each argument that is read.
    pub inputs: BTreeMap<String, String>,
    /// Format name and part name of each part, in ABI order.
    pub formats: Vec<[String; 2]>,
    /// Elements of `y` that one workgroup covers: how coarse the candidate is.
    pub area: u64,
    /// Whether it is there for its accuracy alone.
    pub spare: bool,
}

impl Point {
    /// Records a candidate.
    ///
    /// # Errors
    /// Every mistake of the recipe.
    pub fn new(
        operation: &str,
        attributes: &Attributes,
        recipe: &dyn AnyRecipe,
        candidate: &dyn Candidate,
        target: &Target,
    ) -> std::result::Result<Self, Diagnostics> {
        let mut program = candidate.build(target)?;
        let digest = digest(&program);
        let symbol = format!("{}_{}", recipe.name(), &digest[..SYMBOL_DIGITS]);
        program.name.clone_from(&symbol);
        let signature = candidate.signature(target);
        let read = signature.arguments().iter().filter(|argument| argument.role != Role::Output);
        let inputs = read.map(|argument| (argument.name.clone(), argument.format.name.clone()));
        let formats = signature.arguments().iter().flat_map(|argument| {
            let parts = argument.format.parts.iter();
            parts.map(|part| [argument.format.name.clone(), part.name.clone()])
        });
        let spec = Spec {
            operation: operation.to_owned(),
            attributes: attributes.clone(),
            recipe: recipe.name().to_owned(),
            params: candidate.values(),
            target: target.name.clone(),
            symbol,
        };
        let area = program.grid.iter().map(|extent| u64::from(extent.div)).product();
        let (inputs, formats) = (inputs.collect(), formats.collect());
        let (order, spare) = (candidate.order(target), candidate.is_spare(target));
        let mut point = Self { spec, program, digest, order, inputs, formats, area, spare };
        point.order = format!("{}, {}", point.order, point.arithmetic());
        Ok(point)
    }

    /// Dims that it needs to be multiples of more than 1.
    pub fn multiples(&self) -> BTreeMap<String, u64> {
        let pairs = self.program.dims.iter().zip(&self.program.multiples);
        let demanded = pairs.filter(|(_, multiple)| **multiple > 1);
        demanded.map(|(dim, multiple)| (dim.clone(), u64::from(*multiple))).collect()
    }

    /// Whether it can serve these dims.
    pub fn serves(&self, dims: &BTreeMap<String, u64>) -> bool {
        let held =
            |(dim, by): (&String, &u64)| dims.get(dim).is_some_and(|d| d.is_multiple_of(*by));
        self.multiples().iter().all(held)
    }

    /// Formats of the inputs as one text: `bias=f32,w=awq_g32_asym,x=f16`.
    pub fn arithmetic(&self) -> String {
        let pairs = self.inputs.iter().map(|(name, format)| format!("{name}={format}"));
        pairs.collect::<Vec<_>>().join(",")
    }

    /// Buffers of the tiles in workgroup memory.
    pub fn stages(&self) -> u32 {
        let stages = self.spec.params.get("stages").and_then(serde_json::Value::as_u64);
        stages.map_or(1, |stages| stages as u32)
    }
}

/// Operations that differ in dims only, and all candidates for them.
#[derive(Clone, Debug, Default)]
pub struct Family {
    /// Name of the operation.
    pub operation: String,
    /// Its attributes.
    pub attributes: Attributes,
    /// What has to be answered, sorted.
    pub requests: Vec<Request>,
    /// The candidates, each program once, in order of enumeration.
    pub points: Vec<Point>,
    /// Points of the search spaces.
    pub enumerated: usize,
    /// Points that the recipes admit.
    pub admitted: usize,
    /// Why points were left out.
    pub rejected: Reasons,
    /// The same requests with finer candidates, for those that none of the others answers accurately
    /// enough.
    pub finer: Option<Box<Family>>,
}

impl Family {
    /// Sets the candidates aside that are there for their accuracy alone.
    fn set_aside(&mut self) {
        let points = std::mem::take(&mut self.points);
        let (spare, points) = points.into_iter().partition::<Vec<_>, _>(|point| point.spare);
        self.points = points;
        self.finer = (!spare.is_empty()).then(|| {
            let (operation, attributes) = (self.operation.clone(), self.attributes.clone());
            let requests = self.requests.clone();
            Box::new(Self { operation, attributes, requests, points: spare, ..Self::default() })
        });
    }

    /// Name for people: the operation with its attributes.
    pub fn name(&self) -> String {
        let (name, attributes) = (self.operation.clone(), self.attributes.clone());
        Operation { name, attributes, ..Operation::default() }.to_string()
    }
}

/// The wanted requests of a model, grouped by operation and attributes, without candidates.
pub fn families(demands: &[Demand], only: &Only) -> Vec<Family> {
    let mut grouped: BTreeMap<(String, Attributes), Vec<Request>> = BTreeMap::new();
    for Demand { operation, classes, free, .. } in demands {
        let wanted = classes.iter().filter(|m| only.wants(operation, **m));
        let request = |&m: &u64| Request { operation: operation.clone(), m, free: free.clone() };
        let requests = wanted.map(request);
        let key = (operation.name.clone(), operation.attributes.clone());
        grouped.entry(key).or_default().extend(requests);
    }
    grouped.retain(|_, requests| !requests.is_empty());
    let family = |((operation, attributes), mut requests): (_, Vec<Request>)| {
        requests.sort();
        Family { operation, attributes, requests, ..Family::default() }
    };
    grouped.into_iter().map(family).collect()
}

/// Fills in a family's candidates; none where no recipe of it is wanted.
///
/// # Errors
/// If no recipe computes the operation, or one that should does not build.
pub fn enumerate(family: &mut Family, target: &Target, only: &Only) -> Result<()> {
    let refuse = |why| Error::invalid(family.name(), why);
    let all = recipes(&family.operation, &family.attributes).map_err(refuse)?;
    let wanted: Vec<&dyn AnyRecipe> =
        all.iter().map(AsRef::as_ref).filter(|recipe| only.wants_recipe(recipe.name())).collect();
    let mut seen = BTreeMap::new();
    for recipe in wanted {
        let candidates: Vec<_> = recipe.candidates().collect();
        family.enumerated += candidates.len();
        let made: Vec<_> = candidates
            .par_iter()
            .map(|candidate| {
                candidate.admits(target).map_err(|reject| (reject.template, reject.detail))?;
                let (operation, attributes) = (&family.operation, &family.attributes);
                Point::new(operation, attributes, recipe, candidate.as_ref(), target)
                    .map_err(|found| ("it does not build".to_owned(), found.to_string()))
            })
            .collect();
        for (candidate, made) in candidates.iter().zip(made) {
            let label = format!("{} {candidate}", recipe.name());
            match made {
                Ok(point) => admit(family, &mut seen, point, target, &label),
                Err((template, _)) => family.rejected.add(&general(&template), &label),
            }
        }
    }
    family.set_aside();
    Ok(())
}

/// Fills in the first choice of each recipe, and where nobody can answer a request the first
/// candidate that can; beside them, to be set aside, the finer candidate of each recipe that is most
/// like its first choice.
///
/// # Errors
/// As [`enumerate`].
pub fn first_choice(family: &mut Family, target: &Target, only: &Only) -> Result<()> {
    let refuse = |why| Error::invalid(family.name(), why);
    let all = recipes(&family.operation, &family.attributes).map_err(refuse)?;
    let wanted = all.iter().map(AsRef::as_ref).filter(|recipe| only.wants_recipe(recipe.name()));
    let wanted: Vec<&dyn AnyRecipe> = wanted.collect();
    let mut seen = BTreeMap::new();
    for recipe in &wanted {
        let chosen = recipe.default_candidate(target);
        consider(family, &mut seen, *recipe, chosen.as_ref(), target);
    }
    let unanswered = |family: &Family| {
        let answered =
            |dims: &BTreeMap<String, u64>| family.points.iter().any(|of| of.serves(dims));
        let dims = family.requests.iter().map(Request::dims);
        dims.filter(|dims| !answered(dims)).collect::<Vec<_>>()
    };
    'all: for recipe in &wanted {
        for candidate in recipe.candidates() {
            let left = unanswered(family);
            if left.is_empty() {
                break 'all;
            }
            let signature = candidate.signature(target);
            let serves = |dims: &BTreeMap<String, u64>| {
                let mut needs = signature.dims().iter().zip(signature.multiples());
                needs.all(|(dim, by)| dims.get(dim).is_some_and(|d| d % u64::from(*by) == 0))
            };
            if left.iter().any(serves) {
                consider(family, &mut seen, *recipe, candidate.as_ref(), target);
            }
        }
    }
    for recipe in &wanted {
        if let Some(candidate) = finer(*recipe, target) {
            consider(family, &mut seen, *recipe, candidate.as_ref(), target);
        }
    }
    family.set_aside();
    Ok(())
}

/// The candidate for accuracy's sake that differs from a recipe's first choice in fewest parameters.
fn finer<'r>(recipe: &'r dyn AnyRecipe, target: &Target) -> Option<Box<dyn Candidate + 'r>> {
    let first = recipe.default_candidate(target).values();
    let spare = recipe.candidates().filter(|of| of.is_spare(target) && of.admits(target).is_ok());
    spare.min_by_key(|of| {
        of.values().iter().filter(|(name, value)| first.get(*name) != Some(*value)).count()
    })
}

/// Keeps a candidate that its recipe admits and that builds.
fn consider(
    family: &mut Family,
    seen: &mut BTreeMap<String, ()>,
    recipe: &dyn AnyRecipe,
    candidate: &dyn Candidate,
    target: &Target,
) {
    family.enumerated += 1;
    let label = format!("{} {candidate}", recipe.name());
    let made = candidate.admits(target).map_err(|reject| reject.template).and_then(|()| {
        let (operation, attributes) = (&family.operation, &family.attributes);
        Point::new(operation, attributes, recipe, candidate, target)
            .map_err(|_| "it does not build".to_owned())
    });
    match made {
        Ok(point) => admit(family, seen, point, target, &label),
        Err(template) => family.rejected.add(&general(&template), &label),
    }
}

/// A reason without the names of its figures, which are in braces.
fn general(template: &str) -> String {
    let mut parts = template.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "…" + part.split_once('}').map_or(part, |(_, rest)| rest))
}

/// Keeps a point unless its program is known already or cannot fit.
fn admit(
    family: &mut Family,
    seen: &mut BTreeMap<String, ()>,
    point: Point,
    target: &Target,
    label: &str,
) {
    family.admitted += 1;
    let sizes = vec![1; point.program.dims.len()];
    let work = Work::of(&point.program, &sizes, 1);
    if work.shared_bytes > f64::from(target.lds_bytes_per_group) {
        family.rejected.add("its tiles exceed the workgroup's memory", label);
    } else if work.registers(&point.program, target.lanes) > target.max_vgprs
        && target.max_waves_per_group > 1
    {
        family.rejected.add("its sums exceed the registers of a wave", label);
    } else if seen.insert(point.digest.clone(), ()).is_some() {
        family.rejected.add("its program is that of another candidate", label);
    } else {
        family.points.push(point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_reason_are_left_out_in_general() {
        assert_eq!(general("a whole number of {}-row atoms"), "a whole number of …-row atoms");
        assert_eq!(general("{a} of {b}"), "… of …");
        assert_eq!(general("no figures"), "no figures");
    }
}
