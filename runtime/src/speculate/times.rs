//! Seconds of a pass by its rows, as they were seen while texts were written.

use kiln_cache::operations::DECODE_ROWS;

/// Observations without which a time is not known: the first one may be of cold caches.
const FEW: u32 = 2;

/// Cycles after which an observation has to be repeated: texts grow, and a machine is not always as
/// busy.
const OLD: u64 = 128;

/// What a further observation counts for at least, once there are several.
const SHARE: f64 = 0.125;

/// An observation counts as so many times what was expected at most: others disturb now and then.
const MOST: f64 = 2.0;

/// Seconds of one kind of pass.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Times {
    seen: Vec<Seen>,
}

/// What was seen of one number of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Seen {
    seconds: f64,
    count: u32,
    /// When it was seen last, in cycles.
    at: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self { seen: vec![Seen::default(); DECODE_ROWS as usize] }
    }
}

impl Times {
    /// Learns that a pass of so many rows took so many seconds, in a cycle of that number.
    pub(super) fn observe(&mut self, rows: usize, seconds: f64, cycle: u64) {
        let usable = seconds.is_finite() && seconds > 0.0;
        let Some(seen) = rows.checked_sub(1).and_then(|at| self.seen.get_mut(at)) else { return };
        if !usable {
            return;
        }
        let first = seen.count == 0;
        seen.seconds = match seen.count {
            0 => seconds,
            // What is slow at first was not ready.
            1 => seen.seconds.min(seconds),
            count => {
                let share = SHARE.max(1.0 / f64::from(count));
                seen.seconds + share * (seconds.min(MOST * seen.seconds) - seen.seconds)
            }
        };
        let old = !first && cycle.saturating_sub(seen.at) >= OLD;
        seen.count = if old { FEW } else { seen.count.saturating_add(1) };
        seen.at = cycle;
    }

    /// Whether the seconds of so many rows are known by now.
    pub(super) fn are_known(&self, rows: usize, cycle: u64) -> bool {
        let seen = rows.checked_sub(1).and_then(|at| self.seen.get(at));
        seen.is_some_and(|of| of.count >= FEW && cycle.saturating_sub(of.at) < OLD)
    }

    /// What is believed of so many rows: what was seen of them, or between rows that were seen, of
    /// the next ones above, since kernels are chosen for classes of rows and compute whole tiles;
    /// beyond them, what was expected, corrected as much as its neighbour had to be. `None` where
    /// nothing was seen.
    pub(super) fn believed(&self, rows: usize, expected: impl Fn(usize) -> f64) -> Option<f64> {
        let (near, seconds) = match (self.nearest_below(rows), self.nearest_above(rows)) {
            (Some(_), Some((_, seconds))) => return Some(seconds),
            (below, above) => below.or(above)?,
        };
        let [here, there] = [rows, near].map(expected);
        Some(if there > 0.0 { seconds * here / there } else { seconds })
    }

    /// The least that so many rows can take, by what was seen of others: not less than fewer rows,
    /// and not less than their share of more.
    pub(super) fn least(&self, rows: usize) -> f64 {
        let fewer = self.nearest_below(rows.saturating_sub(1)).map_or(0.0, |(_, seconds)| seconds);
        let more = self.nearest_above(rows + 1);
        more.map_or(fewer, |(of, seconds)| fewer.max(seconds * rows as f64 / of as f64))
    }

    /// How far what was seen is from what was expected, at the number of rows that is nearest.
    pub(super) fn ratio(&self, rows: usize, expected: impl Fn(usize) -> f64) -> Option<f64> {
        let (of, seconds) = self.nearest_above(rows).or_else(|| self.nearest_below(rows))?;
        let wanted = expected(of);
        (wanted > 0.0).then(|| seconds / wanted)
    }

    fn nearest_below(&self, rows: usize) -> Option<(usize, f64)> {
        let rows = rows.min(self.seen.len());
        let at = self.seen[..rows].iter().rposition(|of| of.count > 0)?;
        Some((at + 1, self.seen[at].seconds))
    }

    fn nearest_above(&self, rows: usize) -> Option<(usize, f64)> {
        let first = rows.saturating_sub(1).min(self.seen.len());
        let at = first + self.seen[first..].iter().position(|of| of.count > 0)?;
        Some((at + 1, self.seen[at].seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(_: usize) -> f64 {
        1.0
    }

    #[test]
    fn what_lies_between_is_as_what_lies_above_and_what_lies_beyond_follows_the_expectation() {
        let mut times = Times::default();
        assert_eq!(times.believed(4, flat), None);
        times.observe(4, 2.0, 0);
        times.observe(8, 4.0, 0);
        let doubled = |rows: usize| rows as f64;
        assert_eq!([4, 6, 8].map(|rows| times.believed(rows, flat)), [2.0, 4.0, 4.0].map(Some));
        assert_eq!([2, 16].map(|rows| times.believed(rows, doubled)), [1.0, 8.0].map(Some));
        assert_eq!([2, 16].map(|rows| times.believed(rows, flat)), [2.0, 4.0].map(Some));
        assert_eq!(times.ratio(1, doubled), Some(0.5));
    }

    #[test]
    fn a_bound_is_what_fewer_rows_take_and_the_share_of_more() {
        let mut times = Times::default();
        assert_eq!(times.least(8), 0.0);
        times.observe(4, 1.0, 0);
        times.observe(16, 6.0, 0);
        assert_eq!([2, 8, 32].map(|rows| times.least(rows)), [0.5, 3.0, 6.0]);
        assert_eq!(times.least(4), 1.5, "what was seen of the rows themselves says nothing");
    }

    #[test]
    fn a_slow_beginning_and_disturbances_are_forgotten_and_changes_are_followed() {
        let mut times = Times::default();
        let seen = |times: &Times| times.believed(3, flat).unwrap();
        times.observe(3, 50.0, 0);
        assert!(!times.are_known(3, 0));
        times.observe(3, 1.0, 1);
        assert!(times.are_known(3, 1) && !times.are_known(4, 1));
        assert_eq!(seen(&times), 1.0);
        times.observe(3, 1.1, 2);
        times.observe(3, 1000.0, 3);
        assert!(seen(&times) < 1.5);
        (0..50).for_each(|at| times.observe(3, 3.0, 4 + at));
        assert!((seen(&times) - 3.0).abs() < 0.05);
        assert!(times.are_known(3, 100) && !times.are_known(3, 300));
        times.observe(3, f64::NAN, 300);
        times.observe(0, 1.0, 300);
        times.observe(33, 1.0, 300);
        assert!(seen(&times).is_finite());
    }
}
