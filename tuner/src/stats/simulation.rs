//! Error rates of the rules on simulated timings.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// Times around 100 us: 1 % of jitter, slow drift that hits both alike, and now and then an
/// interruption.
fn session(rng: &mut ChaCha8Rng, pairs: usize, ratio: f64) -> (Vec<f64>, Vec<f64>) {
    let mut drift = 1.0;
    let mut sample = |scale: f64, drift: f64| {
        let jitter: f64 = (0..4).map(|_| rng.random_range(-0.01..0.01)).sum();
        let pause = if rng.random_bool(0.03) { 0.4 } else { 0.0 };
        100.0 * scale * drift * (1.0 + jitter + pause)
    };
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..pairs {
        drift *= 1.001;
        times.0.push(sample(1.0, drift));
        times.1.push(sample(ratio, drift));
    }
    times
}

fn share(sessions: u64, mut test: impl FnMut(&mut ChaCha8Rng) -> bool) -> f64 {
    let hits = (0..sessions).filter(|&seed| test(&mut ChaCha8Rng::seed_from_u64(seed))).count();
    hits as f64 / sessions as f64
}

#[test]
fn equal_candidates_are_told_apart_less_often_than_the_stated_level() {
    let significant = share(5000, |rng| {
        let (a, b) = session(rng, 24, 1.0);
        Pairs::of(&a, &b).unwrap().p_value < SIGNIFICANCE
    });
    assert!(significant < SIGNIFICANCE, "{significant}");
    let verdicts = share(5000, |rng| {
        let (a, b) = session(rng, 24, 1.0);
        compare(&Pairs::of(&a, &b).unwrap(), NoiseFloor(0.0)) != Verdict::Same
    });
    assert!(verdicts < SIGNIFICANCE / 2.0, "{verdicts}");
}

#[test]
fn a_difference_of_three_per_cent_is_found() {
    for (ratio, expect) in [(0.97, Verdict::Better), (1.0 / 0.97, Verdict::Worse)] {
        let found = share(500, |rng| {
            let (a, b) = session(rng, 40, ratio);
            compare(&Pairs::of(&a, &b).unwrap(), NoiseFloor(0.01)) == expect
        });
        assert!(found > 0.95, "{expect:?}: {found}");
    }
}

#[test]
fn the_interval_holds_the_median_at_least_as_often_as_it_says() {
    for count in [6, 11, 30] {
        let held = share(3000, |rng| {
            // Skewed, median 1.
            let samples: Vec<f64> =
                (0..count).map(|_| (2.0 * rng.random_range(-1.0..1.0f64)).exp()).collect();
            median_interval(&samples, CONFIDENCE).unwrap().contains(1.0)
        });
        assert!(held > CONFIDENCE - 0.01, "{count} samples: {held}");
    }
}

#[test]
fn the_noise_floor_covers_what_a_second_run_of_the_same_kernels_shows() {
    let covered = share(1000, |rng| {
        let (a, b) = session(rng, 30, 1.0);
        let (c, d) = session(rng, 30, 1.0);
        let floor = NoiseFloor::of(&a, &b).unwrap();
        (Pairs::of(&c, &d).unwrap().ratio - 1.0).abs() <= floor.0
    });
    assert!(covered > 0.9, "{covered}");
}
