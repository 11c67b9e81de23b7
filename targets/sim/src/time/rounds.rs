//! From the time of workgroups that run together to the time of a whole grid.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Places for workgroups on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    /// Workgroups that run at the same time.
    pub(super) slots: u64,
    /// Workgroups of the launch.
    pub(super) total: u64,
}

impl Places {
    /// Clocks until the last of workgroups that all take `full` clocks in the company of others has
    /// ended; those of a last, incomplete round take `tail`.
    pub(super) fn alike(&self, full: f64, tail: f64) -> f64 {
        let rounds = self.total / self.slots.max(1);
        let rest = self.total % self.slots.max(1);
        rounds as f64 * full + if rest > 0 { tail } else { 0.0 }
    }

    /// The same where they differ: workgroup `i` takes `clocks[i * len / total]`. They start in
    /// order, each in the first place that is free.
    pub(super) fn different(&self, clocks: &[f64]) -> f64 {
        let mut free: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
        let mut last = 0;
        for group in 0..self.total {
            let class = (group as u128 * clocks.len() as u128 / u128::from(self.total)) as usize;
            let start = match free.len() as u64 {
                used if used < self.slots => 0,
                _ => free.pop().map_or(0, |Reverse(end)| end),
            };
            let end = start + clocks.get(class).copied().unwrap_or(0.0) as u64;
            last = last.max(end);
            free.push(Reverse(end));
        }
        last as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_round_that_is_not_full_costs_its_own_time() {
        let places = Places { slots: 40, total: 100 };
        assert_eq!(places.alike(1000.0, 700.0), 2700.0);
        assert_eq!(Places { slots: 40, total: 80 }.alike(1000.0, 700.0), 2000.0);
    }

    #[test]
    fn equal_workgroups_take_the_same_time_either_way() {
        let places = Places { slots: 3, total: 12 };
        assert_eq!(places.different(&[50.0; 4]), places.alike(50.0, 50.0));
    }

    #[test]
    fn long_workgroups_at_the_end_leave_places_empty() {
        let places = Places { slots: 2, total: 4 };
        assert_eq!(places.different(&[10.0, 90.0]), 100.0);
        assert_eq!(Places { slots: 4, total: 4 }.different(&[10.0, 10.0, 10.0, 90.0]), 90.0);
    }
}
