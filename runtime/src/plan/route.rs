//! Which kernels a pass runs for which number of rows: decided once, from the bundle's rules.

use std::collections::{BTreeMap, BTreeSet};

use kiln_cache::operations::ActQuant;
use kiln_cache::vocabulary::{Access, Arg, ArgKind, Dims, Dtype, KernelEntry, Operation, Table};

use super::issues::quantisations;
use super::node::{Bind, Node};
use crate::bundle::LaunchTable;
use crate::device::KernelId;
use crate::{Error, Result};

/// An array in memory: an operand in a number format, and which of the format's arrays it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Array {
    pub(super) bind: Bind,
    pub(super) format: String,
    pub(super) part: String,
}

/// A kernel with its operands.
#[derive(Clone, Debug)]
pub(super) struct Step<'t> {
    /// What it answers.
    pub(super) operation: &'t Operation,
    pub(super) entry: &'t KernelEntry,
    pub(super) kernel: KernelId,
    /// The dims that the model fixes.
    pub(super) fixed: Dims,
    /// Whether it computes with parts of pasts.
    pub(super) parts: bool,
    /// Microseconds that it takes, if the bundle says so.
    pub(super) micros: Option<f64>,
    /// Each buffer argument's array, in the order of arguments.
    pub(super) arrays: Vec<(&'t Arg, Array)>,
}

/// The kernels of a pass for some numbers of rows.
#[derive(Clone, Debug)]
pub(super) struct Program<'t> {
    /// Most rows that it is run with.
    pub(super) rows: u64,
    pub(super) steps: Vec<Step<'t>>,
}

impl Program<'_> {
    /// Seconds that it takes, if the bundle says so of every kernel.
    pub(super) fn seconds(&self) -> Option<f64> {
        self.steps.iter().map(|step| step.micros).sum::<Option<f64>>().map(|all| all * 1e-6)
    }
}

/// The programs of a pass.
#[derive(Clone, Debug)]
pub(super) struct Route<'t> {
    pub(super) programs: Vec<Program<'t>>,
    /// The program for each number of rows, beginning with `first`.
    pub(super) by_rows: Vec<usize>,
    pub(super) first: u64,
}

impl<'t> Route<'t> {
    /// Decides for every number of rows of a range.
    ///
    /// # Errors
    /// If the bundle does not cover an operation, or a kernel has an operand that serving does not
    /// know or that nobody makes.
    pub(super) fn new(
        bundle: &'t LaunchTable,
        nodes: &[Node],
        act: Dtype,
        rows: std::ops::RangeInclusive<u64>,
    ) -> Result<Self> {
        let tables = tables(bundle, nodes, act)?;
        let mut route = Self { programs: Vec::new(), by_rows: Vec::new(), first: *rows.start() };
        let mut known: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for m in rows {
            let free = Dims::from([("m".to_owned(), m)]);
            let rule = |table: &&Table| {
                let found = table.rules().iter().position(|rule| rule.when.matches(&free));
                found.expect("the last rule of a table should match everything")
            };
            let chosen: Vec<usize> = tables.values().map(rule).collect();
            let program = match known.get(&chosen) {
                Some(program) => *program,
                None => {
                    let rules = tables.values().zip(&chosen);
                    let rules = rules.map(|(table, rule)| (table.operation(), (*table, *rule)));
                    let maker = Maker { bundle, rules: rules.collect(), act };
                    route.programs.push(Program { rows: m, steps: maker.steps(nodes)? });
                    known.insert(chosen, route.programs.len() - 1);
                    route.programs.len() - 1
                }
            };
            route.programs[program].rows = m;
            route.by_rows.push(program);
        }
        Ok(route)
    }
}

