//! The thread that steps.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::backend::{Backend, Event, Fault};
use super::handle::Shared;
use super::heart::Heart;
use super::job::{Job, JobId, Outcome, Token};
use super::life::FAILED;
use super::queue::Waiting;
use super::record::Record;

/// How long the thread sleeps while nobody asks for anything.
const IDLE: Duration = Duration::from_secs(1);
/// How long it sleeps while the readers of all its jobs are slow.
const SLOW: Duration = Duration::from_millis(2);
/// Tokens of an answer for which memory is set aside when it begins; longer answers make others
/// wait in the host's memory.
const AHEAD: usize = 4096;

pub(super) struct Worker {
    shared: Arc<Shared>,
    heart: Arc<Heart>,
    backend: Box<dyn Backend>,
    running: BTreeMap<JobId, Running>,
}

/// Why there will be no more steps; jobs that run are the caller's to end.
pub(super) enum Over {
    /// Nobody waited for the end of the last one.
    Left,
    /// The backend cannot be used any more, nor what it works with.
    Lost,
    /// There is a mistake in the program.
    Mistaken,
}

/// A job that has a slot.
struct Running {
    record: Arc<Record>,
    /// Tokens for which memory is set aside.
    reserved: usize,
    /// Tokens that found no room, and since when.
    unread: VecDeque<Token>,
    held: Option<Instant>,
    /// How it ended, said once its last tokens are handed over.
    ending: Option<Outcome>,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>, heart: Arc<Heart>, backend: Box<dyn Backend>) -> Self {
        Self { shared, heart, backend, running: BTreeMap::new() }
    }

    /// Works until the backend fails for good.
    pub(super) fn run(mut self) -> Over {
        loop {
            self.sweep();
            self.admit();
            self.deliver_unread();
            self.publish();
            if !self.rest()
                && let Some(over) = self.step()
            {
                return over;
            }
        }
    }

    /// Lets go of jobs that are over.
    fn sweep(&mut self) {
        let over = |of: &Running| of.record.is_over();
        let gone: Vec<JobId> =
            self.running.iter().filter(|(_, of)| over(of)).map(|(id, _)| *id).collect();
        let steps = self.shared.steps();
        for id in gone {
            self.backend.cancel(id);
            if let Some(of) = self.running.remove(&id) {
                let kept = of.record.steps_since_left(steps);
                self.shared.metrics.steps_until_freed.observe(kept as f64);
            }
        }
    }

    /// Gives free slots to jobs that wait.
    fn admit(&mut self) {
        while self.running.len() < self.shared.capacity.slots {
            let mut queue = self.shared.queue();
            queue.sweep();
            let taken: usize = self.running.values().map(|of| of.reserved).sum();
            let (cached, alone) = (self.shared.capacity.cached, self.running.is_empty());
            let Some(Waiting { record, job }) =
                queue.next(|job| alone || taken + reserved(job) <= cached)
            else {
                return;
            };
            // Counted before it leaves the queue, so that no job is ever in neither.
            self.heart.running.fetch_add(1, Ordering::AcqRel);
            drop(queue);
            record.begin();
            let (id, reserved) = (record.id, reserved(&job));
            match self.backend.begin(id, job) {
                Ok(()) => {
                    let running = Running {
                        record,
                        reserved,
                        unread: VecDeque::new(),
                        held: None,
                        ending: None,
                    };
                    self.running.insert(id, running);
                }
                Err(why) => self.shared.end(&record, Outcome::Failed(why)),
            }
        }
    }

    /// Hands over what readers have room for now, and gives up on those that take nothing.
    fn deliver_unread(&mut self) {
        let shared = &self.shared;
        for (id, of) in &mut self.running {
            let Some(since) = of.held else { continue };
            while let Some(token) = of.unread.pop_front() {
                if let Err(token) = of.record.send(token) {
                    of.unread.push_front(token);
                    break;
                }
            }
            of.record.pipe.wake();
            if !of.unread.is_empty() || !of.record.pipe.has_room() {
                if since.elapsed() > shared.bounds.stall {
                    shared.end(&of.record, Outcome::Aborted);
                }
                continue;
            }
            of.held = None;
            match of.ending.take() {
                Some(outcome) => shared.end(&of.record, outcome),
                None => self.backend.hold(*id, false),
            }
        }
    }

    fn publish(&self) {
        self.heart.running.store(self.running.len(), Ordering::Release);
        let occupancy = self.backend.occupancy();
        self.shared.metrics.cache_usage.set(occupancy.cache);
        self.shared.metrics.slots_used.set(occupancy.slots as f64);
    }

    /// Sleeps if there is nothing to compute.
    fn rest(&self) -> bool {
        if self.running.values().any(|of| of.held.is_none()) {
            return false;
        }
        let queue = self.shared.queue();
        if self.running.is_empty() {
            if queue.len() == 0 {
                self.shared.wait(queue, IDLE);
            }
        } else if !self.running.values().any(|of| of.record.is_over()) {
            self.shared.wait(queue, SLOW);
        }
        true
    }

    /// Makes a step; says why if there will be no more.
    fn step(&mut self) -> Option<Over> {
        self.heart.begin();
        let stepped = catch_unwind(AssertUnwindSafe(|| self.backend.step()));
        if !self.heart.end() {
            return Some(Over::Left);
        }
        self.shared.stepped.fetch_add(1, Ordering::Relaxed);
        match stepped {
            Ok(Ok(events)) => {
                let tokens =
                    events.iter().filter(|event| matches!(event, Event::Token(..))).count();
                if tokens > 0 {
                    self.shared.metrics.step_tokens.observe(tokens as f64);
                }
                events.into_iter().for_each(|event| self.take(event));
                self.running.values().for_each(|of| of.record.pipe.wake());
                None
            }
            Ok(Err(Fault { why, fatal: false })) => {
                self.fault(&why);
                for of in std::mem::take(&mut self.running).into_values() {
                    self.shared.end(&of.record, Outcome::Failed(FAILED.into()));
                }
                None
            }
            Ok(Err(Fault { why, fatal: true })) => {
                self.fault(&why);
                Some(Over::Lost)
            }
            Err(_) => {
                self.fault("a mistake in the program");
                Some(Over::Mistaken)
            }
        }
    }

    fn fault(&self, why: &str) {
        self.shared.metrics.faults.add(1);
        crate::output::note(&format!("the engine failed: {why}"));
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Token(id, token) => {
                let Some(of) = self.running.get_mut(&id) else { return };
                let waiting = if of.unread.is_empty() { of.record.send(token) } else { Err(token) };
                if let Err(token) = waiting {
                    of.unread.push_back(token);
                }
                if of.held.is_none() && (!of.unread.is_empty() || !of.record.pipe.has_room()) {
                    of.held = Some(Instant::now());
                    self.backend.hold(id, true);
                }
            }
            Event::Read(id, remembered) => {
                if let Some(of) = self.running.get(&id) {
                    of.record.prompt_read(remembered);
                }
            }
            Event::Drafted { id, drafted, accepted } => {
                if let Some(of) = self.running.get(&id) {
                    of.record.drafted(drafted, accepted);
                }
            }
            Event::Ended(id, ended) => self.end(id, Outcome::Finished(ended)),
            Event::Failed(id, why) => self.end(id, Outcome::Failed(why)),
        }
    }

    /// Ends a job once all its tokens are handed over.
    fn end(&mut self, id: JobId, outcome: Outcome) {
        let Some(mut of) = self.running.remove(&id) else { return };
        if of.unread.is_empty() {
            // Before anybody reads the end: a slot is free when an answer is complete.
            self.heart.running.store(self.running.len(), Ordering::Release);
            self.shared.end(&of.record, outcome);
        } else {
            of.ending = Some(outcome);
            self.running.insert(id, of);
        }
    }
}

fn reserved(job: &Job) -> usize {
    job.prompt.len() + job.most.min(AHEAD)
}
