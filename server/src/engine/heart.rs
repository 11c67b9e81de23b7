//! Whether the thread of an engine makes progress.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Beats once for each step.
#[derive(Debug)]
pub(super) struct Heart {
    started: Instant,
    steps: AtomicU64,
    /// When the current step began, in milliseconds since `started`, plus one; 0 between steps.
    since: AtomicU64,
    dead: AtomicBool,
}

impl Heart {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            steps: AtomicU64::new(0),
            since: AtomicU64::new(0),
            dead: AtomicBool::new(false),
        }
    }

    /// A step begins.
    pub(super) fn begin(&self) {
        self.since.store(self.now() + 1, Ordering::Release);
    }

    /// A step is made.
    pub(super) fn end(&self) {
        self.since.store(0, Ordering::Release);
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// There will be no more steps.
    pub(super) fn stop(&self) {
        self.dead.store(true, Ordering::Release);
    }

    /// Steps so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Whether there will be no more steps.
    pub(super) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Acquire)
    }

    /// For how long the current step has been going on.
    pub(super) fn busy(&self) -> Option<Duration> {
        let since = self.since.load(Ordering::Acquire).checked_sub(1)?;
        Some(Duration::from_millis(self.now().saturating_sub(since)))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
    }
}
