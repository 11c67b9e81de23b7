//! What a bundle answers, at the sizes at which it is checked.
//!
//! Laws:
//! - every kernel is checked at every depth and every number of rows for which the bundle answers
//!   with it; where sizes are cut, requests that differ in what is cut are one;
//! - answers that have one reference on the same operands are one task, for which it is computed
//!   once. Kernels are made from their recipes once each.

use std::collections::{BTreeMap, BTreeSet};

use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::{Dims, KernelEntry, Operation};
use kiln_compiler::dsl::{AnyRecipe, Signature};
use kiln_compiler::interpret::extent;
use kiln_compiler::tile::Role;
use kiln_targets::{Backend, Target};

use crate::cli::Failure;
use crate::pipeline::{Only, Point, find};

/// Most rows of a bundle's quick check, and of the reference of a full one where rows repeat.
pub(super) const ROWS: u64 = 33;

/// Most columns of the same for linear layers; the depth of the sum is always the model's own.
pub(super) const COLUMNS: u64 = 256;

/// Most rows of the same for a table from which rows are taken by number.
const TABLE: u64 = 4096;

/// Most rows of a full check of operations whose rows belong together, as those of a text do; the
/// rest of their sizes are the model's own.
pub(super) const TOGETHER: u64 = 512;

/// A kernel of a bundle, made again from its recipe.
pub(super) struct Kernel<'b> {
    pub(super) entry: &'b KernelEntry,
    pub(super) recipe: Box<dyn AnyRecipe>,
    pub(super) signature: Signature,
    /// Named as the bundle's code names it: one of another version may number candidates
    /// differently.
    pub(super) point: Point,
}

/// A kernel at one size at which a bundle answers with it.
pub(super) struct Answer {
    /// Its place among the kernels.
    pub(super) kernel: usize,
    /// The dims of the request.
    pub(super) real: Dims,
    /// The same, or cut.
    pub(super) cut: Dims,
    /// Every dim of the reference.
    pub(super) dims: Dims,
    /// Whether the kernel runs at the real dims, on repetitions of what the reference has.
    pub(super) enlarged: bool,
}

/// Answers, by their places, that are compared with one reference.
pub(super) struct Task {
    pub(super) answers: Vec<usize>,
    /// About how much memory its check takes.
    pub(super) bytes: u64,
}

/// Everything that a bundle answers.
pub(super) struct Plan<'b> {
    pub(super) kernels: Vec<Kernel<'b>>,
    /// In the order of the bundle's tables.
    pub(super) answers: Vec<Answer>,
    pub(super) tasks: Vec<Task>,
}

impl<'b> Plan<'b> {
    /// Each different (kernel, dims) that the bundle answers with.
    pub(super) fn new(
        bundle: &'b Bundle,
        target: &Target,
        full: bool,
        only: &Only,
    ) -> Result<Self, Failure> {
        let mut plan = Self { kernels: Vec::new(), answers: Vec::new(), tasks: Vec::new() };
        let (mut seen, mut places) = (BTreeSet::new(), BTreeMap::new());
        for table in bundle.tables() {
            let operation = table.operation();
            for rule in table.rules() {
                let Some(entry) = bundle.kernel(&rule.kernel) else { continue };
                let rows = rule.dims.get("m").copied().unwrap_or(1);
                if !only.wants(operation, rows) || !only.wants_recipe(&entry.recipe) {
                    continue;
                }
                let of = (&operation.name, &operation.attributes, &entry.name);
                let kernel = match places.get(&of) {
                    Some(place) => *place,
                    None => {
                        plan.kernels.push(Kernel::new(operation, entry, target)?);
                        *places.entry(of).or_insert(plan.kernels.len() - 1)
                    }
                };
                let independent = plan.kernels[kernel].recipe.independent();
                let (real, cut, enlarged) = sizes(operation, rows, independent, full);
                let size = if enlarged { &real } else { &cut };
                if !seen.insert((&entry.name, size.clone())) {
                    continue;
                }
                let dims = plan.kernels[kernel].complete(&cut);
                plan.answers.push(Answer { kernel, real, cut, dims, enlarged });
            }
        }
        plan.tasks = plan.tasks(target.backend);
        Ok(plan)
    }

