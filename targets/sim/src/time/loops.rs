//! Finding the loop that a wave spends its time in, so that a few of its iterations stand for all.

use std::collections::HashMap;

use super::trace::{Step, WaveTrace};

/// Loops of fewer iterations are followed in full.
const FEWEST: usize = 8;

/// Share of the longest loop's extent that an enclosing loop must cover to be preferred.
const EXTENT: f64 = 0.8;

/// A wave's steps with most iterations of its main loop left out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Excerpt {
    /// The steps that are left.
    pub(super) steps: Vec<Step>,
    /// Between these two places of `steps` lie whole iterations in the loop's steady state.
    pub(super) window: Option<(usize, usize)>,
    /// How many times the window would have to be repeated to make up for what is left out.
    pub(super) repeats: f64,
}

impl Excerpt {
    /// The steps of a wave; if there are more than `budget`, without most iterations of its loop.
    pub(super) fn of(wave: &WaveTrace, budget: usize) -> Self {
        let whole = || Self { steps: wave.steps.clone(), window: None, repeats: 0.0 };
        if wave.steps.len() <= budget {
            return whole();
        }
        let Some(starts) = iterations(&wave.steps) else { return whole() };
        let (first, last) = (starts[0], starts[starts.len() - 1]);
        let length = ((last - first) / (starts.len() - 1)).max(1);
        let around = first + (wave.steps.len() - last);
        let fits = budget.saturating_sub(around) / length;
        let kept = fits.max(4);
        if kept + 2 >= starts.len() {
            return whole();
        }
        let mut steps = wave.steps[..starts[kept]].to_vec();
        steps.extend_from_slice(&wave.steps[last..]);
        let window = (starts[1], starts[kept]);
        let left_out = (last - starts[kept]) as f64;
        Self { steps, window: Some(window), repeats: left_out / (window.1 - window.0) as f64 }
    }
}

/// Where the iterations of the main loop start: the outermost of the loops that cover most of the
/// steps and have enough iterations.
fn iterations(steps: &[Step]) -> Option<Vec<usize>> {
    let mut heads: HashMap<u32, usize> = HashMap::new();
    for pair in steps.windows(2) {
        if pair[1].at <= pair[0].at {
            *heads.entry(pair[1].at).or_default() += 1;
        }
    }
    heads.retain(|_, jumps| *jumps + 1 >= FEWEST);
    let mut places: HashMap<u32, Vec<usize>> = heads.keys().map(|at| (*at, Vec::new())).collect();
    for (place, step) in steps.iter().enumerate() {
        if let Some(of) = places.get_mut(&step.at) {
            of.push(place);
        }
    }
    let extent = |of: &Vec<usize>| of[of.len() - 1] - of[0];
    let longest = places.values().map(extent).max()?;
    let wide = |of: &Vec<usize>| extent(of) as f64 >= EXTENT * longest as f64;
    places.into_values().filter(wide).min_by_key(|of| (of.len(), of[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::trace::Reach;

    fn wave(path: impl IntoIterator<Item = u32>) -> WaveTrace {
        let step = |at| Step { at, cost: 0, reach: Reach::Near };
        WaveTrace { steps: path.into_iter().map(step).collect() }
    }

    /// Two steps, `outer` times (three steps and `inner` times four steps), two steps.
    fn nest(outer: usize, inner: usize) -> WaveTrace {
        let body = |_| (2..5).chain((0..inner).flat_map(|_| 5..9));
        wave((0..2).chain((0..outer).flat_map(body)).chain(9..11))
    }

    #[test]
    fn a_short_wave_is_followed_in_full() {
        let wave = nest(20, 1);
        let excerpt = Excerpt::of(&wave, 1000);
        assert_eq!(excerpt.steps, wave.steps);
        assert_eq!(excerpt.window, None);
    }

    #[test]
    fn what_is_left_out_is_a_multiple_of_the_window() {
        let wave = nest(100, 1);
        let excerpt = Excerpt::of(&wave, 100);
        let (from, to) = excerpt.window.expect("the loop is long enough");
        let missing = wave.steps.len() - excerpt.steps.len();
        assert!(excerpt.steps.len() <= 100);
        assert_eq!((to - from) % 7, 0, "the window holds whole iterations");
        assert!((excerpt.repeats * (to - from) as f64 - missing as f64).abs() < 1e-9);
        assert_eq!(excerpt.steps.last(), wave.steps.last());
    }

    #[test]
    fn the_outer_of_two_loops_is_shortened() {
        let excerpt = Excerpt::of(&nest(50, 30), 1000);
        let (from, to) = excerpt.window.expect("the loop is long enough");
        assert_eq!((to - from) % (3 + 30 * 4), 0);
    }

    #[test]
    fn an_inner_loop_is_shortened_where_the_outer_runs_rarely() {
        let excerpt = Excerpt::of(&nest(2, 1000), 1000);
        let (from, to) = excerpt.window.expect("the inner loop is long enough");
        assert_eq!((to - from) % 4, 0);
    }
}
