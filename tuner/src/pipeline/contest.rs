//! Who may answer a family's requests, and who does.

use std::collections::{BTreeMap, BTreeSet};

use kiln_cache::vocabulary::Provenance;

use super::decode::Orders;
use super::{Code, Estimate, Family, Model, Point};
use crate::Result;
use crate::decide::{Candidate, Judge, Pick, Robustness, RunOff, SelectionRule, Trial, select};
use crate::roofline::Problem;

/// Most kernels that one recipe contributes to the tables of a family.
const KERNELS_PER_RECIPE: usize = 8;

/// A time as it was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// Median of the samples, in microseconds.
    pub time_us: f64,
    /// The median's 95 % interval.
    pub interval: Option<[f64; 2]>,
}

/// A compiled candidate of a family.
#[derive(Clone, Debug)]
pub struct Contender<'p> {
    /// The candidate.
    pub point: &'p Point,
    /// Its code.
    pub code: Code,
    /// Modelled time for each request; absent where it cannot serve it.
    pub estimates: Vec<Option<Estimate>>,
    /// Relative RMS error for each request.
    pub errors: Vec<f64>,
    /// Measured times by request.
    pub timed: BTreeMap<usize, Timed>,
    /// Times for requests that a budget left no time to measure: modelled ones, corrected by what
    /// was measured elsewhere.
    pub carried: BTreeMap<usize, f64>,
}

impl<'p> Contender<'p> {
    /// A contender with modelled times.
    ///
    /// # Errors
    /// If a request's kernel cannot be launched at all.
    pub fn new(point: &'p Point, code: Code, family: &Family, model: &Model<'_>) -> Result<Self> {
        let estimate = |request: &super::Request| {
            let dims = request.dims();
            let fits = point.serves(&dims);
            let of = || model.compiled(&point.program, &dims, &code.statics, &code.isa);
            fits.then(of).transpose()
        };
        let estimates = family.requests.iter().map(estimate).collect::<Result<Vec<_>>>()?;
        let errors = vec![f64::NAN; family.requests.len()];
        let (timed, carried) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { point, code, estimates, errors, timed, carried })
    }

    /// Its time for a request: as measured or carried over where candidates are timed, else
    /// modelled.
    pub fn time(&self, request: usize, measured: bool) -> Option<f64> {
        if measured {
            let timed = self.timed.get(&request).map(|timed| timed.time_us);
            return timed.or_else(|| self.carried.get(&request).copied());
        }
        self.estimates[request].as_ref().map(|estimate| estimate.time_us)
    }

    /// What breaks ties in its favour; the incumbent is in the bundle already.
    pub fn robustness(&self, incumbent: bool) -> Robustness {
        Robustness::of(&self.code.statics, self.point.stages(), incumbent)
    }
}

/// The work that a request must do. Operations that are not known by name are taken to move every
/// operand of the kernel once.
fn problem(request: &super::Request, contender: &Contender<'_>) -> Result<Problem> {
    let dims = request.dims();
    if Problem::knows(&request.operation) {
        return Problem::of(&request.operation, &dims);
    }
    let program = &contender.point.program;
    let sizes = kiln_compiler::oracle::Launch { program, dims: &dims }.sizes();
    let bytes: u64 = super::operand_bytes(program, &sizes).values().sum();
    Ok(Problem { bytes: bytes as f64, ops: 0.0 })
}

/// How a family is decided.
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    /// Rates and target.
    pub model: &'a Model<'a>,
    /// Accuracy floor and margin of ties.
    pub judge: Judge,
    /// Run-offs that were held, by request.
    pub run_offs: &'a BTreeMap<usize, Vec<RunOff>>,
    /// The order that each request of a decode class is answered in.
    pub orders: Orders,
}

