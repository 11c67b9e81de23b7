//! The promise of orders: candidates of one order give a row the same bits, whatever the other rows
//! are, how many there are, and where among them it lies.
//!
//! Checked on host code and on lane code of a GPU: every recipe of every example, several
//! candidates of each order. Left out are operations whose rows are a sequence's, which read their
//! neighbours or a past, or write into a cache, by right: the laws of these are in `attention.rs` and
//! `state_laws.rs`.

use std::collections::BTreeMap;

use kiln_compiler::compile::compile;
use kiln_compiler::dsl::{AnyRecipe, Candidate, Signature};
use kiln_compiler::interpret::{Buffers, extent};
use kiln_compiler::lower::lower;
use kiln_compiler::oracle::{Case, Executor, Inputs, LaneCode, Launch, Problem, ragged};
use kiln_compiler::tile::{Part, Program, Role};
use kiln_recipes::catalogue::{examples, recipes};
use kiln_targets::{Backend, Target, read_element, write_element};
use kiln_tests::host_code::HostCode;
use kiln_tests::sizes::shorten;

/// Candidates tried of each order, far apart in the search space.
const TRIED: usize = 2;

/// Orders tried of each example.
const ORDERS: usize = 2;

/// Numbers of rows, and where the row of interest lies among them.
const PLACES: [[usize; 2]; 4] = [[1, 0], [5, 3], [17, 16], [32, 9]];

/// An operation's candidates of one order, each with the recipe it is of.
type Group<'r> = Vec<(&'r dyn AnyRecipe, Box<dyn Candidate + 'r>)>;

fn groups<'r>(
    all: &'r [Box<dyn AnyRecipe>],
    target: &Target,
) -> BTreeMap<(String, Vec<String>), Group<'r>> {
    let mut groups: BTreeMap<_, Group<'r>> = BTreeMap::new();
    for recipe in all {
        for candidate in recipe.candidates().filter(|of| of.admits(target).is_ok()) {
            let signature = candidate.signature(target);
            if !has_rows_of_its_own(&signature) {
                continue;
            }
            let formats = signature.arguments().iter().map(|of| of.format.name.clone()).collect();
            let key = (candidate.order(target), formats);
            groups.entry(key).or_default().push((recipe.as_ref(), candidate));
        }
    }
    groups
}

/// Dims but m that every one of some signatures can take, short in depth.
fn dims(signatures: &[Signature]) -> BTreeMap<String, u64> {
    let mut dims = ragged(&signatures[0]).swap_remove(1);
    shorten(&mut dims, &signatures[0], 1);
    for (at, name) in signatures[0].dims().iter().enumerate() {
        let multiple = signatures.iter().map(|of| u64::from(of.multiples()[at])).max();
        let size = dims.entry(name.clone()).or_default();
        *size = (*size).next_multiple_of(multiple.unwrap_or(1));
    }
    dims
}

/// Whether a part has a row for each row of the problem.
fn by_rows(part: &Part, program: &Program) -> bool {
    part.extent[0].dim.is_some_and(|dim| program.dims[dim as usize] == "m")
}

/// Whether each row of an operation is computed from one row of each input, and from nothing that
/// says where it is.
fn has_rows_of_its_own(signature: &Signature) -> bool {
    let m = signature.dims().iter().position(|dim| dim == "m").map(|dim| dim as u32);
    let single = |part: &Part| part.extent[0].dim != m || part.extent[0].mul == 1;
    let parts = signature.arguments().iter().flat_map(|of| &of.parts);
    parts.into_iter().all(|part| single(part) && !["segments", "places"].contains(&&*part.name))
}

/// The places in memory of a row's elements.
fn places(part: &Part, sizes: &[i64], row: usize) -> Vec<usize> {
    let shape = part.extent.map(|of| extent(of, sizes) as usize);
    let [_, cols] = part.order.padded_shape(shape);
    (0..shape[1]).map(|col| part.order.address(row, col, cols)).collect()
}

/// The bits of a row.
fn bits(buffers: &Buffers, part: &Part, sizes: &[i64], row: usize) -> Vec<u32> {
    let data = buffers.get(&part.name).expect("every part should have a buffer").bytes();
    let bit = |at: usize| read_element(data, part.dtype, at);
    places(part, sizes, row).into_iter().map(bit).collect()
}

/// The row of interest, as it is with any other rows: all that is read of it, by part.
type Row = BTreeMap<String, Vec<u32>>;

/// One problem: a kernel's row of interest at some place among so many rows.
struct Trial<'a> {
    signature: &'a Signature,
    program: &'a Program,
    sizes: &'a BTreeMap<String, u64>,
    place: [usize; 2],
}

