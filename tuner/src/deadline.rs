//! The moment after which nothing new is begun.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A moment that may move, or none. Clones share it, so that whoever begins work sees the same.
#[derive(Clone, Debug, Default)]
pub struct Deadline(Arc<Mutex<Option<Instant>>>);

impl Deadline {
    /// Moves the moment; `None` for never.
    pub fn set(&self, at: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Whether it has passed.
    pub fn passed(&self) -> bool {
        let at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        at.is_some_and(|at| Instant::now() >= at)
    }
}

/// The part of `left` for `work`, where `all` the work is still to do (`work` included). What one
/// part does not use is left to those that follow.
pub fn share(left: Duration, work: f64, all: f64) -> Duration {
    if work < all { left.mul_f64(work / all) } else { left }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_is_moved_moves_for_all_who_share_it() {
        let deadline = Deadline::default();
        let shared = deadline.clone();
        assert!(!shared.passed());
        deadline.set(Some(Instant::now()));
        assert!(shared.passed());
        deadline.set(Some(Instant::now() + Duration::from_secs(3600)));
        assert!(!shared.passed());
        deadline.set(None);
        assert!(!shared.passed());
    }

    #[test]
    fn shares_follow_the_work_and_the_last_one_takes_all() {
        let left = Duration::from_secs(60);
        assert_eq!(share(left, 1.0, 4.0), Duration::from_secs(15));
        assert_eq!(share(left, 3.0, 3.0), left);
        assert_eq!(share(Duration::ZERO, 1.0, 4.0), Duration::ZERO);
        assert_eq!(share(left, 0.0, 0.0), left);
    }
}
