//! Fitting the model's corrections to measured kernels.
//!
//! The logarithms of the corrections are searched by the method of Nelder and Mead from the textbook
//! values. The loss grows with the square of small logarithmic errors and only linearly with large
//! ones, so that a few kernels the model does not understand do not bend it; a weak pull towards the
//! start keeps corrections that the data do not determine where they were. Equal inputs give equal
//! results.

use kiln_sim::time::Parts;
use kiln_targets::Fitted;

/// The names of what is fitted, in the order of the search.
pub const NAMES: [&str; 5] = ["waves", "l2", "mall", "atomics", "norm"];

/// Logarithmic error at which the loss turns from square to linear.
const KNEE: f64 = 0.15;

/// Weight of the pull towards the start.
const PULL: f64 = 0.2;

/// How far each logarithm may stray before the pull is felt as one unit.
const REACH: [f64; 5] = [0.3, 1.0, 1.0, 1.0, 0.3];

/// Searches after the first, each from where the last one ended.
const RESTARTS: usize = 4;

/// Most evaluations of one search.
const EVALUATIONS: usize = 4000;

/// A measured kernel as the fit sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The times of its resources.
    pub parts: Parts,
    /// Milliseconds that are measured along with it.
    pub besides_ms: f64,
    /// What was measured.
    pub measured_ms: f64,
    /// What is left out together.
    pub family: String,
}

impl Sample {
    /// The modelled time in milliseconds.
    pub fn modelled_ms(&self, fitted: &Fitted) -> f64 {
        self.parts.microseconds(fitted) / 1e3 + self.besides_ms
    }
}

/// The corrections that agree best with the samples.
pub fn fit<'a>(samples: impl IntoIterator<Item = &'a Sample>, on: &str) -> Fitted {
    let samples: Vec<&Sample> = samples.into_iter().collect();
    let start = logarithms(&start());
    let loss = |at: &[f64; 5]| {
        let fitted = corrections(at, on);
        let errors = samples.iter().map(|s| (s.modelled_ms(&fitted) / s.measured_ms).ln() / KNEE);
        let miss: f64 = errors.map(|error| 2.0 * (error.mul_add(error, 1.0).sqrt() - 1.0)).sum();
        let strayed =
            at.iter().zip(&start).zip(&REACH).map(|((x, from), reach)| (x - from) / reach);
        miss + PULL * strayed.map(|far| far * far).sum::<f64>()
    };
    let mut best = start;
    for _ in 0..=RESTARTS {
        best = search(best, &loss);
    }
    corrections(&best, on)
}

/// For each sample, its time by the corrections that all families but its own agree on.
pub fn leave_one_family_out(samples: &[Sample]) -> Vec<f64> {
    let mut families: Vec<&str> = samples.iter().map(|sample| sample.family.as_str()).collect();
    families.sort_unstable();
    families.dedup();
    let mut times = vec![0.0; samples.len()];
    for family in families {
        let fitted = fit(samples.iter().filter(|sample| sample.family != family), family);
        for (time, sample) in times.iter_mut().zip(samples) {
            if sample.family == family {
                *time = sample.modelled_ms(&fitted);
            }
        }
    }
    times
}

/// Where every search starts: textbook figures, and a memory-side cache that streams of tiles use at
/// a third of its bandwidth.
fn start() -> Fitted {
    Fitted { mall: 3.0, ..Fitted::neutral() }
}

fn logarithms(fitted: &Fitted) -> [f64; 5] {
    [fitted.waves, fitted.l2, fitted.mall, fitted.atomics, fitted.norm].map(f64::ln)
}

/// The corrections at a place of the search, within what a target file may say.
fn corrections(at: &[f64; 5], on: &str) -> Fitted {
    let [waves, l2, mall, atomics, norm] = at.map(|x| x.clamp(-5.0, 5.0).exp());
    Fitted { on: on.to_owned(), waves, l2, mall, atomics, norm: norm.clamp(1.0, 16.0) }
}

