//! Ranking the candidates of one operation at one set of dims.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::Trial;
use crate::explain::Reasons;
use crate::stats::{MIN_EFFECT, NOISE_LIMIT, NoiseFloor, Verdict};

/// The outcome of a run-off, by candidates' names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOff {
    /// The candidate that led.
    pub leader: String,
    /// The candidate that was compared with it.
    pub challenger: String,
    /// How the challenger did.
    pub verdict: Verdict,
}

/// Modelled times that differ by less are a tie: of the published measurements, pairs of kernels whose
/// modelled times are closer are as often in the other order as in this one, and of those up to 10 %
/// apart four in five are in this one (decision 007).
const MODELLED_TIE: f64 = 0.03;

/// The rules of a ranking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judge {
    /// Largest relative RMS error of a winner.
    pub max_error: f64,
    /// Times that differ by no more than this share are a tie: 0.01 is 1 %.
    pub margin: f64,
}

/// Candidates from best to worst, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranking {
    /// The admissible trials, the winner first.
    pub order: Vec<Trial>,
    /// What broke the tie between winner and runner-up, where there was one.
    pub tie: Option<String>,
    /// Why the others were dropped.
    pub dropped: Reasons,
}

impl Judge {
    /// The usual judge of a session: ties within 1 % or the noise floor. A session that is too
    /// noisy to replace anything has no better evidence than its medians, so that not everything
    /// is a tie in it.
    pub fn new(max_error: f64, noise: NoiseFloor) -> Self {
        Self { max_error, margin: MIN_EFFECT.max(noise.0.min(NOISE_LIMIT)) }
    }

    /// The judge of modelled times, which say nothing of small differences.
    pub fn of_modelled(max_error: f64) -> Self {
        Self { max_error, margin: MODELLED_TIE }
    }

    /// Ranks trials: the fastest leads; each of the others in order of time may replace the
    /// leader by a run-off it won, or by being more robust where neither is better.
    pub fn rank(&self, trials: &[Trial], run_offs: &[RunOff]) -> Ranking {
        let (mut left, dropped) = self.admissible(trials);
        left.sort_by(by_time);
        let mut ranking = Ranking { dropped, ..Ranking::default() };
        while !left.is_empty() {
            let (best, tie) = self.best(&left, run_offs);
            if ranking.order.is_empty() {
                ranking.tie = tie;
            }
            ranking.order.push(left.remove(best));
        }
        ranking
    }

    /// The trials that may win, and why the others may not.
    fn admissible(&self, trials: &[Trial]) -> (Vec<Trial>, Reasons) {
        let mut dropped = Reasons::default();
        let mut left = Vec::new();
        for trial in trials {
            if !(trial.time_us.is_finite() && trial.time_us > 0.0) {
                dropped.add("it has no time", &trial.candidate.name);
            } else if trial.error.is_nan() || trial.error > self.max_error {
                let detail = format!("{} with {:.1e}", trial.candidate.name, trial.error);
                dropped.add(&format!("its error exceeds {:.1e}", self.max_error), &detail);
            } else {
                left.push(trial.clone());
            }
        }
        (left, dropped)
    }

    /// Index of the best of trials sorted by time, and what broke the last tie on the way.
    fn best(&self, trials: &[Trial], run_offs: &[RunOff]) -> (usize, Option<String>) {
        let (mut leader, mut tie) = (0, None);
        for challenger in 1..trials.len() {
            let (a, b) = (&trials[leader], &trials[challenger]);
            match verdict(a, b, run_offs).unwrap_or_else(|| self.by_margin(&trials[0], b)) {
                Verdict::Better => (leader, tie) = (challenger, Some("run-off".to_owned())),
                Verdict::Worse => {}
                Verdict::Same => {
                    let (ours, theirs) = (&a.candidate.robustness, &b.candidate.robustness);
                    let wins = (theirs, &b.candidate.name) < (ours, &a.candidate.name);
                    tie = Some(ours.advantage(theirs).unwrap_or("name").to_owned());
                    leader = if wins { challenger } else { leader };
                }
            }
        }
        (leader, tie)
    }

    /// Without a run-off a slower candidate ties only with the fastest time, so that a chain of
    /// small steps never adds up to a large one.
    fn by_margin(&self, fastest: &Trial, challenger: &Trial) -> Verdict {
        let limit = fastest.time_us * (1.0 + self.margin);
        if challenger.time_us <= limit { Verdict::Same } else { Verdict::Worse }
    }
}

/// What the last run-off between two candidates said of `b`.
fn verdict(a: &Trial, b: &Trial, run_offs: &[RunOff]) -> Option<Verdict> {
    let (a, b) = (&a.candidate.name, &b.candidate.name);
    run_offs.iter().rev().find_map(|run_off| {
        if (&run_off.leader, &run_off.challenger) == (a, b) {
            return Some(run_off.verdict);
        }
        let reversed = (&run_off.leader, &run_off.challenger) == (b, a);
        reversed.then_some(match run_off.verdict {
            Verdict::Better => Verdict::Worse,
            Verdict::Worse => Verdict::Better,
            Verdict::Same => Verdict::Same,
        })
    })
}

