//! Modelled times of GPU kernels, from executing some of their workgroups on the simulator.
//!
//! The bound of the machine code orders the contenders of a request; the best of them are
//! simulated, the best of each recipe and arithmetic, because bounds are not equally far from the
//! times of different programs, more where the launch itself hides what tells them apart, and the
//! best of each order that a decode class may be answered in.
//! Whoever was not has no time for that request and cannot win it, so that nothing is decided by a
//! bound alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use kiln_cache::hash::{Key, KeyBuilder};
use kiln_cache::store::{Measurement, Outcome, Store};
use kiln_compiler::dsl::Pick;
use kiln_compiler::interpret::extent;
use kiln_compiler::object::link;
use kiln_compiler::oracle::Launch;
use kiln_compiler::tile::Part;
use kiln_sim::machine;
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::CodeObject;
use kiln_sim::time::{VERSION, estimate};
use kiln_targets::Target;
use rayon::prelude::*;

use super::{Contender, Estimate, Family, Request, decode, tables, threads};
use crate::progress::{Progress, Stage};
use crate::{Error, Result};

/// Contenders that are simulated for a request.
const SIMULATED: usize = 6;

/// Contenders of each recipe and arithmetic that are simulated for a request, wherever they come.
const OF_EACH: usize = 2;

/// Contenders that are simulated where their bounds tell nothing: where these differ by less than
/// a launch costs and are themselves [`SHORT`], or where they are [`LONG`] and within [`LEVEL`] of
/// the best one. The head of a model is read by a hundred kernels at the same bound.
const ALIKE: usize = 24;

/// Launches, in whose time a kernel is short.
const SHORT: f64 = 4.0;

/// Launches, in whose time a kernel is long: there are few such requests, and much to lose.
const LONG: f64 = 500.0;

/// Bounds that are apart by less are the same.
const LEVEL: f64 = 1.02;

/// A bound this much above the best one is not worth simulating.
const HOPELESS: f64 = 2.5;

/// Name of the note that holds what binds a kernel.
const BINDING: &str = "binding";

/// Whether the simulator can say how long kernels of a target take.
pub(super) fn can_model(target: &Target) -> bool {
    target.timing.pipeline.is_some()
}

/// Replaces the bounds of a family's contenders by simulated times.
///
/// # Errors
/// If the cache cannot be used or code cannot be linked.
pub(super) fn simulate(
    family: &Family,
    contenders: &mut [Contender<'_>],
    (store, target): (&Store, &Target),
    progress: &Progress,
) -> Result<()> {
    let [_, launch] = target.timing.launches_us();
    let mut pairs: BTreeSet<(usize, usize)> = (0..family.requests.len())
        .flat_map(|request| {
            promising(contenders, request, launch).into_iter().map(move |at| (at, request))
        })
        .collect();
    for (request, of) in decode::nominees(family, contenders, &BTreeMap::new()) {
        pairs.extend(of.into_iter().map(|at| (at, request)));
    }
    let line = progress.stage(Stage::Time, pairs.len() as u64);
    let rig = Rig::new(store, target, contenders);
    let timed = |&(at, request): &(usize, usize)| {
        let time = rig.time(at, &family.requests[request])?;
        line.advance(1);
        Ok(((at, request), time))
    };
    let times = pairs.par_iter().map(timed).collect::<Result<BTreeMap<_, _>>>()?;
    drop(rig);
    drop(line);
    for (at, contender) in contenders.iter_mut().enumerate() {
        for request in 0..family.requests.len() {
            contender.estimates[request] = times.get(&(at, request)).cloned().flatten();
        }
    }
    Ok(())
}

/// The contenders with the least bounds for a request: of all, and of each recipe and arithmetic.
fn promising(contenders: &[Contender<'_>], request: usize, launch: f64) -> Vec<usize> {
    let bound = |at: usize| contenders[at].estimates[request].as_ref().map(|of| of.time_us);
    let mut order: Vec<(f64, usize)> =
        (0..contenders.len()).filter_map(|at| Some((bound(at)?, at))).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let least = order.first().map_or(0.0, |(best, _)| *best);
    let limit = least * HOPELESS;
    let alike = |time: f64| {
        let short = time < least + launch && time < SHORT * launch;
        short || least > LONG * launch && time <= least * LEVEL
    };
    let near = order.into_iter().take_while(|(time, _)| *time <= limit);
    let mut of_each: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let wanted = |(place, (time, at)): (usize, (f64, usize))| {
        let point = &contenders[at].point;
        let before = of_each.entry((point.spec.recipe.as_str(), point.arithmetic())).or_default();
        *before += 1;
        let near = place < SIMULATED || place < ALIKE && alike(time);
        (near || *before <= OF_EACH).then_some(at)
    };
    near.enumerate().filter_map(wanted).collect()
}

/// The contenders' code, linked when it is first needed.
struct Rig<'a> {
    store: &'a Store,
    target: &'a Target,
    contenders: &'a [Contender<'a>],
    objects: Vec<OnceLock<std::result::Result<CodeObject, String>>>,
}

