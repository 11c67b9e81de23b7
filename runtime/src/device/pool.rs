//! Threads that share the blocks of one piece of work.
//!
//! Invariants:
//! - the calling thread works as well, so that one thread needs no other;
//! - blocks are claimed in ascending ranges that become smaller towards the end: neighbouring
//!   blocks stay on one thread, and no thread is left with a large remainder;
//! - a call returns when every block is done. It does not wait for a thread that has claimed
//!   nothing, so that a sleeping thread costs no time;
//! - idle threads watch for more work for a moment, since launches follow each other closely,
//!   and then sleep.

use std::hint;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::aligned::AlignedBytes;

/// How long an idle thread watches before it sleeps.
const WATCH: Duration = Duration::from_micros(100);
/// Looks at the clock, or gives way to other threads, once in so many turns of a waiting loop.
const TURNS: u32 = 128;
/// Each claim is this part of what is left, divided by the number of threads.
const CLAIM: u64 = 2;
/// Initial contents of scratch memory: NaN in every float format.
const SCRATCH_FILL: u8 = 0xff;

/// Work that consists of independent blocks.
pub(super) trait Work: Send + Sync {
    /// Does a range of blocks. `scratch` is private to the calling thread, begins at a multiple
    /// of 64 and holds whatever the thread's earlier work left there.
    fn run(&self, blocks: Range<u64>, scratch: &mut [u8]);
}

/// Threads that wait for work.
#[derive(Debug)]
pub(super) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    scratch: AlignedBytes,
}

/// One piece of work and how far it has come.
struct Job {
    work: Box<dyn Work>,
    blocks: u64,
    threads: usize,
    scratch_bytes: usize,
    claimed: AtomicU64,
    done: AtomicU64,
}

#[derive(Default)]
struct Shared {
    /// The latest job; its number is `turn`.
    latest: Mutex<Option<Arc<Job>>>,
    turn: AtomicU64,
    sleepers: AtomicUsize,
    wake: Condvar,
    closed: AtomicBool,
}

impl Pool {
    /// A pool of `threads` threads, the caller's included.
    pub(super) fn new(threads: usize) -> std::io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let spawn = |index: usize| {
            let shared = Arc::clone(&shared);
            let name = format!("kiln-pool-{index}");
            thread::Builder::new().name(name).spawn(move || shared.serve(index))
        };
        let threads = (1..threads).map(spawn).collect::<Result<_, _>>()?;
        Ok(Self { shared, threads, scratch: AlignedBytes::new(0, SCRATCH_FILL) })
    }

    /// Number of threads, the caller's included.
    pub(super) fn threads(&self) -> usize {
        self.threads.len() + 1
    }

    /// Does all blocks on at most `threads` threads and returns when they are done.
    pub(super) fn run(
        &mut self,
        work: Box<dyn Work>,
        blocks: u64,
        threads: usize,
        scratch_bytes: usize,
    ) {
        let threads = threads.min(self.threads());
        grow(&mut self.scratch, scratch_bytes);
        let scratch = &mut self.scratch.as_mut_slice()[..scratch_bytes];
        if threads == 1 || blocks <= 1 {
            return work.run(0..blocks, scratch);
        }
        let (claimed, done) = (AtomicU64::new(0), AtomicU64::new(0));
        let job = Arc::new(Job { work, blocks, threads, scratch_bytes, claimed, done });
        self.shared.publish(Some(Arc::clone(&job)));
        job.take_part(scratch);
        job.wait();
        self.shared.clear();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Release);
        self.shared.publish(None);
        for thread in self.threads.drain(..) {
            // A thread that panicked has reported it already.
            let _ = thread.join();
        }
    }
}

impl Job {
    /// Claims and does blocks until none is left.
    fn take_part(&self, scratch: &mut [u8]) {
        while let Some(range) = self.claim() {
            let count = range.end - range.start;
            self.work.run(range, scratch);
            self.done.fetch_add(count, Ordering::Release);
        }
    }

    fn claim(&self) -> Option<Range<u64>> {
        let share = self.threads as u64 * CLAIM;
        let next = |claimed: u64| {
            let left = self.blocks - claimed;
            (left > 0).then(|| claimed + left.div_ceil(share))
        };
        let start = self.claimed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()?;
        let end = next(start).expect("a successful claim should have blocks");
        Some(start..end)
    }

    /// Waits for the blocks that other threads have claimed.
    fn wait(&self) {
        let mut turns = 0u32;
        while self.done.load(Ordering::Acquire) < self.blocks {
            turns = turns.wrapping_add(1);
            if turns.is_multiple_of(TURNS) {
                thread::yield_now();
            }
            hint::spin_loop();
        }
    }
}