/// The tables of everything that the nodes ask for, or may ask for.
fn tables<'t>(
    bundle: &'t LaunchTable,
    nodes: &[Node],
    act: Dtype,
) -> Result<BTreeMap<Operation, &'t Table>> {
    let mut tables = BTreeMap::new();
    for node in nodes {
        if !tables.contains_key(&node.operation) {
            tables.insert(node.operation.clone(), bundle.table(&node.operation)?);
        }
        for operation in quantisations(node, act) {
            // Formats that the target cannot make are in no bundle, and no kernel asks for them.
            if let Ok(table) = bundle.table(&operation) {
                tables.insert(operation, table);
            }
        }
    }
    Ok(tables)
}

/// Makes the steps of one program.
struct Maker<'t> {
    bundle: &'t LaunchTable,
    rules: BTreeMap<&'t Operation, (&'t Table, usize)>,
    act: Dtype,
}

impl<'t> Maker<'t> {
    fn steps(&self, nodes: &[Node]) -> Result<Vec<Step<'t>>> {
        let mut steps = Vec::new();
        let mut made: BTreeSet<(Bind, String)> = BTreeSet::new();
        for node in nodes {
            let step = self.step(node)?;
            for (arg, array) in &step.arrays {
                let key = (array.bind, array.format.clone());
                if !matches!(array.bind, Bind::Value(_)) || writes(arg) || made.contains(&key) {
                    continue;
                }
                if array.part == first_part(&step, &array.bind) {
                    let quantised = self.quantise(node, array)?;
                    made.insert(key);
                    steps.push(quantised);
                }
            }
            let written = step.arrays.iter().filter(|(arg, _)| writes(arg));
            made.extend(written.map(|(_, array)| (array.bind, array.format.clone())));
            steps.push(step);
        }
        Ok(steps)
    }

    fn step(&self, node: &Node) -> Result<Step<'t>> {
        let (table, rule) = self.rules.get(&node.operation).ok_or_else(|| {
            Error::request(format!("the bundle does not cover {}", node.operation))
        })?;
        let (entry, kernel) = self.bundle.entry(&table.rules()[*rule].kernel);
        let buffers = entry.kernarg.args.iter().filter_map(|arg| match &arg.kind {
            ArgKind::Buffer { format, part, .. } => Some((arg, format, part)),
            _ => None,
        });
        let array = |(arg, format, part): (&'t Arg, &String, &String)| {
            let bind = node.bind(&arg.name).ok_or_else(|| {
                let why = format!("its argument {} means nothing to serving", arg.name);
                Error::request(format!("kernel {} of {}: {why}", entry.name, node.operation))
            })?;
            Ok((arg, Array { bind, format: format.clone(), part: part.clone() }))
        };
        let arrays = buffers.map(array).collect::<Result<Vec<_>>>()?;
        let (fixed, parts) = (node.operation.dims.clone(), node.bind("parts").is_some());
        let micros = table.rules()[*rule].time_us;
        Ok(Step { operation: table.operation(), entry, kernel, fixed, parts, micros, arrays })
    }

    /// The step that makes an operand in the format that a kernel wants.
    fn quantise(&self, node: &Node, wanted: &Array) -> Result<Step<'t>> {
        let format = &wanted.format;
        let refuse = || {
            let why = format!("a kernel of {} wants an operand as {format}", node.operation);
            Error::request(format!("{why}, which nothing in the bundle makes"))
        };
        let k = node.operation.dims.get("k").copied().ok_or_else(refuse)?;
        let operation = ActQuant { from: self.act, to: format, k }.operation();
        let binds = vec![("x", wanted.bind), ("q", wanted.bind)];
        let known = quantisations(node, self.act).contains(&operation);
        if !known || !self.rules.contains_key(&operation) {
            return Err(refuse());
        }
        self.step(&Node { operation, binds })
    }
}

/// Whether a kernel writes an argument.
pub(super) fn writes(arg: &Arg) -> bool {
    matches!(&arg.kind, ArgKind::Buffer { access: Access::Out | Access::InOut, .. })
}

/// The part by which an operand of several arrays is met first.
fn first_part(step: &Step<'_>, bind: &Bind) -> String {
    let of = step.arrays.iter().find(|(arg, array)| array.bind == *bind && !writes(arg));
    of.map(|(_, array)| array.part.clone()).unwrap_or_default()
}
