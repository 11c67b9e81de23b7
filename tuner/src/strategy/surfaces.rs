//! The default strategy on synthetic surfaces and on surfaces like recorded ones.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// Samples of each candidate that an exhaustive search takes.
const SAMPLES: usize = 5;

/// Time of each point, without noise.
type Surface = Box<dyn Fn(&[u16]) -> f64>;

/// Axes like those of a tiled product: tile rows and columns, depth, waves, stages, arithmetic.
const SIDES: [u16; 6] = [6, 5, 4, 3, 3, 3];

/// Points that fit on a made-up chip.
fn points() -> Vec<Vec<u16>> {
    let mut points = vec![vec![]];
    for side in SIDES {
        points = points
            .into_iter()
            .flat_map(|point: Vec<u16>| (0..side).map(move |v| [point.clone(), vec![v]].concat()))
            .collect();
    }
    points.retain(|point| point[0] + point[1] <= 7 && point[2] + point[4] <= 4);
    points
}

/// A bowl in every axis around a random optimum, with some interaction.
fn bowl(point: &[u16], rng: &mut ChaCha8Rng) -> impl Fn(&[u16]) -> f64 + use<> {
    let centre: Vec<f64> = SIDES.map(|side| rng.random_range(0.0..f64::from(side))).to_vec();
    let weight: Vec<f64> = point.iter().map(|_| rng.random_range(0.02..0.2)).collect();
    move |point| {
        let away: Vec<f64> = point.iter().zip(&centre).map(|(v, c)| f64::from(*v) - c).collect();
        let square: f64 = away.iter().zip(&weight).map(|(away, weight)| weight * away * away).sum();
        50.0 * (1.0 + square + 0.03 * away[0] * away[1]).max(0.5)
    }
}

/// Tiles of powers of two on a problem that they divide badly, occupancy steps, an arithmetic
/// that only suits some tiles, and a fixed ruggedness of a few per cent.
fn chip(point: &[u16], rng: &mut ChaCha8Rng) -> impl Fn(&[u16]) -> f64 + use<> {
    let problem: (f64, f64) = (rng.random_range(100.0..3000.0), rng.random_range(100.0..3000.0));
    let salt = rng.random::<u64>() ^ point.len() as u64;
    move |point| {
        let tile = |axis: usize| 8.0 * f64::from(1u32 << point[axis]);
        let tiles = (problem.0 / tile(0)).ceil() * (problem.1 / tile(1)).ceil();
        let registers = tile(0) * tile(1) / 64.0 + 30.0 * f64::from(point[4]);
        let waves = (1536.0 / (registers + 24.0)).floor().clamp(1.0, 16.0);
        let group = tile(0) * tile(1) * (1.0 + 8.0 / tile(0) + 8.0 / tile(1));
        let hiding = 1.0 + 3.0 / (waves * f64::from(point[4] + 1));
        let depth = 1.0 + 0.1 * (f64::from(point[2]) - 2.0).abs();
        let suits =
            if point[5] == 2 && point[0] < 2 { 1.5 } else { 1.0 - 0.08 * f64::from(point[5]) };
        let rounds = (tiles / 40.0).ceil();
        let mut rough = ChaCha8Rng::seed_from_u64(
            point.iter().fold(salt, |h, v| h.wrapping_mul(31) ^ u64::from(*v)),
        );
        0.01 * rounds * group * hiding * depth * suits * rough.random_range(0.97..1.03) + 8.0
    }
}

/// What a device would record: 1 % of jitter, an interruption now and then, failures.
fn record(
    points: &[Vec<u16>],
    time: impl Fn(&[u16]) -> f64,
    rng: &mut ChaCha8Rng,
) -> Vec<Vec<f64>> {
    let mut one = |point: &Vec<u16>| {
        let count = if rng.random_bool(0.02) { 0 } else { SAMPLES };
        let sample = |_| {
            let jitter: f64 = (0..3).map(|_| rng.random_range(-0.005..0.005)).sum();
            let pause = if rng.random_bool(0.02) { 0.5 } else { 0.0 };
            time(point) * (1.0 + jitter + pause)
        };
        (0..count).map(sample).collect()
    };
    points.iter().map(&mut one).collect()
}

/// Regret and share of the exhaustive search's samples over seeded surfaces: mean and worst.
fn judge(strategy: &dyn Strategy, prior: bool, smooth: bool) -> ([f64; 2], f64) {
    let (mut mean, mut worst, mut share) = (0.0, 0.0f64, 0.0f64);
    const SURFACES: u64 = 6;
    for seed in 0..SURFACES {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let points = points();
        let time: Surface = match smooth {
            true => Box::new(bowl(&points[0], &mut rng)),
            false => Box::new(chip(&points[0], &mut rng)),
        };
        let records = record(&points, &time, &mut rng);
        let estimates =
            points.iter().map(|point| prior.then(|| time(point) * rng.random_range(0.7..1.3)));
        let estimates: Vec<Option<f64>> = estimates.collect();
        let space = Space::new(points).with_prior(estimates);
        let replay = Replay::new(records);
        let all = replay.run(&Exhaustive { samples: SAMPLES }, &space);
        assert_eq!((all.samples, all.regret), (replay.total(), 1.0));
        let outcome = replay.run(strategy, &space);
        mean += outcome.regret / SURFACES as f64;
        worst = worst.max(outcome.regret);
        share = share.max(outcome.samples as f64 / all.samples as f64);
    }
    ([mean, worst], share)
}

#[test]
fn the_default_strategy_comes_within_one_per_cent_of_the_best_with_a_third_of_the_samples() {
    for smooth in [true, false] {
        let (regret, share) = judge(&Search::default(), false, smooth);
        println!("complete, smooth {smooth}: regret {regret:?}, share {share:.3}");
        assert!(regret[1] <= 1.01 && share <= 0.30, "{smooth}: {regret:?} {share}");
    }
}

#[test]
fn without_an_estimate_a_capped_search_still_finds_a_good_candidate() {
    let capped = Search { cap: 400, ..Search::default() };
    for smooth in [true, false] {
        let (regret, share) = judge(&capped, false, smooth);
        println!("capped, no estimate, smooth {smooth}: regret {regret:?}, share {share:.3}");
        assert!(regret[0] <= 1.05 && share <= 0.10, "{smooth}: {regret:?} {share}");
    }
}

#[test]
fn above_its_cap_it_descends_and_stays_close() {
    let capped = Search { cap: 400, ..Search::default() };
    for smooth in [true, false] {
        let (regret, share) = judge(&capped, true, smooth);
        println!("capped, smooth {smooth}: regret {regret:?}, share {share:.3}");
        assert!(regret[0] <= 1.01 && share <= 0.10, "{smooth}: {regret:?} {share}");
    }
}

#[test]
fn the_surfaces_are_hard_enough_that_too_few_points_miss_the_best() {
    let blind = Search { cap: 12, ..Search::default() };
    for smooth in [true, false] {
        let (regret, _) = judge(&blind, false, smooth);
        println!("blind, smooth {smooth}: regret {regret:?}");
        assert!(regret[0] > 1.05, "{smooth}: {regret:?}");
    }
}
