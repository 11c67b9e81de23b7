//! Worker processes fed with jobs.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use super::process::{Death, Process};
use super::protocol::{Answer, Job};
use crate::deadline::Deadline;
use crate::{Error, Result};

/// The hidden verb that makes this executable a worker.
pub(crate) const VERB: &str = "compile-worker";

/// Attempts at a job whose worker was killed from outside.
const ATTEMPTS: u32 = 3;

/// How a job ended, for good or bad.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// The worker answered.
    Answered(Answer),
    /// The worker died of it.
    Aborted {
        /// Signal and last words.
        message: String,
        /// Whether something else killed it: another run may succeed.
        killed: bool,
    },
    /// The worker was killed because it took too long.
    TimedOut,
}

/// Starts worker processes and keeps them busy.
#[derive(Clone, Debug)]
pub struct Pool {
    program: PathBuf,
    workers: usize,
    limit: Duration,
    deadline: Deadline,
}

impl Pool {
    /// A pool of this executable's workers. A job may take `limit`; none is begun after
    /// `deadline`.
    ///
    /// # Errors
    /// If the path of this executable is unknown.
    pub fn new(workers: usize, limit: Duration, deadline: Deadline) -> Result<Self> {
        let unknown = |error| Error::io("find", std::path::Path::new("kiln-tune"), error);
        let program = std::env::current_exe().map_err(unknown)?;
        Ok(Self { program, workers: workers.max(1), limit, deadline })
    }

    /// The same pool without a deadline: for what makes finished work usable.
    pub fn without_deadline(&self) -> Self {
        Self { deadline: Deadline::default(), ..self.clone() }
    }

    /// Runs every job and reports each with its number as it ends, in the order of ending. Jobs
    /// that were not begun when `stop` was set or the deadline passed are not reported.
    ///
    /// # Errors
    /// The first error of `done`, after the jobs that were running; or if no worker can be
    /// started.
    pub fn run(
        &self,
        jobs: &[Job],
        stop: &AtomicBool,
        mut done: impl FnMut(usize, Ended) -> Result<()>,
    ) -> Result<()> {
        let (next, halt) = (AtomicUsize::new(0), AtomicBool::new(false));
        let (sender, ended) = mpsc::channel();
        let stopped = || {
            self.deadline.passed() || stop.load(Ordering::Relaxed) || halt.load(Ordering::Relaxed)
        };
        thread::scope(|scope| {
            for _ in 0..self.workers.min(jobs.len()) {
                let (sender, next, stopped) = (sender.clone(), &next, &stopped);
                scope.spawn(move || self.drive(jobs, next, stopped, &sender));
            }
            drop(sender);
            let mut first = Ok(());
            for (index, outcome) in ended {
                if first.is_ok() {
                    first = outcome.and_then(|outcome| done(index, outcome));
                    halt.store(first.is_err(), Ordering::Relaxed);
                }
            }
            first
        })
    }

    /// Takes jobs for one worker until there are no more.
    fn drive(
        &self,
        jobs: &[Job],
        next: &AtomicUsize,
        stopped: &dyn Fn() -> bool,
        ended: &Sender<(usize, Result<Ended>)>,
    ) {
        let mut worker = None;
        while !stopped() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else { break };
            if ended.send((index, self.attempt(&mut worker, job))).is_err() {
                break;
            }
        }
    }

    fn attempt(&self, worker: &mut Option<Process<Answer>>, job: &Job) -> Result<Ended> {
        let mut attempts = 1;
        loop {
            let process = match worker.take() {
                Some(process) => worker.insert(process),
                None => worker.insert(self.start()?),
            };
            match process.ask(job, self.limit) {
                Ok(answer) => return Ok(Ended::Answered(answer)),
                Err(Death::Died { killed: true, .. }) if attempts < ATTEMPTS => attempts += 1,
                Err(death) => {
                    *worker = None;
                    return Ok(match death {
                        Death::TimedOut => Ended::TimedOut,
                        Death::Died { message, killed } => Ended::Aborted { message, killed },
                    });
                }
            }
            *worker = None;
        }
    }

    fn start(&self) -> Result<Process<Answer>> {
        let mut command = Command::new(&self.program);
        let started = Process::start(command.arg(VERB));
        started.map_err(|error| Error::io("start", &self.program, error))
    }
}
