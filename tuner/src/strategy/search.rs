//! The default strategy: look at much once, and at the best again.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Samples, Space, Strategy};

/// Explores with one sample a candidate, then samples fewer and fewer candidates more often.
///
/// A space of at most `cap` points is explored completely. Of a larger one, the exploration
/// visits `cap` points: a seeded Latin hypercube and the points that a static estimate favours,
/// then the neighbours of the best point so far, of the second best, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// Most points that are visited.
    pub cap: usize,
    /// Seed of the hypercube.
    pub seed: u64,
    /// Samples of each finalist.
    pub samples: usize,
    /// Finalists.
    pub finalists: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self { cap: 20_000, seed: 0, samples: 5, finalists: 8 }
    }
}

/// Points that seed the exploration of a large space, as a share of the cap: 1 in 4.
const SEEDS: usize = 4;

/// Of the explored candidates, 1 in this many is sampled again.
const SHORTLIST: usize = 10;

impl Strategy for Search {
    fn propose(&self, space: &Space, samples: &Samples) -> Vec<usize> {
        let fresh = self.explore(space, samples);
        if !fresh.is_empty() {
            return fresh;
        }
        let ranked = samples.ranked();
        let shortlist = (ranked.len() / SHORTLIST).max(self.finalists);
        let rungs = [(shortlist, self.samples.min(3)), (self.finalists, self.samples)];
        for (keep, wanted) in rungs {
            let behind = |index: &&usize| samples.times(**index).len() < wanted;
            let round: Vec<usize> = ranked.iter().take(keep).filter(behind).copied().collect();
            if !round.is_empty() {
                return round;
            }
        }
        Vec::new()
    }
}

impl Search {
    /// The points to visit next; empty when the exploration is over.
    fn explore(&self, space: &Space, samples: &Samples) -> Vec<usize> {
        let fresh = |index: &usize| !samples.visited(*index);
        if space.len() <= self.cap {
            return (0..space.len()).filter(fresh).collect();
        }
        let seeds: Vec<usize> = self.seeds(space).into_iter().filter(fresh).collect();
        if !seeds.is_empty() {
            return seeds;
        }
        let visited = (0..space.len()).filter(|index| samples.visited(*index)).count();
        let left = self.cap.saturating_sub(visited);
        let around = samples.ranked().into_iter().map(|best| space.neighbours(best));
        let next = around.map(|near| near.into_iter().filter(fresh).take(left).collect::<Vec<_>>());
        next.into_iter().find(|round| !round.is_empty()).unwrap_or_default()
    }

    /// Half of the seeds by estimate, where there is one, and the rest from the hypercube.
    fn seeds(&self, space: &Space) -> Vec<usize> {
        let wanted = (self.cap / SEEDS).max(1);
        let promising = space.promising().into_iter().take(wanted / 2);
        let mut seeds: BTreeSet<usize> = promising.collect();
        for index in hypercube(space, wanted, self.seed) {
            if seeds.len() < wanted {
                seeds.insert(index);
            }
        }
        seeds.into_iter().collect()
    }
}

/// A Latin hypercube over admitted points: along each axis, values are used as evenly as the
/// admitted points allow. In random order, each point is taken whose values were used least.
fn hypercube(space: &Space, wanted: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..space.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let axes = space.points().first().map_or(0, Vec::len);
    let mut used = vec![std::collections::BTreeMap::<u16, usize>::new(); axes];
    let mut taken = Vec::new();
    for limit in 1.. {
        let mut progress = Vec::new();
        for index in order {
            let point = &space.points()[index];
            let uses = |(axis, value): (usize, &u16)| used[axis].get(value).copied().unwrap_or(0);
            if taken.len() < wanted && point.iter().enumerate().map(uses).all(|uses| uses < limit) {
                for (axis, value) in point.iter().enumerate() {
                    *used[axis].entry(*value).or_default() += 1;
                }
                taken.push(index);
            } else {
                progress.push(index);
            }
        }
        order = progress;
        if taken.len() >= wanted || order.is_empty() {
            break;
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(sides: [u16; 3]) -> Space {
        let [a, b, c] = sides;
        let points =
            (0..a).flat_map(|x| (0..b).flat_map(move |y| (0..c).map(move |z| vec![x, y, z])));
        Space::new(points)
    }

    #[test]
    fn the_hypercube_uses_every_value_evenly() {
        let space = grid([4, 4, 4]);
        let taken = hypercube(&space, 4, 1);
        for axis in 0..3 {
            let values: BTreeSet<u16> = taken.iter().map(|&at| space.points()[at][axis]).collect();
            assert_eq!(values.len(), 4, "axis {axis}: {taken:?}");
        }
        assert_eq!(taken, hypercube(&space, 4, 1));
        assert_ne!(taken, hypercube(&space, 4, 2));
        assert_eq!(hypercube(&space, 1000, 1).len(), 64);
        assert_eq!(hypercube(&Space::default(), 5, 1), Vec::<usize>::new());
    }

    #[test]
    fn a_search_visits_no_more_points_than_its_cap() {
        let space = grid([9, 9, 9]);
        let search = Search { cap: 40, ..Search::default() };
        let mut samples = Samples::new(space.len());
        for _ in 0..1000 {
            let round = search.propose(&space, &samples);
            if round.is_empty() {
                break;
            }
            for index in round {
                let time = if index % 7 == 0 { None } else { Some(1.0 + index as f64) };
                samples.note(index, time);
            }
        }
        let visited = (0..space.len()).filter(|&index| samples.visited(index)).count();
        assert!((30..=40).contains(&visited), "{visited}");
        assert!(search.propose(&space, &samples).is_empty());
    }

    #[test]
    fn failures_are_not_proposed_again() {
        let space = grid([2, 1, 1]);
        let mut samples = Samples::new(2);
        samples.note(0, None);
        samples.note(1, None);
        assert!(Search::default().propose(&space, &samples).is_empty());
        assert!(Search::default().propose(&Space::default(), &Samples::new(0)).is_empty());
    }
}