    /// The answers by their references, those that need most first: where they begin last, one
    /// thread works while the others wait.
    fn tasks(&self, backend: Backend) -> Vec<Task> {
        let mut tasks: Vec<Task> = Vec::new();
        let mut places = BTreeMap::new();
        for (number, answer) in self.answers.iter().enumerate() {
            let kernel = &self.kernels[answer.kernel];
            let spec = &kernel.point.spec;
            let signature = format!("{:?}", kernel.signature);
            let of = (&spec.operation, &spec.attributes, &spec.recipe, signature, &answer.dims);
            let place = *places.entry(of).or_insert(tasks.len());
            if place == tasks.len() {
                tasks.push(Task { answers: Vec::new(), bytes: 0 });
            }
            tasks[place].answers.push(number);
            tasks[place].bytes = tasks[place].bytes.max(bytes(kernel, answer, backend));
        }
        tasks.sort_by_key(|task| {
            std::cmp::Reverse(task.bytes.saturating_mul(task.answers.len() as u64))
        });
        tasks
    }
}

impl<'b> Kernel<'b> {
    fn new(
        operation: &Operation,
        entry: &'b KernelEntry,
        target: &Target,
    ) -> Result<Self, Failure> {
        let (name, attributes) = (&operation.name, &operation.attributes);
        let recipe = find(name, attributes, &entry.recipe).map_err(Failure::work)?;
        let (signature, mut point) = {
            let candidate = recipe.candidate(&entry.params).map_err(Failure::work)?;
            let candidate = candidate.as_ref();
            let made = Point::new(name, attributes, recipe.as_ref(), candidate, target);
            (candidate.signature(target), made.map_err(Failure::work)?)
        };
        point.program.name.clone_from(&entry.symbol);
        Ok(Self { entry, recipe, signature, point })
    }

    /// Dims of a problem with those that a request does not say. Of segments, slots, pages and parts
    /// two of each are enough to be confused.
    fn complete(&self, dims: &Dims) -> Dims {
        let mut dims = dims.clone();
        for (dim, multiple) in self.point.program.dims.iter().zip(&self.point.program.multiples) {
            dims.entry(dim.clone()).or_insert(2 * u64::from(*multiple));
        }
        dims
    }
}

/// Most positions of a dim whose positions do not know each other, where it is cut.
fn most(dim: &str) -> u64 {
    match dim {
        "m" => ROWS,
        "v" => TABLE,
        _ => COLUMNS,
    }
}

/// The dims of a request, those of its reference, and whether the kernel runs at the former: more
/// positions of independent dims may be repetitions.
fn sizes(operation: &Operation, rows: u64, independent: &[&str], full: bool) -> (Dims, Dims, bool) {
    let mut real = operation.dims.clone();
    real.insert("m".to_owned(), rows);
    let mut cut = real.clone();
    let mut limit = |dim: &str, most: u64| {
        cut.entry(dim.to_owned()).and_modify(|size| *size = (*size).min(most));
    };
    match independent {
        [] => limit("m", if full { TOGETHER } else { ROWS }),
        dims => dims.iter().for_each(|dim| limit(dim, most(dim))),
    }
    (real, cut, full && !independent.is_empty())
}

/// About how much memory the check of an answer takes.
///
/// The reference has every number in double precision, several times: as stored, as meant, as a
/// magnitude, before quantisation. A launch has every operand in the problem, in the image that the
/// kernel runs on and in the one that is compared; on the simulator also what its sanitizer
/// remembers of each byte that is written. A device has every operand at its real size, in both
/// processes and on the way between them.
fn bytes(kernel: &Kernel<'_>, answer: &Answer, backend: Backend) -> u64 {
    let program = &kernel.point.program;
    let sizes = |dims: &Dims| -> Vec<i64> {
        let size = |dim| dims.get(dim).map_or(1, |size| *size as i64);
        program.dims.iter().map(size).collect()
    };
    let (small, real) = (sizes(&answer.dims), sizes(&answer.real));
    let run = if answer.enlarged { &real } else { &small };
    let mut all = 0u64;
    for part in &program.parts {
        let shape = |sizes: &[i64]| part.extent.map(|of| extent(of, sizes).max(0) as u64);
        let numbers =
            |sizes: &[i64]| shape(sizes).iter().fold(1, |all: u64, of| all.saturating_mul(*of));
        let stored =
            |sizes: &[i64]| numbers(sizes).saturating_mul(u64::from(part.dtype.bits())) / 8;
        let launch = match backend {
            Backend::Host => stored(run).saturating_mul(6),
            Backend::AmdGpu if part.role == Role::Input => stored(&small).saturating_mul(3),
            Backend::AmdGpu => stored(&small).saturating_mul(24),
        };
        all = all.saturating_add(numbers(&small).saturating_mul(64)).saturating_add(launch);
    }
    all
}