/// One search after Nelder and Mead with their coefficients 1, 2, 1/2 and 1/2.
fn search<const N: usize>(start: [f64; N], loss: &impl Fn(&[f64; N]) -> f64) -> [f64; N] {
    let mut simplex: Vec<(f64, [f64; N])> = vec![(loss(&start), start)];
    for axis in 0..N {
        let mut corner = start;
        corner[axis] += 0.1;
        simplex.push((loss(&corner), corner));
    }
    let mut evaluations = N + 1;
    while evaluations < EVALUATIONS {
        simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (best, worst) = (simplex[0], simplex[N]);
        if worst.0 - best.0 < 1e-10 * (1.0 + best.0.abs()) {
            break;
        }
        let mut middle = [0.0; N];
        for (_, corner) in &simplex[..N] {
            for (sum, x) in middle.iter_mut().zip(corner) {
                *sum += x / N as f64;
            }
        }
        let along = |by: f64| {
            let at: [f64; N] = std::array::from_fn(|i| middle[i] + by * (middle[i] - worst.1[i]));
            (loss(&at), at)
        };
        let reflected = along(1.0);
        evaluations += 1;
        simplex[N] = if reflected.0 < best.0 {
            evaluations += 1;
            let expanded = along(2.0);
            if expanded.0 < reflected.0 { expanded } else { reflected }
        } else if reflected.0 < simplex[N - 1].0 {
            reflected
        } else {
            evaluations += 1;
            let contracted = along(if reflected.0 < worst.0 { 0.5 } else { -0.5 });
            if contracted.0 < reflected.0.min(worst.0) {
                contracted
            } else {
                for corner in &mut simplex[1..] {
                    let at = std::array::from_fn(|i| best.1[i] + 0.5 * (corner.1[i] - best.1[i]));
                    *corner = (loss(&at), at);
                }
                evaluations += N;
                continue;
            }
        };
    }
    simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
    simplex[0].1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_the_bottom_of_a_bent_valley() {
        let valley = |at: &[f64; 2]| {
            let [x, y] = *at;
            (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
        };
        let [x, y] = search([-1.2, 1.0], &valley);
        assert!((x - 1.0).abs() < 1e-3 && (y - 1.0).abs() < 1e-3, "{x} {y}");
    }

    /// Kernels whose times follow the model with known corrections.
    fn made_up(truth: &Fitted) -> Vec<Sample> {
        let value = |i: usize, salt: usize| 50.0 * (1 + (i * salt + salt) % 17) as f64;
        (0..60)
            .map(|i| {
                let parts = Parts {
                    waves: value(i, 3),
                    l2: value(i, 5),
                    mall: value(i, 7) / 3.0,
                    memory: value(i, 11),
                    atomics: value(i, 13),
                    launch: 8.0,
                };
                let family = format!("family {}", i % 4);
                let measured_ms = parts.microseconds(truth) / 1e3 + 0.1;
                Sample { parts, besides_ms: 0.1, measured_ms, family }
            })
            .collect()
    }

    #[test]
    fn corrections_that_made_the_data_are_found_again() {
        let on = "made-up kernels".to_owned();
        let truth = Fitted { on, waves: 1.3, l2: 0.7, mall: 2.5, atomics: 1.6, norm: 2.4 };
        let samples = made_up(&truth);
        let found = fit(&samples, "test");
        for (found, truth) in logarithms(&found).iter().zip(logarithms(&truth)) {
            assert!((found - truth).abs() < 0.08, "{found} for {truth}");
        }
        let times = leave_one_family_out(&samples);
        for (time, sample) in times.iter().zip(&samples) {
            assert!((time / sample.measured_ms - 1.0).abs() < 0.03);
        }
    }

    #[test]
    fn a_fit_is_repeatable_and_survives_having_no_data() {
        let truth = Fitted { norm: 3.0, ..Fitted::neutral() };
        let samples = made_up(&truth);
        assert_eq!(fit(&samples, "x"), fit(&samples, "x"));
        let none = fit(&[], "x");
        assert!((none.waves - 1.0).abs() < 1e-3 && (none.norm - 2.0).abs() < 1e-3);
    }
}
