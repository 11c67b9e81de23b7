//! Deciding one family: who answers which request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use kiln_cache::store::Outcome;

use super::summary::{FamilySummary, WinnerRow};
use super::{
    Compiler, Contender, Decided, Family, Meeting, Model, Request, Rules, Timer, describe,
};
use super::{decode, inspect};
use crate::Result;
use crate::check::Checker;
use crate::decide::{Defence, Judge, Pick, defend};
use crate::progress::{Event, Progress};
use crate::stats::NoiseFloor;

/// A family with everything that decides it.
pub(super) struct Prepared<'f> {
    pub(super) family: &'f Family,
    pub(super) contenders: Vec<Contender<'f>>,
    /// Run-offs by request; empty where nothing is timed.
    pub(super) meetings: BTreeMap<usize, Vec<Meeting>>,
    /// The incumbent of each request, by the digest of its program.
    pub(super) incumbents: BTreeMap<usize, String>,
    /// Largest relative RMS error of a winner.
    pub(super) max_error: f64,
    pub(super) summary: FamilySummary,
}

/// What decisions need of the run.
pub(super) struct Court<'a, 't> {
    pub(super) model: &'a Model<'a>,
    pub(super) checker: &'a Checker<'a>,
    pub(super) compiler: &'a Compiler<'a>,
    pub(super) progress: &'a Progress,
    pub(super) timer: Option<&'a mut Timer<'t>>,
    pub(super) noise: NoiseFloor,
}

/// A decided family, and its decisions for people.
pub(super) struct Verdict<'f> {
    pub(super) decided: Decided<'f>,
    pub(super) summary: FamilySummary,
    pub(super) rows: Vec<WinnerRow>,
}

/// Who answers each request, and how the incumbents fared.
struct Choice {
    /// Everyone who has to be right.
    checked: Vec<usize>,
    /// By request; absent where nobody can.
    winners: Vec<Option<usize>>,
    defences: Vec<Defence>,
}