impl<'a> Rig<'a> {
    fn new(store: &'a Store, target: &'a Target, contenders: &'a [Contender<'a>]) -> Self {
        let objects = contenders.iter().map(|_| OnceLock::new()).collect();
        Self { store, target, contenders, objects }
    }

    /// The time of a contender for a request; absent where it cannot be launched there.
    fn time(&self, at: usize, request: &Request) -> Result<Option<Estimate>> {
        let contender = &self.contenders[at];
        let (store, target) = (self.store, self.target);
        let key = key(contender, request, target);
        if let Some(known) = known(store, &key)? {
            return Ok(known);
        }
        let object = self.objects[at].get_or_init(|| self.object(contender));
        let object = object.as_ref().map_err(|why| Error::invalid("candidates", why.as_str()))?;
        let found = launched(contender, request, object, target);
        let isa_hash = contender.code.statics.isa_hash;
        let mut record = Measurement {
            isa_hash,
            outcome: Outcome::Measured,
            samples_us: Vec::new(),
            canary_us: Vec::new(),
            notes: BTreeMap::new(),
        };
        match &found {
            Ok(estimate) => {
                record.samples_us.push(estimate.time_us);
                record.notes.insert(BINDING.to_owned(), estimate.bound.clone().into());
            }
            Err(reason) => record.outcome = Outcome::Rejected { reason: reason.clone() },
        }
        store.put(&key, &record)?;
        Ok(found.ok())
    }

    fn object(&self, contender: &Contender<'_>) -> std::result::Result<CodeObject, String> {
        let code = self.store.object(&contender.code.object).map_err(|error| error.to_string())?;
        let code = code.ok_or("an object vanished from the cache while it was used; run again")?;
        let linked = link(&[&code], self.target).map_err(|error| error.to_string())?;
        CodeObject::parse(&linked).map_err(|error| error.to_string())
    }
}

fn key(contender: &Contender<'_>, request: &Request, target: &Target) -> Key {
    let key = KeyBuilder::new("modelled time")
        .field("isa", contender.code.statics.isa_hash)
        .field("operation", &request.operation)
        .field("dims", request.label());
    tables::keyed(key, contender, request)
        .field("model", VERSION)
        .content("target", target.file_hash_text().as_bytes())
        .content("timing", format!("{:?}", target.timing).as_bytes())
        .finish()
}

/// A time in the cache, or that there is none to be had.
fn known(store: &Store, key: &Key) -> Result<Option<Option<Estimate>>> {
    let record: Option<Measurement> = store.get(key)?;
    Ok(record.map(|record| {
        let bound = record.notes.get(BINDING).and_then(|of| of.as_str()).map(str::to_owned);
        record.samples_us.first().map(|time| Estimate { time_us: *time, bound })
    }))
}

/// Models the launch on buffers of zeros, except for inputs that have structure.
fn launched(
    contender: &Contender<'_>,
    request: &Request,
    object: &CodeObject,
    target: &Target,
) -> std::result::Result<Estimate, String> {
    let program = &contender.point.program;
    let dims = request.dims();
    let launch = Launch { program, dims: &dims };
    let memory = Arc::new(Memory::new());
    let mut kernarg = Vec::new();
    let sizes = launch.sizes();
    let bytes = |part: &Part| {
        let shape = part.extent.map(|of| extent(of, &sizes).max(0) as usize);
        part.order.bytes(shape, part.dtype) as u64
    };
    let recipe = contender.point.spec.recipe()?;
    for part in &program.parts {
        let size = bytes(part);
        let base = memory.allocate(&part.name, size.max(1), Access::ReadWrite, Storage::Sparse);
        let base = base.map_err(|error| error.to_string())?;
        let integers = recipe.integers(&part.name, &dims, Pick::Typical).unwrap_or_default();
        let contents: Vec<u8> = integers.iter().flat_map(|of| of.to_le_bytes()).collect();
        memory.write(base, &contents).map_err(|error| error.to_string())?;
        kernarg.extend(base.to_le_bytes());
    }
    for size in &sizes {
        let size = i32::try_from(*size).map_err(|error| error.to_string())?;
        kernarg.extend(size.to_le_bytes());
    }
    let grid = launch.grid().map(|extent| u32::try_from(extent).unwrap_or(u32::MAX));
    let block = [threads(program, target), 1, 1];
    let mut call = machine::Launch::new(&program.name, grid, block, kernarg);
    // Requests are modelled side by side already.
    call.threads = 1;
    let found = estimate(target, object, &call, &memory).map_err(|error| error.to_string())?;
    // As in a step of the model, where launches queue behind each other.
    let time_us = found.queued_microseconds;
    Ok(Estimate { time_us, bound: Some(found.binding.name().to_owned()) })
}