impl Trial<'_> {
    /// Runs the kernel; the bits of the row in everything that is written.
    fn run(&self, row: &mut Row, executor: &mut dyn Executor) -> Result<Row, String> {
        let [rows, at] = self.place;
        let mut dims = self.sizes.clone();
        dims.insert("m".to_owned(), rows as u64);
        let launch = Launch { program: self.program, dims: &dims };
        let problem = Problem { dims: dims.clone(), case: Case::Random, seed: 7 };
        let inputs = Inputs::generate(self.signature, &problem).map_err(|why| why.to_string())?;
        let (mut buffers, sizes) = (inputs.buffers, launch.sizes());
        let parts = self.program.parts.iter().filter(|part| by_rows(part, self.program));
        for part in parts.clone().filter(|part| part.role != Role::Output) {
            let own = bits(&buffers, part, &sizes, at);
            let wanted = row.entry(part.name.clone()).or_insert(own);
            let data = buffers.get_mut(&part.name).expect("every part should have a buffer");
            for (at, bits) in places(part, &sizes, at).into_iter().zip(wanted) {
                write_element(data.bytes_mut(), part.dtype, at, *bits);
            }
        }
        executor.run(launch, &mut buffers).map_err(|why| why.to_string())?;
        let written = parts.filter(|part| part.role != Role::Input);
        Ok(written.map(|part| (part.name.clone(), bits(&buffers, part, &sizes, at))).collect())
    }
}

/// Tries some candidates of a group at every place; how many runs agreed.
fn check(group: &Group<'_>, target: &Target) -> Result<usize, String> {
    let stride = group.len().div_ceil(TRIED);
    let tried: Vec<_> = group.iter().step_by(stride).collect();
    let signatures: Vec<Signature> = tried.iter().map(|of| of.1.signature(target)).collect();
    let sizes = dims(&signatures);
    let (mut row, mut expected, mut agreed) = (Row::new(), None, 0);
    for ((recipe, candidate), signature) in tried.into_iter().zip(&signatures) {
        let program = candidate.build(target).map_err(|wrong| wrong.to_string())?;
        let Some(mut executor) = executor(&program, target)? else { continue };
        for place in PLACES {
            let trial = Trial { signature, program: &program, sizes: &sizes, place };
            let found = trial.run(&mut row, executor.as_mut())?;
            if *expected.get_or_insert_with(|| found.clone()) != found {
                let [rows, at] = place;
                return Err(format!("{} {candidate}: row {at} of {rows} differs", recipe.name()));
            }
            agreed += 1;
        }
    }
    Ok(agreed)
}

/// What runs a program: host code, or lane code of a GPU; `None` if the target cannot hold it.
fn executor(program: &Program, target: &Target) -> Result<Option<Box<dyn Executor>>, String> {
    if target.backend == Backend::Host {
        let compiled = compile(program, target, &[]).map_err(|wrong| wrong.to_string())?;
        let code = HostCode::new(compiled).map_err(|wrong| wrong.to_string())?;
        return Ok(Some(Box::new(code)));
    }
    match lower(program, target) {
        Ok(kernel) => {
            let code = LaneCode::new(kernel, target).map_err(|wrong| wrong.to_string())?;
            Ok(Some(Box::new(code)))
        }
        Err(wrong) if wrong.to_string().contains("workgroup memory of") => Ok(None),
        Err(wrong) => Err(wrong.to_string()),
    }
}

#[track_caller]
fn agrees(target: &str) {
    let target = Target::builtin(target).expect("the target should be built in");
    let (mut wrong, mut agreed, mut shared) = (Vec::new(), 0, 0);
    for (operation, attributes) in examples() {
        let all = recipes(operation, &attributes).expect("examples should have recipes");
        let groups = groups(&all, &target);
        let stride = groups.len().div_ceil(ORDERS).max(1);
        for ((order, _), group) in groups.iter().step_by(stride) {
            shared += usize::from(group.len() > 1);
            match check(group, &target) {
                Ok(runs) => agreed += runs,
                Err(why) => {
                    wrong.push(format!("{operation} {attributes:?}, order \"{order}\": {why}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} disagree:\n{}", wrong.len(), wrong.join("\n"));
    assert!(agreed > 0 && shared > 0, "nothing was compared");
}

#[test]
fn host_code_of_one_order_gives_a_row_the_same_bits_among_any_others() {
    agrees(Target::native_host_name().expect("this processor should have a target"));
}

#[test]
fn lane_code_of_one_order_gives_a_row_the_same_bits_among_any_others() {
    agrees("gfx1151");
}