impl Shared {
    /// Makes a job the latest and wakes whoever sleeps.
    fn publish(&self, job: Option<Arc<Job>>) {
        let mut latest = self.lock();
        *latest = job;
        self.turn.fetch_add(1, Ordering::Release);
        drop(latest);
        if self.sleepers.load(Ordering::Acquire) > 0 {
            self.wake.notify_all();
        }
    }

    /// Forgets a finished job, so that it is freed.
    fn clear(&self) {
        *self.lock() = None;
    }

    /// The life of thread number `index`.
    fn serve(&self, index: usize) {
        let mut scratch = AlignedBytes::new(0, SCRATCH_FILL);
        let mut seen = 0;
        while !self.closed.load(Ordering::Acquire) {
            seen = self.next_turn(seen);
            let job = self.lock().clone();
            if let Some(job) = job.filter(|job| index < job.threads) {
                grow(&mut scratch, job.scratch_bytes);
                job.take_part(&mut scratch.as_mut_slice()[..job.scratch_bytes]);
            }
        }
    }

    /// Waits until the turn is another one than `seen`, first awake and then asleep.
    fn next_turn(&self, seen: u64) -> u64 {
        let start = Instant::now();
        loop {
            for _ in 0..TURNS {
                let turn = self.turn.load(Ordering::Acquire);
                if turn != seen {
                    return turn;
                }
                hint::spin_loop();
            }
            if start.elapsed() > WATCH {
                return self.sleep(seen);
            }
        }
    }

    fn sleep(&self, seen: u64) -> u64 {
        let mut latest = self.lock();
        // Turns change under the lock only: what is published from here on finds a sleeper.
        self.sleepers.fetch_add(1, Ordering::AcqRel);
        while self.turn.load(Ordering::Acquire) == seen {
            latest = self.wake.wait(latest).unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, Ordering::AcqRel);
        self.turn.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Job>>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "turn {}", self.turn.load(Ordering::Relaxed))
    }
}

/// Makes room for `bytes` bytes of scratch memory.
fn grow(scratch: &mut AlignedBytes, bytes: usize) {
    if scratch.len() < bytes {
        *scratch = AlignedBytes::new(bytes, SCRATCH_FILL);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU8;

    use super::*;

    /// Counts how often each block is done and marks the scratch memory while it is in use.
    struct Count {
        times: Arc<Vec<AtomicU8>>,
        shared_scratch: Arc<AtomicBool>,
    }

    impl Work for Count {
        fn run(&self, blocks: Range<u64>, scratch: &mut [u8]) {
            for block in blocks {
                scratch.fill(block as u8);
                thread::yield_now();
                if scratch.iter().any(|byte| *byte != block as u8) {
                    self.shared_scratch.store(true, Ordering::Relaxed);
                }
                self.times[block as usize].fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn count(pool: &mut Pool, blocks: usize, threads: usize, scratch: usize) {
        let times: Arc<Vec<AtomicU8>> = Arc::new((0..blocks).map(|_| AtomicU8::new(0)).collect());
        let shared_scratch = Arc::new(AtomicBool::new(false));
        let work = Count { times: Arc::clone(&times), shared_scratch: Arc::clone(&shared_scratch) };
        pool.run(Box::new(work), blocks as u64, threads, scratch);
        assert!(times.iter().all(|times| times.load(Ordering::Relaxed) == 1));
        assert!(
            !shared_scratch.load(Ordering::Relaxed),
            "two threads used the same scratch memory"
        );
    }

    #[test]
    fn every_block_is_done_once_and_scratch_is_private() {
        for size in [1, 2, 3, 7] {
            let mut pool = Pool::new(size).unwrap();
            for blocks in [0, 1, 2, 15, 16, 17, 31, 33, 1000] {
                for threads in [1, 2, 8] {
                    count(&mut pool, blocks, threads, 64 * (blocks % 5));
                }
            }
        }
    }

    #[test]
    fn sleeping_threads_are_woken_and_do_not_delay_the_end() {
        let mut pool = Pool::new(4).unwrap();
        for _ in 0..50 {
            thread::sleep(WATCH * 3);
            count(&mut pool, 64, 4, 4096);
        }
    }

    #[test]
    fn finished_work_is_freed() {
        let mut pool = Pool::new(2).unwrap();
        let times = Arc::new((0..8).map(|_| AtomicU8::new(0)).collect::<Vec<_>>());
        let shared_scratch = Arc::default();
        let work = Count { times: Arc::clone(&times), shared_scratch };
        pool.run(Box::new(work), 8, 2, 0);
        drop(pool);
        assert_eq!(Arc::strong_count(&times), 1);
    }
}
