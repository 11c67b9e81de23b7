//! Whether the thread of an engine makes progress.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Between two steps.
const RESTING: u64 = 0;
/// There will be no more steps.
const DEAD: u64 = u64::MAX;
/// Nobody waits for the current step any more.
const LEFT: u64 = u64::MAX - 1;

/// Beats once for each step of one thread.
#[derive(Debug)]
pub(super) struct Heart {
    started: Instant,
    /// One of the above, or when the current step began, in milliseconds since `started`, plus one.
    state: AtomicU64,
    /// Jobs that have a slot.
    pub(super) running: AtomicUsize,
}

impl Heart {
    pub(super) fn new() -> Self {
        let (state, running) = (AtomicU64::new(RESTING), AtomicUsize::new(0));
        Self { started: Instant::now(), state, running }
    }

    /// A step begins.
    pub(super) fn begin(&self) {
        self.state.store(self.now() + 1, Ordering::Release);
    }

    /// A step is made; `false` if nobody waited for its end, and whatever it made is of no use.
    pub(super) fn end(&self) -> bool {
        let since = self.state.load(Ordering::Acquire);
        let rest = || {
            self.state.compare_exchange(since, RESTING, Ordering::AcqRel, Ordering::Acquire).is_ok()
        };
        since != LEFT && rest()
    }

    /// Waits no more for a step that has been going on for longer than `most`; `false` if there is
    /// none. The thread learns of it when the step ends, if ever.
    pub(super) fn leave(&self, most: Duration) -> bool {
        let since = self.state.load(Ordering::Acquire);
        let long = self.lasting(since).is_some_and(|busy| busy > most);
        long && self
            .state
            .compare_exchange(since, LEFT, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// There will be no more steps.
    pub(super) fn stop(&self) {
        self.running.store(0, Ordering::Release);
        self.state.store(DEAD, Ordering::Release);
    }

    /// Whether there will be no more steps.
    pub(super) fn is_dead(&self) -> bool {
        self.state.load(Ordering::Acquire) == DEAD
    }

    /// For how long the current step has been going on.
    pub(super) fn busy(&self) -> Option<Duration> {
        self.lasting(self.state.load(Ordering::Acquire))
    }

    fn lasting(&self, state: u64) -> Option<Duration> {
        let since = state.checked_sub(1).filter(|_| state < LEFT)?;
        Some(Duration::from_millis(self.now().saturating_sub(since)))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(LEFT - 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_was_left_alone_says_so_at_its_end_and_one_that_rests_cannot_be_left() {
        let heart = Heart::new();
        assert!(!heart.leave(Duration::ZERO) && heart.busy().is_none());
        heart.begin();
        assert!(!heart.leave(Duration::from_secs(3600)));
        assert!(heart.end() && heart.busy().is_none());
        heart.begin();
        while !heart.leave(Duration::ZERO) {
            std::thread::yield_now();
        }
        assert!(heart.busy().is_none() && !heart.leave(Duration::ZERO));
        assert!(!heart.end() && !heart.is_dead());
        heart.stop();
        assert!(heart.is_dead() && heart.busy().is_none());
    }
}