impl Rules<'_> {
    /// The contenders that together answer every request well, as positions.
    pub fn choose(&self, family: &Family, contenders: &[Contender<'_>]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        order.sort_by(|a, b| {
            let key = |at: &usize| {
                (contenders[*at].robustness(false), &contenders[*at].point.spec.symbol)
            };
            key(a).cmp(&key(b))
        });
        let cell = |at: &usize, request: usize| self.answer(&contenders[*at], request);
        let row = |request| order.iter().map(|at| cell(at, request)).collect();
        let times: Vec<Vec<Option<f64>>> = (0..family.requests.len()).map(row).collect();
        let recipes = family.points.chunk_by(|a, b| a.spec.recipe == b.spec.recipe).count();
        let most = KERNELS_PER_RECIPE * recipes;
        let rule = match self.model.measured {
            true => SelectionRule { most, ..SelectionRule::default() },
            false => SelectionRule { most, cap: 1.0 + self.judge.margin, ..Default::default() },
        };
        select(&times, rule).chosen.into_iter().map(|column| order[column]).collect()
    }

    /// A contender's time for a request, if it is accurate enough.
    pub fn accurate(&self, contender: &Contender<'_>, request: usize) -> Option<f64> {
        let accurate = contender.errors[request] <= self.judge.max_error;
        accurate.then(|| contender.time(request, self.model.measured)).flatten()
    }

    /// A contender's time for a request that it may answer: it is accurate enough, and of the order
    /// that the request's decode class is answered in.
    pub fn answer(&self, contender: &Contender<'_>, request: usize) -> Option<f64> {
        let agreed = self.orders.get(&request).is_none_or(|order| contender.point.order == *order);
        agreed.then(|| self.accurate(contender, request)).flatten()
    }

    /// The best of the chosen and the incumbent for a request.
    pub fn winner(
        &self,
        contenders: &[Contender<'_>],
        chosen: &[usize],
        request: usize,
        incumbent: Option<usize>,
    ) -> Option<usize> {
        let trial = |at: usize| {
            let contender = &contenders[at];
            let name = contender.point.spec.symbol.clone();
            let robustness = contender.robustness(incumbent == Some(at));
            Some(Trial {
                candidate: Candidate { name, robustness },
                time_us: self.answer(contender, request)?,
                error: contender.errors[request],
            })
        };
        let standing: BTreeSet<usize> = chosen.iter().copied().chain(incumbent).collect();
        let mut trials: Vec<Trial> = standing.iter().copied().filter_map(trial).collect();
        if !self.model.measured {
            let limit = self.tie_limit(contenders, &trials, request);
            trials.retain(|trial| trial.time_us <= limit);
        }
        let held = self.run_offs.get(&request).map_or(&[][..], Vec::as_slice);
        let ranking = self.judge.rank(&trials, held);
        let best = &ranking.order.first()?.candidate.name;
        standing.into_iter().find(|at| contenders[*at].point.spec.symbol == *best)
    }

    /// The time up to which one of `trials` may win by being more robust: where the best of all
    /// contenders is not among them, they lose something already, and ties are not counted from there.
    fn tie_limit(&self, contenders: &[Contender<'_>], trials: &[Trial], request: usize) -> f64 {
        let all = contenders.iter().filter_map(|contender| self.answer(contender, request));
        let fastest = all.fold(f64::INFINITY, f64::min) * (1.0 + self.judge.margin);
        trials.iter().map(|trial| trial.time_us).fold(f64::INFINITY, f64::min).max(fastest)
    }

    /// A request's entry in its table.
    ///
    /// # Errors
    /// If the operation's work is unknown.
    pub fn pick(&self, family: &Family, contender: &Contender<'_>, request: usize) -> Result<Pick> {
        let of = &family.requests[request];
        let time_us = contender.time(request, self.model.measured);
        let problem = problem(of, contender)?;
        let roof = problem.roof(&self.model.ceilings);
        let multiples = contender.point.multiples();
        Ok(Pick {
            class: of.m,
            free: of.free.clone(),
            kernel: contender.point.spec.symbol.clone(),
            inputs: contender.point.inputs.clone(),
            multiples,
            provenance: match contender.timed.contains_key(&request) && !self.model.simulated {
                true => Provenance::Measured,
                false => Provenance::Modelled,
            },
            time_us,
            interval: contender.timed.get(&request).and_then(|timed| timed.interval),
            roofline: roof.zip(time_us).map(|(roof, time)| roof.share(time)),
            bound: contender.estimates[request].as_ref().and_then(|of| of.bound.clone()),
            error: contender.errors[request],
        })
    }
}