impl<'f> Prepared<'f> {
    fn rules<'r>(
        &self,
        model: &'r Model<'r>,
        noise: NoiseFloor,
        run_offs: &'r RunOffs,
    ) -> Rules<'r> {
        let judge = match model.measured {
            true => Judge::new(self.max_error, noise),
            false => Judge::of_modelled(self.max_error),
        };
        let mut rules = Rules { model, judge, run_offs, orders: decode::Orders::new() };
        // A session too noisy to replace a kernel replaces no order either.
        let margin = match noise.permits_replacing() {
            true => judge.margin,
            false => f64::INFINITY,
        };
        let time = |of: &Contender<'_>, request| rules.accurate(of, request);
        let held = (&self.incumbents, margin);
        rules.orders = decode::orders(self.family, &self.contenders, time, held);
        rules
    }

    fn run_offs(&self, noise: NoiseFloor) -> RunOffs {
        let held = |(request, of): (&usize, &Vec<Meeting>)| {
            (*request, of.iter().map(|meeting| meeting.run_off(noise)).collect())
        };
        self.meetings.iter().map(held).collect()
    }

    /// The position of a request's incumbent, if it may answer.
    fn incumbent(&self, request: usize, rules: &Rules<'_>) -> Option<usize> {
        let digest = self.incumbents.get(&request)?;
        let at = self.contenders.iter().position(|of| of.point.digest == *digest)?;
        rules.answer(&self.contenders[at], request).map(|_| at)
    }

    /// Requests in which another than the incumbent does best, with both.
    fn disputes(&self, rules: &Rules<'_>, chosen: &[usize]) -> Vec<(usize, [usize; 2])> {
        let dispute = |request: usize| {
            let incumbent = self.incumbent(request, rules)?;
            let winner = rules.winner(&self.contenders, chosen, request, Some(incumbent))?;
            (winner != incumbent).then_some((request, [incumbent, winner]))
        };
        (0..self.family.requests.len()).filter_map(dispute).collect()
    }

    /// Whether any incumbent would have to defend itself.
    pub(super) fn disputed(&self, model: &Model<'_>, noise: NoiseFloor) -> bool {
        let run_offs = self.run_offs(noise);
        let rules = self.rules(model, noise, &run_offs);
        let chosen = rules.choose(self.family, &self.contenders);
        !self.disputes(&rules, &chosen).is_empty()
    }

    /// Chooses, lets incumbents defend themselves, checks the chosen and chooses again without
    /// those that are wrong, until all are right. `None` where the run was interrupted.
    pub(super) fn decide(mut self, court: &mut Court<'_, '_>) -> Result<Option<Verdict<'f>>> {
        inspect::note_inexact(&self.contenders, self.max_error, &mut self.summary.rejected);
        let run_offs = self.run_offs(court.noise);
        loop {
            let choice = self.choose(court, &run_offs)?;
            let wrong = self.wrong(&choice.checked, court)?;
            if court.compiler.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            if wrong.is_empty() {
                return self.verdict(&choice, court, &run_offs).map(Some);
            }
            self.contenders.retain(|contender| !wrong.contains(&contender.point.spec.symbol));
        }
    }

    fn choose(&self, court: &mut Court<'_, '_>, run_offs: &RunOffs) -> Result<Choice> {
        let rules = self.rules(court.model, court.noise, run_offs);
        let chosen = rules.choose(self.family, &self.contenders);
        let disputes = self.disputes(&rules, &chosen);
        let defences = self.defences(court, &disputes)?;
        let kept: BTreeMap<usize, usize> = disputes
            .iter()
            .zip(&defences)
            .filter(|(_, defence)| defence.holds())
            .map(|((request, [incumbent, _]), _)| (*request, *incumbent))
            .collect();
        let winner = |request: usize| {
            let kept = kept.get(&request).copied();
            kept.or_else(|| {
                let incumbent = self.incumbent(request, &rules);
                rules.winner(&self.contenders, &chosen, request, incumbent)
            })
        };
        let winners: Vec<_> = (0..self.family.requests.len()).map(winner).collect();
        let checked: BTreeSet<usize> =
            chosen.iter().copied().chain(winners.iter().flatten().copied()).collect();
        Ok(Choice { checked: checked.into_iter().collect(), winners, defences })
    }

    /// Lets the incumbents of disputed requests meet who would replace them.
    fn defences(
        &self,
        court: &mut Court<'_, '_>,
        disputes: &[(usize, [usize; 2])],
    ) -> Result<Vec<Defence>> {
        let (noise, compiler) = (court.noise, court.compiler);
        let Some(timer) = court.timer.as_mut().filter(|_| noise.permits_replacing()) else {
            return Ok(disputes.iter().map(|_| defend(None, noise)).collect());
        };
        let (family, contenders) = (self.family, &self.contenders);
        let mut known = Vec::new();
        for (request, pair) in disputes {
            known.push(timer.known_pairs(family, contenders, *pair, *request)?);
        }
        if known.iter().any(Option::is_none) {
            timer.load(contenders, compiler)?;
            for ((request, pair), known) in disputes.iter().zip(&mut known) {
                *known = timer.pairs(family, contenders, *pair, *request)?;
            }
            timer.unload()?;
        }
        Ok(known.iter().map(|pairs| defend(pairs.as_ref(), noise)).collect())
    }

    /// Tries candidates in the interpreter; the symbols of those that are wrong.
    fn wrong(&mut self, tried: &[usize], court: &Court<'_, '_>) -> Result<BTreeSet<String>> {
        let points: Vec<_> = tried.iter().map(|at| self.contenders[*at].point).collect();
        let verdicts = court.checker.ragged(&points, court.progress)?;
        let mut wrong = BTreeSet::new();
        for (point, verdict) in points.iter().zip(verdicts) {
            let outcome = match verdict {
                Some(Ok(_)) => continue,
                Some(Err(outcome)) => outcome,
                None => Outcome::TimedOut,
            };
            let (spec, (what, why)) = (&point.spec, describe(&outcome));
            let example = format!("{} {{ {} }}: {why}", spec.recipe, spec.point());
            self.summary.rejected.add(what, &example);
            wrong.insert(spec.symbol.clone());
        }
        Ok(wrong)
    }

    fn verdict(
        mut self,
        choice: &Choice,
        court: &Court<'_, '_>,
        run_offs: &RunOffs,
    ) -> Result<Verdict<'f>> {
        let family = self.family;
        let mut picks: Vec<Pick> = Vec::new();
        let mut rows = Vec::new();
        let mut used = BTreeSet::new();
        let rules = self.rules(court.model, court.noise, run_offs);
        for (number, request) in family.requests.iter().enumerate() {
            let Some(at) = choice.winners[number] else {
                return Err(inspect::unanswered(family, number, &self.summary.rejected));
            };
            used.insert(at);
            let pick = rules.pick(family, &self.contenders[at], number)?;
            let row = row(&self.contenders[at], request, &pick);
            court.progress.event(&decided(request, &row, &pick));
            rows.push(row);
            picks.push(pick);
        }
        let kernels: Vec<_> = used.iter().map(|at| self.contenders[*at].clone()).collect();
        self.summary.kernels = kernels.len();
        self.summary.incumbents.count(self.incumbents.len(), &choice.defences);
        Ok(Verdict { decided: Decided { family, kernels, picks }, summary: self.summary, rows })
    }
}

type RunOffs = BTreeMap<usize, Vec<crate::decide::RunOff>>;

fn decided(request: &Request, row: &WinnerRow, pick: &Pick) -> Event {
    Event::Decided {
        operation: row.operation.clone(),
        dims: request.dims(),
        recipe: row.recipe.clone(),
        kernel: row.kernel.clone(),
        time_us: row.time_us,
        roofline: row.roofline,
        provenance: pick.provenance,
    }
}

fn row(contender: &Contender<'_>, request: &Request, pick: &Pick) -> WinnerRow {
    let spec = &contender.point.spec;
    WinnerRow {
        operation: request.operation.to_string(),
        m: request.m,
        recipe: spec.recipe.clone(),
        params: spec.point(),
        kernel: spec.symbol.clone(),
        time_us: pick.time_us,
        interval: pick.interval,
        roofline: pick.roofline,
        bound: pick.bound.clone(),
        error: pick.error,
        vgprs: contender.code.statics.vgprs,
        lds_bytes: contender.code.statics.lds_bytes,
    }
}