fn by_time(a: &Trial, b: &Trial) -> Ordering {
    a.time_us
        .total_cmp(&b.time_us)
        .then(a.candidate.robustness.cmp(&b.candidate.robustness))
        .then(a.candidate.name.cmp(&b.candidate.name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Candidate, Robustness};
    use super::*;

    const JUDGE: Judge = Judge { max_error: 0.01, margin: 0.01 };

    fn trial(name: &str, time_us: f64, vgprs: u32) -> Trial {
        let robustness = Robustness { is_new: true, vgprs, ..Robustness::default() };
        let candidate = Candidate { name: name.into(), robustness };
        Trial { candidate, time_us, error: 0.001 }
    }

    fn order(trials: &[Trial], run_offs: &[RunOff]) -> Vec<String> {
        let ranking = JUDGE.rank(trials, run_offs);
        ranking.order.into_iter().map(|trial| trial.candidate.name).collect()
    }

    fn run_off(leader: &str, challenger: &str, verdict: Verdict) -> RunOff {
        RunOff { leader: leader.into(), challenger: challenger.into(), verdict }
    }

    #[test]
    fn a_fast_but_inexact_candidate_cannot_win_and_the_reason_is_counted() {
        let mut trials =
            vec![trial("exact", 10.0, 9), trial("coarse", 5.0, 9), trial("nan", 1.0, 9)];
        trials[1].error = 0.02;
        trials[2].error = f64::NAN;
        trials.push(trial("untimed", f64::INFINITY, 9));
        let ranking = JUDGE.rank(&trials, &[]);
        assert_eq!((ranking.order.len(), ranking.dropped.total()), (1, 3));
        assert!(
            ranking.dropped.text().contains("2  its error exceeds 1.0e-2"),
            "{:?}",
            ranking.dropped
        );
    }

    #[test]
    fn ties_go_to_the_more_robust_and_others_to_the_faster() {
        let trials = [trial("fast", 100.0, 200), trial("lean", 100.9, 90), trial("slow", 101.1, 8)];
        assert_eq!(order(&trials, &[]), ["lean", "fast", "slow"]);
        assert_eq!(JUDGE.rank(&trials, &[]).tie.unwrap(), "fewer registers");
        let mut kept = trials.to_vec();
        kept[0].candidate.robustness.is_new = false;
        assert_eq!(order(&kept, &[])[0], "fast", "the incumbent stays");
        assert_eq!(JUDGE.rank(&kept, &[]).tie.unwrap(), "already in the bundle");
    }

    #[test]
    fn in_a_very_noisy_session_a_much_slower_candidate_is_no_tie() {
        let judge = Judge::new(0.01, NoiseFloor(5.0));
        let trials = [trial("fast", 100.0, 200), trial("lean", 104.0, 90), trial("x", 400.0, 8)];
        assert_eq!(judge.rank(&trials, &[]).order[0].candidate.name, "fast");
        assert_eq!(Judge::new(0.01, NoiseFloor(0.02)).margin, 0.02);
    }

    #[test]
    fn small_steps_do_not_add_up() {
        let trials = [trial("a", 100.0, 9), trial("b", 100.9, 8), trial("c", 101.8, 7)];
        assert_eq!(order(&trials, &[]), ["b", "a", "c"]);
    }

    #[test]
    fn a_run_off_outranks_single_timings() {
        let trials = [trial("a", 100.0, 9), trial("b", 105.0, 10), trial("c", 100.5, 8)];
        let better = [run_off("a", "b", Verdict::Better), run_off("a", "c", Verdict::Worse)];
        assert_eq!(order(&trials, &better)[0], "b");
        let reversed = [run_off("b", "a", Verdict::Worse), run_off("c", "a", Verdict::Better)];
        assert_eq!(order(&trials, &reversed)[0], "b");
        let same = [run_off("a", "b", Verdict::Same), run_off("a", "c", Verdict::Worse)];
        assert_eq!(order(&trials, &same)[0], "a", "b is a tie, but less robust");
    }

    proptest! {
        #[test]
        fn the_ranking_does_not_depend_on_the_order_of_trials(
            times in proptest::collection::vec((90.0..110.0f64, 0u32..4, 0.0..0.02f64), 1..12),
            turn in 0usize..12,
        ) {
            let mut trials: Vec<Trial> = times.iter().enumerate().map(|(i, (time, vgprs, error))| {
                Trial { error: *error, ..trial(&format!("k{i}"), *time, *vgprs) }
            }).collect();
            let before = order(&trials, &[]);
            let turn = turn % trials.len();
            trials.rotate_left(turn);
            prop_assert_eq!(&order(&trials, &[]), &before);
            let admissible = times.iter().filter(|(_, _, error)| *error <= 0.01).count();
            prop_assert_eq!(before.len(), admissible);
        }

        #[test]
        fn the_winner_is_within_the_margin_of_the_fastest(
            times in proptest::collection::vec((90.0..110.0f64, 0u32..4), 1..12),
        ) {
            let trials: Vec<Trial> = times.iter().enumerate()
                .map(|(i, (time, vgprs))| trial(&format!("k{i}"), *time, *vgprs)).collect();
            let fastest = times.iter().map(|(time, _)| *time).fold(f64::INFINITY, f64::min);
            prop_assert!(JUDGE.rank(&trials, &[]).order[0].time_us <= fastest * 1.01);
        }
    }
}
