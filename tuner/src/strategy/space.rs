//! The admitted points of a recipe's search space.

use std::collections::BTreeMap;

/// A point: for each axis the number of its value.
type Point = Vec<u16>;

/// Admitted points, in a fixed order, and what is known of them beforehand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Space {
    points: Vec<Point>,
    index: BTreeMap<Point, usize>,
    prior: Vec<Option<f64>>,
    /// Largest value along each axis.
    last: Vec<u16>,
}

impl Space {
    /// A space of these points; all have a value for each axis. Of equal points the first counts.
    pub fn new(points: impl IntoIterator<Item = Point>) -> Self {
        let mut space = Self::default();
        for point in points {
            if !space.index.contains_key(&point) {
                space.index.insert(point.clone(), space.points.len());
                space.last.resize(point.len(), 0);
                for (last, value) in space.last.iter_mut().zip(&point) {
                    *last = (*last).max(*value);
                }
                space.points.push(point);
            }
        }
        space.prior = vec![None; space.points.len()];
        space
    }

    /// With an estimate of each point's time, in any unit, where there is one: promising points
    /// are then tried first. Estimates beyond the number of points are ignored.
    pub fn with_prior(mut self, prior: impl IntoIterator<Item = Option<f64>>) -> Self {
        for (own, given) in self.prior.iter_mut().zip(prior) {
            *own = given.filter(|estimate| estimate.is_finite());
        }
        self
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The points.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Points with an estimate, the most promising first.
    pub(super) fn promising(&self) -> Vec<usize> {
        let estimated = |index: usize| Some((self.prior[index]?, index));
        let mut known: Vec<(f64, usize)> = (0..self.len()).filter_map(estimated).collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        known.into_iter().map(|(_, index)| index).collect()
    }

    /// The nearest admitted point in each direction along each axis.
    pub(super) fn neighbours(&self, of: usize) -> Vec<usize> {
        let axes = self.points[of].len();
        let directions = (0..axes).flat_map(|axis| [(axis, true), (axis, false)]);
        directions.filter_map(|(axis, up)| self.nearest(of, axis, up)).collect()
    }

    fn nearest(&self, of: usize, axis: usize, up: bool) -> Option<usize> {
        let mut point = self.points[of].clone();
        loop {
            point[axis] =
                if up { point[axis].checked_add(1)? } else { point[axis].checked_sub(1)? };
            if point[axis] > self.last[axis] {
                return None;
            }
            if let Some(&found) = self.index.get(&point) {
                return Some(found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_skip_what_was_not_admitted() {
        let space = Space::new([vec![0, 0], vec![2, 0], vec![2, 1], vec![5, 5], vec![2, 0]]);
        assert_eq!(space.len(), 4);
        assert_eq!(space.neighbours(0), [1]);
        assert_eq!(space.neighbours(1), [0, 2]);
        assert_eq!(space.neighbours(3), Vec::<usize>::new());
    }

    #[test]
    fn promising_points_are_those_with_the_least_estimate() {
        let space = Space::new([vec![0], vec![1], vec![2]]);
        let space = space.with_prior([Some(3.0), None, Some(1.0)]);
        assert_eq!(space.promising(), [2, 0]);
    }
}
