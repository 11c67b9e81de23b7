//! Tasks on several threads that share a bound of memory.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, PoisonError};

/// Most memory that tasks are given together.
const MOST: u64 = 8 << 30;

/// What they are given where the system does not say what it has.
const UNKNOWN: u64 = 2 << 30;

/// Memory that tasks may take together: three quarters of what the system has available, 8 GiB at
/// most.
pub(super) fn available() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.map_or(UNKNOWN, |size| (size << 10) / 4 * 3).min(MOST)
}

/// Runs tasks, given by the memory that each takes, in order, each on the first worker that has
/// nothing to do. Tasks that together need more than `bound` do not run at the same time; one that
/// needs more by itself runs alone.
pub(super) fn run<W: Send>(
    workers: &mut [W],
    bound: u64,
    tasks: &[u64],
    work: impl Fn(&mut W, usize) + Sync,
) {
    let (next, memory) = (AtomicUsize::new(0), Bound { most: bound, ..Bound::default() });
    std::thread::scope(|scope| {
        for worker in workers {
            let (next, memory, work) = (&next, &memory, &work);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    let Some(bytes) = tasks.get(number) else { return };
                    let _taken = memory.take(*bytes);
                    work(worker, number);
                }
            });
        }
    });
}

/// A bound on what is taken at the same time.
#[derive(Default)]
struct Bound {
    most: u64,
    taken: Mutex<u64>,
    given_back: Condvar,
}

/// What was taken, until it is dropped.
struct Taken<'b> {
    bound: &'b Bound,
    bytes: u64,
}

impl Bound {
    /// Waits until there is enough, or everything.
    fn take(&self, bytes: u64) -> Taken<'_> {
        let bytes = bytes.min(self.most);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while bytes > self.most - *taken {
            taken = self.given_back.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken += bytes;
        Taken { bound: self, bytes }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.bound.taken.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.bound.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[test]
    fn every_task_runs_once_and_never_beside_more_than_the_bound_has_room_for() {
        let tasks: Vec<u64> =
            (0..200).map(|number| 1 + number * 7 % 60).chain([1000, 1, 101]).collect();
        for workers in [1, 2, 5] {
            let (now, ran) = (AtomicU64::new(0), Mutex::new(vec![0; tasks.len()]));
            let work = |count: &mut usize, number: usize| {
                *count += 1;
                let before = now.fetch_add(tasks[number], Relaxed);
                assert!(before + tasks[number] <= 100 || before == 0, "{before} beside {number}");
                std::thread::yield_now();
                ran.lock().unwrap()[number] += 1;
                now.fetch_sub(tasks[number], Relaxed);
            };
            let mut counts = vec![0; workers];
            run(&mut counts, 100, &tasks, work);
            assert_eq!(counts.iter().sum::<usize>(), tasks.len());
            assert!(ran.into_inner().unwrap().iter().all(|count| *count == 1));
        }
    }

    #[test]
    fn the_bound_is_no_more_than_eight_gibibytes_and_never_nothing() {
        assert!((1..=MOST).contains(&available()));
    }
}
